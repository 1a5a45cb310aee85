"""Reservoirs: the eigenvalues of their kernels, and what their units do."""

import numpy as np
from matplotlib.figure import Figure

from rnnzoo.initializers import eigenvalues
from rnnzoo.plots.style import BLUE, GREY, RED, tidy, written


def spectrum(kernel, path, title, *, radius=None):
    """Draws the eigenvalues of a recurrent kernel, and the circles they keep to.

    Args:
        kernel: `(units, units)`.
        path: the PNG to write; None writes none.
        title: line above the figure.
        radius: the spectral radius that was asked for, drawn as a dashed circle beside
            that of radius 1.

    Returns:
        The figure.
    """
    values = eigenvalues(kernel)
    figure = Figure(figsize=(5, 5.6), layout="constrained")
    figure.suptitle(title, x=0.01, ha="left", fontweight="bold")
    axes = figure.subplots()
    axes.plot(*_circle(1), color=GREY, lw=1, label="radius 1")
    if radius is not None:
        style = {"color": RED, "ls": "--", "lw": 1}
        axes.plot(*_circle(radius), **style, label=f"asked: {radius:g}")
    axes.plot(values.real, values.imag, ".", color=BLUE, ms=4,
              label=f"largest: {abs(values).max():.3g}")
    edge = 1.1 * max(1, radius or 0, abs(values).max())
    tidy(axes, xlabel="real part", ylabel="imaginary part", xlim=(-edge, edge),
         ylim=(-edge, edge), aspect="equal")
    axes.locator_params(nbins=5)
    figure.legend(*axes.get_legend_handles_labels(), frameon=False, ncols=3,
                  loc="outside lower center")
    return written(figure, path)


def _circle(radius):
    turn = np.linspace(0, 2 * np.pi, 200)
    return radius * np.cos(turn), radius * np.sin(turn)


def state_tracks(states, path, title, *, units=8, washout=0):
    """Draws how some units of a reservoir change over time, one above the other.

    Args:
        states: of one sequence, `(time, units)`.
        path: the PNG to write; None writes none.
        title: line above the figure.
        units: which ones, as indices, or how many, evenly spread.
        washout: number of steps that a readout does not see, drawn grey.

    Returns:
        The figure.
    """
    states = np.asarray(states)
    if isinstance(units, int):
        width = states.shape[1]
        units = np.unique(np.linspace(0, width - 1, min(units, width)).astype(int))
    figure = Figure(figsize=(9, 1.2 + 0.6 * len(units)), layout="constrained")
    figure.suptitle(title, x=0.01, ha="left", fontweight="bold")
    panels = figure.subplots(len(units), 1, sharex=True, sharey=True, squeeze=False)
    for axes, unit in zip(panels[:, 0], units):
        steps = np.arange(len(states))
        axes.plot(steps[:washout + 1], states[:washout + 1, unit], color=GREY, lw=1)
        axes.plot(steps[washout:], states[washout:, unit], color=BLUE, lw=1)
        tidy(axes, xmargin=0)
        axes.set_ylabel(f"unit {unit}", rotation=0, ha="right", va="center")
    panels[-1, 0].set_xlabel(f"step, the first {washout} washed out" if washout
                             else "step")
    return written(figure, path)
