"""What `build` makes of a memory: storing by fit, recall, refusals, drawings."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import rnnzoo
from rnnzoo import plots

RANDOM = np.random.default_rng(0)
X = RANDOM.choice([-1, 1], (6, 50))
A, B = RANDOM.choice([-1, 1], (3, 50)), RANDOM.choice([-1, 1], (3, 40))
CUES = np.where(np.arange(50) % 10 == 0, -X, X)


@pytest.fixture(scope="module")
def stored():
    model = rnnzoo.build("hopfield", 50, seed=1)
    history = model.fit(X, epochs=3, batch_size=4, verbose=0).history
    assert history == {"stored": [6, 6, 6], "stable": [1, 1, 1]}
    return model


def test_memories_add_over_fits_and_epochs_repeat_nothing(stored):
    parts = rnnzoo.build("hopfield", 50)
    parts.fit(X[:2], verbose=0)
    data = tf.data.Dataset.from_tensor_slices(X[2:]).batch(2)
    parts.fit(data, epochs=2, verbose=0)
    np.testing.assert_allclose(parts.memory.kernel, stored.memory.kernel, atol=1e-6)
    assert int(parts.memory.count) == 6


def test_recall_reports_steps_and_convergence_in_batches_too(stored):
    found = stored.recall(CUES)
    np.testing.assert_array_equal(found.states, X)
    assert found.converged.all() and (found.steps >= 1).all()
    again = stored.recall(CUES, batch_size=4)
    np.testing.assert_array_equal(again.states, found.states)
    np.testing.assert_array_equal(stored.predict(CUES, batch_size=4, verbose=0), X)
    assert stored.evaluate(CUES, X, verbose=0, return_dict=True) == {
        "overlap": pytest.approx(1), "recalled": 1}


def test_energy_falls_along_the_descent(stored):
    states, energies = stored.descent(CUES)
    np.testing.assert_allclose(energies[0], stored.energy(CUES), rtol=1e-5)
    np.testing.assert_allclose(energies[-1], stored.energy(states[-1]), rtol=1e-5)
    np.testing.assert_array_equal(states[-1], X)
    assert (np.diff(energies, axis=0) <= 0).all()


def test_pairs_are_recalled_from_either_side_and_forgotten():
    model = rnnzoo.build("bam", (50, 40))
    model.fit(tf.data.Dataset.from_tensor_slices((A, B)).batch(2), verbose=0)
    np.testing.assert_array_equal(model.predict(A, verbose=0), B)
    np.testing.assert_array_equal(model.recall(b=B).a, A)
    np.testing.assert_array_equal(model.recall(A, B).b, B)
    with pytest.raises(ValueError, match="takes a or b; received 0"):
        model.recall()
    with pytest.raises(ValueError, match="takes a and b; received 1 arrays"):
        model.energy(A)
    with pytest.raises(ValueError, match=r"evaluate\(a, b\)"):
        model.evaluate(A)
    path, _ = model.descent(A, 0 * B)               # nothing is known of b
    np.testing.assert_array_equal(path[-1][1], B)
    np.testing.assert_array_equal(model.energy(b=B, a=A), model.energy(A, B))
    model.forget(A[:1], B[:1])
    assert int(model.memory.count) == 2
    assert (model.energy(A, B)[0] > model.energy(A, B)[1:]).all()


def test_a_pattern_is_forgotten_where_patterns_are_kept():
    model = rnnzoo.build("modern_hopfield", 50, slots=7)
    model.fit(X, verbose=0)
    model.forget(X[1:3])
    assert np.abs(model.recall(X).states - X).max(axis=1).round(3).tolist() == [
        0, 2, 2, 0, 0, 0]
    model.fit(X[1:3], verbose=0)
    np.testing.assert_allclose(model.predict(X, verbose=0), X, atol=1e-3)
    with pytest.raises(ValueError, match="2 of the 2 patterns are not stored"):
        model.forget(-X[:2])
    with pytest.raises(ValueError, match="8 patterns do not fit into 7 slots"):
        model.fit(X[:2], verbose=0)
    data = tf.data.Dataset.from_tensor_slices(-X).batch(3)
    with pytest.raises(ValueError, match="7 is the most that is stored"):
        model.fit(data, verbose=0)


@pytest.mark.parametrize("rule, why", [
    ("storkey", "depends on those before it"), ("pseudo_inverse", "keeps the span")])
def test_a_rule_that_cannot_forget_says_why(rule, why):
    model = rnnzoo.build("hopfield", 50, rule=rule)
    model.fit(X, verbose=0)
    with pytest.raises(NotImplementedError, match=why):
        model.forget(X[:1])
    assert int(model.memory.count) == 6


@pytest.mark.parametrize("name, units, arguments, number, says", [
    ("hopfield", 20, {}, 3, r"0.138 N = 2.76"),
    ("hopfield", 20, {"rule": "storkey"}, 9, r"N / sqrt\(2 ln N\) = 8.171"),
    ("hopfield", 5, {"rule": "pseudo_inverse"}, 5, "N - 1 = 4"),
    ("dense_hopfield", 10, {"degree": 2}, 3, r"N\^\(n-1\) .* = 2.171"),
    ("bam", (20, 10), {}, 3, "hold 1.97 pairs")])
def test_an_overload_warns_with_the_rules_number(name, units, arguments, number, says):
    model = rnnzoo.build(name, units, **arguments)
    widths = units if isinstance(units, tuple) else (units,)
    sides = [RANDOM.choice([-1, 1], (number, n)) for n in widths]
    with pytest.warns(UserWarning, match=says):
        model.fit(*sides, verbose=0)


@pytest.mark.parametrize("act, says", [
    (lambda m: m.fit((X + 1) // 2), r"such as 0, 1; .* 2 \* x - 1"),
    (lambda m: m.predict((CUES + 1) // 2), r"2 \* x - 1"),
    (lambda m: m.fit(X == 1), r"2 \* x - 1"),
    (lambda m: m.fit(X * np.nan), "NaN or infinite"),
    (lambda m: m.energy(X * np.inf), "NaN or infinite"),
    (lambda m: m.fit(X[:, :9]), r"\(6, 9\); this hopfield memory takes \(batch, 50\)"),
    (lambda m: m.fit(X[0]), r"give x\[None\]"),
    (lambda m: m.fit(X[:0]), "at least one row"),
    (lambda m: m.fit(X, X), "stores single patterns"),
    (lambda m: m.fit(X.astype(str)), "real numbers"),
    (lambda m: m.fit(X, sample_weight=np.ones(6)), "`sample_weight`"),
    (lambda m: m.forget(np.tile(X, (2, 1))), "cannot be forgotten; the memory holds 6"),
    (lambda m: m.recall(y=X), "Unknown side 'y'"),
    (lambda m: m.recall(X, X), "takes x; received 2 arrays"),
    (lambda m: m.fit(), r"fit\(x\).* received: 0"),
    (lambda m: m.fit({"x": X}), "x is a dict; an array is needed"),
    (lambda m: m.forget(tf.data.Dataset.from_tensors(X)), "an array is needed"),
    (lambda m: m.evaluate(X, X[:, :9]), r"takes \(batch, 50\)"),
    (lambda m: m.fit(tf.data.Dataset.from_tensors({"x": X})), "arrays or tuples"),
    (lambda m: m.fit(tf.data.Dataset.from_tensor_slices(X[:, :9]).batch(2)), "takes"),
])
def test_what_does_not_fit_is_refused_before_anything_is_stored(stored, act, says):
    before = stored.get_weights()
    with pytest.raises(ValueError, match=says):
        act(stored)
    for old, new in zip(before, stored.get_weights()):
        np.testing.assert_array_equal(old, new)


@pytest.mark.parametrize("method", ["fit", "predict"])
@pytest.mark.parametrize("values, says", [
    ((X + 1) // 2, r"2 \* x - 1"), (X * np.nan, "NaN or infinite")])
def test_a_dataset_of_wrong_values_is_refused(stored, method, values, says):
    data = tf.data.Dataset.from_tensor_slices(values).batch(6)
    with pytest.raises(tf.errors.InvalidArgumentError, match=says):
        getattr(stored, method)(data, verbose=0)
    assert int(stored.memory.count) == 6


@pytest.mark.parametrize("arguments, says", [
    ({"rul": "storkey"}, "Did you mean 'rule'"), ({"rule": "storky"}, "'storkey'"),
    ({"update": "parallel"}, "Unknown update"), ({"threshold": [1, 2]}, "50 units"),
    ({"temperature": 0}, "positive"), ({"max_steps": 0}, "positive integer")])
def test_wrong_arguments_are_answered_with_the_nearest(arguments, says):
    with pytest.raises(ValueError, match=says):
        rnnzoo.build("hopfield", 50, **arguments)


@pytest.mark.parametrize("name, arguments", [
    ("continuous_hopfield", {"gain": -1}), ("dense_hopfield", {"degree": 1}),
    ("dense_hopfield", {"interaction": "linear"}), ("modern_hopfield", {"beta": 0}),
    ("continuous_hopfield", {"time_step": 0}), ("modern_hopfield", {"beta": "high"}),
    ("modern_hopfield", {"slots": 0}), ("continuous_bam", {"time_step": 2.0})])
def test_numbers_out_of_range_are_refused(name, arguments):
    units = (5, 4) if "bam" in name else 5
    with pytest.raises(ValueError, match="[Rr]eceived|Unknown"):
        rnnzoo.build(name, units, **arguments)
    with pytest.raises(ValueError, match="units"):
        rnnzoo.build(name, 0)


def test_callbacks_of_keras_see_what_is_stored():
    seen = []
    watch = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: seen.append(logs["stored"]))
    rnnzoo.build("hopfield", 50).fit(X, callbacks=[watch], epochs=2, verbose=0)
    assert seen == [6, 6]


def test_drawings_are_figures_and_files(stored, tmp_path):
    states, energies = stored.descent(CUES)
    plots.energy_descent(energies, tmp_path / "energy.png")
    figure = plots.recall_panels(X, CUES, states[-1], (5, 10), tmp_path / "panels.png")
    assert len(figure.axes) == 18
    figure = plots.capacity_curve([0.1, 0.2], {"a": [1, 0.5], "b": [1, 1]},
                                  tmp_path / "capacity.png", limit=0.138)
    assert len(figure.axes[0].lines) == 3
    assert all((tmp_path / f"{n}.png").stat().st_size > 1000
               for n in ("energy", "panels", "capacity"))
