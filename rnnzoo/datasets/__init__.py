"""Data as `(x, y)` batches whose number and order are known beforehand.

Each folder here is a TFDS builder; TFDS' own datasets work by name as well.
"""

import contextlib
import importlib
import io
import pkgutil
from pathlib import Path

import tensorflow as tf
import tensorflow_datasets as tfds

from rnnzoo import files
from rnnzoo.datasets import associative, dynamics, elman, languages, memory  # noqa: F401
from rnnzoo.datasets.problems import info, sample  # noqa: F401
from rnnzoo.errors import unknown

SHUFFLED_AT_ONCE = 10_000


def names():
    """The datasets that come with rnnzoo."""
    return [module.name for module in pkgutil.iter_modules(__path__) if module.ispkg]


def prepare(name, config=None, folder=None):
    """Writes a dataset to disk once; several processes may ask at the same time.

    Args:
        name: one of `names()`, or a dataset of TFDS.
        config: of the dataset, where it has several.
        folder: for prepared data; by default that of TFDS.

    Returns:
        The prepared TFDS builder.

    Raises:
        ValueError: there is no such dataset.
    """
    if name in names():
        importlib.import_module(f"{__name__}.{name}")  # this registers it
    elif name not in tfds.list_builders(with_community_datasets=False):
        raise ValueError(unknown("dataset", name, names()) + " Those of TFDS work too.")
    full_name = f"{name}/{config}" if config else name
    builder = tfds.builder(full_name, data_dir=folder)
    if builder.info.splits:
        return builder
    place = Path(builder.data_dir).parent
    place.mkdir(parents=True, exist_ok=True)
    with files.locked(place):
        builder = tfds.builder(full_name, data_dir=folder)  # looks at the disk again
        print(f"preparing {full_name} in {builder.data_dir}, once")
        with contextlib.redirect_stdout(io.StringIO()):  # TFDS speaks of downloading
            builder.download_and_prepare()
    return builder


def examples(builder, split):
    """The `(x, y)` pairs of a split, always in the same order, cached if small.

    Args:
        builder: from `prepare`.
        split: such as `"train"`, or a part of it, `"train[:100]"`.

    Raises:
        ValueError: there is no such split, or nothing in it.
    """
    whole, splits = split.partition("[")[0], builder.info.splits
    if whole not in splits:
        raise ValueError(unknown(f"split of {builder.name}", whole, splits))
    if not splits[split].num_examples:
        raise ValueError(f"The {split} split of {builder.name} has no examples.")
    return builder.as_dataset(split=split, as_supervised=True)


def batches(rows, batch_size):
    """All rows once, in their order; sequences of a batch are padded to its longest."""
    return rows.padded_batch(batch_size).prefetch(tf.data.AUTOTUNE)


def epochs(rows, batch_size, seed, first, last):
    """Epochs `first` to `last - 1` of shuffled batches as one dataset.

    The order in an epoch follows from `seed` and its number alone, so that training
    resumed at an epoch meets what uninterrupted training met. Give `fit` the number of
    `steps` as `steps_per_epoch`.

    Returns:
        `(dataset, steps)`, the second being the number of batches in an epoch.
    """
    steps = -(-rows.cardinality().numpy() // batch_size)

    def epoch(number):
        tf.random.set_seed(1)  # of this graph: the order must not follow the global one
        draw = tf.random.stateless_uniform([], (seed, number), None, None, tf.int64)
        return rows.shuffle(SHUFFLED_AT_ONCE, seed=draw).padded_batch(batch_size)

    dataset = tf.data.Dataset.range(first, last).flat_map(epoch)
    counted = tf.data.experimental.assert_cardinality(steps * (last - first))
    return dataset.apply(counted).prefetch(tf.data.AUTOTUNE), steps
