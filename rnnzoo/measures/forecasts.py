"""How good a forecast is, in float64.

Series are arrays `(..., features)`, or `(time,)` of one feature. Numbers that are NaN
or infinite in a forecast, as where it diverged, show in the measure.
"""

import numpy as np
from keras import ops

from rnnzoo.errors import unknown

NORMS = {
    "std": lambda y: np.std(y, axis=0),
    "range": lambda y: np.ptp(y, axis=0),
    "mean": lambda y: np.abs(np.mean(y, axis=0)),
    "interquartile": lambda y: np.subtract(*np.percentile(y, [75, 25], axis=0)),
}


def nmse(y_true, y_pred):
    """Normalised mean squared error, `mean((y - p)**2) / var(y)`.

    0 is perfect, 1 is what the mean of the truth gives. Of several features it is the
    mean over them.

    Args:
        y_true: the truth, `(..., features)` or `(time,)`.
        y_pred: the forecast, of the same shape.

    Raises:
        ValueError: if the shapes differ, or a feature of the truth does not vary.

    Reference:
        M. Lukosevicius, H. Jaeger, "Reservoir computing approaches to recurrent neural
        network training", Computer Science Review 3:127-149, 2009.
    """
    return nrmse(y_true, y_pred) ** 2


def r2(y_true, y_pred):
    """Coefficient of determination, `1 - nmse`: 1 is perfect, it has no lower bound.

    It is scikit-learn's `r2_score`, and Keras' `R2Score` by its default. Arguments and
    errors are those of `nmse`.
    """
    return 1 - nmse(y_true, y_pred)


def nrmse(y_true, y_pred, norm="std"):
    """Normalised root mean squared error, `sqrt(mean((y - p)**2)) / norm(y)`.

    Of several features it is the root of the mean of the squares.

    Args:
        y_true: the truth, `(..., features)` or `(time,)`.
        y_pred: the forecast, of the same shape.
        norm: of each feature of the truth: "std", "range", "mean" (its absolute value),
            "interquartile" (the range of the middle half), or a positive number.

    Raises:
        ValueError: if the shapes differ, the norm is unknown, or it is 0.

    Reference:
        M. Lukosevicius, "A practical guide to applying echo state networks", in Neural
        networks: tricks of the trade, Springer, 2012.
    """
    y, p = _pair(y_true, y_pred)
    y, p = (v.reshape(-1, v.shape[-1]) for v in (y, p))
    squares = np.mean((y - p) ** 2, axis=0)
    return float(np.sqrt(np.mean(squares / _norm(y, norm) ** 2)))


def nrmse_at(y_true, y_pred, horizon, variance=None):
    """Error at one step ahead, over many trials: NRMSE84 for `horizon=84`.

    `sqrt(mean((y[:, horizon - 1] - p[:, horizon - 1])**2 / variance))`, the mean taken
    over the trials.

    Args:
        y_true: the truth, `(trials, time, features)`.
        y_pred: the forecast, of the same shape, as `generate` returns it.
        horizon: the step, 1 for the first one after the prefix.
        variance: of the series, a number or one a feature; by default of `y_true`.

    Raises:
        ValueError: if the shapes differ or are no such, there is no such step, or the
            variance is 0.

    Reference:
        H. Jaeger, H. Haas, "Harnessing nonlinearity: predicting chaotic systems and
        saving energy in wireless communication", Science 304:78-80, 2004.
    """
    y, p = _pair(y_true, y_pred)
    if y.ndim != 3 or not 1 <= horizon <= y.shape[1]:
        raise ValueError("`nrmse_at` takes (trials, time, features) and a horizon from "
                         f"1 to time; received {y.shape} and horizon={horizon!r}.")
    squares = (y - p)[:, horizon - 1] ** 2
    return float(np.sqrt(np.mean(squares / _variance(y, variance))))


def valid_time(y_true, y_pred, threshold=0.5, lyapunov_time=1, variance=None):
    """How long a forecast holds: the steps before its error first passes a threshold.

    The error of a step is `sqrt(mean((y - p)**2 / variance))`, over the features.

    Args:
        y_true: the truth, `(batch, time, features)`, `(time, features)` or `(time,)`.
        y_pred: the forecast, of the same shape.
        threshold: of the error; 0.5 and 0.4 are usual.
        lyapunov_time: steps in the unit of the answer, `1 / (exponent * dt)` for
            Lyapunov times; by default the answer is in steps.
        variance: of the series, a number or one a feature; by default of `y_true`.

    Returns:
        One number, or `(batch,)`; the whole length where the threshold is not passed.

    Raises:
        ValueError: if the shapes differ, or the variance is 0.

    Reference:
        P. R. Vlachas et al., "Backpropagation algorithms and reservoir computing in
        recurrent neural networks for the forecasting of complex spatiotemporal
        dynamics", Neural Networks 126:191-217, 2020.
    """
    y, p = _pair(y_true, y_pred)
    error = np.sqrt(np.mean((y - p) ** 2 / _variance(y, variance), axis=-1))
    passed = ~(error <= threshold)              # so that NaN passes
    steps = np.where(passed.any(-1), passed.argmax(-1), passed.shape[-1])
    return steps / lyapunov_time if y.ndim > 2 else float(steps / lyapunov_time)


def _pair(y_true, y_pred):
    """Both in float64, with an axis of features."""
    y, p = (ops.convert_to_numpy(v).astype("float64") for v in (y_true, y_pred))
    if y.shape != p.shape or not y.size:
        raise ValueError("Truth and forecast are of one shape, which is not empty; "
                         f"received {y.shape} and {p.shape}.")
    return (y[:, None], p[:, None]) if y.ndim == 1 else (y, p)


def _norm(y, norm):
    if isinstance(norm, str):
        if norm not in NORMS:
            raise ValueError(unknown("norm", norm, NORMS))
        norm = NORMS[norm](y)
    return _positive(norm, "norm")


def _variance(y, variance):
    if variance is None:
        variance = np.var(y.reshape(-1, y.shape[-1]), axis=0)
    return _positive(variance, "variance")


def _positive(value, name):
    value = np.asarray(value, "float64")
    if not (value > 0).all():
        raise ValueError(f"The {name} of every feature is a number above 0; it is "
                         f"{value}. A feature that does not vary has none.")
    return value
