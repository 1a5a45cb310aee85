"""Every problem is a TFDS dataset that passes TFDS' own test, and serves recipes."""

import cases
import numpy as np
import pytest
import tensorflow_datasets as tfds

from rnnzoo import datasets, recipes, training
from rnnzoo.datasets import problems
from rnnzoo.datasets.builders import Config
from rnnzoo.datasets.splits import splits

SIZE = 40


def case(problem):
    """TFDS' test case for a problem, with few sequences."""
    sizes = {"train": SIZE, "validation": SIZE // 10, "test": SIZE // 10}
    if problem.longer:
        sizes["longer"] = SIZE // 10

    class Case(cases.Case):
        DATASET_CLASS = tfds.builder_cls(problem.name)
        BUILDER_CONFIG_NAMES_TO_TEST = [Config(name="few", options={"size": SIZE})]
        SPLITS = sizes
        EXAMPLE_DIR = "."       # nothing is read from it

    return Case


globals().update({f"Test_{name}": case(datasets.info(name))
                  for name in problems.names()})


@pytest.mark.parametrize("name", ["tomita_7", "copy", "anbn", "lorenz"])
def test_tfds_has_the_rows_of_the_splits_to_the_bit_without_padding(name, tmp_path):
    builder = datasets.prepare(name, folder=tmp_path, size=30, length=6)
    stored = datasets.batches(datasets.examples(builder, "train"), 30)
    x, y = (v.numpy() for v in next(iter(stored)))
    expected_x, expected_y = splits(datasets.info(name), length=6, size=30)["train"]
    expected_x = expected_x[:, :x.shape[1]]
    if y.ndim > 1:
        expected_y = expected_y[:, :y.shape[1]]
    order, expected_order = (
        sorted(range(30), key=lambda row: (a[row].tobytes(), b[row].tobytes()))
        for a, b in ((x, y), (expected_x, expected_y)))
    np.testing.assert_array_equal(x[order], expected_x[expected_order])
    np.testing.assert_array_equal(y[order], expected_y[expected_order])


def test_description_and_citation_are_those_of_the_definition():
    info = tfds.builder("adding").info
    assert info.description.startswith("The adding problem")
    assert "1/6" in info.description and "Hochreiter" in info.citation
    assert "Reference" not in info.description


@pytest.mark.parametrize("options, message", [
    ({"size": 3}, "`size` is an integer of at least 30; received 3"),
    ({"config": "long"}, "adding has options in the place of configs"),
    ({"lenth": 3}, "Did you mean 'length'"),
])
def test_bad_ways_to_prepare_a_problem_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        datasets.prepare("adding", **options)


def test_datasets_of_tfds_have_no_options():
    with pytest.raises(ValueError, match="mnist is a dataset of TFDS and has no opt"):
        datasets.prepare("mnist", length=3)


def recipe(tmp_path, name, **options):
    network = {"name": "elman", "units": 2, **datasets.info(name).network}
    data = {"dataset": name, "options": options, "batch_size": 30,
            "folder": str(tmp_path / "data")}
    return recipes.Recipe.model_validate({
        "name": "r", "summary": "A test.", "network": network, "data": data,
        "training": {"epochs": 1}})


def test_a_recipe_trains_on_a_problem_and_scores_longer_sequences(tmp_path):
    on = recipe(tmp_path, "anbn", length=20, size=30)
    run = training.train(on, tmp_path / "runs")
    assert np.isfinite(training.evaluate(run, "longer")["loss"])


def test_options_are_part_of_a_recipe_and_of_its_hash(tmp_path):
    plain, long = recipe(tmp_path, "adding"), recipe(tmp_path, "adding", length=400)
    path = tmp_path / "long.yaml"
    path.write_text(long.text())
    assert recipes.load(path) == long
    assert "options" not in plain.plain()["data"] and plain.hash() != long.hash()
