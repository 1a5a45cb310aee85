"""Arrays as a `tf.data.Dataset` that, unlike the one of Keras, does not tune itself."""

import keras
import numpy as np

from rnnzoo import pipelines

BATCH_SIZE = 32     # as in Keras
DATA = ("x", "y", "sample_weight")
LEFT_TO_KERAS = ("validation_split", "steps_per_epoch", "validation_steps", "steps")


def as_datasets(options, shuffle=False):
    """The arguments of a method of Keras, with datasets in place of arrays of data.

    Args:
        options: by name. Those with anything else than arrays stay as they are, and so
            do those that ask for parts of arrays.
        shuffle: whether the order is another one in every epoch, unless the options
            say so.
    """
    shuffle = options.get("shuffle", shuffle)
    if (keras.backend.backend() != "tensorflow" or shuffle == "batch"
            or any(options.get(name) for name in LEFT_TO_KERAS)):
        return options
    size = options.get("batch_size") or BATCH_SIZE
    data = [options.get(name) for name in DATA]
    if _are_arrays(data):
        options = {k: v for k, v in options.items() if k not in (*DATA, "batch_size")}
        options["x"] = _batches(data, size, shuffle)
        if shuffle:
            options["shuffle"] = False      # Keras', which would not be for datasets
    later = options.get("validation_data")
    if isinstance(later, tuple) and _are_arrays(later):
        size = options.get("validation_batch_size") or size
        options = {**options, "validation_data": _batches(later, size, shuffle=False)}
    return options


def _are_arrays(data):
    """Whether all that is given is, and nothing is missing before it."""
    given = [v for v in data if v is not None]
    return (given != [] and all(isinstance(v, np.ndarray) for v in given)
            and all(v is not None for v in data[:len(given)]))


def _batches(data, size, shuffle):
    import tensorflow as tf

    floats = keras.config.floatx()
    tensors = [tf.convert_to_tensor(v, floats if v.dtype.kind == "f" else None)
               for v in data if v is not None]
    order = tf.data.Dataset.range(len(tensors[0]))
    if shuffle:
        order = order.shuffle(len(tensors[0]))
    batches = order.batch(size).map(
        lambda rows: tuple(tf.gather(v, rows) for v in tensors))
    return pipelines.ahead(batches)
