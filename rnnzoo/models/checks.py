"""Data is looked at before any work starts: shapes, ranges, numbers that are none."""

import sys
import warnings

import keras
import numpy as np


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
    # A dataset can only come from a TensorFlow that is there already.
    tf = sys.modules.get("tensorflow")
    if tf and isinstance(x, tf.data.Dataset):
        return _checked_dataset(tf, network, x)
    if isinstance(x, (np.ndarray, list)) or keras.ops.is_tensor(x):
        _check_arrays(network, _numpy(x, "x"), None if y is None else _numpy(y, "y"))
    return x


def warn_of_unknown_length(x):
    """Warns if `x` is a dataset that does not know its number of batches.

    Keras then advances the optimizer by one step too many in every epoch, which bends
    learning rate schedules and Adam.
    """
    tf = sys.modules.get("tensorflow")
    if tf and isinstance(x, tf.data.Dataset) and x.cardinality() < 0:
        warnings.warn(
            "The dataset does not know its number of batches, and Keras takes an "
            "optimizer step too many in every epoch. Apply "
            "tf.data.experimental.assert_cardinality(batches) to it, or give `fit` a "
            "repeated dataset and `steps_per_epoch`.", stacklevel=3)


def _check_arrays(network, x, y):
    _check_shapes(network, x.shape, x.dtype, None if y is None else y.shape)
    if y is not None and len(x) != len(y):
        raise ValueError(f"x has {len(x)} sequences, but y has {len(y)}.")
    for good, message in _values(network, x, y, np.isfinite):
        if not np.all(good):
            raise ValueError(message)


def _checked_dataset(tf, network, dataset):
    if int(dataset.cardinality()) == 0:
        raise ValueError("The dataset is empty; at least one batch is needed.")
    x, y, _ = keras.utils.unpack_x_y_sample_weight(dataset.element_spec)
    if not isinstance(x, tf.TensorSpec):
        return dataset
    with_targets = isinstance(y, tf.TensorSpec)
    _check_shapes(network, x.shape, x.dtype.as_numpy_dtype,
                  y.shape if with_targets else None)

    def assert_values(*batch):
        x, y, _ = keras.utils.unpack_x_y_sample_weight(batch)
        found = _values(network, x, y if with_targets else None, tf.math.is_finite)
        asserts = [tf.debugging.Assert(tf.reduce_all(good), [message])
                   for good, message in found]
        with tf.control_dependencies(asserts):
            batch = tf.nest.map_structure(tf.identity, batch)
        return batch if len(batch) > 1 else batch[0]

    return dataset.map(assert_values)


def _numpy(v, name):
    try:
        return keras.ops.convert_to_numpy(v)
    except ValueError as error:
        raise ValueError(
            f"{name} holds sequences of different lengths. Pad them to one length "
            "(keras.utils.pad_sequences) or give a tf.data pipeline with padded_batch."
        ) from error


def _check_shapes(network, x, x_dtype, y=None):
    x, wanted = tuple(x), tuple(network.inputs[0].shape)
    size, task = network.vocabulary_size, network.task
    if not _fits(x, wanted):
        raise ValueError(f"x has shape {x}; this network takes {_names(wanted)}.")
    if 0 in x[:2]:
        raise ValueError(f"x has shape {x}: there is nothing to learn from; at least "
                         "one sequence of one step is needed.")
    if size and not np.issubdtype(x_dtype, np.integer):
        raise ValueError(f"x holds {np.dtype(x_dtype).name}; this network takes "
                         f"integer ids in [0, {size}), 0 for padding.")
    if y is None:
        return
    y, wanted = tuple(y), task.target_shape(None, x[1], network.output_size)
    # Keras takes a column of labels too.
    if not _fits(y, wanted) and not (task.symbols and _fits(y, (*wanted, 1))):
        labels = f", integers in [0, {network.output_size})" if task.symbols else ""
        raise ValueError(f"y has shape {y}; {task.name} on x of shape {x} takes "
                         f"{_names(wanted)}{labels}.")


def _values(network, x, y, is_finite):
    """Pairs: tensor of booleans, and what is wrong where one of them is False."""
    no_number = "{} holds numbers that are NaN or infinite; remove or replace them."
    if network.vocabulary_size:
        size = network.vocabulary_size
        yield (x >= 0) & (x < size), f"x holds ids that are not in [0, {size})."
    elif _is_float(x):
        yield is_finite(x), no_number.format("x")
    if y is not None and network.task.symbols:
        size = network.output_size
        yield (y >= 0) & (y < size), f"y holds labels that are not in [0, {size})."
    elif y is not None and _is_float(y):
        yield is_finite(y), no_number.format("y")


def _is_float(v):
    return "float" in keras.backend.standardize_dtype(v.dtype)


def _fits(shape, wanted):
    return len(shape) == len(wanted) and all(
        w is None or s is None or s == w for s, w in zip(shape, wanted))


def _names(shape):
    axes = zip(shape, ("batch", "time", "features"))
    return "(" + ", ".join(name if size is None else str(size)
                           for size, name in axes) + ")"
