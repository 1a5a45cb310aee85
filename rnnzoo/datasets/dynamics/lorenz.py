"""Lorenz' weather: three coupled equations on a butterfly."""

import numpy as np

from rnnzoo.datasets.problems import problem

INTERVAL, STEPS = 0.02, 4       # between values; steps of the integrator within it
RUN_UP = 500                    # values that are thrown away
SCALE = 10


@problem("forecasting", length=200, longer=800, size=1000, version="1.1.0")
def lorenz(n, length, rng):
    """The Lorenz system, every 0.02 units of time, in tenths.

        da/dt = 10 (b - a)    db/dt = a (28 - c) - b    dc/dt = a b - 8/3 c

    Integrated by the Runge-Kutta rule of fourth order in steps of 0.005, from near
    (1, 1, 25); the first 10 units of time are thrown away. The state is divided by 10,
    which networks prefer. The largest Lyapunov exponent is 0.906 a unit of time.

    Returns:
        x: (a, b, c) / 10 of each step, (n, length, 3), and y: that of the next step.

    Reference:
        E. N. Lorenz, "Deterministic nonperiodic flow", Journal of the Atmospheric
        Sciences 20:130-141, 1963.
    """
    state = np.array([[1], [1], [25]]) + rng.normal(size=(3, n))
    series = np.empty((length + 1, 3, n))
    step = INTERVAL / STEPS
    for t in range(RUN_UP + length + 1):
        if t >= RUN_UP:
            series[t - RUN_UP] = state
        for _ in range(STEPS):
            k1 = flow(state)
            k2 = flow(state + step / 2 * k1)
            k3 = flow(state + step / 2 * k2)
            k4 = flow(state + step * k3)
            state = state + step / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    series = np.moveaxis(series, 2, 0) / SCALE
    return series[:, :-1], series[:, 1:]


def flow(state):
    """Time derivative of the state (a, b, c)."""
    a, b, c = state
    return np.stack([10 * (b - a), a * (28 - c) - b, a * b - 8 / 3 * c])
