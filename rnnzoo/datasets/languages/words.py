"""What the languages share: words of ids from 1, filled up with 0."""

import numpy as np

BEGIN, END = 1, 2
VERDICTS = ("rejected", "accepted")


def to_continue(words):
    """`(x, y)` to predict the next symbol of words: ids move up by 2.

    Args:
        words: (n, longest).

    Returns:
        x: begin and the word, and y: the word and end, both (n, longest + 1).
    """
    shifted = np.where(words, words + 2, 0).astype("int32")
    x = np.pad(shifted, ((0, 0), (1, 0)), constant_values=BEGIN)
    y = np.pad(shifted, ((0, 0), (0, 1)))
    y[np.arange(len(words)), np.count_nonzero(words, axis=1)] = END
    return x, y


def verdicts(n, rng):
    """Labels of which exactly half, rounded down, are 1: the word is accepted."""
    return rng.permutation(np.arange(n, dtype="int32") % 2)
