"""Forecasts beside the truth."""

import numpy as np
from matplotlib.figure import Figure

from rnnzoo.plots.style import BLUE, GREY, RED, tidy, written


def forecast(y_true, y_pred, path, title, *, valid_time=None, prefix=None, time_step=1,
             unit="steps", names=None):
    """Draws a forecast over the truth, feature by feature, and how long it is valid.

    Args:
        y_true: what came, `(time, features)` or `(time,)`; it may be longer or shorter.
        y_pred: what was forecast, likewise.
        path: the PNG to write; None writes none.
        title: line above the figure.
        valid_time: how long the forecast holds, in the unit of the axis, as
            `measures.valid_time` gives it.
        prefix: what came before, as `y_true`; drawn before time 0.
        time_step: length of a step in the unit of the axis.
        unit: of the axis of time, for instance "Lyapunov times".
        names: of the features.

    Returns:
        The figure.
    """
    parts = [None if v is None else np.reshape(v, (len(v), -1))
             for v in (y_true, y_pred, prefix)]
    y_true, y_pred, prefix = parts
    features = y_true.shape[1]
    figure = Figure(figsize=(9, 1.2 + 1.7 * features), layout="constrained")
    figure.suptitle(title, x=0.01, ha="left", fontweight="bold")
    panels = figure.subplots(features, 1, sharex=True, squeeze=False)[:, 0]
    for k, axes in enumerate(panels):
        before = y_true[:0] if prefix is None else prefix
        came = np.concatenate([before, y_true])[:, k]
        when = np.arange(-len(before), len(y_true)) * time_step
        axes.plot(when, came, color=GREY, lw=2.5, label="truth")
        axes.plot(np.arange(len(y_pred)) * time_step, y_pred[:, k], color=BLUE, lw=1.2,
                  label="forecast")
        low, high = came.min(), came.max()
        room = 0.15 * (high - low) or 1
        axes.set_ylim(low - room, high + room)      # one that diverged leaves the frame
        if valid_time is not None:
            axes.axvline(valid_time, color=RED, ls="--", lw=1,
                         label=f"valid for {valid_time:.3g} {unit}")
        if len(before):
            axes.axvline(0, color="black", lw=0.8)
        tidy(axes, ylabel=names[k] if names else "")
    panels[-1].set_xlabel(unit)
    panels[0].legend(frameon=False, ncols=3, loc="lower right", bbox_to_anchor=(1, 1))
    return written(figure, path)
