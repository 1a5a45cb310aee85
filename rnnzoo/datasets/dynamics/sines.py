"""Sines whose sum hardly ever repeats."""

import numpy as np

from rnnzoo.datasets.problems import problem

FREQUENCIES = (0.2, 0.311, 0.42, 0.51, 0.63, 0.74, 0.85, 0.97)


@problem("forecasting", length=200, longer=800, size=1000,
         limits={"count": (1, len(FREQUENCIES))}, version="1.1.0")
def superimposed_sines(n, length, rng, *, count=2):
    """Superimposed sines: sin(.2 t) + sin(.311 t) + ..., up to eight of them.

    The frequencies are .2, .311, .42, .51, .63, .74, .85 and .97; the first `count` are
    used. A sequence starts at a time drawn from [0, 10000).

    Returns:
        x: s(t), (n, length, 1), and y: s(t+1), of the same shape.

    Reference:
        Two sines: J. Schmidhuber et al., "Training recurrent networks by Evolino",
        Neural Computation 19:757-779, 2007. Eight: D. Koryakin, J. Lohmann, M. V. Butz,
        "Balanced echo state networks", Neural Networks 36:35-45, 2012.
    """
    time = rng.uniform(0, 10_000, (n, 1)) + np.arange(length + 1)
    series = np.sin(time[..., None] * FREQUENCIES[:count]).sum(axis=-1, keepdims=True)
    return series[:, :-1], series[:, 1:]
