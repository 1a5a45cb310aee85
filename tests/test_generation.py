"""Closed loops: what a network generates is what it would have answered."""

import importlib.util
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import keras
import numpy as np
import pytest
from zoo import SEQUENCES

import rnnzoo
from rnnzoo.generation import generate

RNG = np.random.default_rng(0)
X = RNG.normal(size=(3, 6, 2)).astype("float32")
IDS = RNG.integers(1, 7, (3, 6))


def forecaster(name="elman", **changes):
    return rnnzoo.build(name, **{"task": "forecasting", "input_shape": (None, 2),
                                 "output_size": 2, "units": 5, "seed": 1, **changes})


def speaker(name="elman", **changes):
    model = rnnzoo.build(name, **{"task": "generation", "vocabulary_size": 7,
                                  "units": 5, "seed": 1, **changes})
    for weight in model.trainable_weights:      # strong opinions, so that it varies
        weight.assign(3 * weight)
    return model


# Those that no test changes are compiled once for all of them.
a_forecaster, a_speaker = cache(forecaster), cache(speaker)


def answers(model, x):
    return keras.ops.convert_to_numpy(model(x))


@pytest.mark.parametrize("name", SEQUENCES)
def test_a_forecast_is_what_the_network_answers_to_the_steps_before(name):
    model = forecaster(name)
    y = generate(model, X, 5)
    assert y.shape == (3, 5, 2) and y.dtype == "float32"
    whole = answers(model, np.concatenate([X, y], axis=1))
    np.testing.assert_allclose(y, whole[:, 5:-1], atol=1e-5)


@pytest.mark.parametrize("name", SEQUENCES)
def test_at_temperature_0_the_most_probable_symbol_is_said(name):
    model = speaker(name)
    ids = generate(model, IDS, 8, temperature=0)
    assert ids.shape == (3, 8) and ids.dtype == "int32"
    chances = answers(model, np.concatenate([IDS, ids], axis=1))[:, 5:-1]
    said = np.take_along_axis(chances[..., 1:], ids[..., None] - 1, axis=-1)[..., 0]
    np.testing.assert_allclose(said, chances[..., 1:].max(-1), atol=1e-5)


@pytest.mark.parametrize("make, prefix, options", [
    (forecaster, X, {}), (speaker, IDS, {"embedding": None})])
def test_what_was_generated_may_be_the_prefix_of_more(make, prefix, options):
    model = make(layers=2, context=(3, 0), dropout=0.4, trainable_initial_state=True,
                 **options)
    whole = generate(model, prefix, 9, temperature=0)
    longer = np.concatenate([prefix, whole[:, :4]], axis=1)
    np.testing.assert_allclose(generate(model, longer, 5, temperature=0), whole[:, 4:],
                               atol=1e-5)


def test_fewer_steps_are_the_first_of_more():
    model = a_speaker()
    most = generate(model, IDS, 1234, seed=4)
    assert len(np.unique(most)) > 2
    for steps in (1, 99, 100, 101, 999, 1000, 1001):
        np.testing.assert_array_equal(generate(model, IDS, steps, seed=4),
                                      most[:, :steps])


def test_one_step_is_prefix_enough():
    model = a_forecaster()
    np.testing.assert_allclose(generate(model, X[:, :1], 1), answers(model, X[:, :1]),
                               atol=1e-6)


def test_other_features_stand_beside_the_forecast():
    model = forecaster(output_size=1)
    others = RNG.normal(size=(3, 5, 1))
    y = generate(model, X, 5, inputs=others)
    whole = np.concatenate([X, np.concatenate([y, others], axis=-1)], axis=1)
    np.testing.assert_allclose(y, answers(model, whole)[:, 5:-1], atol=1e-5)


def test_padding_before_a_prefix_changes_nothing():
    model = speaker("gru", context=(2, 0))
    padded = np.pad(IDS[:1], ((0, 0), (4, 0)))
    np.testing.assert_array_equal(generate(model, padded, 20, temperature=0),
                                  generate(model, IDS[:1], 20, temperature=0))


def test_same_seed_same_symbols_and_other_seeds_others():
    model = a_speaker()
    first, again, other, anew, anew_again = (
        generate(model, IDS, 60, seed=seed) for seed in (1, 1, 2, None, None))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any() and (anew != anew_again).any()


def test_symbols_come_as_often_as_their_probabilities_say():
    model = speaker()
    logits = np.array([2.0, 1.0, -1.0, 0.0, -np.inf, 0.5, -3.0])
    model.get_layer("y").set_weights([np.zeros((5, 7)), logits])
    for temperature in (0.5, 1.0, 2.0):
        found = np.bincount(generate(model, np.ones((50, 1), int), 400, seed=1,
                                     temperature=temperature).ravel(), minlength=7)
        odds = np.exp(logits / temperature)
        odds[0] = 0                             # padding is never said
        wanted = odds / odds.sum()
        assert found[0] == found[4] == 0
        error = np.sqrt(wanted * (1 - wanted) / found.sum())
        assert (np.abs(found / found.sum() - wanted) <= 4 * error).all()


def test_jordan_networks_with_a_teacher_remember_the_true_prefix():
    model = forecaster("jordan", teacher_forcing=0.5, decay=0.3)
    cell, context = model.layers[1].cell, np.zeros((3, 2), "float32")
    for t in range(5):
        context = 0.3 * context + X[:, t + 1]
    x, wanted = X[:, -1], []
    for _ in range(4):
        x, (context,) = cell(x, [context])
        wanted.append(x)
    np.testing.assert_allclose(generate(model, X, 4), np.stack(wanted, 1), atol=1e-6)


def test_reservoirs_with_feedback_are_fed_the_true_prefix():
    model = forecaster("esn", feedback=True, units=20, readout="ridge")
    model.fit(X, np.roll(X, -1, axis=1), verbose=0)
    cell = model.layers[1].cell
    states = cell.get_initial_state(3)
    for t in range(5):
        _, (h, _) = cell(X[:, t], states)
        states = [h, X[:, t + 1]]
    x, wanted = X[:, -1], []
    for _ in range(4):
        x, states = cell(x, states)
        wanted.append(x)
    np.testing.assert_allclose(generate(model, X, 4), np.stack(wanted, 1), rtol=1e-4,
                               atol=1e-4)


def test_what_was_said_is_what_a_taught_network_remembers():
    """So that it makes no difference where the prefix ends."""
    model = speaker("jordan", teacher_forcing=1.0)
    whole = generate(model, IDS, 9, temperature=0)
    longer = np.concatenate([IDS, whole[:, :4]], axis=1)
    np.testing.assert_array_equal(generate(model, longer, 5, temperature=0),
                                  whole[:, 4:])


def test_a_network_is_compiled_once_and_hears_of_new_weights():
    model = forecaster()
    before = [generate(model, X[:, :time], steps)
              for time, steps in ((6, 3), (4, 50), (5, 100))]
    loop = model.closed_loop
    model.fit(X, X, epochs=2, verbose=0)
    after = generate(model, X, 3)
    assert np.abs(after - before[0]).max() > 1e-4
    np.testing.assert_allclose(after[:, 0], answers(model, X)[:, -1], atol=1e-6)
    assert model.closed_loop is loop
    assert loop.run.experimental_get_tracing_count() == 1
    assert loop.read.experimental_get_tracing_count() <= 2


def test_a_network_that_has_generated_can_be_saved(tmp_path):
    model = speaker()
    ids = generate(model, IDS, 5, seed=0)
    model.save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras")
    np.testing.assert_array_equal(generate(again, IDS, 5, seed=0), ids)
    rnnzoo.export(model, tmp_path / "served")


@pytest.mark.parametrize("policy", ["float64", "mixed_bfloat16"])
def test_generates_in_the_precision_of_the_network(policy):
    model = forecaster("lstm", dtype=policy)
    y = generate(model, X, 5)
    assert y.dtype == ("float64" if policy == "float64" else "float32")
    whole = answers(model, np.concatenate([X, y], axis=1))
    np.testing.assert_allclose(y, whole[:, 5:-1],
                               atol=1e-6 if policy == "float64" else 2e-2)


ON_JAX = """
import numpy as np, keras, rnnzoo
from rnnzoo.generation import generate
assert keras.backend.backend() == "jax"
data = np.load("data.npz")
forecaster, speaker = (keras.saving.load_model(f"{n}.keras") for n in ("f", "s"))
y, ids = generate(forecaster, data["x"], 12), generate(speaker, data["ids"], 12, seed=3)
forecaster.set_weights([0 * w for w in forecaster.get_weights()])
assert not generate(forecaster, data["x"], 12).any()
np.savez("jax.npz", y=y, ids=ids)
"""


@pytest.mark.skipif(importlib.util.find_spec("jax") is None,
                    reason="the JAX backend is optional")
def test_jax_generates_the_same(tmp_path):
    models = forecaster("gru"), speaker("lstm")
    for model, name in zip(models, "fs"):
        model.save(tmp_path / f"{name}.keras")
    np.savez(tmp_path / "data.npz", x=X, ids=IDS)
    root = str(Path(rnnzoo.__file__).parent.parent)
    path = os.pathsep.join([root, os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-c", ON_JAX], cwd=tmp_path, capture_output=True, text=True,
        env={**os.environ, "KERAS_BACKEND": "jax", "PYTHONPATH": path})
    assert done.returncode == 0, done.stderr
    found = np.load(tmp_path / "jax.npz")
    np.testing.assert_allclose(found["y"], generate(models[0], X, 12), atol=1e-5)
    np.testing.assert_array_equal(found["ids"], generate(models[1], IDS, 12, seed=3))


def test_only_networks_whose_answers_are_inputs_generate():
    with pytest.raises(ValueError, match="made by rnnzoo.build"):
        generate(keras.Sequential(), X, 3)
    with pytest.raises(ValueError, match="for 'tagging'.*'forecasting'"):
        generate(forecaster(task="tagging"), X, 3)
    with pytest.raises(ValueError, match="bidirectional=False"):
        generate(forecaster(bidirectional=True), X, 3)
    with pytest.raises(ValueError, match="answers 5 values and reads 2 features"):
        generate(forecaster(output_size=5), X, 3)
    with pytest.raises(ValueError, match="answers 3 and reads vocabulary_size=7"):
        generate(speaker(output_size=3), IDS, 3)


@pytest.mark.parametrize("wrong, message", [
    ({"steps": 0}, "positive integer; received 0"),
    ({"steps": 2.0}, "positive integer"),
    ({"steps": True}, "positive integer"),
    ({"prefix": X[0]}, "takes .batch, time, 2."),
    ({"prefix": X[:, :0]}, "at least one sequence of one step"),
    ({"prefix": X * np.nan}, "NaN"),
    ({"inputs": X[:, :4, :1]}, r"the other 0.*\(3, 4, 0\); received \(3, 4, 1\)"),
    ({"temperature": -1}, "not negative"),
    ({"temperature": np.nan}, "not negative"),
])
def test_bad_arguments_are_answered_with_the_right_ones(wrong, message):
    with pytest.raises(ValueError, match=message):
        generate(a_forecaster(), **{"prefix": X, "steps": 4, **wrong})


@pytest.mark.parametrize("wrong, message", [
    ({"prefix": np.pad(IDS, ((0, 0), (0, 1)))}, "comes before the symbols"),
    ({"prefix": 0 * IDS}, "every prefix has one"),
    ({"prefix": [[3, 0, 4]]}, "comes before the symbols"),
    ({"prefix": IDS + 1}, r"not in \[0, 7\)"),
    ({"inputs": X}, "its own symbols only"),
])
def test_bad_symbols_are_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        generate(a_speaker(), **{"prefix": IDS, "steps": 4, **wrong})


@pytest.mark.parametrize("inputs", [None, X[:, :4], X[:, :3, :1] * np.inf])
def test_other_features_that_are_missing_or_wrong_are_asked_for(inputs):
    with pytest.raises(ValueError, match=r"the other 1 .*\(3, 3, 1\)|NaN or infinite"):
        generate(forecaster(output_size=1), X, 3, inputs=inputs)
