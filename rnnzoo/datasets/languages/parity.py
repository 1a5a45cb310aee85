"""Parity: the simplest language that needs the whole word."""

import numpy as np

from rnnzoo.datasets.problems import problem


@problem("classification", length=40, least=2, longer=160, symbols=("0", "1"),
         labels=("even", "odd"))
def parity(n, length, rng, *, shortest=1):
    """Is the number of ones even or odd?

    Lengths are uniform in `shortest` to `length`, bits are random. Chance is 1/2.

    Returns:
        x: ids 1 and 2 for 0 and 1, (n, length). y: 1 for an odd number of ones, (n,).

    Reference:
        M. L. Minsky, S. A. Papert, "Perceptrons", 1969; for sequences: S. Hochreiter,
        J. Schmidhuber, "LSTM can solve hard long time lag problems", NIPS 1996.
    """
    lengths = rng.integers(shortest, length + 1, n)
    bits = rng.integers(1, 3, (n, length), dtype="int32")
    x = np.where(np.arange(length) < lengths[:, None], bits, 0)
    return x, ((x == 2).sum(axis=1) % 2).astype("int32")
