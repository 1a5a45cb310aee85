"""Two numbers of a long sequence are marked; the answer depends on these alone."""

import numpy as np

from rnnzoo.datasets.problems import problem


@problem("regression", length=100, least=2, longer=400)
def adding(n, length, rng):
    """The adding problem: the sum of the two marked numbers.

    Numbers are uniform in [0, 1). One step of the first half and one of the second half
    is marked. The constant answer 1 has a mean squared error of 1/6 = 0.167.

    Returns:
        x: number and mark (1 or 0) of each step, (n, length, 2). y: the sum, (n, 1).

    Reference:
        S. Hochreiter, J. Schmidhuber, "Long short-term memory", Neural Computation
        9:1735-1780, 1997, experiment 4; in the form of Q. V. Le, N. Jaitly, G. E.
        Hinton, "A simple way to initialize recurrent networks of rectified linear
        units", arXiv 1504.00941, 2015.
    """
    x, (first, second) = _marked(n, length, rng)
    return x, (first + second)[:, None]


@problem("regression", length=100, least=2, longer=400)
def multiplication(n, length, rng):
    """The multiplication problem: the product of the two marked numbers.

    Numbers and marks as in `adding`. The constant answer 1/4 has a mean squared error
    of 7/144 = 0.0486.

    Returns:
        x: number and mark (1 or 0) of each step, (n, length, 2). y: the product,
        (n, 1).

    Reference:
        S. Hochreiter, J. Schmidhuber, "Long short-term memory", Neural Computation
        9:1735-1780, 1997, experiment 5.
    """
    x, (first, second) = _marked(n, length, rng)
    return x, (first * second)[:, None]


def _marked(n, length, rng):
    x = np.zeros((n, length, 2), "float32")
    x[..., 0] = rng.random((n, length), dtype="float32")
    rows, half = np.arange(n), length // 2
    places = np.stack([rng.integers(half, size=n), rng.integers(half, length, n)])
    x[rows, places, 1] = 1
    return x, x[rows, places, 0]
