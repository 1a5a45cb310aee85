"""Measures against scikit-learn, Keras, and values known beforehand."""

import keras
import numpy as np
import pytest
from sklearn.metrics import r2_score

import rnnzoo
from rnnzoo import measures

RNG = np.random.default_rng(0)
Y = RNG.normal(size=(5, 40, 3)) * [1, 2, 5] + [0, 1, 2]
P = Y + RNG.normal(size=Y.shape) * [0.1, 0.5, 3]
FLAT = Y.reshape(-1, 3), P.reshape(-1, 3)


def test_r2_is_that_of_scikit_learn_and_of_keras():
    metric = keras.metrics.R2Score(dtype="float64")
    metric.update_state(*FLAT)
    assert measures.r2(Y, P) == pytest.approx(r2_score(*FLAT), abs=1e-12)
    assert measures.r2(Y, P) == pytest.approx(float(metric.result()), abs=1e-5)
    assert measures.nmse(Y, P) == pytest.approx(1 - r2_score(*FLAT), abs=1e-12)


def test_evaluate_and_measures_agree():
    model = rnnzoo.build("elman", task="forecasting", input_shape=(None, 3),
                         output_size=3, units=4, seed=0)
    found = model.evaluate(Y, P, verbose=0, return_dict=True)
    assert found["nmse"] == pytest.approx(
        measures.nmse(P, model.predict(Y, verbose=0)), rel=1e-5)


@pytest.mark.parametrize("norm, size", [
    ("std", np.sqrt(2)), ("range", 4), ("mean", 3), ("interquartile", 2), (0.5, 0.5)])
def test_norms_are_those_of_the_truth(norm, size):
    y = np.array([1.0, 2.0, 3.0, 4.0, 5.0])
    p = y + [0.3, -0.3, 0.3, -0.3, 0.3]
    assert measures.nrmse(y, p, norm) == pytest.approx(0.3 / size)
    assert measures.nrmse(-y, -p, norm) == pytest.approx(0.3 / size)


def test_the_mean_of_the_truth_has_an_error_of_1_and_the_truth_none():
    mean = np.broadcast_to(FLAT[0].mean(0), Y.shape)
    assert measures.nmse(Y, mean) == measures.nrmse(Y, mean) == pytest.approx(1)
    assert measures.nmse(Y, Y) == 0 and measures.r2(Y, Y) == 1


def test_scaling_a_feature_changes_no_normalised_error():
    scale = np.array([1e-3, 1.0, 1e4])
    for norm in ("std", "range", "mean", "interquartile"):
        assert measures.nrmse(scale * Y, scale * P, norm) == pytest.approx(
            measures.nrmse(Y, P, norm))


def test_nrmse_at_a_horizon_sees_that_step_of_every_trial():
    y = RNG.normal(size=(50, 90, 1))
    p = RNG.normal(size=y.shape)
    p[:, 83] = y[:, 83] + 0.01 * np.where(np.arange(50) % 2, 1, -1)[:, None]
    assert measures.nrmse_at(y, p, 84, variance=0.25) == pytest.approx(0.02)
    assert measures.nrmse_at(y, p, 84) == pytest.approx(0.01 / y.std())
    assert measures.nrmse_at(y, p, 83) > 1


def test_valid_time_ends_where_the_threshold_is_first_passed():
    y = np.zeros((4, 10, 2))
    y[:, ::2] = 1
    y[:, 1::2] = -1                             # variance 1
    p = y.copy()
    p[0, 7:] += 0.6
    p[1, 3] += 0.6                              # and back on the track
    p[2, 0] = np.nan
    for options, wanted in (({}, [7, 3, 0, 10]), ({"threshold": 0.7}, [10, 10, 0, 10]),
                            ({"lyapunov_time": 4}, [1.75, 0.75, 0, 2.5]),
                            ({"variance": 4}, [10, 10, 0, 10])):
        np.testing.assert_array_equal(measures.valid_time(y, p, **options), wanted)
    assert measures.valid_time(y[0], p[0]) == 7
    assert measures.valid_time(y[0, :, 0], p[0, :, 0]) == 7


def test_a_forecast_that_diverged_shows():
    worse = P.copy()
    worse[0, -1] = np.nan
    assert np.isnan(measures.nmse(Y, worse))
    worse[0, -1] = np.inf
    assert measures.nmse(Y, worse) == np.inf


@pytest.mark.parametrize("length", [1, 5, 20])
def test_a_delay_line_remembers_as_many_steps_as_it_has_units(length):
    u = RNG.uniform(-1, 1, 3000)
    line = np.stack([np.roll(u, k) for k in range(1, length + 1)], axis=1)
    curve = measures.memory_curve(line, u, length + 5)
    np.testing.assert_allclose(curve[:length], 1)
    assert curve[length:].max() < 0.02
    assert measures.memory_capacity(line, u, length) == pytest.approx(length)


def test_memory_is_what_a_linear_readout_finds_in_a_mixed_and_noisy_state():
    """A sum of the input and of noise of the same size has a correlation of 1/2."""
    u, noise = RNG.normal(size=(2, 200_000))
    state = (np.roll(u, 2) + noise)[:, None]
    np.testing.assert_allclose(measures.memory_curve(state, u, 3), [0, 0.5, 0],
                               atol=0.01)


def test_a_dead_reservoir_remembers_nothing():
    found = measures.memory_capacity(np.zeros((100, 3)), RNG.normal(size=100), 5)
    assert found == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("leak_rate", [None, 0.3, [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]])
def test_the_effective_radius_is_that_of_the_leaky_step(leak_rate):
    kernel = RNG.normal(size=(6, 6))
    leak = np.asarray(1.0 if leak_rate is None else leak_rate)
    step = np.diag(np.broadcast_to(1 - leak, 6)) + kernel * leak
    assert measures.effective_spectral_radius(kernel, leak_rate) == pytest.approx(
        np.abs(np.linalg.eigvals(step)).max())


def test_the_effective_radius_of_a_layer_is_what_its_cell_says():
    layer = rnnzoo.layers.EchoState(30, leak_rate=0.2, spectral_radius=0.5, seed=0)
    layer.build((None, None, 1))
    kernel = keras.ops.convert_to_numpy(layer.cell.recurrent_kernel)
    wanted = np.abs(np.linalg.eigvals(0.8 * np.eye(30) + 0.2 * kernel)).max()
    found = measures.effective_spectral_radius(layer)
    assert found == pytest.approx(wanted, rel=1e-5)
    assert measures.effective_spectral_radius(layer.cell) == found
    assert measures.effective_spectral_radius(layer, 1) == pytest.approx(0.5, rel=1e-5)


def linear_reservoir(radius):
    return rnnzoo.layers.Elman(10, activation="linear", dtype="float64", seed=0,
                               recurrent_initializer=keras.initializers.Identity(radius))


def test_what_is_left_of_a_distance_is_the_radius_to_the_number_of_steps():
    x = RNG.normal(size=(3, 20, 2))
    assert measures.echo_state_check(linear_reservoir(0.5), x) == pytest.approx(0.5**20)
    with pytest.warns(UserWarning, match="After 20 steps 0.36 of the distance"):
        left = measures.echo_state_check(linear_reservoir(0.95), x)
    assert left == pytest.approx(0.95**20)
    assert measures.echo_state_check(linear_reservoir(0.95), x, tolerance=0.4) == left


@pytest.mark.parametrize("name, data", [
    ("esn", {"input_shape": (None, 2), "output_size": 2, "task": "forecasting"}),
    ("lstm", {"vocabulary_size": 9, "task": "generation"})])
def test_networks_are_asked_what_they_forget_too(name, data):
    model = rnnzoo.build(name, units=8, layers=2, seed=1, **data)
    x = (RNG.integers(1, 9, (2, 300)) if "vocabulary_size" in data
         else RNG.normal(size=(2, 300, 2)).astype("float32"))
    left = measures.echo_state_check(model, x)
    assert 0 <= left < 1e-3
    assert measures.echo_state_check(model, x) == left
    with pytest.warns(UserWarning, match="After 2 steps"):
        measures.echo_state_check(model, x[:, :2])


@pytest.mark.parametrize("wrong, message", [
    (lambda: measures.nmse(Y, P[:2]), "of one shape"),
    (lambda: measures.nmse(Y[:0], P[:0]), "not empty"),
    (lambda: measures.nmse(np.ones(5), np.zeros(5)), "does not vary"),
    (lambda: measures.nrmse(Y, P, "sdt"), "Did you mean 'std'"),
    (lambda: measures.nrmse(Y, P, -1), "above 0"),
    (lambda: measures.nrmse_at(Y, P, 41), "horizon from 1 to time"),
    (lambda: measures.nrmse_at(*FLAT, 1), "takes .trials, time, features."),
    (lambda: measures.valid_time(Y, P, variance=0), "above 0"),
    (lambda: measures.memory_capacity(FLAT[0], Y, 3), "of the same length"),
    (lambda: measures.memory_capacity(FLAT[0][:20], Y[0, :20, 0], 15), "than 23 steps"),
    (lambda: measures.memory_capacity(FLAT[0], FLAT[0][:, 0], 0), "positive integer"),
    (lambda: measures.effective_spectral_radius(np.ones((2, 3))), "square matrix"),
])
def test_what_cannot_be_measured_is_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        wrong()
