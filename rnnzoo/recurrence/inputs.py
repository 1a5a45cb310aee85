"""What a recurrence reads."""

from typing import NamedTuple

import tensorflow as tf
from keras import ops

from rnnzoo.recurrence import lists


class Inputs(NamedTuple):
    """All that a recurrence reads, as flat lists of tensors.

    `z` and `mask` have time on axis 0; of one step they have no time axis.

    Attributes:
        mask: which rows are valid; empty if all are.
        steps: their number, where `z` goes on beyond the last; else empty.
    """

    z: list
    mask: list
    states: list
    constants: list
    weights: list
    steps: list

    def at(self, t, states):
        """What step `t` reads, starting from `states`."""
        return self._replace(z=[v[t] for v in self.z], mask=[v[t] for v in self.mask],
                             states=states)

    def coming(self, t, y):
        """`z` of the step after `t`, to be handed on to it; at the end the last.

        XLA computes number by number from what it finds at a place that depends on `t`.
        So the input of a step is brought to one place before. If that waits for the
        output `y` of step `t`, nothing need be copied first, and a small loop stays
        within the 8 operations that XLA runs in their order, without threads.

        Args:
            t: number of the step.
            y: its output; None if the loop is not compiled.
        """
        follower = tf.minimum(t + 1, self.room - 1)
        if y is not None:
            number = tf.cast(tf.reshape(y, (-1,))[0], "float32")
            follower += tf.cast(number > float("inf"), "int32")     # never
        # Of all that the place of a slice, `v[follower]`, depends on, weights among it,
        # XLA would make constants, and compile anew when they change.
        return [tf.gather(v, follower) for v in self.z]

    def gradients(self, z, states, constants, weights):
        """Gradients of the tensors that may have one, in the form of the inputs.

        Returns:
            An `Inputs` of gradients in the tensors' dtypes, None where there is none.
        """
        return Inputs(lists.placed(self.z, z), [None for _ in self.mask],
                      lists.placed(self.states, states),
                      lists.placed(self.constants, constants),
                      lists.placed(self.weights, weights), [None for _ in self.steps])

    @property
    def length(self):
        """Number of steps, a Python integer where it is known."""
        return self.steps[0] if self.steps else self.room

    @property
    def room(self):
        """Size of the axis of time, a Python integer where it is known."""
        return self.z[0].shape[0] or tf.shape(self.z[0])[0]


def as_kernel(kernel, v):
    """The kernel as a tensor of the dtype of the vectors that it multiplies."""
    return ops.cast(ops.convert_to_tensor(kernel), v.dtype)
