"""Training curves."""

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from rnnzoo.plots.style import BLUE, GREY, RED, tidy, written

COLOURS = {"": GREY, "val_": BLUE}
LABELS = {"": "training", "val_": "validation"}


def curves(history, path, metric, title, target=None, best=None):
    """Draws loss and metric of both splits over the epochs.

    Args:
        history: one dictionary an epoch, with `loss`, `val_loss` and the metric's two,
            as far as there are such, or of a memory `stable`.
        path: the PNG to write.
        metric: name of the metric; `"loss"` gives one panel.
        title: line above the figure.
        target: value of the metric to reach, drawn as a dashed line.
        best: epoch whose weights are kept, counted from 1, marked by a dot.

    Returns:
        The figure.
    """
    names = [name for name in dict.fromkeys(["loss", metric, "stable"])
             if any(prefix + name in history[0] for prefix in COLOURS)]
    figure = Figure(figsize=(4.8 * len(names), 3.6), layout="constrained")
    figure.suptitle(title, x=0.01, ha="left", fontweight="bold")
    epochs = range(1, len(history) + 1)
    for axes, name in zip(figure.subplots(1, len(names), squeeze=False)[0], names):
        for prefix, colour in COLOURS.items():
            if prefix + name not in history[0]:
                continue        # in closed form, some is known of validation data only
            values = [row[prefix + name] for row in history]
            marker = "." if len(history) == 1 else None
            axes.plot(epochs, values, color=colour, marker=marker, label=LABELS[prefix])
        if best:
            kept = history[best - 1]["val_" + name]
            axes.plot(best, kept, "o", color=colour, label=f"kept: epoch {best}")
        if target is not None and name == metric:
            style = {"color": RED, "ls": "--", "lw": 1}
            axes.axhline(target, **style, label=f"target {target:g}")
        tidy(axes, title=name.replace("_", " "), xlabel="epoch")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.legend(frameon=False)
    return written(figure, path)
