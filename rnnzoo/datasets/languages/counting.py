"""a^n b^n and a^n b^n c^n: languages for networks that count."""

import numpy as np

from rnnzoo.datasets.languages.words import (
    VERDICTS,
    each_multiple,
    multiples,
    to_continue,
    verdicts,
)
from rnnzoo.datasets.problems import problem


@problem("generation", name="anbn", fixed={"letters": 2}, length=198, least=2,
         longer=2000, size=1000, symbols=("begin", "end", "a", "b"), version="1.1.0")
@problem("generation", name="anbncn", fixed={"letters": 3}, length=147, least=3,
         longer=600, size=500, symbols=("begin", "end", "a", "b", "c"), version="1.1.0")
def blocks(n, length, rng, *, letters, shortest=0):
    """The words a^k b^k (or a^k b^k c^k), to be continued.

    k is what gives words of `shortest` to `length` symbols, by default 0 to 99 (0 to
    49): each once, then each once again. It falls in runs of ten, which come in random
    order; so what the splits hold back is spread evenly, with the shortest words kept
    for training. A network knows the language as far as it gives every symbol of the
    words, "end" included, a probability above a small threshold: once b has come, the
    rest is certain.

    Returns:
        x: begin and the word; y: the word and end. Ids 1 to 5 for begin, end, a, b, c;
        (n, length + 1) for a length that is a multiple of the number of letters.

    Reference:
        G. Weiss, Y. Goldberg, E. Yahav, "On the practical computational power of finite
        precision RNNs for language recognition", ACL 2018.
    """
    counts = each_multiple(n, letters, shortest, length, rng)
    return to_continue(_words(np.repeat(counts[:, None], letters, axis=1),
                              length // letters * letters))


@problem("classification", name="anbn_labelled", fixed={"letters": 2}, length=100,
         least=2, longer=400, symbols=("a", "b"), labels=VERDICTS)
@problem("classification", name="anbncn_labelled", fixed={"letters": 3}, length=100,
         least=3, longer=400, symbols=("a", "b", "c"), labels=VERDICTS)
def labelled_blocks(n, length, rng, *, letters, shortest=1):
    """Is the word of the language a^k b^k (or a^k b^k c^k), k > 0?

    Half of the words are. Half of the others have a wrong count: one letter occurs up
    to three times more or less often. The rest have right counts in a wrong order: two
    different letters have changed places. k is uniform among those that give words of
    `shortest` to `length` symbols; wrong counts keep to these lengths where they can.

    Returns:
        x: ids 1, 2, 3 for a, b, c, (n, length). y: 1 for words of the language, 0 for
        others, (n,).

    Reference:
        F. A. Gers, J. Schmidhuber, "LSTM recurrent networks learn simple context-free
        and context-sensitive languages", IEEE Transactions on Neural Networks
        12:1333-1340, 2001; wrong words are our choice.
    """
    y = verdicts(n, rng)
    right = multiples(n, letters, shortest, length, rng)
    counts = np.repeat(right[:, None], letters, axis=1)
    wrong_count = (y == 0) & (rng.random(n) < 0.5)
    wrong_order = (y == 0) & ~wrong_count
    rows, total = np.arange(n), letters * right
    change = rng.integers(1, 4, n) * rng.choice([-1, 1], n)
    change = np.where(total + change < shortest, abs(change), change)
    change = np.where(total + change > length, -abs(change), change)
    change = np.maximum(change, -right)
    counts[rows, rng.integers(letters, size=n)] += np.where(wrong_count, change, 0)
    x = _words(counts, length)
    one, other = np.argsort(rng.random((n, letters)), axis=1)[:, :2].T
    place, partner = (block * right + rng.integers(right) for block in (one, other))
    rows, place, partner = rows[wrong_order], place[wrong_order], partner[wrong_order]
    x[rows, place], x[rows, partner] = x[rows, partner], x[rows, place]
    return x, y


def _words(counts, length):
    """Words in which letter i + 1 occurs `counts[:, i]` times, in this order."""
    ends = np.cumsum(counts, axis=1)[:, :, None]
    step = np.arange(length)
    letter = 1 + (step >= ends).sum(axis=1)
    return np.where(letter > counts.shape[1], 0, letter).astype("int32")
