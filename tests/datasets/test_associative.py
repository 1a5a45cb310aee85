"""Patterns: as many as the load says, damaged as much as the corruption says."""

import numpy as np
import pytest

from rnnzoo import datasets


@pytest.mark.parametrize("load, corruption", [(0.05, 0), (0.14, 0.1), (0.3, 0.25)])
def test_load_and_corruption_are_exact(load, corruption):
    x, y = datasets.sample("bipolar_patterns", 150, 200, load=load,
                           corruption=corruption)
    assert x.shape == (150, 1, 200) and np.isin([x[:, 0], y], (-1, 1)).all()
    assert len(np.unique(y, axis=0)) == round(load * 200)
    assert ((x[:, 0] != y).sum(axis=1) == round(corruption * 200)).all()


def test_patterns_are_independent_coins():
    _, y = datasets.sample("bipolar_patterns", 100, 1000, load=0.1)
    overlap = np.abs(y @ y.T / 1000 - np.eye(100))
    assert overlap.max() < 6 / 1000**0.5


def test_a_cue_calls_one_partner():
    x, y = datasets.sample("bipolar_pairs", 60, 100, load=0.2, corruption=0)
    assert y.shape == (60, 50)
    pairs = {(a.tobytes(), b.tobytes()) for a, b in zip(x, y)}
    assert len(pairs) == len({a for a, _ in pairs}) == len({b for _, b in pairs}) == 20


def test_cues_of_pairs_are_damaged_too():
    clean, _ = datasets.sample("bipolar_pairs", 10, 100, corruption=0)
    x, _ = datasets.sample("bipolar_pairs", 10, 100, corruption=0.2)
    assert ((x != clean).sum(axis=(1, 2)) == 20).all()


def test_digit_bitmaps_are_ten_different_pictures():
    x, y = datasets.sample("digit_bitmaps", 40, corruption=0.2)
    assert len(np.unique(y, axis=0)) == 10
    np.testing.assert_array_equal(y[:10], y[10:20])
    assert ((x[:, 0] != y).sum(axis=1) == 7).all()
    one = np.where(y[1].reshape(7, 5) > 0, "#", ".")
    assert [*map("".join, one)] == [
        "..#..", ".##..", "..#..", "..#..", "..#..", "..#..", ".###."]
