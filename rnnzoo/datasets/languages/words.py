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


def multiples(n, of, shortest, length, rng):
    """Numbers k, uniform among those for which words of k times `of` symbols are asked.

    Raises:
        ValueError: there are no such words.
    """
    least, most = _bounds(of, shortest, length)
    return rng.integers(least, most + 1, n)


def each_multiple(n, of, shortest, length, rng):
    """The same numbers, each as often as any other, in runs of ten that fall."""
    least, most = _bounds(of, shortest, length)
    falling = np.arange(most, least - 1, -1)
    runs = np.split(falling, range(10, len(falling), 10))
    rounds = [runs[k] for _ in range(-(-n // len(falling)))
              for k in rng.permutation(len(runs))]
    return np.concatenate(rounds)[:n]


def _bounds(of, shortest, length):
    least, most = -(-shortest // of), length // of
    if least > most:
        raise none_of(shortest, length)
    return least, most


def none_of(shortest, length):
    """The error where the lengths that are asked for do not occur."""
    return ValueError(f"There are no words of {shortest} to {length} symbols; lower "
                      "`shortest` or raise `length`.")


def verdicts(n, rng):
    """Labels of which exactly half, rounded down, are 1: the word is accepted."""
    return rng.permutation(np.arange(n, dtype="int32") % 2)
