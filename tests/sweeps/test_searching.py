"""Searches: what they leave, how they go on, and when they end."""

import csv
import gc
import json
import math

import keras
import keras_tuner
import numpy as np
import pytest

import rnnzoo
from rnnzoo import recipes
from rnnzoo.sweeps import endings, hypermodels, tuner
from rnnzoo.sweeps.hypermodels import HyperRecipe, HyperZoo

pytestmark = pytest.mark.usefixtures("plain")
random = np.random.default_rng(0)
X = random.normal(size=(40, 5, 2)).astype("float32")
Y = X.sum((1, 2))[:, None]
DATA = X[:32], Y[:32]
LATER = {"validation_data": (X[32:], Y[32:])}
NETWORK = {"task": "regression", "input_shape": (None, 2), "output_size": 1,
           "epochs": 1, "batch_size": 16, "activation": "tanh"}
SEARCH = {"units": {"min": 2, "max": 64}, "activation": "tanh", "global_clipnorm": 1.0,
          "learning_rate": {"min": 0.001, "max": 0.1, "sampling": "log"},
          "batch_size": 16}


def made(out, method="random", name="elman", search=(), **options):
    options = {**NETWORK, "max_trials": 2, **options}
    return tuner(name, method, search={**SEARCH, **dict(search)}, out=out, **options)


def table(search):
    with (search.folder / "trials.csv").open() as file:
        return list(csv.DictReader(file))


@pytest.fixture
def untrained(monkeypatch):
    """Trials that are scored by their units, at once, and count two steps an epoch."""
    def build(name, **arguments):
        model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        model.compile("adam", "mse")
        return model

    def fit(self, hp, model, *data, callbacks, initial_epoch=0, epochs=1, **options):
        history = keras.callbacks.History()
        history.epoch = list(range(initial_epoch, epochs))
        begun.add((initial_epoch, int(model.optimizer.iterations)))
        model.optimizer.iterations.assign(2 * epochs)
        score = float(self.space.values(hp)[1]["units"])
        history.history = {"val_loss": [score] * len(history.epoch)}
        for callback in callbacks:
            callback.set_model(model)
            callback.on_epoch_end(0, {"val_loss": score})
        return history

    begun = set()
    monkeypatch.setattr(gc, "collect", int)     # before every trial, and dear
    monkeypatch.setattr(hypermodels, "build", build)
    monkeypatch.setattr(HyperZoo, "fit", fit)
    return begun


def test_the_best_network_is_kept_as_trained_and_a_seed_gives_the_same(tmp_path):
    found = []
    for out in (tmp_path, tmp_path / "again"):
        search = made(out, max_trials=1)
        search.search(*DATA, **LATER)
        found.append([{**row, "seconds": None} for row in table(search)])
    assert found[0] == found[1] and found[0][0]["status"] == "completed"
    best = keras.models.load_model(search.folder / "best" / "model.keras")
    np.testing.assert_allclose(best.evaluate(*LATER["validation_data"], verbose=0)[0],
                               float(found[0][0]["score"]), rtol=1e-5)
    assert best.optimizer.iterations == 2
    again = search.retrain(*DATA, **LATER)
    assert again.optimizer.iterations == 3      # of 40 rows, not of 32
    kept = keras.models.load_model(search.folder / "best" / "retrained.keras")
    np.testing.assert_array_equal(*(m.predict(X, verbose=0) for m in (again, kept)))


def test_hyperband_goes_on_with_the_optimizer(tmp_path, untrained):
    search = made(tmp_path, "hyperband", epochs=3, max_trials=None)
    search.search(*DATA, **LATER)
    assert untrained == {(0, 0), (1, 2)}
    assert search.get_best_models()[0].optimizer.iterations > 0


def test_networks_are_loaded_as_hyperband_does_it(tmp_path):
    hypermodel = made(tmp_path).hypermodel
    model = hypermodel.build(keras_tuner.HyperParameters())
    model.build_from_config(model.get_build_config())   # by itself, Keras may refuse


@pytest.mark.usefixtures("untrained")
@pytest.mark.parametrize("method", ["random", "grid", "hyperband", "bayesian"])
def test_a_search_that_was_killed_goes_on_and_ends_as_if_it_had_not(
        tmp_path, method, monkeypatch):
    options = {"max_trials": 4, "epochs": 3}
    search = made(tmp_path / "whole", method, **options)
    search.search(*DATA, **LATER)
    begun = made(tmp_path / "killed", method, **options)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(type(begun), "run_trial", _stop_in("1", type(begun).run_trial))
        begun.search(*DATA, **LATER)
    (begun.folder / "tuner0.json").unlink()      # the chief's, or no process' yet
    resumed = made(tmp_path / "killed", method, **options)
    resumed.search(*DATA, **LATER)
    found = [[{**row, "seconds": None} for row in table(s)] for s in (search, resumed)]
    assert len(found[0]) == 4 and found[0] == found[1]


def _stop_in(trial_id, run_trial):
    def run(self, trial, *data, **options):
        if trial.trial_id == trial_id:
            raise KeyboardInterrupt
        return run_trial(self, trial, *data, **options)

    return run


@pytest.mark.usefixtures("untrained")
def test_a_search_that_is_over_tries_nothing_and_may_be_given_more(tmp_path):
    made(tmp_path).search(*DATA, **LATER)
    search = made(tmp_path)
    search.search(x=DATA[0], y=DATA[1], **LATER)
    assert len(table(search)) == 2
    search = made(tmp_path, max_trials=3)
    search.search(*DATA, **LATER)
    assert len(table(search)) == 3


@pytest.mark.usefixtures("untrained")
def test_what_has_changed_since_a_search_was_begun_is_said(tmp_path):
    made(tmp_path, max_trials=1).search(*DATA, **LATER)
    for changed, message in (
            ({"search": {"units": [2, 3]}}, "range of units was .*64.* is .2, 3. now"),
            ({"search": {"units": 2}}, "range of units was .* and is not there now"),
            ({"seed": 1}, "seed was 0 and is 1 now"),
            ({"search": {"network": "gru"}}, "network was 'elman' and is 'gru' now"),
            ({"method": "bayesian"}, "tuner was 'random' and is 'bayesian' now"),
            ({"epochs": 2}, "epochs was 1 and is 2 now"),
            ({"max_size": 9}, "max_size was None and is 9 now")):
        with pytest.raises(ValueError, match=message):
            made(tmp_path, **changed)
    with pytest.raises(ValueError, match="checksum of the data was"):
        made(tmp_path, max_trials=1).search(DATA[0] + 1, DATA[1], **LATER)


@pytest.mark.usefixtures("untrained")
def test_too_large_networks_fail_and_ten_failures_in_a_row_end_a_search(tmp_path):
    search = made(tmp_path, max_trials=30, max_size=2)
    with pytest.raises(ValueError, match="10 failures in a row: Oversized.*10 of 10"):
        search.search(*DATA, **LATER)
    rows = table(search)
    assert [row["status"] for row in rows] == ["failed"] * 10
    assert all("Oversized" in row["reason"] for row in rows)


def test_a_trial_that_explodes_or_is_no_number_ends_with_the_reason():
    callback = endings.Hopeless()
    for losses, message in (([1.0, math.nan], "the loss became nan in step 2"),
                            ([1.0, 900.0, 1001.0], "the loss exploded: 1e")):
        callback.on_train_begin()
        with pytest.raises(keras_tuner.errors.FailedTrialError, match=message):
            for step, loss in enumerate(losses):
                callback.on_train_batch_end(step, {"loss": loss})
    with pytest.raises(keras_tuner.errors.FailedTrialError, match="nmse became inf"):
        callback.on_epoch_end(0, {"loss": 1.0, "val_nmse": math.inf})


def test_reasons_are_common_whatever_their_numbers():
    found = endings.common(["size 3", "no echo", "size 12.5", "size 1e-3"])
    assert found == "size 3 (3 of 4)"


def test_a_recipe_is_judged_by_its_metric_and_the_winner_is_a_recipe(recipe, tmp_path):
    search = rnnzoo.tuner(recipe, "grid", out=tmp_path, hparams=True)
    search.search()
    rows = table(search)
    assert {row["units"] for row in rows} == {"3", "5"}
    winner = recipes.load(search.folder / "best" / "recipe.yaml")
    best = max(rows, key=lambda row: float(row["score"]))
    assert str(winner.network.units) == best["units"]
    assert winner.data == recipe.data and winner.training == recipe.training
    assert search.oracle.objective.direction == "max"
    assert "data" in json.loads((search.folder / "search.json").read_text())
    assert len(list((search.folder / "hparams").glob("*/execution0"))) == 2
    steps = search.retrain().optimizer.iterations
    rows = search.hypermodel.builder.info.splits["train+validation"].num_examples
    assert steps == -(-rows // recipe.data.batch_size)


def test_a_recipe_without_validation_data_is_refused(recipe):
    memory = recipes.load("bipolar_patterns_hopfield")
    with pytest.raises(ValueError, match="is a memory"):
        HyperRecipe(memory)


@pytest.mark.parametrize(("arguments", "message"), [
    ({"method": "hyperbnd"}, "Did you mean 'hyperband'"),
    ({"name": "elmn"}, "Unknown network or recipe 'elmn'. Did you mean 'elman'"),
    ({"method": "hyperband", "search": {"epochs": [1, 2]}}, "chooses the epochs"),
    ({"task": "taging"}, "Did you mean 'tagging'"),
])
def test_a_mistake_is_answered_before_anything_is_written(tmp_path, arguments, message):
    with pytest.raises(ValueError, match=message):
        made(tmp_path / "none", **arguments)
    assert not list(tmp_path.rglob("*.json"))


def test_arguments_beside_a_recipe_and_searches_without_validation_are_refused(
        recipe, tmp_path):
    with pytest.raises(ValueError, match="units cannot be given beside a recipe"):
        tuner(recipe, units=3, out=tmp_path)
    with pytest.raises(ValueError, match="nothing to judge trials by"):
        made(tmp_path).search(*DATA)
