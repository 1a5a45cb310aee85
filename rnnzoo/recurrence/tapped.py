"""Training at the speed of large matrix products, for any cell, on TensorFlow.

Automatic differentiation of the loop adds one small product to every kernel's gradient
at every step. Here the forward loop keeps, per step, the states, and of each product
the vector and the value. The backward loop differentiates `step` alone, in which a
product returns its kept value and passes its incoming gradient both to the vector and
to a zero-valued tap. The taps' gradients, stacked over the steps, times the kept vectors
are the gradient of the kernel: one large product after the loop. Gradients of weights
used in any other way are summed in the loop.
"""

from itertools import count

import keras
import tensorflow as tf
from keras import ops, tree

from rnnzoo.recurrence.generic import keep


def tapped(cell, z, states, constants, mask, jit_compile=False):
    """Runs the loop; see `recurrence.recur`. Time is on axis 0 of `z` and `mask`."""
    loop = _Loop(cell, z, constants)
    weights = [tf.convert_to_tensor(w.value) for w in cell.weights]
    flat_z, flat_constants = tree.flatten(z), tree.flatten(constants)
    groups = (flat_z, states, flat_constants, weights)

    def compiled(function):
        if not jit_compile:
            return function
        return tf.function(function, autograph=False, jit_compile=True)

    @tf.custom_gradient
    def run(*flat):
        inputs = _split(flat, groups)
        y, last, kept = compiled(loop.forward)(*inputs, mask)

        def gradient(dy, *dlast):
            dlast = [d for d, s in zip(dlast, states) if s.dtype.is_floating]
            found = compiled(loop.backward)(*inputs, mask, kept, dy, dlast)
            return [d for group in found for d in group]

        return (y, *last), gradient

    y, *last = run(*[v for group in groups for v in group])
    return y, last


class _Loop:
    """The forward and backward loop of one cell over one structure of inputs.

    `z`, `states`, `constants` and `weights` are flat lists of tensors. What the first
    trace of a step finds out (`Products`) serves both loops.
    """

    def __init__(self, cell, z, constants):
        self.cell = cell
        self.z_nest, self.constants_nest = z, constants

    def step(self, z, states, constants, weights, product, valid=None):
        """One step as a function of tensors alone."""
        with keras.StatelessScope(list(zip(self.cell.weights, weights))):
            y, new = self.cell(
                tree.pack_sequence_as(self.z_nest, z), states, product=product,
                context=tree.pack_sequence_as(self.constants_nest, constants))
        return y, keep(valid, new, states)

    def kernels(self, z, states, constants, weights):
        """The kernels of all products of a step, the vectors and the output."""
        kernels, vectors = [], []

        def product(v, kernel):
            vectors.append(v)
            kernels.append(ops.cast(ops.convert_to_tensor(kernel), v.dtype))
            return tf.matmul(v, kernels[-1])

        y, new = self.step([v[0] for v in z], states, constants, weights, product)
        return kernels, vectors, y, new

    def look(self, z, states, constants, weights):
        """Finds out, once, how the step uses its products and weights."""
        trained = [i for i, w in enumerate(self.cell.weights) if w.trainable]
        inner = [v for v in (*[v[0] for v in z], *states, *constants) if _open(v)]
        with tf.GradientTape(persistent=True) as tape:
            tape.watch([inner, weights])
            kernels, vectors, y, new = self.kernels(z, states, constants, weights)
        from_weights = [weights[i] for i in trained]
        # A kernel that the state or input has a part in is no constant of the loop.
        self.fixed = [not _reaches(tape, k, inner) for k in kernels]
        self.lifted = [f and _reaches(tape, k, from_weights)
                       for f, k in zip(self.fixed, kernels)]
        self.alias = [next((j for j, s in enumerate(states) if s is v), None)
                      for v in vectors]
        return kernels, vectors, y

    def forward(self, z, states, constants, weights, mask):
        time = _length(z)
        kernels, vectors, y = self.look(z, states, constants, weights)
        keeps_vector = [f and a is None for f, a in zip(self.lifted, self.alias)]

        def body(t, states, outputs, kept_states, kept_values, kept_vectors):
            values, applied, number = [], [], count()

            def product(v, kernel):
                i = next(number)
                applied.append(v)
                values.append(tf.matmul(v, kernels[i] if self.fixed[i] else
                                        ops.cast(ops.convert_to_tensor(kernel), v.dtype)))
                return values[-1]

            y, new = self.step([v[t] for v in z], states, constants, weights, product,
                               _at(mask, t))
            return (t + 1, new, outputs.write(t, y),
                    _write(kept_states, t, states),
                    _write(kept_values, t, _where(self.fixed, values)),
                    _write(kept_vectors, t, _where(keeps_vector, applied)))

        shapes = [(*v.shape[:-1], k.shape[-1]) for v, k in zip(vectors, kernels)]
        start = (0, states, _array(time, y), [_array(time, s) for s in states],
                 [_array(time, v, s) for v, s in
                  zip(_where(self.fixed, vectors), _where(self.fixed, shapes))],
                 [_array(time, v) for v in _where(keeps_vector, vectors)])
        _, last, outputs, *kept = _loop(time, start, body)
        return outputs.stack(), last, [[k.stack() for k in ks] for ks in kept]

    def backward(self, z, states, constants, weights, mask, kept, dy, dlast):
        time = _length(z)
        kept_states, kept_values, kept_vectors = kept
        kernels, _, _ = self.look(z, states, constants, weights)
        open_z = [i for i, v in enumerate(z) if _open(v)]
        open_states = [i for i, s in enumerate(states) if _open(s)]
        open_constants = [i for i, c in enumerate(constants) if _open(c)]
        values_of = dict(zip([i for i, f in enumerate(self.fixed) if f], kept_values))

        def pull(t, ds):
            """Gradients of one step with respect to all that it reads, and the taps."""
            z_t, old = [v[t] for v in z], [s[t] for s in kept_states]
            w, c = [tf.identity(v) for v in weights], [tf.identity(v) for v in constants]
            taps = {i: tf.zeros_like(v[t]) for i, v in values_of.items() if self.lifted[i]}
            number = count()

            def product(v, kernel):
                i = next(number)
                if not self.fixed[i]:
                    return tf.matmul(v, ops.cast(ops.convert_to_tensor(kernel), v.dtype))

                @tf.custom_gradient
                def kept_value(v, *tap):
                    def gradient(d):
                        return (tf.matmul(d, kernels[i], transpose_b=True),
                                *[d for _ in tap])
                    return tf.identity(values_of[i][t]), gradient

                return kept_value(v, *([taps[i]] if i in taps else []))

            read = ([z_t[i] for i in open_z], [old[i] for i in open_states],
                    [c[i] for i in open_constants], w, list(taps.values()))
            with tf.GradientTape() as tape:
                tape.watch(read)
                y, new = self.step(z_t, old, c, w, product, _at(mask, t))
            return tape.gradient([y, *[new[i] for i in open_states]], read,
                                 output_gradients=[dy[t], *ds]), read

        (_, _, gc, gw, _), _ = pull(time - 1, dlast)    # which weights have gradients

        def body(t, ds, dz, dtaps, dc, dw):
            (gz, gs, gc, gw, gt), read = pull(t, ds)
            gz, gs, gt = (_full(g, r) for g, r in zip((gz, gs, gt),
                                                      (read[0], read[1], read[4])))
            return (t - 1, gs, _write(dz, t, gz), _write(dtaps, t, gt),
                    _add(dc, gc), _add(dw, gw))

        start = (time - 1, dlast, [_array(time, z[i][0]) for i in open_z],
                 [_array(time, v[0]) for i, v in values_of.items() if self.lifted[i]],
                 [_zeros(g) for g in gc if g is not None],
                 [_zeros(g) for g in gw if g is not None])
        _, ds, dz, dtaps, dc, dw = _loop(time, start, body, backwards=True)
        dw = self._with_kernels(z, states, constants, weights, kept_states, kept_vectors,
                                dtaps, _spread(gw, dw))
        return (_placed(z, open_z, [d.stack() for d in dz]),
                _placed(states, open_states, ds),
                _placed(constants, open_constants, _spread(gc, dc)),
                [None if d is None else tf.cast(d, w.dtype) for d, w in zip(dw, weights)])

    def _with_kernels(self, z, states, constants, weights, kept_states, kept_vectors,
                      dtaps, dw):
        """Adds the kernels' gradients, one product each, led back to the weights."""
        vectors = iter(kept_vectors)
        lifted = [i for i, f in enumerate(self.lifted) if f]
        dkernels = []
        for i, d in zip(lifted, dtaps):
            v = next(vectors) if self.alias[i] is None else kept_states[self.alias[i]]
            d = d.stack()
            dkernels.append(tf.matmul(tf.reshape(v, (-1, v.shape[-1])),
                                      tf.reshape(d, (-1, d.shape[-1])), transpose_a=True))
        if not lifted:
            return dw
        with tf.GradientTape() as tape:
            tape.watch(weights)
            kernels, *_ = self.kernels(z, states, constants, weights)
        found = tape.gradient([kernels[i] for i in lifted], weights,
                              output_gradients=dkernels)
        return [g if d is None else d if g is None else d + tf.cast(g, d.dtype)
                for d, g in zip(dw, found)]


def _open(v):
    """Whether gradients flow through a tensor of this dtype."""
    return v.dtype.is_floating


def _reaches(tape, target, sources):
    return any(g is not None for g in tape.gradient(target, sources))


def _length(z):
    return z[0].shape[0] or tf.shape(z[0])[0]


def _loop(time, start, body, backwards=False):
    proceed = (lambda t, *_: t >= 0) if backwards else (lambda t, *_: t < time)
    return tf.while_loop(proceed, body, start, maximum_iterations=time)


def _array(time, like, shape=None):
    shape = like.shape if shape is None else shape
    return tf.TensorArray(like.dtype, size=time, element_shape=shape)


def _write(arrays, t, values):
    return [array.write(t, value) for array, value in zip(arrays, values)]


def _at(mask, t):
    return None if mask is None else mask[t]


def _where(chosen, values):
    return [v for c, v in zip(chosen, values) if c]


def _full(gradients, like):
    return [tf.zeros_like(v) if g is None else g for g, v in zip(gradients, like)]


def _zeros(like):
    """Zeros to sum gradients in, in float32 at least."""
    return tf.zeros_like(like, dtype=tf.float64 if like.dtype == tf.float64 else tf.float32)


def _add(sums, gradients):
    gradients = [g for g in gradients if g is not None]
    return [s + tf.cast(g, s.dtype) for s, g in zip(sums, gradients)]


def _spread(pattern, values):
    """`values` at the places where `pattern` is not None."""
    values = iter(values)
    return [None if p is None else next(values) for p in pattern]


def _placed(like, places, values):
    found = [None] * len(like)
    for i, v in zip(places, values):
        found[i] = None if v is None else tf.cast(v, like[i].dtype)
    return found


def _split(flat, groups):
    flat = list(flat)
    return [[flat.pop(0) for _ in group] for group in groups]
