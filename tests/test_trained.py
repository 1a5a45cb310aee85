"""Networks that come trained."""

import json
import runpy
from pathlib import Path

import numpy as np
import pytest

from rnnzoo import build, cli, info, list_models, recipes, registry, results

SHIP = Path(__file__).parent.parent / "scripts" / "ship"
WEIGHTS = registry.WEIGHTS
RESULT = {"metric": "accuracy", "score": 0.75, "task": "parity", "seed": 3,
          "recipe": "parity_gru"}


@pytest.fixture(scope="module")
def ship(tmp_path_factory):
    """Ships a network; the package's own weights are out of sight meanwhile."""
    def ship(model, name):
        run = tmp_path_factory.mktemp("run")
        model.save(run / "model.keras")
        (run / "metrics.json").write_text(json.dumps({"result": RESULT}))
        runpy.run_path(str(SHIP))["main"](run, name)
        return model

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(registry, "WEIGHTS", tmp_path_factory.mktemp("weights"))
        yield ship


@pytest.fixture(scope="module")
def gru(ship):
    return ship(build("gru", 3, task="classification", vocabulary_size=3, dropout=0.3,
                      output_size=2, reset_after=False), "parity")


def test_weights_by_name_are_the_network_of_the_run(gru):
    network = build("gru", weights="parity", learning_rate=0.5, seed=8)
    x = np.array([[1, 2, 2], [2, 1, 0]])
    np.testing.assert_array_equal(network.predict(x, verbose=0),
                                  gru.predict(x, verbose=0))
    learning = {"learning_rate": 0.5, "seed": 8}
    assert network.get_config() == {**gru.get_config(), **learning}
    assert float(network.optimizer.learning_rate) == 0.5


def test_a_memory_comes_with_what_it_has_stored(ship):
    patterns = np.random.default_rng(0).choice([-1, 1], (2, 30))
    memory = build("hopfield", 30)
    memory.fit(patterns, verbose=0)
    ship(memory, "two")
    np.testing.assert_array_equal(build("hopfield", weights="two").predict(patterns),
                                  patterns)


@pytest.mark.parametrize(("arguments", "message"), [
    ({"weights": "partiy"}, "weights of 'gru' 'partiy'. Did you mean 'parity'"),
    ({"weights": "parity", "units": 4}, "belong to units=3; received 4. Leave it out"),
    ({"weights": "parity", "reset_after": True}, "belong to reset_after=False"),
    ({"weights": "parity", "unit": 4}, "Unknown argument 'unit'. Did you mean 'units'"),
])
@pytest.mark.usefixtures("gru")
def test_what_the_weights_are_not_for_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        build("gru", **arguments)
    with pytest.raises(ValueError, match="Accepted: none"):
        build("jordan", weights="parity")


@pytest.mark.usefixtures("gru")
def test_the_card_says_which_weights_there_are(capsys):
    cli.main(["info", "gru"])
    assert ("build('gru', weights='parity'), accuracy 0.75 on parity, seed 3 of "
            "parity_gru") in capsys.readouterr().out


@pytest.mark.parametrize(("network", "name"), [
    (network, name) for network in list_models() for name in info(network).weights])
def test_weights_that_come_along_are_of_seed_0_and_have_their_row(
        network, name, monkeypatch):
    monkeypatch.setattr(registry, "WEIGHTS", WEIGHTS)
    assert build(network, weights=name).entry.name == network
    result = json.loads(info(network).weights[name].read_text())["result"]
    rows = results.read(recipes.folder() / "results.csv")
    (row,) = (r for r in rows if (r.recipe, r.seed) == (result["recipe"], 0))
    assert (row.recipe_hash, row.score) == (
        result["recipe_hash"], pytest.approx(result["score"]))
