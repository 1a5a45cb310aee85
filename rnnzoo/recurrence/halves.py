"""The rows of a batch in two halves, which run side by side.

Steps wait for one another, and the products of one step are too small to be shared out
among cores. But no row waits for another row. Both halves are of one size, so that XLA
compiles one function for them; a row in the middle of an odd number is in both. Sums
over rows round otherwise than on one core.
"""

import os

import tensorflow as tf
from keras import tree

from rnnzoo import threads
from rnnzoo.recurrence import lists

FEWEST = 16     # rows from which on it is worth it, on two cores


def are_worth_it(rows, forgetting):
    """Whether to cut so many rows in two.

    Those that only the graph will count are many in training, but to answer often one.
    """
    cores = (tf.config.threading.get_inter_op_parallelism_threads()
             or int(os.environ.get(threads.INTEROP, 0)) or os.cpu_count())
    many = not forgetting if rows is None else rows >= FEWEST
    return cores > 1 and many and not _is_compiled_around()


def _is_compiled_around():
    """Whether XLA compiles what is being traced here: it runs one loop after the other.

    TensorFlow tells so only the branches and loops that it makes, by how they are to be
    run without XLA.
    """
    if tf.executing_eagerly():
        return False
    branch = tf.cond(tf.zeros((), "bool"), lambda: 0, lambda: 1)
    while branch.op.type == "Identity":
        branch = branch.op.inputs[0]
    return "_lower_using_switch_merge" not in branch.op.node_def.attr


def rows(run):
    """`run`, which takes and returns tensors `(batch, ...)`, on two halves."""

    def both(*arguments):
        cut = _Cut(tree.flatten(arguments)[0], axis=0)

        def half(i):
            return run(*tree.map_structure(
                lambda v: None if v is None else cut.both(v)[i], arguments))

        return tree.map_structure(cut.joined, half(0), half(1))

    return both


def forward(run):
    """`run`, of which outputs and last states come first, on two halves."""

    def both(inputs):
        cut = _Cut(inputs.z[0], axis=1)
        y, last, *kept = zip(*(run(half) for half in cut.inputs(inputs)))
        return cut.joined(*y, axis=1), [cut.joined(*v) for v in zip(*last)], *kept

    def whole(inputs):
        y, last, *kept = run(inputs)
        nothing = tf.nest.map_structure(lambda v: v[:, :0], kept)
        return y, last, *zip(kept, nothing)

    return _of_many(both, whole)


def backward(run):
    """`run`, which gives gradients as `Tapped.backward` does, on two halves."""

    def both(inputs, kept, dy, dlast):
        cut = _Cut(inputs.z[0], axis=1)
        first, second = (run(*half) for half in zip(
            cut.inputs(inputs), kept, cut.gradient(dy, axis=1),
            cut.all(dlast, cut.gradient)))

        def joined(some, others, axis=0):
            return [None if a is None else cut.joined(a, b, axis)
                    for a, b in zip(some, others)]

        return first._replace(
            z=joined(first.z, second.z, axis=1),
            states=joined(first.states, second.states),
            constants=joined(first.constants, second.constants),
            weights=lists.plus(first.weights, second.weights))

    def whole(inputs, kept, dy, dlast):
        return run(inputs, kept[0], dy, dlast)

    return _of_many(both, whole)


def _of_many(both, whole):
    """`both`, or where only the graph will count the rows and finds few, `whole`.

    Of few rows two halves would save no time, and be one more shape to compile.
    """
    def either(inputs, *more):
        z = inputs.z[0]
        if z.shape[1] is not None:
            return both(inputs, *more)
        return tf.cond(tf.shape(z)[1] >= FEWEST, lambda: both(inputs, *more),
                       lambda: whole(inputs, *more))

    return either


class _Cut:
    """The first `size` rows, and those from row `skipped` on."""

    def __init__(self, v, axis):
        rows = v.shape[axis] or tf.shape(v)[axis]
        self.size, self.skipped = (rows + 1) // 2, rows // 2

    def both(self, v, axis=0):
        if axis:
            return v[:, :self.size], v[:, self.skipped:]
        return v[:self.size], v[self.skipped:]

    def all(self, tensors, halves):
        """Two lists of the `halves` of tensors."""
        return map(list, zip(*map(halves, tensors))) if tensors else ([], [])

    def inputs(self, inputs):
        """The `Inputs` of both halves."""
        z, mask = (self.all(v, lambda v: self.both(v, axis=1))
                   for v in (inputs.z, inputs.mask))
        states, constants = (self.all(v, self.both)
                             for v in (inputs.states, inputs.constants))
        return [inputs._replace(z=z, mask=mask, states=states, constants=constants)
                for z, mask, states, constants in zip(z, mask, states, constants)]

    def gradient(self, v, axis=0):
        """The halves of a gradient, zero in the second for a row of the first."""
        first, second = self.both(v, axis)
        if isinstance(self.size, int) and self.size == self.skipped:
            return first, second
        new = tf.range(tf.shape(second)[axis]) >= self.size - self.skipped
        new = tf.reshape(new, [1] * axis + [-1] + [1] * (len(v.shape) - axis - 1))
        return first, tf.where(new, second, tf.zeros_like(second))

    def joined(self, first, second, axis=0):
        twice = self.size - self.skipped
        return tf.concat([first, second[:, twice:] if axis else second[twice:]], axis)
