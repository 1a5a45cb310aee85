"""Which of two symbols came first, among many that mean nothing?"""

import numpy as np

from rnnzoo.datasets.problems import problem

SYMBOLS = ("begin", "end", "a", "b", "c", "d", "X", "Y")
STARTS = {2: (0.1, 0.5), 3: (0.1, 0.33, 0.66)}      # of the tenths that hold X or Y


@problem("classification", length=100, least=10, longer=400, symbols=SYMBOLS,
         labels=("XX", "XY", "YX", "YY"), fixed={"marks": 2})
@problem("classification", length=100, least=10, longer=400, symbols=SYMBOLS,
         labels=("XXX", "XXY", "XYX", "XYY", "YXX", "YXY", "YYX", "YYY"),
         name="temporal_order_3", fixed={"marks": 3})
def temporal_order(n, length, rng, *, marks):
    """The temporal order problem: in which order did X and Y occur?

    Between "begin" and "end" the symbols are uniform in a, b, c, d, but for one X or Y,
    with equal chances, in each of two (or three) stretches of a tenth of the sequence:
    these start at .1 and .5 (or at .1, .33 and .66) of its length. Chance is 1/4 (1/8).

    Returns:
        x: ids 1 to 8 for begin, end, a, b, c, d, X, Y, (n, length). y: the marks as a
        binary number, X = 0 and Y = 1, (n,).

    Reference:
        S. Hochreiter, J. Schmidhuber, "Long short-term memory", Neural Computation
        9:1735-1780, 1997, experiments 6a and 6b.
    """
    x = rng.integers(3, 7, (n, length), dtype="int32")
    x[:, 0], x[:, -1] = 1, 2
    y = np.zeros(n, "int32")
    for start in STARTS[marks]:
        first = int(start * length)
        place = rng.integers(first, first + length // 10, n)
        bit = rng.integers(2, size=n, dtype="int32")
        x[np.arange(n), place] = 7 + bit
        y = 2 * y + bit
    return x, y
