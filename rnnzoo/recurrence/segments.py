"""Long sequences in segments: what a gradient needs is kept of one segment at a time.

The forward loop keeps the states between segments only. Going back, each segment is run
again from its first states: memory is bounded, for the time of a second forward loop.
"""

import tensorflow as tf

from rnnzoo.recurrence import lists
from rnnzoo.recurrence.frozen import looped

STEPS = 128
LONG = 1024     # sequences of up to so many steps are one segment


class Segments:
    """The loops of a `Tapped` over a long sequence, of whole segments.

    Args:
        loop: the `Tapped`.
    """

    def __init__(self, loop):
        self.loop = loop

    def forward(self, inputs):
        """Outputs, last states, and the states that the segments begin with."""
        count = inputs.room // STEPS
        y, _ = looped(self.loop, _segment(inputs, 0, inputs.states))

        def body(k, states, starts, outputs):
            y, last = looped(self.loop, _segment(inputs, k, states))
            return (k + 1, last, lists.write(starts, k, states),
                    lists.write(outputs, k, [y]))

        _, last, starts, outputs = tf.while_loop(
            lambda k, *_: k < count, body,
            (0, inputs.states, lists.arrays(count, inputs.states),
             lists.arrays(count, [y])))
        (y,) = lists.stack(outputs)
        return _joined(y), last, lists.stack(starts)

    def backward(self, inputs, starts, dy, dlast):
        """Gradients of a recurrence; see `Tapped.backward`."""
        first = _segment(inputs, 0, inputs.states)
        of = [lists.opened(v) for v in (first.z, inputs.constants, inputs.weights)]
        has = []

        def body(k, dlast, dz, *sums):
            segment = _segment(inputs, k, lists.at(k, starts))
            *_, kept = self.loop.forward(segment)
            found = self.loop.backward(segment, kept, _rows(dy, k), dlast)
            dlast, *found = (
                [d for d, v in zip(gradients, tensors) if lists.is_open(v)]
                for gradients, tensors in (
                    (found.states, inputs.states), (found.z, inputs.z),
                    (found.constants, inputs.constants),
                    (found.weights, inputs.weights)))
            has[:] = [[d is not None for d in group] for group in found]
            new, *found = map(lists.filled, found, of)
            return k - 1, dlast, lists.write(dz, k, new), *map(lists.added, sums, found)

        _, dstates, dz, *sums = tf.while_loop(
            lambda k, *_: k >= 0, body,
            (inputs.room // STEPS - 1, dlast,
             lists.arrays(inputs.room // STEPS, of[0]), *map(lists.sums, of[1:])))
        found = [[_joined(v) for v in lists.stack(dz)], *sums]
        dz, dconstants, dweights = (
            [d if h else None for h, d in zip(*pair)] for pair in zip(has, found))
        return inputs.gradients(dz, dstates, dconstants, dweights)


def _segment(inputs, k, states):
    """The inputs of segment `k`, as tensors of the graph that is being made."""
    return inputs._replace(
        z=[_rows(v, k) for v in inputs.z], mask=[_rows(v, k) for v in inputs.mask],
        states=[tf.identity(v) for v in states],
        constants=[tf.identity(v) for v in inputs.constants],
        weights=[tf.identity(v) for v in inputs.weights],
        steps=[tf.minimum(steps - k * STEPS, STEPS) for steps in inputs.steps])


def _rows(stack, k):
    return tf.gather(stack, k * STEPS + tf.range(STEPS))


def _joined(stack):
    """Segments as one sequence."""
    return tf.reshape(stack, tf.concat([[-1], tf.shape(stack)[2:]], 0))
