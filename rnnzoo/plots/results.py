"""What recipes reached on a task, seed by seed."""

import numpy as np
from matplotlib.figure import Figure

from rnnzoo.plots.style import BLUE, RED, tidy, written

SPAN = 50       # ratio of scores from which on their scale is logarithmic


def scores(summaries, path, title):
    """Draws the score of every seed, the mean and the target of each recipe.

    Args:
        summaries: of the recipes, as `reproduction.tables` makes them.
        path: the PNG to write; None writes none.
        title: line above the figure.

    Returns:
        The figure.
    """
    metrics = list(dict.fromkeys(s.metric for s in summaries))
    parts = [[s for s in summaries if s.metric == metric] for metric in metrics]
    figure = Figure(figsize=(7.5, 0.7 * len(parts) + 0.4 * len(summaries) + 0.6),
                    layout="constrained")
    figure.suptitle(title, x=0.01, ha="left", fontweight="bold")
    panels = figure.subplots(len(parts), 1, squeeze=False, height_ratios=[
        len(part) + 0.5 for part in parts])[:, 0]
    for axes, metric, part in zip(panels, metrics, parts):
        for line, summary in enumerate(part):
            heights = np.linspace(line - 0.2, line + 0.2, len(summary.scores))
            axes.plot(summary.scores, heights, "o", color=BLUE, alpha=0.6, mew=0, ms=5,
                      label="a seed")
            axes.plot(summary.mean, line, "|", color="black", ms=14, label="mean")
            if target := summary.recipe.target:
                axes.plot([target.value] * 2, [line - 0.4, line + 0.4], color=RED,
                          ls="--", lw=1.2, label="target")
        tidy(axes, xlabel=metric.replace("_", " "), ylim=(len(part) - 0.4, -0.6))
        axes.set_yticks(range(len(part)), [s.recipe.name for s in part])
        shown = [v for s in part for v in s.scores]
        if min(shown) > 0 and max(shown) > SPAN * min(shown):
            axes.set_xscale("log")
    handles = {label: handle for axes in panels for handle, label in
               zip(*axes.get_legend_handles_labels())}
    figure.legend(handles.values(), handles, frameon=False, ncols=3,
                  loc="outside upper right")
    return written(figure, path)
