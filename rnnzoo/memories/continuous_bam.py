"""Continuous bidirectional associative memory: pairs, with graded units."""

import math

from keras import ops

from rnnzoo.memories import graded
from rnnzoo.memories.base import positive
from rnnzoo.memories.pairs import Pairs
from rnnzoo.registry import register


@register(
    "continuous_bam", family="memory", year=1987, tasks=(), readout="storage",
    example={"units": (24, 20), "gain": 5.0},
    search={"gain": {"min": 1.0, "max": 100.0, "sampling": "log"}},
)
class ContinuousBAMMemory(Pairs):
    """Two layers of graded units that flow downhill until both are still.

    Choose it instead of "bam" for cues that are real numbers in [-1, 1], and where the
    answer should say how sure it is: what little speaks for stays near 0.

    The equations `tau du/dt = -u + input` of the two sides are integrated in turn. No
    step up to `tau` lets energy rise, whatever the matrix.

    Equations:
        v = arctanh(clip(b, -edge, edge)) / gain
        v = v + time_step / tau * (x @ W / sqrt(units[0] * units[1]) - v)
        z = tanh(gain * v)
        u = arctanh(clip(x, -edge, edge)) / gain
        u = u + time_step / tau * (z @ W.T / sqrt(units[0] * units[1]) - u)
        y = tanh(gain * u)
        F = xlogy(1 + x, 1 + x) + xlogy(1 - x, 1 - x)
        G = xlogy(1 + b, 1 + b) + xlogy(1 - b, 1 - b)
        E = (-sum(x @ W * b, -1) / sqrt(units[0] * units[1])
             + (sum(F, -1) + sum(G, -1)) / (2 * gain))

    Storing:
        W = W + A.T @ B

    Symbols:
        x     input     (batch, units[0])  activations of side a
        b     other     (batch, units[1])  activations of side b
        y     output    (batch, units[0])
        z     answer    (batch, units[1])
        E     energy    (batch,)
        A     patterns  (patterns, units[0])
        B     partners  (patterns, units[1])
        W     kernel    (units[0], units[1])
        edge  edge

    Args:
        units: numbers of elements of the patterns of side a and of side b.
        gain: steepness of the activation, `tanh(gain * u)`.
        tau: time constant of the units.
        time_step: of the integration, in the unit of `tau` and no more than it.
        max_steps: steps after which recall gives up.

    Reference:
        B. Kosko, "Adaptive bidirectional associative memories", Applied Optics
        26:4947-4960, 1987.
    """

    cue_alphabet = None
    tolerance = graded.TOLERANCE
    edge = graded.EDGE

    def __init__(self, units, *, gain=10.0, tau=1.0, time_step=0.2, max_steps=2000,
                 **kwargs):
        super().__init__(units, max_steps=max_steps, **kwargs)
        positive(gain=gain, tau=tau, time_step=time_step)
        if time_step > tau:
            raise ValueError("`time_step` is no more than `tau`, or energy may rise; "
                             f"received {time_step!r} and {tau!r}.")
        self.gain = gain
        self.tau = tau
        self.time_step = time_step

    @property
    def scaled(self):
        """The connections, such that a stored pair alone has fields about 1."""
        return self.matrix / math.sqrt(math.prod(self.units))

    def enter(self, a, b):
        return graded.potential(a, self.gain), graded.potential(b, self.gain)

    def leave(self, u, v):
        return graded.activation(u, self.gain), graded.activation(v, self.gain)

    def advance(self, states, k, drawn):
        u, v = states
        share, matrix = self.time_step / self.tau, self.scaled
        v = v + share * (graded.activation(u, self.gain) @ matrix - v)
        heard = graded.activation(v, self.gain) @ ops.transpose(matrix)
        return u + share * (heard - u), v

    def step(self, a, b):
        return self.leave(*self.advance(self.enter(a, b), 0, None))

    def measure(self, a, b):
        return (-ops.sum(a @ self.scaled * b, axis=-1)
                + graded.cost(a, self.gain) + graded.cost(b, self.gain))
