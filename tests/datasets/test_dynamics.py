"""Dynamics against plain loops and against SciPy's integrators."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.interpolate import CubicSpline

from rnnzoo import datasets
from rnnzoo.datasets.dynamics.mackey_glass import integrate


@pytest.mark.parametrize("order, decay, feedback, gain, constant", [
    (10, 0.3, 0.05, 1.5, 0.1), (30, 0.2, 0.04, 1.5, 0.001)])
def test_narma_is_its_equation(order, decay, feedback, gain, constant):
    x, y = datasets.sample(f"narma{order}", 3, 120, seed=5)
    for u, target in zip(x[..., 0], y[..., 0]):
        s = [0.0]
        for t in range(120):
            recent = sum(s[max(0, t - order + 1):t + 1])
            before = u[t - order + 1] if t >= order - 1 else 0
            s.append(decay * s[t] + feedback * s[t] * recent + gain * before * u[t]
                     + constant)
        np.testing.assert_allclose(target, s[1:], rtol=1e-12)


def test_the_input_of_narma_is_uniform_and_no_output_runs_away():
    x, y = datasets.sample("narma10", 40, 5000)
    assert x.min() >= 0 and x.max() <= 0.5 and y.dtype == np.float64
    np.testing.assert_allclose([x.mean(), x.std()], [0.25, 0.5 / 12**0.5], rtol=0.01)
    assert y.max() < 2 and np.isfinite(y).all()


def flow(s, past):
    return 0.2 * past / (1 + past**10) - 0.1 * s


@pytest.mark.parametrize("delay", [17, 30])
def test_mackey_glass_agrees_with_scipy(delay):
    fine = integrate(np.array([0.9]), (500 + 4 * delay) * 10, delay * 10, 0.1)[0]
    time = np.arange(len(fine)) / 10
    known = (time >= 500 - delay) & (time <= 500)
    past, now = CubicSpline(time[known], fine[known]), 500
    for _ in range(4):                      # one delay at a time, the past is known
        solution = solve_ivp(
            lambda t, s: flow(s, past(t - delay)), (now, now + delay), past([now]),
            rtol=1e-10, atol=1e-12, dense_output=True, max_step=0.1).sol
        there = (time >= now) & (time <= now + delay)
        np.testing.assert_allclose(solution(time[there])[0], fine[there], atol=2e-6)
        past, now = (lambda t, sol=solution: sol(t)[0]), now + delay


@pytest.mark.parametrize("delay", [17, 30])
def test_mackey_glass_is_the_integral_from_a_constant_past_once_a_unit(delay):
    start = np.random.default_rng(8).uniform(0.5, 1.5, 2)
    fine = integrate(start, 1050 * 10, delay * 10, 0.1)
    x, y = datasets.sample(f"mackey_glass_{delay}", 2, 50, seed=8)
    np.testing.assert_array_equal(x[..., 0], fine[:, 10_000:-1:10])
    np.testing.assert_array_equal(y[..., 0], fine[:, 10_010::10])
    assert x.dtype == np.float64


def test_mackey_glass_has_its_mean_and_spread():
    # Integrated once more, by Euler's rule in steps of 0.01.
    delay, s = 1700, [1.2] * 1701
    for t in range(1700, 400_000):
        s.append(s[t] + 0.01 * flow(s[t], s[t - delay]))
    s = np.array(s[100_000::100])
    x, _ = datasets.sample("mackey_glass_17", 20, 3000)
    np.testing.assert_allclose([x.mean(), x.std()], [s.mean(), s.std()], rtol=0.02)


def test_lorenz_agrees_with_scipy():
    x, _ = datasets.sample("lorenz", 3, 150, seed=2)

    def equations(_, state):
        a, b, c = state
        return 10 * (b - a), a * (28 - c) - b, a * b - 8 * c / 3

    time = np.arange(150) * 0.02
    for series in 10 * x:
        solution = solve_ivp(equations, (0, 3), series[0], "DOP853", time, rtol=1e-12,
                             atol=1e-12)
        np.testing.assert_allclose(solution.y.T, series, atol=2e-3)
        # A millionth of its range before chaos has stretched the difference.
        np.testing.assert_allclose(solution.y.T[:20], series[:20], atol=4e-5)


@pytest.mark.parametrize("name", ["henon", "lorenz"])
def test_sequences_start_anywhere_on_the_attractor(name):
    x, _ = datasets.sample(name, 500, 30)
    np.testing.assert_allclose(x[:, 0].std(axis=0), x.std(axis=(0, 1)), rtol=0.4)


def test_henon_is_its_map_of_the_plane():
    x, y = datasets.sample("henon", 5, 50)
    for series, target in zip(x[..., 0], y[..., 0]):
        for t in range(1, 50):
            a, b = series[t], 0.3 * series[t - 1]
            np.testing.assert_allclose(target[t], 1 - 1.4 * a**2 + b, rtol=1e-12)
    assert -1.3 < x.min() and x.max() < 1.3


@pytest.mark.parametrize("count", [2, 8])
def test_superimposed_sines_obey_their_linear_recurrence(count):
    frequencies = [0.2, 0.311, 0.42, 0.51, 0.63, 0.74, 0.85, 0.97][:count]
    roots = np.exp(1j * np.array(frequencies))
    recurrence = np.poly([*roots, *roots.conj()]).real
    x, _ = datasets.sample("superimposed_sines", 3, 200, count=count)
    for series in x[..., 0]:
        rest = np.convolve(series, recurrence, "valid")
        np.testing.assert_allclose(rest, 0, atol=1e-8)
        assert np.ptp(series) > 2               # and they are not at rest


@pytest.mark.parametrize("name", [
    "mackey_glass_17", "mackey_glass_30", "lorenz", "henon", "superimposed_sines"])
def test_the_target_is_the_next_value(name):
    x, y = datasets.sample(name, 3, 20)
    np.testing.assert_array_equal(x[:, 1:], y[:, :-1])
    assert len(np.unique(x[:, 0, 0])) == 3      # sequences start at different points


def test_the_squashed_series_is_the_tanh_of_it_around_one():
    x, y = datasets.sample("mackey_glass_17", 2, 50, seed=8)
    squashed = datasets.sample("mackey_glass_17", 2, 50, seed=8, squash=1)
    np.testing.assert_allclose(squashed, np.tanh([x - 1, y - 1]), rtol=1e-12)
