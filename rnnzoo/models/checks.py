"""Data is looked at before any work starts: shapes, ranges, numbers that are none."""

import warnings

import keras
import numpy as np

from rnnzoo.pipelines import is_dataset

NO_NUMBER = "{} holds numbers that are NaN or infinite; remove or replace them."


def check(network, x, y=None, weights=None, *, learns=True):
    """Checks what `fit`, `evaluate` or `predict` was given.

    Arrays and tensors are checked at once. A `tf.data.Dataset` is checked for shapes at
    once and for values batch by batch, as it is read; its bad batches raise
    `tf.errors.InvalidArgumentError`. Anything else (generators) is left alone.

    Args:
        network: made by `build`.
        x: input.
        y: targets.
        weights: of the samples.
        learns: whether there must be targets.

    Returns:
        `x`, `y` and `weights`, where lists and pandas objects have become arrays, and a
        dataset has the checks in it.

    Raises:
        ValueError: if the data do not fit the network; the message says what would.
    """
    if network.arguments is None:
        raise ValueError("This network was not made by rnnzoo.build, so it does not "
                         "know what it is for. Build it there.")
    if is_dataset(x):
        return _checked_dataset(network, x, learns), y, weights
    x, y, weights = (
        _array(v, name) for v, name in ((x, "x"), (y, "y"), (weights, "sample_weight")))
    if isinstance(x, np.ndarray) or keras.ops.is_tensor(x):
        _check_arrays(network, *map(_numpy, (x, y, weights)), learns)
    return x, y, weights


def warn_of_unknown_length(x):
    """Warns if `x` is a dataset that does not know its number of batches.

    Keras then advances the optimizer by one step too many in every epoch, which bends
    learning rate schedules and Adam.
    """
    if is_dataset(x) and x.cardinality() < 0:
        warnings.warn(
            "The dataset does not know its number of batches, and Keras takes an "
            "optimizer step too many in every epoch. Apply "
            "tf.data.experimental.assert_cardinality(batches) to it, or give `fit` a "
            "repeated dataset and `steps_per_epoch`.", stacklevel=3)


def _check_arrays(network, x, y, weights, learns):
    _check_form(network, x, y, learns)
    if y is not None and len(x) != len(y):
        raise ValueError(f"x has {len(x)} sequences, but y has {len(y)}.")
    for good, message in _values(network, x, y, np.isfinite, np.asarray):
        if not np.all(good):
            raise ValueError(message)
    if weights is not None and _is_float(weights) and not np.isfinite(weights).all():
        raise ValueError(NO_NUMBER.format("sample_weight"))


def _checked_dataset(network, dataset, learns):
    import tensorflow as tf

    if int(dataset.cardinality()) == 0:
        raise ValueError("The dataset is empty; at least one batch is needed.")
    x, y, _ = keras.utils.unpack_x_y_sample_weight(dataset.element_spec)
    if not isinstance(x, tf.TensorSpec):
        return dataset
    with_targets = isinstance(y, tf.TensorSpec)
    if with_targets or y is None:
        _check_form(network, x, y, learns)

    def assert_values(*batch):
        x, y, _ = keras.utils.unpack_x_y_sample_weight(batch)
        found = _values(network, x, y if with_targets else None, tf.math.is_finite,
                        tf.cast)
        asserts = [tf.debugging.Assert(tf.reduce_all(good), [message])
                   for good, message in found]
        with tf.control_dependencies(asserts):
            batch = tf.nest.map_structure(tf.identity, batch)
        return batch if len(batch) > 1 else batch[0]

    return dataset.map(assert_values)


def _array(v, name):
    """An array, if it was a list or of pandas."""
    if hasattr(v, "to_numpy"):
        return v.to_numpy()
    if not isinstance(v, (list, tuple)):
        return v
    try:
        return keras.ops.convert_to_numpy(v)
    except ValueError as error:
        raise ValueError(
            f"{name} holds sequences of different lengths. Pad them to one length "
            "(keras.utils.pad_sequences) or give a tf.data pipeline with padded_batch."
        ) from error


def _numpy(v):
    return None if v is None else keras.ops.convert_to_numpy(v)


def _check_form(network, x, y, learns):
    """Checks shapes and kinds of number; of arrays, or of a dataset's elements."""
    x_kind, _ = _kind(x, "x"), _kind(y, "y")
    x, wanted = tuple(x.shape), tuple(network.inputs[0].shape)
    size, task = network.vocabulary_size, network.task
    if not _fits(x, wanted):
        raise ValueError(f"x has shape {x}; this network takes {_names(wanted)}.")
    if 0 in x[:2]:
        raise ValueError(f"x has shape {x}: there is nothing to learn from; at least "
                         "one sequence of one step is needed.")
    if learns and x[1] is not None and x[1] <= network.washout:
        raise ValueError(f"x has {x[1]} steps, and the washout takes the first "
                         f"{network.washout}: nothing is left to learn from. Give "
                         "longer sequences, or a shorter washout.")
    if size and not x_kind.startswith(("int", "uint")):
        raise ValueError(f"x holds {x_kind}; this network takes integer ids in "
                         f"[0, {size}), 0 for padding.")
    wanted = task.target_shape(None, x[1], network.output_size)
    labels = f", integers in [0, {network.output_size})" if task.symbols else ""
    takes = f"{task.name} on x of shape {x} takes {_names(wanted)}{labels}."
    if y is None and learns:
        raise ValueError(f"There are no targets y; {takes}")
    # Keras takes a column of labels too.
    if y is not None and not _fits(y.shape, wanted) and not (
            task.symbols and _fits(y.shape, (*wanted, 1))):
        raise ValueError(f"y has shape {tuple(y.shape)}; {takes}")


def _values(network, x, y, is_finite, cast):
    """Pairs: tensor of booleans, and what is wrong where one of them is False."""
    def within(v, size):
        v = cast(v, "float64" if _is_float(v) else "int64")   # 300 is none in uint8
        return (v >= 0) & (v < size)

    if network.vocabulary_size:
        size = network.vocabulary_size
        yield within(x, size), f"x holds ids that are not in [0, {size})."
    elif _is_float(x):
        yield is_finite(x), NO_NUMBER.format("x")
    if y is None:
        return
    if _is_float(y):
        yield is_finite(y), NO_NUMBER.format("y")
    if network.task.symbols:
        size = network.output_size
        yield within(y, size), f"y holds labels that are not in [0, {size})."
        if _is_float(y):
            yield y % 1 == 0, "y holds labels that are no whole numbers."


def _kind(v, name):
    """Name of the kind of number."""
    if v is None:
        return None
    kind = v.dtype.name
    if not kind.startswith(("bool", "int", "uint", "float", "bfloat")):
        raise ValueError(f"{name} holds {kind}; networks take real numbers, and "
                         "integers for symbols and labels.")
    return kind


def _is_float(v):
    return "float" in v.dtype.name


def _fits(shape, wanted):
    shape = tuple(shape)
    return len(shape) == len(wanted) and all(
        w is None or s is None or s == w for s, w in zip(shape, wanted))


def _names(shape):
    axes = zip(shape, ("batch", "time", "features"))
    return "(" + ", ".join(name if size is None else str(size)
                           for size, name in axes) + ")"
