"""How well spans are found and named, as the program conlleval.pl counts them.

Labels are `O` outside of all spans, `B-<type>` where one begins and `I-<type>` where it
goes on. A span also begins at an `I-` that follows `O`, a span of another type, or
nothing.
"""

from collections import Counter
from typing import NamedTuple

import numpy as np


class Score(NamedTuple):
    """Of the spans of one type, or of all.

    Attributes:
        precision: share of the predicted spans that are true; 0 where there are none.
        recall: share of the true spans that are predicted; 0 where there are none.
        f1: harmonic mean of the two.
        true: number of true spans.
        predicted: number of predicted spans.
    """

    precision: float
    recall: float
    f1: float
    true: int
    predicted: int


def conlleval_f1(true, predicted, names):
    """F1 of all spans, in [0, 1]; a span is right with its type and both its ends.

    Args:
        true: ids of the labels, one array `(time,)` a sentence, or a list.
        predicted: the same of a tagger.
        names: of the labels, by id.

    Raises:
        ValueError: if a name is no such label, or the lengths differ.

    Reference:
        E. F. Tjong Kim Sang, F. De Meulder, "Introduction to the CoNLL-2003 shared
        task", CoNLL, 2003, and its program conlleval.pl.
    """
    return conlleval(true, predicted, names)[0].f1


def conlleval(true, predicted, names):
    """The `Score` of all spans, and a dictionary with that of every type.

    Arguments and errors are those of `conlleval_f1`.
    """
    labels = [_parsed(name) for name in names]
    counts = [Counter() for _ in ("true", "predicted", "right")]
    for row, (one, other) in enumerate(zip(true, predicted, strict=True)):
        if np.shape(one) != np.shape(other):
            raise ValueError(f"Sentence {row} has labels of shape {np.shape(one)}, its "
                             f"prediction has shape {np.shape(other)}.")
        one, other = (set(_spans([labels[i] for i in ids])) for ids in (one, other))
        for count, spans in zip(counts, (one, other, one & other)):
            count.update(name for name, *_ in spans)
    score = _score(*(count.total() for count in counts))
    types = sorted({name for _, name in labels} - {""})
    return score, {name: _score(*(count[name] for count in counts))
                   for name in types}


def _parsed(name):
    """Place and type, `("B", "city")`; of O `("O", "")`."""
    place, _, kind = name.partition("-")
    if place not in ("B", "I", "O") or (place == "O") == bool(kind):
        raise ValueError("Labels are O, B-<type> and I-<type>; received "
                         f"{name!r} among the names.")
    return place, kind


def _spans(labels):
    """The `(type, first step, step after the last)` of every span."""
    begun, previous = None, ""
    for step, (place, kind) in enumerate([*labels, ("O", "")]):
        if previous and (place != "I" or kind != previous):
            yield previous, begun, step
        if kind and (place == "B" or kind != previous):
            begun = step
        previous = kind


def _score(true, predicted, right):
    precision, recall = right / max(predicted, 1), right / max(true, 1)
    f1 = 2 * right / max(true + predicted, 1)
    return Score(precision, recall, f1, true, predicted)
