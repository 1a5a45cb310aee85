"""Mackey and Glass' delay equation: mild chaos with a long memory."""

import numpy as np
from scipy.signal import lfilter

from rnnzoo.datasets.problems import problem

STEPS = 10              # of the integrator in a unit of time
RUN_UP = 1000           # units of time that are thrown away
PRODUCTION, EXPONENT, DECAY = 0.2, 10, 0.1


@problem("forecasting", name="mackey_glass_17", fixed={"delay": 17}, length=400,
         longer=1600, size=1000, limits={"squash": (0, 1)}, version="1.1.0")
@problem("forecasting", name="mackey_glass_30", fixed={"delay": 30}, length=400,
         longer=1600, size=1000, limits={"squash": (0, 1)}, version="1.1.0")
def mackey_glass(n, length, rng, *, delay, squash=0):
    """The Mackey-Glass series, one unit of time a step, with a delay of 17 or 30.

        ds/dt = .2 s(t - delay) / (1 + s(t - delay)**10) - .1 s(t)

    Integrated by the Runge-Kutta rule of fourth order with ten steps in a unit of time.
    Before the start s is a constant drawn from [.5, 1.5]; the first 1000 units of time
    are thrown away. Values lie in about [.2, 1.4]; `squash=1` gives tanh(s - 1) in
    their place, as Jaeger has it.

    Returns:
        x: s(t), (n, length, 1), and y: s(t+1), of the same shape.

    Reference:
        M. C. Mackey, L. Glass, "Oscillation and chaos in physiological control
        systems", Science 197:287-289, 1977. As a task: H. Jaeger, "The 'echo state'
        approach to analysing and training recurrent neural networks", GMD Report 148,
        2001.
    """
    start = rng.uniform(0.5, 1.5, n)
    series = integrate(start, (RUN_UP + length) * STEPS, delay * STEPS, 1 / STEPS)
    series = series[:, RUN_UP * STEPS::STEPS, None]
    series = np.tanh(series - 1) if squash else series
    return series[:, :-1], series[:, 1:]


def integrate(start, steps, delay, step):
    """Solves the equation from constant histories.

    What is produced depends on the past only. So it is computed for a stretch of nearly
    a whole delay at once, and what is left is a linear equation, for which a step of
    Runge and Kutta is a linear filter. The production in the middle of a step comes
    from the cubic through the four neighbours.

    Args:
        start: values of the histories, (n,).
        steps: how many to make.
        delay: in steps.
        step: in units of time.

    Returns:
        Values after 0 to `steps` steps, (n, steps + 1).
    """
    s = np.empty((len(start), delay + 1 + steps))
    s[:, :delay + 1] = start[:, None]
    z = -DECAY * step
    first, middle = 1 + z + z**2 / 2 + z**3 / 4, 4 + 2 * z + z**2 / 2
    decayed = 1 + z + z**2 / 2 + z**3 / 6 + z**4 / 24
    for now in range(delay, delay + steps, delay - 2):
        size = min(delay - 2, delay + steps - now)
        past = s[:, max(now - delay - 1, 0):now - delay + size + 2]
        if now == delay:                        # nothing is kept from before the start
            past = np.hstack([past[:, :1], past])
        inner = past[:, 1:-2] + past[:, 2:-1]
        between = (9 * inner - past[:, :-3] - past[:, 3:]) / 16
        at, half = _production(past), _production(between)
        added = step / 6 * (first * at[:, 1:-2] + middle * half + at[:, 2:-1])
        s[:, now + 1:now + size + 1], _ = lfilter(
            [1], [1, -decayed], added, zi=decayed * s[:, now, None])
    return s[:, delay:]


def _production(s):
    return PRODUCTION * s / (1 + s**EXPONENT)
