"""Random patterns of +1 and -1."""

import numpy as np

from rnnzoo.datasets.problems import problem

LIMITS = {"load": (0, 10), "corruption": (0, 1), "partner": (0.01, 10)}


@problem("regression", length=100, least=2, size=1000, limits=LIMITS)
def bipolar_patterns(n, length, rng, *, load=0.1, corruption=0.1):
    """Random bipolar patterns, to be recalled from damaged copies of themselves.

    There are `load * length` patterns (rounded, at least one) of `length` units that
    are +1 or -1 with equal chances. Every cue is one of them, in turn, in which the
    share `corruption` of the units, chosen at random, has changed sign.

    Returns:
        x: the cues, (n, 1, length): a sequence of one step. y: the patterns they come
        from, (n, length); `np.unique(y, axis=0)` is what has to be stored.

    Reference:
        J. J. Hopfield, "Neural networks and physical systems with emergent collective
        computational abilities", PNAS 79:2554-2558, 1982.
    """
    y = _in_turn(n, load, length, length, rng)
    return damaged(y, corruption, rng)[:, None], y


@problem("regression", length=100, least=2, size=1000, limits=LIMITS)
def bipolar_pairs(n, length, rng, *, load=0.05, corruption=0.1, partner=0.5):
    """Pairs of random bipolar patterns: the first, though damaged, calls the second.

    There are `load * length` pairs (rounded, at least one) of two patterns of `length`
    and `partner * length` units (rounded down) that are +1 or -1 with equal chances.
    Every cue is the first of a pair, in turn, with the share `corruption` of its units
    changed.

    Returns:
        x: the cues, (n, 1, length): a sequence of one step. y: their partners,
        (n, int(partner * length)).

    Reference:
        B. Kosko, "Bidirectional associative memories", IEEE Transactions on Systems,
        Man, and Cybernetics 18:49-60, 1988.
    """
    pairs = _in_turn(n, load, length, length + int(partner * length), rng)
    return damaged(pairs[:, :length], corruption, rng)[:, None], pairs[:, length:]


def damaged(patterns, corruption, rng):
    """A copy in which the share `corruption` of each row has changed sign."""
    changed = round(corruption * patterns.shape[1])
    places = np.argsort(rng.random(patterns.shape), axis=1)[:, :changed]
    cues = patterns.copy()
    np.put_along_axis(cues, places, -np.take_along_axis(cues, places, axis=1), axis=1)
    return cues


def _in_turn(n, load, length, units, rng):
    count = max(1, round(load * length))
    patterns = 2 * rng.integers(2, size=(count, units)).astype("float32") - 1
    return patterns[np.arange(n) % count]
