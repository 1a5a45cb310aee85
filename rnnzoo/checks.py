"""Data is looked at before any work starts: shapes, ranges, numbers that are none."""

import keras
import numpy as np
import tensorflow as tf


def check(network, x, y=None):
    """Checks what `fit`, `evaluate` or `predict` was given.

    Arrays and tensors are checked at once. A `tf.data.Dataset` is checked for shapes at
    once and for values batch by batch, as it is read; its bad batches raise
    `tf.errors.InvalidArgumentError`. Anything else (generators) is left alone.

    Returns:
        `x`; a dataset with the checks in it.

    Raises:
        ValueError: if the data do not fit the network; the message says what would.
    """
    if isinstance(x, tf.data.Dataset):
        return _checked_dataset(network, x)
    if isinstance(x, (np.ndarray, list)) or keras.ops.is_tensor(x):
        x_array = _numpy(x, "x")
        y_array = None if y is None else _numpy(y, "y")
        _check_shapes(network, x_array.shape, x_array.dtype,
                      *(() if y is None else (y_array.shape, y_array.dtype)))
        if y is not None and len(x_array) != len(y_array):
            raise ValueError(f"x has {len(x_array)} sequences, but y has {len(y_array)}.")
        for name, good, message in _values(network, x_array, y_array, np):
            if not np.all(good):
                raise ValueError(f"{name}: {message}")
    return x


def _numpy(v, name):
    try:
        return np.asarray(keras.ops.convert_to_numpy(v) if keras.ops.is_tensor(v) else v)
    except ValueError as error:
        raise ValueError(
            f"{name} holds sequences of different lengths. Pad them to one length "
            "(keras.utils.pad_sequences) or give a tf.data pipeline with padded_batch."
        ) from error


def _checked_dataset(network, dataset):
    if int(dataset.cardinality()) == 0:
        raise ValueError("The dataset is empty; at least one batch is needed.")
    spec = dataset.element_spec
    x, y, _ = keras.utils.unpack_x_y_sample_weight(spec)
    if not isinstance(x, tf.TensorSpec):
        return dataset
    with_targets = isinstance(y, tf.TensorSpec)
    _check_shapes(network, x.shape, x.dtype.as_numpy_dtype,
                  *((y.shape, y.dtype.as_numpy_dtype) if with_targets else ()))

    def assert_values(*batch):
        x, y, _ = keras.utils.unpack_x_y_sample_weight(batch)
        found = _values(network, x, y if with_targets else None, tf.math)
        checks = [tf.debugging.Assert(tf.reduce_all(good), [f"{name}: {message}"])
                  for name, good, message in found]
        with tf.control_dependencies(checks):
            return tf.nest.map_structure(tf.identity, batch if len(batch) > 1 else batch[0])

    return dataset.map(assert_values)


def _check_shapes(network, x, x_dtype, y=None, y_dtype=None):
    x, wanted = tuple(x), tuple(network.inputs[0].shape)
    if len(x) != len(wanted) or any(w is not None and g is not None and w != g
                                    for w, g in zip(wanted[1:], x[1:])):
        raise ValueError(
            f"x has shape {x}; this network takes {_shape(wanted)}"
            + (", integers below the vocabulary size." if network.vocabulary_size else
               ": sequences, steps, features.")
        )
    if 0 in x[:2]:
        raise ValueError(f"x has shape {x}: there is nothing to learn from; at least one "
                         "sequence of one step is needed.")
    if network.vocabulary_size and not np.issubdtype(x_dtype, np.integer):
        raise ValueError(f"x holds {np.dtype(x_dtype).name}; this network takes integer "
                         f"ids in [0, {network.vocabulary_size}), 0 for padding.")
    if y is None:
        return
    wanted = network.task.target_shape(x[0], x[1], network.output_size)
    y = tuple(y)
    loose = y[:-1] if network.task.symbols and len(y) == len(wanted) + 1 and y[-1] == 1 else y
    if len(loose) != len(wanted) or any(w is not None and g is not None and w != g
                                        for w, g in zip(wanted[1:], loose[1:])):
        raise ValueError(
            f"y has shape {y}; {network.task.name} on x of shape {x} takes "
            f"{_shape((None, *wanted[1:]))}"
            + (f", integers in [0, {network.output_size})." if network.task.symbols else ".")
        )
    if network.task.symbols and np.issubdtype(y_dtype, np.complexfloating):
        raise ValueError(f"y holds {np.dtype(y_dtype).name}, not labels.")


def _values(network, x, y, math):
    """Triples: name of the data, tensor of booleans, what is wrong where one is False."""
    if network.vocabulary_size:
        size = network.vocabulary_size
        yield "x", (x >= 0) & (x < size), f"ids lie in [0, {size}), and some here do not."
    elif np.issubdtype(_dtype(x), np.floating):
        yield "x", math.is_finite(x) if math is tf.math else math.isfinite(x), \
            "there are numbers that are NaN or infinite."
    if y is not None and network.task.symbols:
        size = network.output_size
        yield "y", (y >= 0) & (y < size), \
            f"labels lie in [0, {size}), and some here do not."
    elif y is not None and np.issubdtype(_dtype(y), np.floating):
        yield "y", math.is_finite(y) if math is tf.math else math.isfinite(y), \
            "there are numbers that are NaN or infinite."


def _dtype(v):
    return v.dtype if isinstance(v, np.ndarray) else v.dtype.as_numpy_dtype


def _shape(shape):
    names = ["batch", "time", "features"]
    return "(" + ", ".join(str(s) if s is not None else n
                           for s, n in zip(shape, names)) + ")"
