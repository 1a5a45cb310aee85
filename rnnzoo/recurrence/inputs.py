"""What a recurrence reads."""

from typing import NamedTuple

import tensorflow as tf
from keras import ops


class Inputs(NamedTuple):
    """All that a recurrence reads, as flat lists of tensors.

    `z` has time on axis 0; of one step it has no time axis.
    """

    z: list
    states: list
    constants: list
    weights: list

    def at(self, t, states):
        """What step `t` reads, starting from `states`."""
        return self._replace(z=[v[t] for v in self.z], states=states)

    def coming(self, t):
        """`z` of the step after `t`, to be handed on to it; at the end the last.

        XLA computes number by number from what it finds at a place that depends on `t`.
        So the input of a step is brought to one place before.
        """
        return [v[tf.minimum(t + 1, self.length - 1)] for v in self.z]

    @property
    def length(self):
        """Number of steps, a Python integer where it is known."""
        return self.z[0].shape[0] or tf.shape(self.z[0])[0]


def as_kernel(kernel, v):
    """The kernel as a tensor of the dtype of the vectors that it multiplies."""
    return ops.cast(ops.convert_to_tensor(kernel), v.dtype)
