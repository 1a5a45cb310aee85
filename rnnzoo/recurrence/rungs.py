"""Sequences of any length in few shapes, for XLA compiles every shape anew.

Where the length is known only when the graph runs, it may be another one for every
batch. Time is then made longer, to the next rung of a ladder of four rungs an octave.
The loops stop where the sequence ends.
"""

import tensorflow as tf

RUNGS = [*range(1, 8), *(n << k for k in range(1, 28) for n in range(4, 8))]


def above(length):
    """The next rung."""
    return tf.gather(RUNGS, tf.searchsorted(RUNGS, length[None])[0])


def lengthened(inputs, room):
    """The `Inputs` with room for more steps, and with the number of those there are."""
    steps = tf.convert_to_tensor(inputs.length)

    def longer(v):
        return tf.pad(v, [(0, room - steps), *[(0, 0)] * (v.shape.rank - 1)])

    return inputs._replace(z=[longer(v) for v in inputs.z],
                           mask=[longer(v) for v in inputs.mask], steps=[steps])


def cut(inputs, stack):
    """A stack with zeros at the steps that are none."""
    if not inputs.steps:
        return stack
    is_step = tf.range(inputs.room) < inputs.length
    return tf.where(tf.reshape(is_step, (-1, *[1] * (stack.shape.rank - 1))), stack,
                    tf.zeros_like(stack))
