import csv
import json
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
import yaml

from rnnzoo import datasets, files, recipes, results, serving, training
from rnnzoo.datasets.real import NewsTagged

SMALL = {
    "summary": "Seconds, not minutes.",
    "network": {"name": "elman", "task": "classification", "output_size": 10,
                "input_shape": [None, 8], "units": 8, "dropout": 0.2,
                "learning_rate": 0.01},
    "data": {"dataset": "digits_rows", "batch_size": 64},
    "training": {"epochs": 2, "schedule": "cosine"},
    "target": {"metric": "accuracy", "at_least": 0.1, "source": "Chance."},
}


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """The path of a small recipe whose data are prepared."""
    folder = tmp_path_factory.mktemp("recipe")
    SMALL["data"]["folder"] = str(folder / "data")
    datasets.prepare("digits_rows", folder=folder / "data")
    path = folder / "small.yaml"
    path.write_text(yaml.safe_dump(SMALL))
    return path


@pytest.fixture(scope="module")
def run(small, tmp_path_factory):
    """The folder of a finished run."""
    return training.train(small, tmp_path_factory.mktemp("runs"))


@pytest.fixture(scope="module")
def stopped(small, tmp_path_factory):
    """The folder of a run that got no further than its first epoch."""
    def stop(*_):
        raise KeyboardInterrupt

    out = tmp_path_factory.mktemp("stopped")
    with pytest.MonkeyPatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(training.Checkpoint, "_print", stop)
        training.train(small, out)
    return out / "small" / "1"


@pytest.fixture
def interrupted(stopped, tmp_path):
    """A copy of this folder, to be resumed in `tmp_path`."""
    return Path(shutil.copytree(stopped, tmp_path / "small" / "1"))


@pytest.fixture
def unserved(monkeypatch):
    """Runs that are not exported, which takes longer than to train them."""
    monkeypatch.setattr(serving, "export", lambda *_, **__: None)


def weights(folder):
    return training.load(folder).get_weights()


def assert_same_bits(these, those):
    for this, that in zip(these, those, strict=True):
        np.testing.assert_array_equal(this, that)


def test_a_run_leaves_everything_it_promises(run):
    names = {"model.keras", "saved_model", "recipe.yaml", "history.csv", "metrics.json",
             "curves.png"}
    assert {path.name for path in run.iterdir()} == names
    assert (run / "saved_model" / "1" / "saved_model.pb").exists()
    assert (run / "curves.png").read_bytes().startswith(b"\x89PNG")
    with (run / "history.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["1", "2"]
    assert {"loss", "accuracy", "val_loss", "val_accuracy"} < rows[0].keys()


def test_the_result_row_is_what_the_saved_network_scores(run):
    facts = json.loads((run / "metrics.json").read_text())
    (row,) = results.read(run.parent.parent / "results.csv")
    recipe = recipes.load(run / "recipe.yaml")
    assert row == results.Result(**facts["result"])
    assert row.score == training.evaluate(run)["accuracy"]
    assert row.validation == training.evaluate(run, "validation")["accuracy"]
    assert row.parameters == 8 * 8 + 8 * 8 + 8 + 8 * 10 + 10
    assert (row.recipe, row.recipe_hash, row.target) == ("small", recipe.hash(), 0.1)
    assert facts["target_reached"] == (row.score >= 0.1)


def test_training_makes_exactly_the_steps_that_there_are(run):
    steps_an_epoch = -(-1248 // SMALL["data"]["batch_size"])
    assert training.load(run).optimizer.iterations == 2 * steps_an_epoch


@pytest.mark.usefixtures("unserved")
def test_the_same_seed_gives_the_same_bits_in_the_next_folder(run, small):
    again = training.train(small, run.parent.parent, seed=0)
    assert (run.name, again.name) == ("1", "2")
    assert_same_bits(weights(again), weights(run))


@pytest.mark.usefixtures("plain", "unserved")
def test_another_seed_gives_another_network(run, small, tmp_path):
    other = training.train(recipes.load(small, ["training.epochs=1"]), tmp_path, seed=1)
    assert recipes.load(other / "recipe.yaml").seed == 1
    assert not np.array_equal(weights(other)[0], weights(run)[0])


@pytest.mark.usefixtures("plain", "unserved")
def test_the_best_epoch_is_kept_and_patience_ends_the_run(small, tmp_path):
    upside_down = "target={metric: loss, at_least: 9, source: So the first is best.}"
    recipe = recipes.load(
        small, ["training.epochs=9", "training.patience=2", upside_down]
    )
    folder = training.train(recipe, tmp_path)
    facts = json.loads((folder / "metrics.json").read_text())
    assert (facts["best_epoch"], facts["epochs"]) == (1, 3)
    with (folder / "history.csv").open() as file:
        first = float(next(csv.DictReader(file))["val_loss"])
    assert facts["validation"]["loss"] == pytest.approx(first, rel=1e-6)


def start(small, out, *more):
    command = [sys.executable, "-m", "rnnzoo", "train", small, "training.epochs=15"]
    return subprocess.Popen([*command, "--out", out, *more], stdout=subprocess.DEVNULL)


def kill_when(process, condition):
    while not condition():
        assert process.poll() is None, "it ended before it could be killed"
        time.sleep(0.001)
    process.kill()
    process.wait()


def is_written_again(path):
    """Whether `path` was written since this call, and some random time ago."""
    before = path.stat().st_mtime_ns if path.exists() else 0
    return lambda: (path.exists() and path.stat().st_mtime_ns > before
                    and random.random() < 0.02)


def test_a_killed_run_resumes_to_the_same_bits(small, tmp_path, request):
    """Killed twice inside epochs at random, once while the results are written."""
    folder = tmp_path / "small" / "1"
    checkpoint = folder / "checkpoint.npz"
    process = start(small, tmp_path)
    for _ in range(2):
        kill_when(process, is_written_again(checkpoint))
        assert not (folder / "metrics.json").exists()
        process = start(small, tmp_path, "--resume")
    kill_when(process, (folder / "model.keras").exists)
    assert not (folder / "metrics.json").exists()

    recipe = recipes.load(small, ["training.epochs=15"])
    assert training.train(recipe, tmp_path, resume=True) == folder
    request.getfixturevalue("unserved")
    whole = training.train(recipe, tmp_path / "whole")
    assert_same_bits(weights(folder), weights(whole))
    (row,), (expected,) = (results.read(out / "results.csv")
                           for out in (tmp_path, tmp_path / "whole"))
    assert (row.validation, row.score) == (expected.validation, expected.score)
    assert not list(folder.rglob(".aside-*")) and not checkpoint.exists()


@pytest.mark.usefixtures("interrupted")
def test_resuming_with_another_recipe_says_what_differs(small, tmp_path):
    other = recipes.load(small, ["network.units=9", "training.patience=3"])
    with pytest.raises(ValueError, match="cannot be resumed") as caught:
        training.train(other, tmp_path, resume=True)
    assert "network.units was 8 and is 9 now" in str(caught.value)
    assert "training.patience was None and is 3 now" in str(caught.value)


def test_a_run_in_use_is_not_resumed(small, tmp_path, interrupted):
    with files.locked(interrupted), pytest.raises(BlockingIOError, match="in use"):
        training.train(small, tmp_path, resume=True)


@pytest.mark.parametrize("size", [0, 100, -2000])
def test_a_damaged_checkpoint_is_named(small, tmp_path, interrupted, size):
    path = interrupted / "checkpoint.npz"
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(ValueError, match="checkpoint.npz is damaged.*without --resume"):
        training.train(small, tmp_path, resume=True)


def test_a_foreign_table_is_refused_before_training(small, tmp_path):
    (tmp_path / "results.csv").write_text("a,b\n1,2\n")
    with pytest.raises(ValueError, match="is no results table"):
        training.train(small, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["results.csv"]


def test_nothing_to_resume_is_said(small, run, tmp_path):
    for out in (tmp_path, run.parent.parent):
        with pytest.raises(FileNotFoundError, match="no unfinished run"):
            training.train(small, out, resume=True)


@pytest.mark.parametrize(("override", "message"), [
    ("target.metric=acuracy", "Did you mean 'accuracy'"),
    ("network.name=elmann", "Did you mean 'elman'"),
    ("network.unit=3", "Did you mean 'units'"),
    ("data.dataset=digit_rows", "Did you mean 'digits_rows'"),
    ("network.input_shape=[null, 7]", "x has shape"),
    ("network.output_size=1", r"^digits_rows: y holds labels.*not in \[0, 1\)\.$"),
])
def test_a_recipe_that_does_not_fit_fails_before_a_folder_is_made(
    small, tmp_path, override, message
):
    with pytest.raises(ValueError, match=message):
        training.train(recipes.load(small, [override]), tmp_path / "runs")
    assert not (tmp_path / "runs").exists()


@pytest.mark.usefixtures("plain")
def test_a_loss_that_is_no_number_ends_the_run_with_the_last_good_weights(
    small, tmp_path, monkeypatch
):
    def poisoned(self, batch, logs):
        bad = len(self.history) == 1 and batch == 3
        good(self, batch, {"loss": float("nan")} if bad else logs)

    good = training.Checkpoint.on_train_batch_end
    monkeypatch.setattr(training.Checkpoint, "on_train_batch_end", poisoned)
    with pytest.raises(FloatingPointError, match="nan in epoch 2, step 4") as caught:
        training.train(small, tmp_path)
    assert "weights of epoch 1 are kept" in str(caught.value)
    kept = keras.models.load_model(tmp_path / "small" / "1" / "model.keras")
    assert np.isfinite(kept.predict(np.ones((1, 8, 8)), verbose=0)).all()


@pytest.mark.usefixtures("plain")
def test_numbers_in_the_data_that_are_none_end_the_run(small, tmp_path, monkeypatch):
    def poisoned(builder, split):
        rows = good(builder, split)
        bad = split == "train"
        return rows.map(lambda x, y: (x * float("nan"), y)) if bad else rows

    good = datasets.examples
    monkeypatch.setattr(datasets, "examples", poisoned)
    with pytest.raises(ValueError, match="small stopped: x.*NaN") as caught:
        training.train(small, tmp_path)
    assert "no epoch was complete" in str(caught.value)


@pytest.mark.usefixtures("plain")
def test_an_infinite_learning_rate_is_caught(small, tmp_path):
    recipe = recipes.load(small, ["network.learning_rate=1e38"])
    with pytest.raises(FloatingPointError, match="the (val_)?loss became"):
        training.train(recipe, tmp_path)


@pytest.mark.usefixtures("plain", "unserved")
def test_without_target_the_loss_decides(small, tmp_path):
    folder = training.train(recipes.load(small, ["target=null"]), tmp_path)
    facts = json.loads((folder / "metrics.json").read_text())
    assert facts["result"]["score"] == facts["test"]["loss"]
    assert facts["result"]["target"] is facts["target_reached"] is None


@pytest.fixture
def news(tmp_path):
    """The path of a recipe for a tagger, on a file of the user's."""
    (tmp_path / NewsTagged.FILE).write_text(
        "play\tO\ncaf\u00e9\tB-KEYWORDS\nnews\tB-NEWSTYPE\n\n" * 40, "utf-8")
    path = tmp_path / "news.yaml"
    path.write_text(yaml.safe_dump({
        "summary": "Words and labels from a file of the user's.",
        "network": {"name": "elman", "task": "tagging", "vocabulary_size": 5,
                    "output_size": 9, "units": 4},
        "data": {"dataset": "news_tagged", "options": {"source": str(tmp_path)},
                 "folder": str(tmp_path / "data"), "batch_size": 32},
        "training": {"epochs": 1},
    }))
    return path


@pytest.mark.usefixtures("plain")
def test_a_run_is_served_with_the_names_that_its_dataset_has(
        news, tmp_path, capsys, request):
    run = training.train(news, tmp_path)
    assert training.runs.names(run) == {
        "vocabulary": ["<padding>", "<unknown>", "caf\u00e9", "news", "play"],
        "labels": list(NewsTagged.LABELS)}
    served = tf.saved_model.load(str(run / "saved_model" / "1"))
    found = served.signatures["classify_text"](text=tf.constant(["news caf\u00e9 xyz"]))
    y = training.load(run).predict(np.array([[3, 2, 1]]), verbose=0)
    best = np.array(NewsTagged.LABELS, bytes)[y.argsort()[..., :-6:-1]]
    assert found["labels"].numpy().tolist() == best.tolist()

    request.getfixturevalue("unserved")
    larger = training.train(recipes.load(news, ["network.output_size=12"]), tmp_path)
    assert training.runs.names(larger).keys() == {"vocabulary"}
    assert "9 names where the network has 12 ids" in capsys.readouterr().out


@pytest.mark.usefixtures("plain", "unserved")
def test_where_all_is_for_training_the_last_epoch_is_kept(news, tmp_path):
    recipe = recipes.load(news, [
        "data.options.validation=false", "data.word_dropout=1.5", "training.epochs=2",
        "target={metric: f1, at_least: 0, source: There is nothing less.}"])
    facts = json.loads((training.train(recipe, tmp_path) / "metrics.json").read_text())
    assert facts["result"]["validation"] is None and facts["best_epoch"] == 2
    assert facts["result"]["outcome"] == "met" and "validation" not in facts


@pytest.mark.parametrize("override, message", [
    ("data={dataset: digits_rows, batch_size: 9, word_dropout: 1}",
     "digits_rows has no unknown word"),
    ("training.patience=3", "news_tagged has none here")])
def test_what_the_data_have_to_have_is_asked_for(news, tmp_path, override, message):
    recipe = recipes.load(news, ["data.options.validation=false", override])
    with pytest.raises(ValueError, match=message):
        training.train(recipe, tmp_path / "runs")
    assert not (tmp_path / "runs").exists()
