"""The backward loop, left with what depends on the gradients that arrive.

The gradient of a step is traced once, with the values of its products given. A product
of a lifted kernel passes what arrives at it both to its vector and to a tap, which is
zero. The taps' gradients of all steps, times the vectors, are the kernel's gradient:
one large product after the loop. So a product is neither done again, nor is a small one
added to a kernel's gradient at every step. Gradients of weights used in any other way
are summed in the loop.
"""

from typing import NamedTuple

import tensorflow as tf

from rnnzoo.recurrence import lists, rungs
from rnnzoo.recurrence.inputs import Inputs, as_kernel
from rnnzoo.recurrence.pullback import VALUELESS, Pullback, Step


class Gradients(NamedTuple):
    """Gradients by what they are of, as lists.

    `z` leaves out those that are gradients of taps as well.
    """

    z: list
    states: list
    constants: list
    weights: list
    taps: list


def backward(loop, inputs, kept, dy, dlast):
    """Gradients of a recurrence.

    Args:
        loop: the `Tapped` that has run.
        inputs: the `Inputs` that it ran on.
        kept: what its `forward` kept.
        dy: gradient of the outputs.
        dlast: gradients of those last states that have one.

    Returns:
        An `Inputs` of gradients, None where there is none.
    """
    room, (states, values) = inputs.room, kept
    before = [tf.concat([first[None], after[:-1]], 0)
              for first, after in zip(inputs.states, states)]
    moving = inputs.z, before, values, inputs.mask
    still = inputs.constants, inputs.weights
    step = StepGradient(loop, moving, still, [dy[0], *dlast])
    moving, still = tf.nest.flatten(moving), tf.nest.flatten(still)
    residuals, vectors, values = step.known(moving, still)
    vectors = [rungs.cut(inputs, v) for v in vectors]
    constants = step.pullback.constants(lists.at(0, moving), still)
    of = Gradients(
        *map(lists.opened,
             (inputs.z, inputs.states, inputs.constants, inputs.weights)), values)
    has = step.has

    def body(t, dstates, dz, dtaps, dconstants, dweights):
        found = step.at(Step(lists.at(t, moving), still, [dy[t], *dstates]),
                        lists.at(t, residuals), constants)
        return (t - 1, found.states,
                lists.write(dz, t, found.z), lists.write(dtaps, t, found.taps),
                lists.added(dconstants, found.constants),
                lists.added(dweights, found.weights))

    own = [v for v, tap in zip(of.z, step.taps_of_z) if tap is None]
    start = (inputs.length - 1, dlast,
             lists.arrays(room, lists.at(0, lists.where(has.z, own))),
             lists.arrays(room, lists.at(0, lists.where(has.taps, of.taps))),
             lists.sums(lists.where(has.constants, of.constants)),
             lists.sums(lists.where(has.weights, of.weights)))
    _, dstates, dz, dtaps, dconstants, dweights = tf.while_loop(
        lambda t, *_: t >= 0, body, start)
    dtaps = lists.spread(has.taps, lists.stack(dtaps))
    dz = iter(lists.spread(has.z, lists.stack(dz)))
    dz = [next(dz) if tap is None else dtaps[tap] for tap in step.taps_of_z]
    dkernels = [None if d is None else tf.matmul(_rows(v), _rows(d), transpose_a=True)
                for v, d in zip(vectors, dtaps)]
    return inputs.gradients(
        dz, dstates, lists.spread(has.constants, dconstants),
        lists.plus(lists.spread(has.weights, dweights),
                   _of_weights(loop, inputs, dkernels)))


class StepGradient:
    """The gradient of one step as a `Pullback`.

    Args:
        loop: the `Tapped`.
        moving: lists of tensors with time on axis 0: `z`, the states before each step,
            the values of products, and the mask if there is one.
        still: lists of tensors: constants and weights.
        arriving: gradients of a step's output and new states, for their shapes.

    Attributes:
        has: a `Gradients` of whether each is one.
        taps_of_z: for each `z` the number of the tap that has its gradient, or None.
    """

    def __init__(self, loop, moving, still, arriving):
        self.loop, self.moving, self.still = loop, moving, still
        now = [v[0] for v in tf.nest.flatten(moving)]
        self.pullback = Pullback(
            self._gradient, Step(now, tf.nest.flatten(still), arriving))

    def _gradient(self, step):
        z, states, values, mask = tf.nest.pack_sequence_as(self.moving, step.moving)
        constants, weights = tf.nest.pack_sequence_as(self.still, step.still)
        loop, read = self.loop, Inputs(z, mask, states, constants, weights, [])
        values = lists.spread(loop.kept, values)
        products, taps = [], []

        def product(v, kernel):
            v = tf.convert_to_tensor(v)
            i, kernel = len(products), as_kernel(kernel, v)
            value = tf.matmul(v, kernel) if values[i] is None else values[i]
            if loop.fixed[i]:
                tap = [tf.zeros_like(value)] if loop.lifted[i] else []
                tape.watch(tap)
                taps.extend(tap)
                value = _given_product(v, kernel, value, *tap)
            products.append((v, value))
            return value

        of = Gradients(*map(lists.opened, (z, states, constants, weights)), taps)
        with tf.GradientTape() as tape:
            tape.watch(of)
            y, new = loop.step(read, product)
        targets = [y, *(n for n, s in zip(new, states) if lists.is_open(s))]
        lifted = lists.where(loop.lifted, products)
        self.vectors, self.values = map(list, zip(*lifted)) if lifted else ([], [])
        self.taps_of_z = [_tap_of(v, lifted, targets) for v in of.z]
        of = of._replace(z=[v for v, tap in zip(of.z, self.taps_of_z) if tap is None])
        found = tape.gradient(targets, of, output_gradients=step.arriving)
        found = found._replace(states=lists.filled(found.states, of.states))
        self.has = Gradients(*([d is not None for d in group] for group in found))
        # The gradient of a table that is looked up in is no tensor yet.
        return [tf.convert_to_tensor(d) for group in found for d in group
                if d is not None]

    def known(self, moving, still):
        """Residuals, vectors and values of lifted products, with time on axis 0."""
        count = len(self.vectors)
        known = self.pullback.residuals(moving, still, *self.vectors, *self.values)
        first = len(known) - 2 * count
        return known[:first], known[first:first + count], known[first + count:]

    def at(self, step, residuals, constants):
        """The `Gradients` of one step, those that there are."""
        found = iter(self.pullback.gradients(step, residuals, constants))
        return Gradients(*([next(found) for h in group if h] for group in self.has))


def _given_product(v, kernel, value, *tap):
    """`value`, as the product of `v` and `kernel`; its gradient reaches a tap too."""

    @tf.custom_gradient
    def product(v, *tap):
        def gradient(d):
            # Turned as a whole it is turned once, and not at every step.
            return tf.matmul(d, tf.transpose(kernel)), *[d for _ in tap]

        return tf.identity(value), gradient

    return product(v, *tap)


def _tap_of(z, products, targets):
    """The number of the product whose tap has the gradient of `z`, or None.

    It has if all that is done with either of them is to add the other.
    """
    for i, (_, value) in enumerate(products):
        readers = {o.name: o for v in (z, value) for o in v.consumers()
                   if o.type not in VALUELESS}
        reader = next(iter(readers.values())) if len(readers) == 1 else None
        if (reader is not None and reader.type == "AddV2"
                and z.shape.as_list() == value.shape.as_list()  # none is repeated
                and {v.name for v in reader.inputs} == {z.name, value.name}
                and not any(t is z or t is value for t in targets)):
            return i
    return None


def _of_weights(loop, inputs, dkernels):
    """The gradients of lifted kernels, led back to the weights."""
    given = inputs._replace(weights=[tf.identity(v) for v in inputs.weights])
    with tf.GradientTape() as tape:
        tape.watch(given.weights)
        kernels, *_ = loop.look(given)
    kernels = lists.where(loop.lifted, kernels)
    has = [d is not None for d in dkernels]
    return tape.gradient(lists.where(has, kernels), lists.opened(given.weights),
                         output_gradients=lists.where(has, dkernels))


def _rows(v):
    """A stack of vectors as one matrix."""
    return tf.reshape(v, (-1, v.shape[-1]))
