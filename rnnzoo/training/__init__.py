"""A recipe run: data, network, training, and everything that is kept of it."""

import math
import re
from pathlib import Path

import keras
import tensorflow as tf

from rnnzoo import datasets, recipes, results
from rnnzoo.datasets.real.vocabulary import UNKNOWN
from rnnzoo.devices import clusters, sharing, strategies
from rnnzoo.models import build
from rnnzoo.training import runs
from rnnzoo.training.checkpoints import Checkpoint
from rnnzoo.training.scores import MeasureEachEpoch, Scorer

SPLITS = ("train", "validation", "test")


def train(recipe, out="runs", seed=None, resume=False, export=True, devices=None,
          strategy=None):
    """Trains a network as a recipe says, and keeps the best epoch's weights.

    That is the best on the validation split; of data that have none, it is the last.

    The run's folder, `out/<recipe>/<n>`, receives `model.keras`, `saved_model/1`,
    `recipe.yaml`, `history.csv`, `metrics.json` and `curves.png`; a row goes to
    `out/results.csv`. Where the dataset names the labels, `labels.txt` has them, and
    `vocabulary.txt` the words of its texts, by id: both are served with the network.

    Args:
        recipe: a name, the path of a YAML file, or a loaded recipe.
        out: folder of all runs.
        seed: replaces the recipe's.
        resume: go on with the last unfinished run of the recipe. It ends at the very
            weights that it would have reached without the interruption.
        export: whether a SavedModel is made too, which may take longer than to train.
        devices: "all" GPUs of this machine, a number of them, or "cpu", which share
            every batch; by default TensorFlow takes one. Where the environment variable
            `TF_CONFIG` names several machines, they share it too: start the same on
            each. The first one writes, the others write nothing.
        strategy: of `tf.distribute`, in the place of `devices`.

    Returns:
        The run's folder; None on a machine that writes nothing.

    Raises:
        ValueError: recipe, network, data and devices do not fit. Only where values in
            the data are to blame, this shows after the start.
        FloatingPointError: the loss is not finite; the best weights are kept.
        ConnectionError: another machine has stopped. To be started again with `resume`
            on all.
    """
    strategy = strategies.chosen(devices, strategy)
    if not isinstance(recipe, recipes.Recipe):
        recipe = recipes.load(recipe)
    if seed is not None:
        recipe = recipes.Recipe.model_validate({**recipe.plain(), "seed": seed})
    table = Path(out) / "results.csv"
    if table.exists():
        results.read(table)     # another's file is refused now, not after the training
    with clusters.watched(strategy):
        return _train(recipe, out, resume, export, strategy)


def _train(recipe, out, resume, export, strategy):
    sharing.check_batch_size(recipe.data.batch_size, strategies.count(strategy))
    builder = prepared(recipe)
    symbols = datasets.symbols(builder)
    splits = [split for split in SPLITS
              if split != "validation" or split in builder.info.splits]
    for split in splits:
        datasets.examples(builder, split)       # refused now, where there is no such
    _check_data(recipe, symbols, splits)
    keras.utils.set_random_seed(recipe.seed)
    with strategies.scope(strategy):
        model = build(**recipe.build_arguments())
    scorer = Scorer(strategies.alone(model), recipe, builder)
    _score(scorer, f"{splits[-2]}[:1]")     # what does not fit fails without a trace
    rate = float(scorer.model.optimizer.learning_rate)      # before any is restored
    scorer = Scorer(model, recipe, builder)
    if not strategies.is_chief(strategy):
        print("this worker writes nothing; the first one says how it goes")
        state = Checkpoint(None, model, recipe)
        if not state.done:
            fit(scorer, rate, [state], first=len(state.history))
        return None
    with runs.opened(Path(out) / recipe.name, recipe, resume) as folder:
        state = Checkpoint(folder / "checkpoint.npz", model, recipe)
        print(f"{folder}: {recipe.name}, seed {recipe.seed}, "
              f"{len(state.history)} of {recipe.training.epochs} epochs are done")
        try:
            if not state.done:
                fit(scorer, rate, [state], first=len(state.history))
        except (FloatingPointError, tf.errors.InvalidArgumentError) as error:
            kind, reason = _reason(error)
            kept = _rescue(folder, model, state)
            raise kind(f"{recipe.name} stopped: {reason}; {kept}.") from error
        state.put_best_into_model()
        scorer = Scorer(strategies.alone(model), recipe, builder)
        scores = {split: _score(scorer, split) for split in splits[1:]}
        runs.finish(folder, scorer.model, recipe, symbols, scores, state, export)
    return folder


def load(folder):
    """The trained network of a run.

    Raises:
        FileNotFoundError: the folder holds none, as long as the run is unfinished.
    """
    path = Path(folder) / "model.keras"
    if not path.exists():
        raise FileNotFoundError(
            f"There is no {path.absolute()}: name the folder of a finished run, such "
            "as runs/digits_elman/1, or finish it by --resume."
        )
    return keras.models.load_model(path)


def evaluate(folder, split="test"):
    """The scores of a run's network on one split of its data, metric -> value."""
    model, recipe = load(folder), recipes.load(Path(folder) / "recipe.yaml")
    return _score(Scorer(model, recipe, prepared(recipe)), split)


def prepared(recipe):
    """The data of a recipe.

    Raises:
        FileNotFoundError: files of the user's are missing; says which.
    """
    data = recipe.data
    if recipe.network.task is None:     # a memory
        return datasets.Associations(data.dataset, recipe.seed, **data.options)
    return datasets.prepare(data.dataset, data.config, data.folder, **data.options)


def _check_data(recipe, symbols, splits):
    """Refuses options of the training that the data do not have what they take for."""
    dataset, (words, _) = recipe.data.dataset, symbols
    if recipe.data.word_dropout and (words or ())[1:2] != (UNKNOWN,):
        raise ValueError(f"data.word_dropout makes words unknown, and {dataset} has no "
                         "unknown word. Leave it out.")
    if recipe.training.patience and "validation" not in splits:
        raise ValueError("training.patience waits for a better epoch on validation "
                         f"data, of which {dataset} has none here. Leave it out.")


def _score(scorer, split):
    try:
        return scorer.score(split)
    except tf.errors.InvalidArgumentError as error:
        kind, reason = _reason(error)
        raise kind(f"{scorer.recipe.data.dataset}: {reason}.") from error


def fit(scorer, rate, callbacks, first=0, last=None, split="train"):
    """Trains the network of a `Scorer` for some of its recipe's epochs.

    Args:
        scorer: of the network.
        rate: learning rate that the schedule begins with.
        callbacks: of Keras; the logs they get have the measure of the target.
        first: number of the first epoch, from 0.
        last: number after the last epoch; by default the recipe's epochs.
        split: of the data; "train+validation" leaves none to measure epochs by.

    Returns:
        Keras' history.
    """
    recipe = scorer.recipe
    epochs = recipe.training.epochs
    last = epochs if last is None else last
    data, steps = datasets.epochs(
        datasets.examples(scorer.builder, split), recipe.data.batch_size, recipe.seed,
        first, last, recipe.data.word_dropout)
    validation = None
    if scorer.validates and split == "train":
        validation = scorer.batches("validation")
        callbacks = [MeasureEachEpoch(scorer), *callbacks]
    if recipe.training.schedule == "cosine":
        callbacks.insert(0, keras.callbacks.LearningRateScheduler(
            lambda epoch: rate * (1 + math.cos(math.pi * epoch / epochs)) / 2))
    return scorer.model.fit(
        data, validation_data=validation,
        initial_epoch=first, epochs=last, steps_per_epoch=steps, callbacks=callbacks,
        shuffle=False, verbose=0,
    )


def _reason(error):
    if isinstance(error, FloatingPointError):
        return FloatingPointError, error
    failed = re.search(r"assertion failed: \[(.*?)\.?\]", error.message)
    return ValueError, failed[1] if failed else error.message


def _rescue(folder, model, state):
    if not state.best:
        return "no epoch was complete, so no weights are kept"
    state.put_best_into_model()
    runs.save(model, folder)
    return f"the weights of epoch {state.best_epoch} are kept in {folder}/model.keras"
