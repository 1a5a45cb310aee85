"""Lists of tensors, of arrays of them, and of gradients, some of which are None."""

import tensorflow as tf


def is_open(v):
    """Whether gradients flow through a tensor of this dtype."""
    return v.dtype.is_floating


def opened(tensors):
    return [v for v in tensors if is_open(v)]


def where(chosen, values):
    return [v for c, v in zip(chosen, values) if c]


def spread(pattern, values):
    """`values` at the places where `pattern` is neither None nor False."""
    values = iter(values)
    return [None if p is None or p is False else next(values) for p in pattern]


def placed(like, gradients):
    """Gradients at the places of the tensors that have one, in the tensors' dtypes."""
    gradients = iter(gradients)
    found = [next(gradients) if is_open(v) else None for v in like]
    return [None if g is None else tf.cast(g, v.dtype) for g, v in zip(found, like)]


def filled(gradients, like):
    return [tf.zeros_like(v) if g is None else g for g, v in zip(gradients, like)]


def plus(some, others):
    return [b if a is None else a if b is None else a + tf.cast(b, a.dtype)
            for a, b in zip(some, others)]


def sums(like):
    """Zeros to sum gradients in, in float32 at least."""
    return [tf.zeros_like(v, tf.float64 if v.dtype == tf.float64 else tf.float32)
            for v in like]


def added(sums, gradients):
    return [s + tf.cast(g, s.dtype) for s, g in zip(sums, gradients)]


def arrays(time, like):
    """Arrays of `time` tensors such as these."""
    return [tf.TensorArray(v.dtype, size=time, element_shape=v.shape) for v in like]


def write(arrays, t, values):
    return [array.write(t, value) for array, value in zip(arrays, values)]


def stack(arrays):
    return [array.stack() for array in arrays]


def at(t, stacks):
    return [v[t] for v in stacks]
