"""Measures of synthetic tasks, asked about answers whose score is known."""

from types import SimpleNamespace

import numpy as np
import pytest

from rnnzoo import datasets
from rnnzoo.datasets.languages.reber import GRAMMAR, LETTERS, embedded
from rnnzoo.training import scores


def told(grammar, y):
    """Chances of every letter after each one before, read off the arrows."""
    p = np.zeros((*y.shape, 1 + len(LETTERS)))
    for row, word in enumerate(y):
        node = next(iter(grammar.values()))["B"]
        for step, letter in enumerate(word[word > 0]):
            for arrow in grammar[node]:
                p[row, step, 1 + LETTERS.index(arrow)] = 1 / len(grammar[node])
            node = grammar[node][LETTERS[letter - 1]]
    return p


def scorer(name, *answers):
    return SimpleNamespace(builder=SimpleNamespace(name=name),
                           answers=lambda split: iter(answers))


@pytest.mark.parametrize("name, grammar", [
    ("reber", GRAMMAR), ("embedded_reber", embedded(GRAMMAR))])
def test_who_knows_the_grammar_says_what_is_legal(name, grammar):
    _, y = datasets.sample(name, 50, seed=1)
    p = told(grammar, y)
    batches = [(y[:30], p[:30], y[:30] > 0), (y[30:], p[30:], y[30:] > 0)]
    assert scores.legal(scorer(name, *batches), "test") == 1
    p[7, 2, 1:] = 1 / 7                 # all letters alike, so none leads
    p[40, np.count_nonzero(y[40]) - 1, 1:] = 0
    assert scores.legal(scorer(name, *batches), "test") == 48 / 50


def test_who_forgot_the_second_letter_is_found_out():
    _, y = datasets.sample("embedded_reber", 50, seed=1)
    p = told(embedded(GRAMMAR), y)
    at, t, b = np.count_nonzero(y, axis=1) - 2, 1 + LETTERS.index("T"), \
        1 + LETTERS.index("P")
    rows = np.arange(50)
    p[rows, at, t], p[rows, at, b] = 0.6, 0.4
    share = (y[rows, at] == t).mean()
    found = scores.legal(scorer("embedded_reber", (y, p, y > 0)), "test")
    assert 0 < found == share < 1


def test_the_error_of_a_long_forecast_is_that_of_its_last_step(monkeypatch):
    x = np.arange(100.)[None, :, None] + 1000 * np.arange(3)[:, None, None]
    y = x + 1

    def generate(model, prefix, steps):
        found = prefix[:, -1:] + np.arange(1, steps + 1)[:, None]
        found[:, -1] += 5
        return found

    monkeypatch.setattr(scores, "generate", generate)
    batches = [(SimpleNamespace(numpy=lambda v=v: v[0]),
                SimpleNamespace(numpy=lambda v=v: v[1]))
               for v in ((x[:2], y[:2]), (x[2:], y[2:]))]
    asked = SimpleNamespace(model=None, batches=lambda split: batches)
    assert scores.nrmse84(asked, "test") == pytest.approx(5 / y.std())


@pytest.mark.parametrize("measure", ["legal", "largest_n"])
def test_a_measure_of_other_data_says_which(measure):
    with pytest.raises(ValueError, match=f"{measure} is of .* and .*, not of letters"):
        getattr(scores, measure)(scorer("letters"), "test")
