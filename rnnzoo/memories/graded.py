"""Units between -1 and 1: activation, its inverse, and what it costs in energy."""

from keras import ops

EDGE = 1 - 1e-6         # the potential of 1 itself is infinite
TOLERANCE = 1e-6        # a potential that moves less is still


def activation(potentials, gain):
    return ops.tanh(gain * potentials)


def potential(states, gain):
    """The potential that has this activation."""
    return ops.arctanh(ops.clip(states, -EDGE, EDGE)) / gain


def cost(states, gain):
    """Integral of the inverse activation from 0, summed over the units: `(batch,)`."""
    parts = [ops.where(v > 0, v * ops.log(ops.where(v > 0, v, 1)), 0)
             for v in (1 + states, 1 - states)]
    return ops.sum(parts[0] + parts[1], axis=-1) / (2 * gain)
