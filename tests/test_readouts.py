"""Readouts that learn without backpropagation: alone, and inside Keras' own `fit`."""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf
from sklearn.linear_model import Ridge as ScikitRidge

import rnnzoo
from rnnzoo.readouts import LMS, QR, RLS, Ridge

RNG = np.random.default_rng(0)
ROWS = RNG.normal(size=(60, 4)) + 2
TARGETS = ROWS @ RNG.normal(size=(4, 2)) + 0.3 * RNG.normal(size=(60, 2))
WEIGHTS = RNG.integers(0, 3, 60).astype("float64")

X = RNG.normal(size=(6, 30, 3)).astype("float32")
Y = np.cumsum(X[..., :2], axis=1)
WASHOUT = 5


def learned(readout, *batches):
    readout.build(ROWS.shape[1], TARGETS.shape[1])
    readout.reset()
    for batch in batches or [slice(None)]:
        readout.learn(ROWS[batch], TARGETS[batch], WEIGHTS[batch])
    readout.solve()
    return readout.weights()


def network(name="esn", **changes):
    return rnnzoo.build(name, 12, **{
        "task": "forecasting", "input_shape": (None, 3), "output_size": 2, "seed": 1,
        "ridge": 0.1, "washout": WASHOUT, **changes})


def features(model, x):
    seen = keras.Model(model.inputs, model.get_layer("y").input)
    return seen.predict(x, verbose=0).astype("float64")


def kernel_and_bias(model):
    return [w.numpy() for w in model.get_layer("y").weights]


def assert_is_ridge(model, rows, targets, weights=None, ridge=0.1, tolerance=1e-4):
    oracle = ScikitRidge(ridge).fit(rows, targets, weights)
    kernel, bias = kernel_and_bias(model)
    np.testing.assert_allclose(kernel, oracle.coef_.T, atol=tolerance)
    np.testing.assert_allclose(bias, oracle.intercept_, atol=tolerance)


# Alone

@pytest.mark.parametrize("readout", [Ridge, QR])
@pytest.mark.parametrize("ridge", [0, 0.1, 30])
def test_ridge_is_that_of_scikit_learn(readout, ridge):
    oracle = ScikitRidge(ridge).fit(ROWS, TARGETS, WEIGHTS)
    kernel, bias = learned(readout(ridge), slice(0, 10), slice(10, 60))
    np.testing.assert_allclose(kernel, oracle.coef_.T, rtol=1e-9)
    np.testing.assert_allclose(bias, oracle.intercept_, rtol=1e-9)


@pytest.mark.parametrize("readout", [Ridge, QR])
def test_ridge_says_the_squared_error_on_its_data(readout):
    readout = readout([0, 1])
    kernel, bias = learned(readout)
    errors = WEIGHTS @ (ROWS @ kernel + bias - TARGETS) ** 2 / WEIGHTS.sum()
    np.testing.assert_allclose(readout.solve()[0], errors.mean(), rtol=1e-9)


def test_recursive_least_squares_ends_at_ridge_with_a_penalised_bias():
    rows = np.hstack([ROWS, np.ones((60, 1))])
    gram, cross = rows.T * WEIGHTS @ rows, rows.T * WEIGHTS @ TARGETS
    wanted = np.linalg.solve(gram + 0.5 * np.eye(5), cross)
    kernel, bias = learned(RLS(0.5), slice(0, 7), slice(7, 60))
    np.testing.assert_allclose(np.vstack([kernel, bias]), wanted, rtol=1e-8)


def test_forgetting_weighs_a_row_by_its_age():
    forgetting, ridge = 0.9, 0.5
    rows = np.hstack([ROWS, np.ones((60, 1))])
    seen = np.flatnonzero(WEIGHTS)          # a row of weight 0 ages nothing
    age = WEIGHTS[seen] * forgetting ** np.arange(len(seen))[::-1]
    gram = rows[seen].T * age @ rows[seen]
    penalty = ridge * forgetting ** len(seen) * np.eye(5)
    wanted = np.linalg.solve(gram + penalty, rows[seen].T * age @ TARGETS[seen])
    kernel, bias = learned(RLS(ridge, forgetting))
    np.testing.assert_allclose(np.vstack([kernel, bias]), wanted, rtol=1e-7)


def test_least_mean_squares_steps_down_the_slope_of_each_row():
    solution = np.zeros((5, 2))
    for row, target, weight in zip(ROWS, TARGETS, WEIGHTS):
        row = np.append(row, 1)
        solution += 0.01 * weight * np.outer(row, target - row @ solution)
    kernel, bias = learned(LMS(0.01))
    np.testing.assert_allclose(np.vstack([kernel, bias]), solution, rtol=1e-9)


@pytest.mark.parametrize("make, message", [
    (lambda: Ridge(-1), "not negative"), (lambda: Ridge([]), "not negative"),
    (lambda: Ridge("little"), "not negative"), (lambda: Ridge([[1]]), "not negative"),
    (lambda: RLS(0), "above 0"), (lambda: RLS(forgetting=1.1), r"in \(0, 1\]"),
    (lambda: RLS([1, 2]), "one number above 0"), (lambda: LMS(0), "above 0"),
    (lambda: LMS(keras.optimizers.schedules.CosineDecay(1, 2)), "a number above 0"),
])
def test_numbers_out_of_range_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_a_diverging_readout_is_warned_of():
    readout = LMS(100)
    readout.build(4, 2)
    readout.reset()
    with pytest.warns(UserWarning, match="diverged"), np.errstate(over="ignore"):
        for _ in range(3):
            readout.learn(ROWS, TARGETS, np.ones(60))
            readout.solve()


def test_online_errors_are_those_since_the_last_time():
    readout, errors = LMS(1e-9), []
    readout.build(4, 2)
    readout.reset()
    for rows in (slice(0, 20), slice(20, 60)):
        readout.learn(ROWS[rows], TARGETS[rows], WEIGHTS[rows])
        errors += readout.solve()
        wanted = WEIGHTS[rows] @ TARGETS[rows]**2 / WEIGHTS[rows].sum()
        assert errors[-1] == pytest.approx(wanted.mean(), rel=1e-5)


def test_a_triangular_factor_keeps_the_digits_that_sums_lose():
    steps = np.linspace(0, 1, 60)
    powers = steps[:, None] ** np.arange(1, 12)     # nearly dependent
    wanted = np.ones((11, 1))
    off = []
    for readout in (QR(1e-20), Ridge(1e-20)):
        readout.build(11, 1)
        readout.reset()
        readout.learn(powers, powers @ wanted + 1, np.ones(60))
        readout.solve()
        off.append(np.abs(readout.weights()[0] - wanted).max())
    assert off[0] < 1e-6 and off[1] > 1e-2


@pytest.mark.parametrize(("readout", "message"), [
    (Ridge(0), "condition number"), (QR(0), "they are dependent")])
def test_features_that_determine_nothing_are_refused_without_a_penalty(
        readout, message):
    readout.build(2, 1)
    readout.reset()
    readout.learn(np.ones((5, 2)), np.ones((5, 1)), np.ones(5))
    with pytest.raises(ValueError, match=message):
        readout.solve()


def test_a_penalty_below_rounding_is_still_solved():
    rows = RNG.normal(size=(50, 3)) @ RNG.normal(size=(3, 20))     # of rank 3
    targets = rows[:, :1] - rows[:, 1:2] + 5
    readout = Ridge(1e-13)
    readout.build(20, 1)
    readout.reset()
    readout.learn(rows, targets, np.ones(50))
    readout.solve()
    kernel, bias = readout.weights()
    np.testing.assert_allclose(rows @ kernel + bias, targets, atol=1e-6)
    assert np.linalg.norm(kernel) < 2       # the shortest of the solutions, nearly


# Inside fit

def test_fit_is_ridge_regression_on_the_features_after_the_washout():
    model = network()
    history = model.fit(X, Y, batch_size=2, verbose=0).history
    rows, targets = features(model, X)[:, WASHOUT:], Y[:, WASHOUT:]
    assert_is_ridge(model, rows.reshape(-1, 12), targets.reshape(-1, 2))
    wrong = model.predict(X, verbose=0)[:, WASHOUT:] - targets
    np.testing.assert_allclose(history["loss"], [np.mean(wrong**2)], rtol=1e-4)
    np.testing.assert_allclose(model.evaluate(X, Y, verbose=0)[0], np.mean(wrong**2),
                               rtol=1e-4)


@pytest.mark.parametrize("name", ["elman", "lstm"])
def test_any_cell_serves_as_frozen_features(name):
    model = network(name, readout="ridge")
    before = [w.numpy() for layer in model.layers[:-1] for w in layer.weights]
    model.fit(X, Y, verbose=0)
    after = [w.numpy() for layer in model.layers[:-1] for w in layer.weights]
    assert all(map(np.array_equal, before, after)) and len(before) == 3
    rows, targets = features(model, X)[:, WASHOUT:], Y[:, WASHOUT:]
    assert_is_ridge(model, rows.reshape(-1, 12), targets.reshape(-1, 2))


def test_stacked_and_bidirectional_reservoirs_learn_from_the_uppermost():
    model = network(layers=2, bidirectional=True, ridge=1.0)
    model.fit(X, Y, verbose=0)
    rows, targets = features(model, X)[:, WASHOUT:], Y[:, WASHOUT:]
    assert_is_ridge(model, rows.reshape(-1, 24), targets.reshape(-1, 2), ridge=1.0)


def test_masked_steps_and_sample_weights_count_as_they_should():
    symbols = RNG.integers(1, 7, (6, 30))
    symbols[3:, 20:] = 0
    labels = RNG.integers(0, 4, (6, 30))
    weights = RNG.uniform(size=(6, 30))
    model = network(task="tagging", input_shape=None, vocabulary_size=7, output_size=4)
    model.fit(symbols, labels, sample_weight=weights, batch_size=4, verbose=0)
    kept = (symbols != 0) & (np.arange(30) >= WASHOUT)
    assert_is_ridge(model, features(model, symbols)[kept], np.eye(4)[labels][kept],
                    weights[kept])


def test_weights_of_sequences_and_labels_in_columns_are_understood():
    labels, weights = RNG.integers(0, 4, (6, 30)), RNG.uniform(size=6)
    model = network(task="tagging", output_size=4, washout=0)
    model.fit(X, labels[..., None], sample_weight=weights, verbose=0)
    assert_is_ridge(model, features(model, X).reshape(-1, 12),
                    np.eye(4)[labels.ravel()],
                    np.repeat(weights, 30))
    chances = model.predict(X, verbose=0)
    wrong = np.mean((chances - np.eye(4)[labels]) ** 2, axis=-1)
    found = model.evaluate(X, labels[..., None], sample_weight=weights, verbose=0)
    np.testing.assert_allclose(found[0], weights @ wrong.mean(1) / 6, rtol=1e-5)


def test_weights_of_classes_count_where_a_sequence_has_one_label():
    labels, weights = np.arange(6) % 3, {0: 1.0, 1: 5.0, 2: 0.5}
    model = network(task="classification", output_size=3, washout=0)
    model.fit(X, labels[:, None], class_weight=weights, verbose=0)
    assert_is_ridge(model, features(model, X), np.eye(3)[labels],
                    [weights[label] for label in labels])
    with pytest.raises(ValueError, match="Give `sample_weight`"):
        network().fit(X, Y, class_weight=weights)


def test_a_sequence_shorter_than_the_washout_counts_nothing():
    symbols = RNG.integers(1, 7, (6, 30))
    symbols[3, 4:] = 0
    labels, there = np.arange(6) % 3, np.arange(6) != 3
    model = network(task="classification", output_size=3, pooling="mean",
                    input_shape=None, vocabulary_size=7)
    model.fit(symbols, labels, verbose=0)
    assert_is_ridge(model, features(model, symbols[there]), np.eye(3)[labels[there]])
    assert np.isfinite(model.predict(symbols, verbose=0)).all()
    np.testing.assert_allclose(model.evaluate(symbols, labels, verbose=0),
                               model.evaluate(symbols[there], labels[there], verbose=0),
                               rtol=1e-5)


@pytest.mark.parametrize("pooling", ["last", "mean"])
def test_a_sequence_is_classified_by_its_last_or_its_mean_state(pooling):
    labels = np.arange(6) % 3
    model = network(task="classification", output_size=3, washout=0, pooling=pooling)
    model.fit(X, labels, verbose=0)
    recurrent = keras.Model(model.inputs, rnnzoo.layers.Recurrent(
        model.layers[1].cell, return_sequences=True)(model.inputs[0]))
    states = recurrent.predict(X, verbose=0)
    rows = states[:, -1] if pooling == "last" else states.mean(axis=1)
    assert_is_ridge(model, rows, np.eye(3)[labels])
    y = model.predict(X, verbose=0)
    assert (y >= 0).all() and np.allclose(y.sum(axis=-1), 1)


@pytest.mark.parametrize("readout", ["ridge", "qr", RLS(0.1, forgetting=1.0)])
def test_batches_of_a_stream_add_up(readout):
    """Repeated, endless, of unknown length: only the rows matter, not how they come."""
    model = network(readout=readout, ridge=0.1 if readout == "ridge" else None)
    model.fit(X, Y, batch_size=6, shuffle=False, verbose=0)
    whole = kernel_and_bias(model)

    def stream():
        while True:
            yield from zip(X[:, None], Y[:, None])

    spec = tuple(tf.TensorSpec(v[:1].shape, "float32") for v in (X, Y))
    data = tf.data.Dataset.from_generator(stream, output_signature=spec)
    model.fit(data, steps_per_epoch=6, verbose=0)
    np.testing.assert_allclose(kernel_and_bias(model)[0], whole[0], atol=1e-4)


def test_every_fit_starts_anew_and_epochs_repeat_nothing():
    model = network()
    model.fit(-X, Y, verbose=0)
    model.fit(X, Y, epochs=3, verbose=0)
    again = network()
    again.fit(X, Y, verbose=0)
    for found, wanted in zip(kernel_and_bias(model), kernel_and_bias(again)):
        np.testing.assert_allclose(found, wanted, atol=1e-5)


def test_the_best_penalty_is_chosen_on_validation_data_and_judged_by_them():
    losses = {}
    for ridge in (0, 10):
        model = network(ridge=ridge)
        history = model.fit(X[:3], Y[:3], validation_data=(X[3:], Y[3:]), verbose=0)
        losses[ridge] = history.history["val_loss"][0]
    model = network(ridge=list(losses))
    seen = []
    callback = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: seen.append(logs["val_loss"]))
    model.fit(X[:3], Y[:3], validation_data=(X[3:], Y[3:]), verbose=0,
              callbacks=[callback, keras.callbacks.EarlyStopping("val_loss")])
    assert len(set(losses.values())) == 2
    np.testing.assert_allclose(seen, [min(losses.values())], rtol=1e-5)
    with pytest.raises(ValueError, match="give `fit` validation_data"):
        model.fit(X, Y, verbose=0)
    with pytest.raises(ValueError, match="a generator only once"):
        model.fit(X, Y, validation_data=iter([(X, Y)]), verbose=0)


class Meddling(keras.callbacks.Callback):
    """Evaluates on its way, or interrupts."""

    interrupts = False

    def on_train_batch_end(self, batch, logs=None):
        if batch == 2:
            self.model.evaluate(X, Y, verbose=0)
        if batch == 3 and self.interrupts:
            raise KeyboardInterrupt


def test_what_callbacks_do_on_the_way_is_no_matter():
    readout = Ridge(0.1)
    model, other = (network(readout=readout, ridge=None) for _ in range(2))
    for each in (other, model):     # who give one object to both
        each.fit(X, Y, batch_size=1, verbose=0, callbacks=Meddling())
    rows, targets = features(model, X)[:, WASHOUT:], Y[:, WASHOUT:]
    assert_is_ridge(model, rows.reshape(-1, 12), targets.reshape(-1, 2))
    meddling = Meddling()
    meddling.interrupts = True
    with pytest.raises(KeyboardInterrupt):
        other.fit(-X, Y, batch_size=1, verbose=0, callbacks=meddling)
    before = kernel_and_bias(other)
    other.evaluate(X, Y, verbose=0)
    np.testing.assert_array_equal(kernel_and_bias(other)[0], before[0])
    other.fit(X, Y, verbose=0)
    np.testing.assert_allclose(kernel_and_bias(other)[0], kernel_and_bias(model)[0],
                               atol=1e-5)


@pytest.mark.parametrize("readout, how", [
    ("ridge", {"steps_per_execution": 4}), ("rls", {"jit_compile": True}),
    ("rls", {"run_eagerly": True})])
def test_it_may_be_compiled_in_every_way_of_keras(readout, how):
    model = network(readout=readout)
    model.compile("sgd", "mse", **how)
    model.fit(X[:, :9], Y[:, :9], batch_size=1, verbose=0)
    rows, targets = features(model, X[:, :9])[:, WASHOUT:], Y[:, WASHOUT:9]
    rows, targets = rows.reshape(-1, 12), targets.reshape(-1, 2)
    if readout == "ridge":
        assert_is_ridge(model, rows, targets)
    else:
        rows = np.pad(rows, [(0, 0), (0, 1)], constant_values=1)
        wanted = np.linalg.solve(rows.T @ rows + 0.1 * np.eye(13), rows.T @ targets)
        np.testing.assert_allclose(kernel_and_bias(model)[0], wanted[:-1], atol=1e-4)


def test_single_batches_are_refused():
    with pytest.raises(ValueError, match="learns in `fit` only"):
        network().train_on_batch(X, Y)


def test_online_readouts_reach_the_solution_too():
    closed = network()
    closed.fit(X, Y, verbose=0)
    best = closed.evaluate(X, Y, verbose=0)[0]
    for readout, epochs, at_most in (("rls", 1, 1.05), (LMS(0.005), 40, 1.25)):
        model = network(readout=readout, ridge=None)
        history = model.fit(X, Y, epochs=epochs, verbose=0).history
        assert np.isfinite(history["loss"]).all()
        assert model.evaluate(X, Y, verbose=0)[0] < at_most * best


def test_a_readout_learns_by_gradient_too():
    model = network(readout="gradient", ridge=None, learning_rate=0.01)
    history = model.fit(X, Y, epochs=20, verbose=0).history
    assert history["loss"][-1] < 0.9 * history["loss"][0]
    assert [w.path.split("/")[-2] for w in model.trainable_weights] == ["y", "y"]


@pytest.mark.parametrize("name, options", [
    ("esn", {"feedback": True}), ("jordan", {"teacher_forcing": 1.0})])
def test_networks_with_a_head_learn_from_what_enters_it_with_the_targets_fed_back(
        name, options):
    model = network(name, readout="ridge", **options)
    model.fit(X, Y, batch_size=2, verbose=0)
    cell = model.layers[1].cell
    fed = np.concatenate([np.zeros((6, 1, 2)), Y[:, :-1]], axis=1)
    kernel, recurrent, bias = (np.asarray(w) for w in (
        cell.kernel, cell.recurrent_kernel, cell.bias))
    if name == "jordan":
        states = np.tanh(X @ kernel + fed @ recurrent + bias)
    else:
        h, states = np.zeros((6, 12)), []
        for t in range(30):
            h = np.tanh(X[:, t] @ kernel + h @ recurrent + bias
                        + fed[:, t] @ np.asarray(cell.feedback_kernel))
            states.append(h)
        states = np.stack(states, axis=1)
    oracle = ScikitRidge(0.1).fit(states[:, WASHOUT:].reshape(-1, 12),
                                  Y[:, WASHOUT:].reshape(-1, 2))
    np.testing.assert_allclose(cell.output_kernel, oracle.coef_.T, atol=1e-3)
    np.testing.assert_allclose(cell.output_bias, oracle.intercept_, atol=1e-3)


def test_data_are_read_in_float64_where_the_network_is():
    x, y = RNG.normal(size=(2, 6, 30, 3))
    model = network(dtype="float64", output_size=3, ridge=1e-8)
    model.fit(x, y, verbose=0)
    cell, h, states = model.layers[1].cell, np.zeros((6, 12)), []
    kernel, recurrent, bias = (np.asarray(w) for w in (
        cell.kernel, cell.recurrent_kernel, cell.bias))
    for t in range(30):
        h = np.tanh(x[:, t] @ kernel + h @ recurrent + bias)
        states.append(h)
    states = np.stack(states, axis=1)[:, WASHOUT:].reshape(-1, 12)
    assert_is_ridge(model, states, y[:, WASHOUT:].reshape(-1, 3), ridge=1e-8,
                    tolerance=1e-11)
    assert keras.config.floatx() == "float32"


def test_it_saves_and_loads_in_float64(tmp_path):
    model = network(dtype="float64", readout=RLS(0.1, forgetting=0.99), ridge=None)
    model.fit(X, Y, verbose=0)
    model.save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras")
    y = again.predict(X, verbose=0)
    assert y.dtype == "float64"
    np.testing.assert_array_equal(y, model.predict(X, verbose=0))
    assert json.dumps(again.get_config()) == json.dumps(model.get_config())


@pytest.mark.parametrize("changes, message", [
    ({"readout": "rigde"}, "Did you mean 'ridge'"),
    ({"readout": "lms"}, "`ridge` is no argument of build for the readout 'lms'"),
    ({"learning_rate": 0.1}, "`learning_rate` is no argument"),
    ({"washout": -1}, "`washout`"), ({"washout": 2.0}, "`washout`"),
    ({"pooling": "mean"}, "one target a sequence"), ({"pooling": "max"}, "pooling"),
    ({"task": "classification"}, "`washout` needs"),
    ({"feedback": True, "bidirectional": True}, "bidirectional"),
    ({"feedback": True, "task": "regression", "washout": 0}, "target at every step"),
    ({"name": "jordan", "readout": "ridge", "teacher_forcing": 0.5}, "forcing=1.0"),
])
def test_what_does_not_fit_together_is_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        network(**changes)


def test_a_washout_longer_than_the_data_is_refused():
    model = network(washout=30)
    with pytest.raises(ValueError, match="30 steps, and the washout"):
        model.fit(X, Y, verbose=0)
    symbols = np.zeros((2, 40), int)
    symbols[:, :8] = 1
    model = network(input_shape=None, vocabulary_size=3, task="tagging", washout=8)
    with pytest.raises(ValueError, match="nothing to learn a readout from"):
        model.fit(symbols, symbols, verbose=0)
