"""How good answers in symbols are: whole sequences right, and bits for a symbol.

Symbols are integers `(batch, time)`. Answers are symbols of the same shape, or their
probabilities `(batch, time, symbols)`. Where sequences are padded, `counted`, of the
shape `(batch, time)`, is true where a step counts.
"""

import numpy as np
from keras import ops


def exact_accuracy(y_true, y_pred, counted=None):
    """Share of the sequences in which every step is right.

    Args:
        y_true: the right symbols.
        y_pred: the answers.
        counted: which steps count; by default all.

    Raises:
        ValueError: if the shapes do not fit.
    """
    return float(np.mean(_exact(*_received(y_true, y_pred, counted))))


def accuracy_by_length(y_true, y_pred, counted=None):
    """Share of the sequences in which every step is right, for each length.

    Arguments and errors are those of `exact_accuracy`.

    Returns:
        A dictionary, length in counted steps -> share, by rising length.
    """
    received = _received(y_true, y_pred, counted)
    exact, lengths = _exact(*received), received[-1].sum(axis=1)
    return {int(n): float(np.mean(exact[lengths == n])) for n in np.unique(lengths)}


def bits_per_symbol(y_true, y_pred, counted=None):
    """Mean of `-log2(p)` over all symbols, p being the probability of the right one.

    Args:
        y_true: the right symbols.
        y_pred: probabilities of all symbols.
        counted: which steps count; by default all.

    Raises:
        ValueError: if the shapes do not fit.
    """
    p = ops.convert_to_numpy(y_pred).astype("float64")
    y_true, _, counted = _received(y_true, p, counted)
    if p.ndim != 3:
        raise ValueError("`bits_per_symbol` takes probabilities (batch, time, symbols);"
                         f" received {p.shape}.")
    right = np.take_along_axis(p, y_true[..., None], axis=-1)[..., 0]
    with np.errstate(divide="ignore"):      # the impossible takes endless bits
        return float(np.mean(-np.log2(right[counted])))


def _received(y_true, y_pred, counted):
    """Right symbols, answered symbols and what counts, of one shape."""
    y, p = (ops.convert_to_numpy(v) for v in (y_true, y_pred))
    p = p.argmax(-1) if p.ndim == y.ndim + 1 else p
    counted = np.ones(y.shape, bool) if counted is None else counted
    counted = ops.convert_to_numpy(counted).astype(bool)
    if y.ndim != 2 or not y.shape == p.shape == counted.shape:
        raise ValueError("Symbols, answers and what counts are (batch, time); received "
                         f"{y.shape}, {p.shape} and {counted.shape}.")
    return y.astype("int64"), p, counted


def _exact(y, p, counted):
    return np.all((y == p) | ~counted, axis=1)
