"""The rows of a batch in two halves, which run side by side.

Steps wait for one another, and the products of one step are too small to be shared out
among cores. But no row waits for another row. Both halves are of one size, so that XLA
compiles one function for them; a row in the middle of an odd number is in both.
"""

import os

import tensorflow as tf

from rnnzoo.recurrence import lists

FEWEST = 16     # rows from which on it is worth it, on two cores
VARIABLE = "TF_NUM_INTEROP_THREADS"


def forward(run):
    """`run`, of which outputs and last states come first, on halves where it pays."""

    def best(inputs):
        rows = _rows(inputs)

        def halved():
            y, last, *kept = zip(*(run(half) for half in _halves(inputs)))
            last = [_joined(rows, states) for states in zip(*last)]
            return _joined(rows, y, axis=1), last, *kept

        def whole():
            y, last, *kept = run(inputs)
            none = tf.nest.map_structure(lambda v: v[:, :0], kept)
            return y, last, *zip(kept, none)

        return _sooner(rows, halved, whole)

    return best


def backward(run):
    """`run`, which gives gradients as `Tapped.backward` does, on halves likewise."""

    def best(inputs, kept, dy, dlast):
        rows = _rows(inputs)

        def halved():
            last = zip(*(_once(rows, d) for d in dlast)) if dlast else [[], []]
            first, second = (run(*half) for half in zip(
                _halves(inputs), kept, _once(rows, dy, axis=1), last))

            def joined(some, others, axis=0):
                return [None if a is None else _joined(rows, (a, b), axis)
                        for a, b in zip(some, others)]

            return given(first._replace(
                z=joined(first.z, second.z, axis=1),
                states=joined(first.states, second.states),
                constants=joined(first.constants, second.constants),
                weights=lists.plus(first.weights, second.weights)))

        def whole():
            return given(run(inputs, kept[0], dy, dlast))

        def given(gradients):
            has[:] = [d is not None for d in tf.nest.flatten(gradients)]
            return lists.where(has, tf.nest.flatten(gradients))

        has = []
        found = _sooner(rows, halved, whole)
        return tf.nest.pack_sequence_as(inputs, lists.spread(has, found))

    return best


def _sooner(rows, halved, whole):
    """What `halved()` or `whole()` gives, whichever comes sooner."""
    threads = (tf.config.threading.get_inter_op_parallelism_threads()
               or int(os.environ.get(VARIABLE, 0)) or os.cpu_count())
    if threads == 1:
        return whole()
    if isinstance(rows, int):
        return halved() if rows >= FEWEST else whole()
    return tf.cond(rows >= FEWEST, halved, whole)


def _rows(inputs):
    return inputs.z[0].shape[1] or tf.shape(inputs.z[0])[1]


def _halves(inputs):
    """The `Inputs` of both halves."""
    rows = _rows(inputs)

    def halves(tensors, axis=0):
        return zip(*(_cut(rows, v, axis) for v in tensors)) if tensors else ([], [])

    groups = (halves(inputs.z, 1), halves(inputs.mask, 1), halves(inputs.states),
              halves(inputs.constants))
    return [inputs._replace(z=list(z), mask=list(mask), states=list(states),
                            constants=list(constants))
            for z, mask, states, constants in zip(*groups)]


def _cut(rows, v, axis):
    size, skipped = (rows + 1) // 2, rows // 2
    if axis:
        return v[:, :size], v[:, skipped:]
    return v[:size], v[skipped:]


def _once(rows, gradient, axis=0):
    """The halves of a gradient, zero for a row of the second that is in the first."""
    first, second = _cut(rows, gradient, axis)
    if isinstance(rows, int) and rows % 2 == 0:
        return first, second
    size = tf.shape(second)[axis]
    new = tf.reshape(tf.range(size) >= 2 * size - rows,
                     [1] * axis + [-1] + [1] * (len(second.shape) - axis - 1))
    return first, tf.where(new, second, tf.zeros_like(second))


def _joined(rows, halves, axis=0):
    first, second = halves
    repeated = 2 * ((rows + 1) // 2) - rows
    second = second[:, repeated:] if axis else second[repeated:]
    return tf.concat([first, second], axis)
