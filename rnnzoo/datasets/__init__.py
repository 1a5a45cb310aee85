"""Problems to compare networks on, and the data of the user's, as TFDS datasets.

    x, y = rnnzoo.datasets.sample("adding", n=1000, length=100, seed=1)     # NumPy
    print(rnnzoo.datasets.info("adding"))                                   # what it is
    builder = rnnzoo.datasets.prepare("adding", length=400)                 # TFDS
    rows = rnnzoo.datasets.examples(builder, "train")                       # tf.data

In a recipe, `data.dataset` is the name and `data.options` is the rest. Symbols are ids
from 1; 0 is padding. The splits are train, validation, test, and for most problems
longer: sequences longer than all that a network was trained on.

Memory: `adding`, `multiplication`, `temporal_order`, `temporal_order_3`, `copy`,
`copy_bits`, `copy_memory`, `repeat_copy`, `associative_recall`.

Languages, to continue: `anbn`, `anbncn`, `dyck_1`, `dyck_2`, `dyck_4`, `reber`,
`embedded_reber`. To accept or reject: `anbn_labelled`, `anbncn_labelled`,
`dyck_1_labelled`, `dyck_2_labelled`, `dyck_4_labelled`, `tomita_1`, `tomita_2`,
`tomita_3`, `tomita_4`, `tomita_5`, `tomita_6`, `tomita_7`, `parity`. To translate:
`reversal`, `addition`.

Elman's streams: `temporal_xor`, `letters`.

Dynamics: `narma10`, `narma30`, `mackey_glass_17`, `mackey_glass_30`, `lorenz`, `henon`,
`superimposed_sines`.

Associative memory: `bipolar_patterns`, `bipolar_pairs`, `digit_bitmaps`.

Real: `digits_rows` comes along. `news_tagged`, `atis`, `text_characters`, `text_words`
and `csv_series` are made from files of the user's, in the folder that the option
`source` names, or else in `$RNNZOO_DATA/<name>`; the classes in `rnnzoo.datasets.real`
say which files these are, and which options there are.
"""

import contextlib
import io
import logging
from pathlib import Path

import tensorflow as tf
import tensorflow_datasets as tfds

from rnnzoo import files, pipelines
from rnnzoo.datasets import (
    associative,
    dynamics,
    elman,
    languages,
    memory,
    problems,
    real,
    words,
)
from rnnzoo.datasets.associations import Associations
from rnnzoo.datasets.builders import builder_of
from rnnzoo.datasets.problems import info, sample
from rnnzoo.errors import unknown

__all__ = ["Associations", "associative", "batches", "dynamics", "elman", "epochs",
           "examples", "info", "languages", "memory", "names", "prepare", "problems",
           "real", "sample", "symbols", "words"]

SHUFFLED_AT_ONCE = 10_000

_builders = {name: builder_of(info(name)) for name in problems.names()}
_builders |= {builder.name: builder for builder in
              (getattr(real, name) for name in real.__all__)}


def names():
    """The datasets that come with rnnzoo."""
    return sorted(_builders)


def prepare(name, config=None, folder=None, **options):
    """Writes a dataset to disk once; several processes may ask at the same time.

    Args:
        name: one of `names()`, or a dataset of TFDS.
        config: of a dataset of TFDS, where it has several.
        folder: for prepared data; by default that of TFDS.
        **options: of a dataset of rnnzoo. Problems have `length`, `size` (number of
            sequences for training; a tenth of it in each other split) and what
            `print(info(name))` explains; the others have what their docstring lists.

    Returns:
        The prepared TFDS builder.

    Raises:
        FileNotFoundError: files of the user's are missing; says which.
        ValueError: there is no such dataset, config or option.
    """
    creation, preparation = {}, {}
    if name in names():
        if config is not None:
            raise ValueError(f"{name} has options in the place of configs; received "
                             f"config={config!r}.")
        creation, preparation = _builders[name].arguments(options)
    elif name not in tfds.list_builders(with_community_datasets=False):
        raise ValueError(unknown("dataset", name, names()) + " Those of TFDS work too.")
    elif options:
        raise ValueError(f"{name} is a dataset of TFDS and has no options; received "
                         f"{', '.join(options)}.")
    creation = {"config": config, "data_dir": folder, **creation}
    builder = _builder(name, creation)
    if builder.info.splits:
        return builder
    place = Path(builder.data_dir).parent
    place.mkdir(parents=True, exist_ok=True)
    with files.locked(place):
        builder = _builder(name, creation)  # looks at the disk again
        print(f"preparing {name} in {builder.data_dir}, once")
        with contextlib.redirect_stdout(io.StringIO()):  # TFDS speaks of downloading
            builder.download_and_prepare(**preparation)
    return builder


def _builder(name, arguments):
    """`tfds.builder`, without the warning that a config is not on a list."""
    logger = logging.getLogger("absl")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        return tfds.builder(name, **arguments)
    finally:
        logger.setLevel(level)


def examples(builder, split):
    """The `(x, y)` pairs of a split, always in the same order, cached if small.

    Args:
        builder: from `prepare`, or `Associations`.
        split: such as `"train"`, a part of it, `"train[:100]"`, or
            `"train+validation"`.

    Raises:
        ValueError: there is no such split, or nothing in it.
    """
    if isinstance(builder, Associations):
        return builder.examples(split)
    splits = builder.info.splits
    for part in split.split("+"):
        if (whole := part.partition("[")[0]) not in splits:
            raise ValueError(unknown(f"split of {builder.name}", whole, splits))
    if not splits[split].num_examples:
        raise ValueError(f"The {split} split of {builder.name} has no examples.")
    return builder.as_dataset(split=split, as_supervised=True)


def symbols(builder):
    """The names that a dataset has for the ids in x and in y.

    Args:
        builder: from `prepare`.

    Returns:
        Two tuples of names by id, None where there are none: words, and labels.
    """
    if builder.name in problems.names():    # features of tensors hold no names
        problem = info(builder.name)
        return problem.ids, problem.target_ids
    features = (builder.info.features[key] for key in builder.info.supervised_keys[:2])
    found = [tuple(getattr(feature, "names", None) or ()) for feature in features]
    # What has no name is called "0", "1", ... by TFDS.
    return tuple(names if names != tuple(map(str, range(len(names)))) else None
                 for names in found)


def batches(rows, batch_size):
    """All rows once, in their order; sequences of a batch are padded to its longest."""
    return pipelines.ahead(rows.padded_batch(batch_size))


def epochs(rows, batch_size, seed, first, last, word_dropout=0):
    """Epochs `first` to `last - 1` of shuffled batches as one dataset.

    The order in an epoch follows from `seed` and its number alone, so that training
    resumed at an epoch meets what uninterrupted training met; and so do the words that
    become unknown, see `words.dropped`. Give `fit` the number of `steps` as
    `steps_per_epoch`.

    Returns:
        `(dataset, steps)`, the second being the number of batches in an epoch.
    """
    steps = -(-rows.cardinality().numpy() // batch_size)
    drop = words.dropped(rows, word_dropout) if word_dropout else None

    def epoch(number):
        tf.random.set_seed(1)  # of this graph: the order must not follow the global one
        draw = tf.random.stateless_uniform([], (seed, number), None, None, tf.int64)
        taught = drop(draw) if drop else rows
        return taught.shuffle(SHUFFLED_AT_ONCE, seed=draw).padded_batch(batch_size)

    dataset = tf.data.Dataset.range(first, last).flat_map(epoch)
    counted = tf.data.experimental.assert_cardinality(steps * (last - first))
    return pipelines.ahead(dataset.apply(counted)), steps
