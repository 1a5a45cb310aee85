"""Reversal: what came last goes out first."""

from rnnzoo.datasets.memory.copying import LETTERS, recited
from rnnzoo.datasets.problems import problem


@problem("tagging", length=20, longer=50, symbols=("blank", "go", *LETTERS))
def reversal(n, length, rng, *, shortest=1):
    """Reversal: read `shortest` to `length` symbols, write them backwards at "go".

    The number of symbols is uniform, the symbols are uniform in a to h. A stack does
    it.

    Returns:
        x and y: as of `copy`, but the last symbol is written first; (n, 2 length + 1).

    Reference:
        E. Grefenstette et al., "Learning to transduce with unbounded memory", NIPS
        2015.
    """
    counts = rng.integers(shortest, length + 1, n)[:, None]
    symbols = rng.integers(3, 11, (n, length), dtype="int32")
    return recited(symbols, counts, backwards=True)
