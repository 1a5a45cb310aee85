"""Recipes of memories: what is stored is drawn by the seed, and recalled from cues."""

import json

import numpy as np
import pytest
import yaml
from scipy.optimize import brentq
from scipy.special import erf

from rnnzoo import build, recipes, results, training
from rnnzoo.datasets import Associations, batches, examples


def trained(folder, network, data, metric, seed=0):
    recipe = {"summary": "A small one.", "network": network,
              "data": {"batch_size": 3, **data}, "training": {"epochs": 1},
              "target": {"metric": metric, "at_least": 0.99, "source": "None."}}
    path = folder / "small.yaml"
    path.write_text(yaml.safe_dump(recipe))
    return training.train(recipes.load(path), out=folder, seed=seed, export=False)


def test_a_run_stores_patterns_and_is_scored_by_cues(tmp_path):
    folder = trained(tmp_path, {"name": "hopfield", "units": 200},
                     {"dataset": "bipolar_patterns",
                      "options": {"length": 200, "load": 0.04, "size": 50}}, "overlap")
    (row,) = results.read(tmp_path / "results.csv")
    assert (row.score, row.validation, row.outcome) == (pytest.approx(1), None, "met")
    assert json.loads((folder / "metrics.json").read_text())["test"]["recalled"] == 1
    assert (folder / "curves.png").exists()
    assert int(training.load(folder).memory.count) == 8
    assert training.evaluate(folder)["overlap"] == row.score


def test_pairs_are_stored_as_pairs(tmp_path):
    trained(tmp_path, {"name": "bam", "units": [60, 30]},
            {"dataset": "bipolar_pairs", "options": {"length": 60}}, "recalled")
    (row,) = results.read(tmp_path / "results.csv")
    assert row.score == 1


@pytest.mark.parametrize("name", ["bipolar_patterns", "digit_bitmaps"])
def test_the_seed_governs_patterns_and_cues(name):
    def rows(seed, split):
        associations = Associations(name, seed, corruption=0.1)
        return [np.array(row) for row in examples(associations, split)]

    for split in ("train", "test"):
        np.testing.assert_array_equal(rows(1, split), rows(1, split))
    assert (np.array(rows(1, "test")) != rows(2, "test")).any()


def test_what_is_stored_has_no_damage_and_is_what_cues_call():
    associations = Associations("bipolar_pairs", 3, load=0.1, corruption=0.2, size=30)
    (a, b), = batches(examples(associations, "train"), 100)
    (cues, answers), = batches(examples(associations, "test"), 100)
    assert (a.shape, b.shape, cues.shape) == ((10, 100), (10, 50), (30, 100))
    np.testing.assert_array_equal(answers[:10], b)
    assert ((cues[:10] != a).numpy().sum(axis=1) == 20).all()


def test_what_has_no_patterns_is_refused():
    with pytest.raises(ValueError, match="bipolar_pairs, bipolar_patterns, digit_bit"):
        Associations("adding", 0)


def test_a_memory_of_pairs_has_two_widths_and_no_more(tmp_path):
    with pytest.raises(ValueError, match="network.units: .* or two for a memory"):
        trained(tmp_path, {"name": "bam", "units": [6, 3, 2]},
                {"dataset": "bipolar_pairs"}, "recalled")


@pytest.mark.parametrize("load", [0.05, 0.1, 0.12])
def test_hopfield_recalls_as_well_as_its_mean_field_theory_says(load):
    """D. J. Amit, H. Gutfreund, H. Sompolinsky, 1985, at temperature 0."""
    def balance(y):
        return erf(y) - y * (np.sqrt(2 * load) + 2 / np.sqrt(np.pi) * np.exp(-y * y))

    patterns = np.random.default_rng(5).choice([-1, 1], (round(1000 * load), 1000))
    memory = build("hopfield", 1000)
    memory.fit(patterns, verbose=0)
    found = memory.evaluate(patterns, verbose=0, return_dict=True)["overlap"]
    assert found == pytest.approx(erf(brentq(balance, 1.5, 5)), abs=0.005)
