"""Many reservoirs at once, beside one by one."""

import csv

import numpy as np
import pytest

import rnnzoo
from rnnzoo.sweeps import endings, tuner
from rnnzoo.sweeps.blocks import ReservoirSearch
from rnnzoo.sweeps.reservoirs import MEASURES, Reservoirs

pytestmark = pytest.mark.usefixtures("plain")
SHARED = {"units": 20, "task": "forecasting", "input_shape": (None, 2),
          "output_size": 2, "washout": 5, "seed": 3, "dtype": "float64"}
CANDIDATES = [
    {"spectral_radius": 0.8, "input_scaling": 0.5, "ridge": 1e-4},
    {"spectral_radius": 1.1, "bias_scaling": 0.1, "leak_rate": 0.3, "ridge": 1e-2},
    {"leak_rate": 0.7, "gain": 0.4, "ridge": 1e-6}]
random = np.random.default_rng(0)
X = np.cumsum(random.normal(size=(7, 40, 2)), axis=1)
X, Y = X[:, :-1], X[:, 1:]
TRAIN, LATER = (X[:4], Y[:4]), (X[4:], Y[4:])


def test_scores_at_once_are_those_of_networks_one_by_one():
    reservoirs = Reservoirs(name="esn", **SHARED)
    train = [(X[:2], Y[:2]), (X[2:4], Y[2:4])]
    networks = [rnnzoo.build("esn", **SHARED, **candidate) for candidate in CANDIDATES]
    for model in networks:
        model.fit(*TRAIN, verbose=0)
    alone = [model.evaluate(*LATER, verbose=0, return_dict=True) for model in networks]
    for measure in MEASURES:
        found = reservoirs.scores(CANDIDATES, train, [LATER], measure)
        np.testing.assert_allclose(found, [v[measure] for v in alone], rtol=1e-6)


def test_what_is_left_of_the_start_is_that_of_networks_one_by_one():
    slow = {"spectral_radius": 1.0, "input_scaling": 1e-3, "bias_scaling": 0.0}
    found = Reservoirs(name="esn", **SHARED).left([slow, CANDIDATES[0]], X[:1])
    model = rnnzoo.build("esn", **SHARED, **slow)
    with pytest.warns(UserWarning, match="does not forget"):
        alone = rnnzoo.measures.echo_state_check(model, endings.repeated(X[:1]))
    np.testing.assert_allclose(found[0], alone, rtol=1e-6)
    assert found[1] < endings.LEFT


def searched(out, **search):
    return tuner("esn", "grid", **SHARED, batch_size=4, objective="val_nmse", out=out,
                 search={"units": 20, "leak_rate": 1.0, "ridge": 1e-3, **search})


def test_a_search_over_scales_runs_its_trials_at_once_and_keeps_the_best(tmp_path):
    search = searched(tmp_path, spectral_radius=[0.5, 0.7, 4.0], input_scaling=0.01)
    assert isinstance(search, ReservoirSearch)
    search.search(*TRAIN, validation_data=LATER)
    with (search.folder / "trials.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["status"] for row in rows] == ["completed", "completed", "failed"]
    assert "no echo state property" in rows[2]["reason"]
    (best,) = search.get_best_models()
    np.testing.assert_allclose(
        best.evaluate(*LATER, verbose=0, return_dict=True)["nmse"],
        min(float(row["score"]) for row in rows[:2]), rtol=1e-6)


@pytest.mark.parametrize("search", [
    {"spectral_radius": [0.5, 0.7], "units": [20, 30]}, {"noise": [0.0, 0.1]},
    {"bidirectional": True, "spectral_radius": [0.5, 0.7]}])
def test_other_searches_run_their_trials_one_by_one(tmp_path, search):
    assert not isinstance(searched(tmp_path, **search), ReservoirSearch)
