"""How far a network counts, asked of oracles that are known to err, and where."""

import numpy as np
import pytest

from rnnzoo import datasets
from rnnzoo.measures import largest_n
from rnnzoo.measures.counting import accepts

END, A = 2, 3


class Oracle:
    """Knows a^n b^n (c^n) up to the n `most`, and accepts one word `beside` these."""

    def __init__(self, letters, most=10_000, beside=None, p=0.1):
        self.letters, self.most, self.beside, self.p = letters, most, beside, p
        self.read = []

    def predict(self, x, **options):
        self.read.append(x)
        seen = [np.cumsum(x == A + k, axis=1) for k in range(self.letters)]
        right = [np.minimum(seen[0], self.most)] * self.letters
        may = self.may(seen, right)
        may[..., A] |= sum(seen[1:]) == 0
        if self.beside:
            may |= self.may(seen, self.beside)
        return self.p * may

    def may(self, seen, word):
        """What may come where so much of every letter was seen of such a word."""
        may = np.zeros((*seen[0].shape, 6), bool)
        for k in range(self.letters):
            before = [s == w for s, w in zip(seen[:k], word)]
            may[..., A + k] = np.all([seen[k] < word[k], *before,
                                      *(s == 0 for s in seen[k + 1:])], axis=0)
        may[..., END] = np.all([s == w for s, w in zip(seen, word)], axis=0)
        return may


@pytest.mark.parametrize("letters, limit", [(2, 130), (3, 60)])
def test_who_counts_right_counts_to_the_limit(letters, limit):
    assert largest_n(Oracle(letters), letters, limit) == limit


@pytest.mark.parametrize("letters", [2, 3])
def test_who_loses_count_is_found_out(letters):
    assert largest_n(Oracle(letters, most=70), letters, 100) == 70


@pytest.mark.parametrize("word", [
    (57, 55), (57, 56), (57, 58), (57, 59),
    (57, 55, 57), (57, 56, 57), (57, 58, 57), (57, 59, 57),
    (57, 57, 55), (57, 57, 56), (57, 57, 58), (57, 57, 59), (1, 0), (1, 0, 1)])
def test_who_takes_a_near_miss_is_found_out(word):
    assert largest_n(Oracle(len(word), beside=word), len(word), 80) == word[0] - 1


def test_a_probability_of_one_in_a_hundred_is_not_enough():
    assert largest_n(Oracle(2, p=0.0101), 2, 9) == 9
    assert largest_n(Oracle(2, p=0.01), 2, 9) == 0


def test_nothing_is_read_beyond_the_failure():
    oracle = Oracle(2, most=7)
    assert largest_n(oracle, 2, 1000) == 7
    assert sum(map(len, oracle.read)) < 300


@pytest.mark.parametrize("name, letters", [("anbn", 2), ("anbncn", 3)])
def test_words_are_those_that_networks_are_trained_on(name, letters):
    x, y = datasets.sample(name, 30, length=9 * letters)
    oracle = Oracle(letters)
    counts = np.count_nonzero(x == A, axis=1)
    assert accepts(oracle, np.repeat(counts[:, None], letters, axis=1)).all()
    (read,) = oracle.read
    np.testing.assert_array_equal(read, x)
