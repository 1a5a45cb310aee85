"""The smallest losses on Elman's streams are what theory says."""

import re
from collections import Counter

import numpy as np
from words import drawn

from rnnzoo import datasets


def entropy(counts):
    """Bits that are missing after a context, on average; context -> Counter."""
    total = sum(sum(c.values()) for c in counts.values())
    return sum(-n * np.log2(n / sum(c.values()))
               for c in counts.values() for n in c.values()) / total


def contexts(name, length, memory, phases):
    """What follows after each context of a few symbols at a place in the period."""
    found = {}
    for x, y in zip(*datasets.sample(name, 20, length)):
        for t in range(memory, length):
            key = (t % phases, *x[t - memory + 1:t + 1])
            found.setdefault(key, Counter())[int(y[t])] += 1
    return found


def test_every_third_bit_is_the_exclusive_or():
    x, y = datasets.sample("temporal_xor", 5, 3000)
    np.testing.assert_array_equal(x[:, 1:], y[:, :-1])
    first, second, third = np.moveaxis(x.reshape(5, -1, 3) - 1, 2, 0)
    np.testing.assert_array_equal(third, first ^ second)


def test_two_thirds_of_a_bit_cannot_be_known_of_the_exclusive_or():
    # Who knows the rule is right on every third bit, and no context helps elsewhere.
    found = contexts("temporal_xor", 3000, memory=3, phases=3)
    np.testing.assert_allclose(entropy(found), 2 / 3, atol=1e-3)
    best = sum(max(c.values()) for c in found.values())
    total = sum(sum(c.values()) for c in found.values())
    np.testing.assert_allclose(best / total, 2 / 3, atol=0.01)


def test_letters_come_in_syllables():
    for read, said in drawn("letters", 20, 500):
        assert read[1:] == said[:-1]
        assert re.fullmatch("(ba|dii|guuu)*(b|d|di|g|gu|guu)?", "".join(read))


def test_the_entropy_of_a_letter_is_a_third_of_that_of_a_syllable():
    # Three letters are enough to know whether a syllable is complete.
    found = contexts("letters", 3000, memory=4, phases=1)
    np.testing.assert_allclose(entropy(found), np.log2(3) / 3, atol=5e-3)
