"""Drawings of memories: how they settle, what they recall, how much they hold."""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from rnnzoo.plots.style import BLUE, GREY, RED, tidy, written

COLOURS = (BLUE, RED, "#2e8b57", "#b8860b", "#7d3c98", GREY)


def energy_descent(energies, path=None, title="Energy along recall"):
    """Draws the energy of each row of a batch over the steps of recall.

    Args:
        energies: `(steps + 1, batch)`, as `descent` of a memory returns them.
        path: the PNG to write, or None.
        title: line above the figure.

    Returns:
        The figure.
    """
    figure = Figure(figsize=(4.8, 3.6), layout="constrained")
    axes = figure.subplots()
    axes.plot(energies, color=BLUE, alpha=0.5, lw=1.2,
              marker="." if len(energies) < 20 else None)
    tidy(axes, title=title, xlabel="step of recall", ylabel="energy")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    return written(figure, path)


def recall_panels(patterns, cues, recalled, shape, path=None, title=None):
    """Draws patterns, cues and what was recalled below each other, one column a row.

    Args:
        patterns: what is stored, `(number, units)`.
        cues: what recall started from, likewise.
        recalled: what it ended in, likewise.
        shape: `(height, width)` of a pattern as an image.
        path: the PNG to write, or None.
        title: line above the figure.

    Returns:
        The figure.
    """
    rows = {"pattern": patterns, "cue": cues, "recall": recalled}
    number = len(patterns)
    figure = Figure(figsize=(0.3 + 1.1 * number, 3.7), layout="constrained")
    panels = figure.subplots(3, number, squeeze=False)
    for (name, images), line in zip(rows.items(), panels):
        line[0].set_ylabel(name)
        for image, axes in zip(images, line):
            axes.imshow(np.reshape(image, shape), cmap="gray_r", vmin=-1, vmax=1)
            axes.set(xticks=[], yticks=[])
    if title:
        figure.suptitle(title, x=0.01, ha="left", fontweight="bold")
    return written(figure, path)


def capacity_curve(loads, overlaps, path=None, limit=None,
                   title="What is recalled as the memory fills"):
    """Draws the overlap between what is stored and what is recalled over the load.

    Args:
        loads: numbers of patterns, or patterns a unit.
        overlaps: name of a memory -> its overlaps, one for each load.
        path: the PNG to write, or None.
        limit: a load that theory names, drawn as a dashed line.
        title: line above the figure.

    Returns:
        The figure.
    """
    figure = Figure(figsize=(4.8, 3.6), layout="constrained")
    axes = figure.subplots()
    for (name, values), colour in zip(overlaps.items(), COLOURS):
        axes.plot(loads, values, color=colour, marker=".", label=name)
    if limit is not None:
        axes.axvline(limit, color=GREY, ls="--", lw=1, label=f"theory: {limit:g}")
    tidy(axes, title=title, xlabel="patterns a unit", ylabel="overlap", ylim=(0, 1.03))
    axes.legend(frameon=False)
    return written(figure, path)
