"""Pictures of a search: its scores, what they depend on, and all trials at once."""

import numpy as np
from matplotlib.figure import Figure
from sklearn.ensemble import RandomForestRegressor

from rnnzoo.plots.style import BLUE, GREY, RED, tidy


def scores(trials, objective):
    """The score of every trial, and the best so far.

    Args:
        trials: rows of `trials.csv` that have a score.
        objective: `keras_tuner.Objective`.
    """
    found = np.array([trial["score"] for trial in trials])
    best = np.maximum if objective.direction == "max" else np.minimum
    figure = Figure(figsize=(8, 3), layout="constrained")
    axes = tidy(figure.subplots(), xlabel="trial", ylabel=objective.name)
    numbers = [int(trial["trial"]) for trial in trials]
    axes.plot(numbers, found, "o", color=GREY, markersize=4, label="a trial")
    axes.plot(numbers, best.accumulate(found), color=RED, drawstyle="steps-post",
              label="best so far")
    axes.legend(frameon=False)
    return figure


def importances(trials, names):
    """How much of the differences between scores goes with each of the hyperparameters.

    It is what a random forest that is fitted to the trials divides them by. Of few
    trials this is a hint, no measurement.
    """
    x = np.stack([_heights(trials, name)[0] for name in names], axis=1)
    forest = RandomForestRegressor(200, random_state=0)
    forest.fit(np.nan_to_num(x, nan=-1.0), [trial["score"] for trial in trials])
    order = np.argsort(forest.feature_importances_)
    figure = Figure(figsize=(8, 0.8 + 0.3 * len(names)), layout="constrained")
    axes = tidy(figure.subplots(), xlabel="share of the differences between scores")
    axes.barh([names[k] for k in order], forest.feature_importances_[order], color=BLUE)
    return figure


def parallel(trials, names, objective):
    """A line a trial through the values that it tried; the better, the bluer."""
    figure = Figure(figsize=(8, 3.5), layout="constrained")
    axes = tidy(figure.subplots(), xlim=(-0.1, len(names) + 0.5), yticks=[])
    columns = [_heights(trials, name) for name in [*names, "score"]]
    better = (1 if objective.direction == "max" else -1) * np.array(
        [trial["score"] for trial in trials])
    order = np.lexsort((-np.arange(len(trials)), better))   # the first best is the last
    for rank, number in enumerate(order):
        share = (rank + 1) / len(order)
        axes.plot([heights[number] for heights, _ in columns], marker="o", markersize=3,
                  color=BLUE if share > 0.75 else GREY, alpha=0.2 + 0.7 * share,
                  linewidth=2.5 if rank == len(order) - 1 else 1)
    for place, (_, marks) in enumerate(columns):
        axes.axvline(place, color="black", linewidth=0.5)
        for height, text in marks.items():
            axes.text(place + 0.03, height, text, fontsize=7, va="center",
                      bbox={"color": "white", "alpha": 0.7, "pad": 0.5})
    axes.set_xticks(range(len(columns)), [*names, objective.name], fontsize=8,
                    rotation=20, ha="right")
    return figure


def _heights(trials, name):
    """Values as heights in [0, 1], NaN where there is none, and texts by height."""
    values = [trial.get(name) for trial in trials]
    there = [v for v in values if v is not None]
    if any(isinstance(v, str) for v in there):
        kinds = sorted(set(there))
        marks = {kind: k / max(1, len(kinds) - 1) for k, kind in enumerate(kinds)}
        return (np.array([marks.get(v, np.nan) for v in values]),
                {height: kind for kind, height in marks.items()})
    low, high = min(there), max(there)
    scale = np.log if low > 0 and high > 10 * low else np.asarray
    span = float(scale(high) - scale(low)) or 1.0
    found = [np.nan if v is None else float(scale(v) - scale(low)) / span
             for v in values]
    return np.array(found), {0.0: f"{low:.4g}", 1.0: f"{high:.4g}"}
