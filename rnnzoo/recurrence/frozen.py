"""The loop of a cell where nothing is kept for a gradient.

So are sequences answered, and so do data stream through a reservoir, whose kernels do
not learn. Should a gradient be asked for, `tapped` runs the loop again. A kernel of few
links is multiplied link by link, each unit summing what it hears.
"""

from functools import partial

import tensorflow as tf
from keras import ops

from rnnzoo.recurrence import lists

# Share of weights that are not zero up to which links are faster than a dense product,
# of one row and of more. Measured under XLA on two cores, 100 to 2,000 units.
SHARE_OF_ONE_ROW, SHARE = 1 / 10, 1 / 25


def runner(cell):
    """What runs the loop of this cell: by links, where that is faster.

    Returns:
        A function of a `Tapped` and of what compiles a function. It returns one that
        gives outputs and last states for `Inputs`.
    """
    square = [(i, _heard_by_most(w)) for i, w in enumerate(cell.weights)
              if not w.trainable and len(w.shape) == 2 and w.shape[0] == w.shape[1]]
    return partial(_runner, square)


def _runner(square, loop, compiled):
    weights = loop.cell.weights
    share = max((most / weights[i].shape[0] for i, most in square), default=1)

    @compiled
    def through(inputs, links):
        return looped(loop, inputs, {id(weights[i]): found
                                     for (i, _), found in zip(square, links)})

    def run(inputs):
        values = inputs.weights

        def along_links():
            return through(inputs, [_links(values[i], most) for i, most in square])

        def dense():
            return through(inputs, [])

        if share > SHARE_OF_ONE_ROW:
            return dense()
        rows = inputs.z[0].shape[1] or tf.shape(inputs.z[0])[1]
        faster = share <= SHARE or ops.equal(rows, 1)
        # Weights that are loaded after the graph was made may have more links.
        fit = [tf.reduce_all(_heard(values[i]) <= most) for i, most in square]
        return tf.cond(tf.reduce_all([faster, *fit]), along_links, dense)

    return run


def looped(loop, inputs, links={}):
    """Outputs and last states of the loop of a `Tapped`; nothing else is kept.

    Args:
        links: identity of a kernel -> its `_links`, to be multiplied by them.
    """

    def product(v, kernel):
        heard, weights = links.get(id(kernel), (None, None))
        if heard is None or weights.dtype != v.dtype:
            return tf.matmul(v, ops.cast(kernel, v.dtype))
        return tf.reduce_sum(tf.gather(v, heard, axis=1) * weights, axis=1)

    def body(t, z, states, outputs):
        y, states = loop.step(inputs.at(t, states)._replace(z=z), product)
        return t + 1, loop.coming(inputs, t, y), states, outputs.write(t, y)

    y, _ = loop.step(inputs.at(0, inputs.states), product)
    (outputs,) = lists.arrays(inputs.room, [y])
    _, _, last, outputs = tf.while_loop(
        lambda t, *_: t < inputs.length, body,
        (0, lists.at(0, inputs.z), inputs.states, outputs))
    return outputs.stack(), last


def _heard(kernel):
    """How many units each unit hears."""
    return tf.math.count_nonzero(kernel, axis=0)


def _heard_by_most(weight):
    """The most that a unit hears now, at the time a graph is made."""
    with tf.init_scope():
        if not tf.executing_eagerly():
            return weight.shape[0]
        return int(tf.reduce_max(_heard(weight.value)))


def _links(kernel, most):
    """For each unit those that it hears, and their weights: `(most, units)` both.

    A unit that hears fewer is filled up with weights of 0.
    """
    hearing = tf.transpose(kernel)
    pairs = tf.where(hearing != 0)
    first = tf.cumsum(_heard(kernel), exclusive=True)
    unit, other = tf.unstack(pairs, axis=1)
    place = tf.range(tf.shape(pairs, "int64")[0]) - tf.gather(first, unit)
    places, shape = tf.stack([place, unit], axis=1), (most, kernel.shape[0])
    return (tf.scatter_nd(places, tf.cast(other, "int32"), shape),
            tf.scatter_nd(places, tf.gather_nd(hearing, pairs), shape))
