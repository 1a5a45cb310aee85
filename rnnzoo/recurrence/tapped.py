"""Training at the speed of large matrix products, for any cell, on TensorFlow.

Automatic differentiation of the loop adds one small product to every kernel's gradient
at every step. Here the forward loop keeps, per step, the states, and of each product
the vector and the value. The backward loop differentiates `step` alone, in which a
product returns its kept value and passes its incoming gradient both to the vector and
to a zero-valued tap. The taps' gradients, stacked over the steps, times the kept
vectors are the gradient of the kernel: one large product after the loop. Gradients of
weights used in any other way are summed in the loop.
"""

from itertools import count
from typing import NamedTuple

import keras
import tensorflow as tf
from keras import ops, tree

from rnnzoo.recurrence.generic import Unservable, keep


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

    def copied(self):
        """With tensors of its own for weights and constants, to differentiate by."""
        return self._replace(constants=[tf.identity(v) for v in self.constants],
                             weights=[tf.identity(v) for v in self.weights])


def tapped(cell, z, states, constants, mask, jit_compile=False, forgetting=None):
    """Runs the loop; see `recurrence.recur`. Time is on axis 0 of `z` and `mask`.

    `forgetting(loop, inputs, compiled)` may give outputs and last states in place of
    the forward loop that keeps what `backward` needs. That one then runs if a gradient
    is asked for.

    Raises:
        Unservable: if the step is not of a kind that this gradient is right for.
    """
    loop = Tapped(cell, z, constants, mask)
    given = Inputs(tree.flatten(z), list(states), tree.flatten(constants),
                   [tf.convert_to_tensor(w.value) for w in cell.weights])

    def compiled(function):
        if not jit_compile and not tf.executing_eagerly():
            return function
        return tf.function(function, autograph=False, jit_compile=jit_compile)

    @tf.custom_gradient
    def run(*flat):
        # No tape may look into the loop: its gradient is the one that follows.
        inputs = tf.nest.pack_sequence_as(given, [tf.stop_gradient(v) for v in flat])
        forward = compiled(loop.forward)
        if forgetting:
            y, last = forgetting(loop, inputs, compiled)
        else:
            y, last, kept = forward(inputs)

        def gradient(dy, *dlast):
            dlast = [d for d, s in zip(dlast, inputs.states) if _is_open(s)]
            known = forward(inputs)[-1] if forgetting else kept
            found = compiled(loop.backward)(inputs, known, dy, dlast)
            return _differentiated_once([d for group in found for d in group],
                                        [*flat, dy, *dlast])

        return (y, *last), gradient

    y, *last = run(*tf.nest.flatten(given))
    return y, last


def _differentiated_once(gradients, inputs):
    """The gradients, with an error where a second derivative is asked of them."""

    @tf.custom_gradient
    def once(*_):
        def gradient(*_):
            raise NotImplementedError(
                "The fast path of a recurrence has no second derivative. Compute it "
                'within rnnzoo.recurrence.using("plain").')

        return [d for d in gradients if d is not None], gradient

    return _spread(gradients, once(*inputs))


class Tapped:
    """The forward and the backward loop of one cell over one structure of inputs."""

    def __init__(self, cell, z, constants, mask):
        self.cell, self.z, self.constants, self.mask = cell, z, constants, mask

    def step(self, given, product, t=None):
        """One step as a function of tensors alone; masked if it has a time `t`."""
        valid = None if t is None or self.mask is None else self.mask[t]
        variables = self.cell.variables
        with keras.StatelessScope(list(zip(self.cell.weights, given.weights))) as scope:
            before = [scope.get_current_value(v) for v in variables]
            y, new = self.cell(
                tree.pack_sequence_as(self.z, given.z), given.states, product=product,
                context=tree.pack_sequence_as(self.constants, given.constants))
            if any(scope.get_current_value(v) is not b
                   for v, b in zip(variables, before)):
                raise Unservable("its step draws random numbers or changes weights")
        return y, keep(valid, new, given.states)

    def products(self, given):
        """The kernel and the vector of every product of a step, and its output."""
        kernels, vectors, values = [], [], []

        def product(v, kernel):
            if len(kernel.shape) != 2:
                raise Unservable(f"a kernel of its step has {len(kernel.shape)} axes")
            vectors.append(v)
            kernels.append(_like(kernel, v))
            values.append(tf.matmul(v, kernels[-1]))
            return values[-1]

        y, _ = self.step(given.at(0, given.states), product)
        _check_branches(values, y)
        return kernels, vectors, y

    def look(self, inputs):
        """Finds out how a step uses its products, and returns `products`.

        A kernel is `fixed` if no state, input or constant has a part in it: it is the
        same at every step. It is `lifted` if, besides, trained weights have: then its
        gradient is taken out of the loop. `alias` is the number of the state that a
        product is applied to as it is: such a vector is kept once.
        """
        moving = [*inputs.z, *inputs.states, *inputs.constants]
        if any(v.dtype.is_complex for v in moving):
            raise Unservable("it computes with complex numbers")
        trained = [v for v, w in zip(inputs.weights, self.cell.weights) if w.trainable]
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(inputs.weights)
            kernels, vectors, y = self.products(inputs)
        self.fixed = [not _depends(kernel, moving) for kernel in kernels]
        self.lifted = [
            fixed and any(g is not None for g in tape.gradient(kernel, trained))
            for fixed, kernel in zip(self.fixed, kernels)]
        self.alias = [next((i for i, s in enumerate(inputs.states) if s is v), None)
                      for v in vectors]
        return kernels, vectors, y

    def forward(self, inputs):
        """Outputs, last states, and what `backward` needs: states, values, vectors."""
        time = _length(inputs)
        kernels, vectors, y = self.look(inputs)
        vector_kept = [lifted and alias is None
                       for lifted, alias in zip(self.lifted, self.alias)]

        def body(t, states, outputs, kept_states, kept_values, kept_vectors):
            values, applied = [], []

            def product(v, kernel):
                i = len(values)
                if i < len(kernels) and self.fixed[i]:
                    kernel = kernels[i]
                applied.append(v)
                values.append(tf.matmul(v, _like(kernel, v)))
                return values[-1]

            y, new = self.step(inputs.at(t, states), product, t)
            _check_branches(values, y)
            if len(values) != len(kernels):
                raise Unservable("its steps do not all have the same products")
            return (t + 1, new, outputs.write(t, y),
                    _write(kept_states, t, states),
                    _write(kept_values, t, _where(self.fixed, values)),
                    _write(kept_vectors, t, _where(vector_kept, applied)))

        values = [tf.matmul(v, k) for v, k in zip(vectors, kernels)]
        start = (0, inputs.states, _array(time, y), _arrays(time, inputs.states),
                 _arrays(time, _where(self.fixed, values)),
                 _arrays(time, _where(vector_kept, vectors)))
        _, last, outputs, *kept = tf.while_loop(
            lambda t, *_: t < time, body, start, maximum_iterations=time)
        return outputs.stack(), last, [_stack(arrays) for arrays in kept]

    def backward(self, inputs, kept, dy, dlast):
        """Gradients with respect to `inputs`; None where there is none."""
        time = _length(inputs)
        kept_states, kept_values, kept_vectors = kept
        kernels, *_ = self.look(inputs)
        values = _spread(self.fixed, kept_values)

        def pull(t, dstates):
            """Gradients of one step, with respect to what it reads and to the taps."""
            given = inputs.copied().at(t, [s[t] for s in kept_states])
            taps = [tf.zeros_like(v[t]) if lifted else None
                    for lifted, v in zip(self.lifted, values)]
            number = count()

            def product(v, kernel):
                i = next(number)
                if not self.fixed[i]:
                    return tf.matmul(v, _like(kernel, v))
                return _kept_product(v, kernels[i], values[i][t], taps[i])

            read = (*[_open(group) for group in given],
                    [tap for tap in taps if tap is not None])
            with tf.GradientTape() as tape:
                tape.watch(read)
                y, new = self.step(given, product, t)
            targets = [y, *[n for n, s in zip(new, given.states) if _is_open(s)]]
            incoming = [dy[t], *dstates]
            return tape.gradient(targets, read, output_gradients=incoming), read

        # One step outside the loop tells which sums it will need.
        (_, _, dconstants, dweights, _), _ = pull(time - 1, dlast)

        def body(t, dstates, dz, dtaps, dconstants, dweights):
            found, read = pull(t, dstates)
            found_z, dstates, found_taps = (
                _filled(found[i], read[i]) for i in (0, 1, 4))
            return (t - 1, dstates,
                    _write(dz, t, found_z), _write(dtaps, t, found_taps),
                    _added(dconstants, found[2]), _added(dweights, found[3]))

        start = (time - 1, dlast, _arrays(time, [v[0] for v in _open(inputs.z)]),
                 _arrays(time, [v[0] for v in _where(self.lifted, values)]),
                 _sums(dconstants), _sums(dweights))
        _, dstates, dz, dtaps, constant_sums, weight_sums = tf.while_loop(
            lambda t, *_: t >= 0, body, start, maximum_iterations=time)
        dkernels = self.kernel_gradients(inputs, kept_states, kept_vectors, dtaps)
        return Inputs(
            _placed(inputs.z, _stack(dz)), _placed(inputs.states, dstates),
            _placed(inputs.constants, _spread(dconstants, constant_sums)),
            _placed(inputs.weights, _plus(_spread(dweights, weight_sums), dkernels)))

    def kernel_gradients(self, inputs, kept_states, kept_vectors, dtaps):
        """The lifted kernels' gradients, one product each, led back to the weights."""
        if not any(self.lifted):
            return [None] * len(_open(inputs.weights))
        vectors = iter(kept_vectors)
        dkernels = [
            tf.matmul(_rows(next(vectors) if alias is None else kept_states[alias]),
                      _rows(dtap), transpose_a=True)
            for alias, dtap in zip(_where(self.lifted, self.alias), _stack(dtaps))]
        given = inputs.copied()
        with tf.GradientTape() as tape:
            tape.watch(given.weights)
            kernels, *_ = self.products(given)
        return tape.gradient(_where(self.lifted, kernels), _open(given.weights),
                             output_gradients=dkernels)


def _kept_product(v, kernel, value, tap):
    """`value`, as the product of `v` and `kernel`; its gradient reaches the tap too."""

    @tf.custom_gradient
    def product(v, *tap):
        def gradient(d):
            return tf.matmul(d, kernel, transpose_b=True), *[d for _ in tap]

        return tf.identity(value), gradient

    return product(v) if tap is None else product(v, tap)


def _like(kernel, v):
    return ops.cast(ops.convert_to_tensor(kernel), v.dtype)


def _check_branches(values, y):
    if any(value.graph is not y.graph for value in values):
        raise Unservable("a product of its step stands in a branch or a loop")


def _depends(target, sources):
    """Whether any source has a part in the target, gradients or not."""
    sources, seen, ahead = {id(v) for v in sources}, set(), [target]
    while ahead:
        v = ahead.pop()
        if id(v) in sources:
            return True
        if id(v) not in seen:
            seen.add(id(v))
            ahead.extend(v.op.inputs)
    return False


def _length(inputs):
    return inputs.z[0].shape[0] or tf.shape(inputs.z[0])[0]


def _is_open(v):
    """Whether gradients flow through a tensor of this dtype."""
    return v.dtype.is_floating


def _open(tensors):
    return [v for v in tensors if _is_open(v)]


def _rows(v):
    """A stack of vectors as one matrix."""
    return tf.reshape(v, (-1, v.shape[-1]))


def _array(time, like):
    return tf.TensorArray(like.dtype, size=time, element_shape=like.shape)


def _arrays(time, like):
    return [_array(time, v) for v in like]


def _write(arrays, t, values):
    return [array.write(t, value) for array, value in zip(arrays, values)]


def _stack(arrays):
    return [array.stack() for array in arrays]


def _where(chosen, values):
    return [v for c, v in zip(chosen, values) if c]


def _spread(pattern, values):
    """`values` at the places where `pattern` is neither None nor False."""
    values = iter(values)
    return [None if p is None or p is False else next(values) for p in pattern]


def _filled(gradients, like):
    return [tf.zeros_like(v) if g is None else g for g, v in zip(gradients, like)]


def _sums(gradients):
    """Zeros to sum gradients in, in float32 at least."""
    return [tf.zeros_like(g, tf.float64 if g.dtype == tf.float64 else tf.float32)
            for g in gradients if g is not None]


def _added(sums, gradients):
    found = [g for g in gradients if g is not None]
    return [s + tf.cast(g, s.dtype) for s, g in zip(sums, found)]


def _plus(some, others):
    return [b if a is None else a if b is None else a + tf.cast(b, a.dtype)
            for a, b in zip(some, others)]


def _placed(like, gradients):
    """Gradients at the places of the tensors that have one, in the tensors' dtypes."""
    gradients = iter(gradients)
    found = [next(gradients) if _is_open(v) else None for v in like]
    return [None if g is None else tf.cast(g, v.dtype) for g, v in zip(found, like)]
