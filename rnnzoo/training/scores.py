"""How good the network of a run is: the one place where runs are scored."""

from functools import cached_property

import keras
import numpy as np

from rnnzoo import datasets, recurrence
from rnnzoo.datasets import splits
from rnnzoo.datasets.languages.reber import AUTOMATA, LETTERS
from rnnzoo.devices import clusters
from rnnzoo.devices.replicated import strategy_of
from rnnzoo.errors import unknown
from rnnzoo.generation import generate
from rnnzoo.layers import Counted
from rnnzoo.measures import counting, forecasts, sequences, tagging
from rnnzoo.models.compiling import compiled

AHEAD = 84          # steps of the forecast of which Jaeger gives the error
_measures = {}      # name -> (function, tasks of the networks that it fits)


def measure(*tasks):
    """Function decorator that adds what a recipe may name as its `target.metric`.

    The function takes a `Scorer` and a split, and returns a number.
    """

    def add(function):
        _measures[function.__name__] = function, tasks
        return function

    return add


class Scorer:
    """Scores a network on splits of its data: by what Keras reports, and the target's.

    Args:
        model: the network.
        recipe: names the data and the metric of the target.
        builder: of the prepared data.
    """

    def __init__(self, model, recipe, builder):
        self.model = model
        self.recipe = recipe
        self.builder = builder

    @property
    def validates(self):
        """Whether a part of the data is for validation."""
        return "validation" in self.builder.info.splits

    @property
    def measures(self):
        """Those that Keras does not report, and that the network can be judged by."""
        task = getattr(self.model, "task", None)
        return {name: function for name, (function, tasks) in _measures.items()
                if task and task.name in tasks}

    def score(self, split):
        """All scores: name -> value.

        Raises:
            ValueError: there is no measure for the target, or it does not fit.
        """
        scores = self.model.evaluate(self.batches(split), return_dict=True, verbose=0)
        metric = self.recipe.metric
        if metric not in scores:
            if metric not in self.measures:
                accepted = [*scores, *self.measures]
                raise ValueError(unknown("target.metric", metric, accepted))
            scores[metric] = self.measures[metric](self, split)
        return scores

    def batches(self, split):
        rows = datasets.examples(self.builder, split)
        return datasets.batches(rows, self.recipe.data.batch_size)

    def answers(self, split):
        """For each batch the targets, the outputs, and whether they count, as NumPy."""
        with recurrence.on_this_machine():
            for x, y in self.batches(split):
                yield y.numpy(), *(v.numpy() for v in self._answer(x))

    @cached_property
    def _answer(self):
        y = self.model.outputs[0]
        answering = keras.Model(self.model.inputs, [y, Counted()(y)])
        return compiled(lambda x: answering(x, training=False), self.model)


class MeasureEachEpoch(keras.callbacks.Callback):
    """Adds the measure of the target on validation data to the logs of an epoch."""

    def __init__(self, scorer):
        super().__init__()
        self.scorer = scorer

    def on_epoch_end(self, epoch, logs=None):
        metric = self.scorer.recipe.metric
        if "val_" + metric not in logs:
            value = self.scorer.measures[metric](self.scorer, "validation")
            # The same on all machines, or one of them might stop before the others.
            logs["val_" + metric] = float(clusters.from_chief(
                strategy_of(self.model), repr(float(value)).encode()))


@measure("tagging")
def f1(scorer, split):
    """Of spans and their types, as conlleval counts them."""
    names = datasets.symbols(scorer.builder)[1]
    if names is None:
        raise ValueError(f"f1 needs names of labels, such as O and B-CITY, and "
                         f"{scorer.builder.name} has none.")
    true, predicted = [], []
    for y, p, counted in scorer.answers(split):
        for row, answer, steps in zip(y, p.argmax(-1), counted > 0):
            true.append(row[steps])
            predicted.append(answer[steps])
    return tagging.conlleval_f1(true, predicted, names)


@measure("tagging", "generation")
def exact(scorer, split):
    """Share of the sequences that are right at every step."""
    return _mean((sequences.exact_accuracy(*answers), len(answers[0]))
                 for answers in scorer.answers(split))


@measure("tagging", "generation")
def bits(scorer, split):
    """Bits for a symbol."""
    return _mean((sequences.bits_per_symbol(*answers), answers[-1].sum())
                 for answers in scorer.answers(split))


@measure("regression", "forecasting")
def nrmse(scorer, split):
    """Normalised root mean squared error."""
    return forecasts.nrmse(*_rows(scorer, split))


@measure("forecasting")
def nrmse84(scorer, split):
    """Error of the 84th step that a network adds to its input, over all sequences."""
    x, y = (np.concatenate(parts) for parts in zip(*(
        (x.numpy(), y.numpy()) for x, y in scorer.batches(split))))
    if x.shape[1] <= AHEAD:
        raise ValueError(f"nrmse84 is of sequences longer than {AHEAD} steps; those of "
                         f"{scorer.builder.name} have {x.shape[1]} here.")
    found = generate(scorer.model, x[:, :1 - AHEAD], AHEAD)
    return forecasts.nrmse_at(y[:, -AHEAD:], found, AHEAD, variance=y.var(axis=(0, 1)))


@measure("regression", "forecasting")
def overlap(scorer, split):
    """Mean cosine between answers and targets."""
    y, p = _rows(scorer, split)
    lengths = np.linalg.norm(y, axis=-1) * np.linalg.norm(p, axis=-1)
    return float(np.mean(np.divide(np.sum(y * p, axis=-1), lengths,
                                   out=np.zeros_like(lengths), where=lengths > 0)))


@measure("generation")
def largest_n(scorer, split):
    """How far the network counts: as the split `longer` goes, or as the data do."""
    problem = datasets.info(scorer.builder.name)
    if "letters" not in problem.draw.keywords:
        raise ValueError(f"largest_n is of anbn and anbncn, not of {problem.name}.")
    letters = problem.draw.keywords["letters"]
    length = scorer.recipe.data.options.get("length", problem.length)
    if split == "test":
        length = splits.longer_length(problem, length) or length
    return counting.largest_n(scorer.model, letters, length // letters)


@measure("generation")
def legal(scorer, split):
    """Share of the words at all whose steps every letter that may come leads the rest.

    That is when Hochreiter and Schmidhuber call an embedded Reber grammar learnt.
    """
    problem = datasets.info(scorer.builder.name)
    if "form" not in problem.draw.keywords:
        raise ValueError("legal is of reber and embedded_reber, not of "
                         f"{problem.name}.")
    grammar = AUTOMATA[problem.draw.keywords["form"]]
    right = []
    for y, p, counted in scorer.answers(split):
        after = [np.full(len(y), grammar.table[0, LETTERS.index("B")])]
        for letter in y.T[:-1]:
            after.append(grammar.table[after[-1], letter - 1])
        may, p = grammar.weights[np.stack(after, axis=1)] > 0, p[..., 1:]
        leads = np.where(may, p, 1).min(axis=-1) > np.where(may, 0, p).max(axis=-1)
        right.append((leads | (counted == 0)).all(axis=1))
    return float(np.concatenate(right).mean())


def _mean(values):
    """Weighted mean of pairs of value and weight."""
    values, weights = zip(*values)
    return float(np.average(values, weights=weights))


def _rows(scorer, split):
    """Vectors of targets and outputs that count, `(rows, features)`."""
    found = [(y[counted > 0], p[counted > 0])
             for y, p, counted in scorer.answers(split)]
    return tuple(map(np.concatenate, zip(*found)))
