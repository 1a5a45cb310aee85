"""Henon's map: the simplest chaos in the plane."""

import numpy as np

from rnnzoo.datasets.problems import problem

RUN_UP = 100


@problem("forecasting", length=200, longer=800, size=1000, version="1.1.0")
def henon(n, length, rng):
    """The Henon map, of which one coordinate is seen.

        s(t+1) = 1 - 1.4 s(t)**2 + .3 s(t-1)

    Starts near zero; the first 100 values are thrown away.

    Returns:
        x: s(t), (n, length, 1), and y: s(t+1), of the same shape.

    Reference:
        M. Henon, "A two-dimensional mapping with a strange attractor", Communications
        in Mathematical Physics 50:69-77, 1976.
    """
    s = np.empty((RUN_UP + length + 1, n))
    s[:2] = rng.uniform(-0.1, 0.1, (2, n))
    for t in range(1, len(s) - 1):
        s[t + 1] = 1 - 1.4 * s[t] ** 2 + 0.3 * s[t - 1]
    series = s[RUN_UP:].T[..., None]
    return series[:, :-1], series[:, 1:]
