"""How runs are scored, and what of it depends on the measure of the target."""

import csv

import numpy as np
import pytest

from rnnzoo import build, datasets, measures, recipes, training
from rnnzoo.training.scores import Scorer

RIGHT = np.array([[1, 2, 3, 0], [2, 0, 0, 0], [3, 1, 2, 1]])
ANSWERS = np.array([[1, 2, 3, 1], [2, 1, 1, 1], [3, 1, 1, 1]])
COUNTED = RIGHT > 0


def recipe(dataset, metric, folder, **network):
    problem = datasets.info(dataset)
    return recipes.Recipe.model_validate({
        "name": "scored", "summary": "Scored.",
        "network": {"name": "elman", "units": 3, **problem.network, **network},
        "data": {"dataset": dataset, "folder": str(folder), "batch_size": 7,
                 "options": {"size": 100, "length": max(8, problem.least)}},
        "training": {"epochs": 2},
        "target": {"metric": metric, "at_most": 9, "source": "None."}})


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("data")


def scorer(recipe):
    data = recipe.data
    builder = datasets.prepare(data.dataset, folder=data.folder, **data.options)
    return Scorer(build(**recipe.build_arguments()), recipe, builder)


def one_by_one(scorer, split):
    """Targets and answers of each sequence alone, where there is no padding."""
    for x, y in datasets.examples(scorer.builder, split):
        yield y.numpy(), scorer.model.predict_on_batch(x[None])[0]


def test_a_sequence_is_exact_where_every_step_that_counts_is_right():
    assert measures.exact_accuracy(RIGHT, ANSWERS, COUNTED) == 2 / 3
    assert measures.exact_accuracy(RIGHT, ANSWERS) == 0
    one_hot = np.eye(4)[ANSWERS]
    assert measures.exact_accuracy(RIGHT, one_hot, COUNTED) == 2 / 3
    assert measures.accuracy_by_length(RIGHT, ANSWERS, COUNTED) == {1: 1, 3: 1, 4: 0}


def test_bits_are_the_length_of_the_best_code():
    p = np.tile([0.5, 0.25, 0.125, 0.125], (3, 4, 1))
    bits = np.array([1, 2, 3, 3])[RIGHT]
    assert measures.bits_per_symbol(RIGHT, p) == bits.mean()
    assert measures.bits_per_symbol(RIGHT, p, COUNTED) == bits[COUNTED].mean()
    assert measures.bits_per_symbol(RIGHT, np.eye(4)[ANSWERS], COUNTED) == np.inf


@pytest.mark.parametrize("call", [
    lambda: measures.exact_accuracy(RIGHT, ANSWERS[:2]),
    lambda: measures.accuracy_by_length(RIGHT[0], ANSWERS[0]),
    lambda: measures.bits_per_symbol(RIGHT, ANSWERS),
    lambda: measures.exact_accuracy(RIGHT, ANSWERS, COUNTED[:, 1:]),
])
def test_shapes_that_do_not_fit_are_named(call):
    with pytest.raises(ValueError, match=r"received \("):
        call()


@pytest.mark.usefixtures("plain")
def test_a_run_is_scored_as_its_sequences_are_one_by_one(folder):
    scored = scorer(recipe("anbn", "bits", folder))
    scores = scored.score("test")
    right = np.concatenate([p[range(len(y)), y] for y, p in one_by_one(scored, "test")])
    assert scores["bits"] == pytest.approx(-np.log2(right).mean(), rel=1e-5)
    assert {"loss", "accuracy"} < scores.keys()

    exact = [(y == p.argmax(-1)).all() for y, p in one_by_one(scored, "test")]
    assert scored.measures["exact"](scored, "test") == np.mean(exact)
    assert scored.measures["largest_n"](scored, "validation[:1]") == 0


@pytest.mark.usefixtures("plain")
def test_steps_that_are_washed_out_do_not_count(folder):
    scored = scorer(recipe("superimposed_sines", "nrmse", folder, washout=2))
    y, p = map(np.array, zip(*one_by_one(scored, "test")))
    y, p = y[:, 2:].reshape(-1), p[:, 2:].reshape(-1)
    scores = scored.score("test")
    assert scores["nrmse"] == pytest.approx(np.sqrt(np.mean((y - p)**2) / np.var(y)))
    assert scores["nrmse"]**2 == pytest.approx(scores["nmse"], rel=1e-4)
    overlap = scored.measures["overlap"](scored, "test")
    assert overlap == pytest.approx(np.mean(np.sign(y * p)))    # of one feature


@pytest.mark.usefixtures("plain")
@pytest.mark.parametrize(("metric", "message"), [
    ("exakt", "Did you mean 'exact'.*accuracy, bits, exact"),
    ("nrmse", "Unknown target.metric 'nrmse'"),     # no measure of symbols
])
def test_a_measure_that_does_not_fit_is_answered_with_those_that_do(
    folder, metric, message
):
    with pytest.raises(ValueError, match=message):
        training.train(recipe("anbn", metric, folder), folder / "none")
    assert not (folder / "none").exists()


@pytest.mark.usefixtures("plain")
def test_the_measure_of_the_target_chooses_the_epoch(folder):
    run = training.train(recipe("anbn", "bits", folder), folder, export=False)
    with (run / "history.csv").open() as file:
        bits = [float(row["val_bits"]) for row in csv.DictReader(file)]
    (row,) = training.results.read(folder / "results.csv")
    assert (row.metric, row.outcome) == ("bits", "met")
    assert row.validation == min(bits)
    assert not (run / "saved_model").exists()
