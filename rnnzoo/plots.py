"""Training curves."""

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from rnnzoo import files

COLOURS = {"": "#9aa5b1", "val_": "#1f5fa8"}
LABELS = {"": "training", "val_": "validation"}


def curves(history, path, metric, title, target=None, best=None):
    """Draws loss and metric of both splits over the epochs.

    Args:
        history: one dictionary an epoch, with `loss`, `val_loss` and the metric's two.
        path: the PNG to write.
        metric: name of the metric; `"loss"` gives one panel.
        title: line above the figure.
        target: value of the metric to reach, drawn as a dashed line.
        best: epoch whose weights are kept, counted from 1, marked by a dot.
    """
    names = list(dict.fromkeys(["loss", metric]))
    figure = Figure(figsize=(4.8 * len(names), 3.6), layout="constrained")
    figure.suptitle(title, x=0.01, ha="left", fontweight="bold")
    epochs = range(1, len(history) + 1)
    for axes, name in zip(figure.subplots(1, len(names), squeeze=False)[0], names):
        for prefix, colour in COLOURS.items():
            values = [row[prefix + name] for row in history]
            marker = "." if len(history) == 1 else None
            axes.plot(epochs, values, color=colour, marker=marker, label=LABELS[prefix])
        if best:
            kept = history[best - 1]["val_" + name]
            axes.plot(best, kept, "o", color=colour, label=f"kept: epoch {best}")
        if target is not None and name == metric:
            style = {"color": "#c0392b", "ls": "--", "lw": 1}
            axes.axhline(target, **style, label=f"target {target:g}")
        axes.set(title=name.replace("_", " "), xlabel="epoch")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(alpha=0.25)
        axes.legend(frameon=False)
    with files.replacing(path) as aside:
        figure.savefig(aside, dpi=150)
