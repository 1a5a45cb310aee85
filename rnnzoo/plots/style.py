"""What all drawings share: colours, axes, how they are written."""

from rnnzoo import files

GREY, BLUE, RED = "#9aa5b1", "#1f5fa8", "#c0392b"


def tidy(axes, **texts):
    """Labels axes, as `axes.set` does, and takes away what only distracts."""
    axes.set(**texts)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(alpha=0.25)
    return axes


def written(figure, path):
    """The figure, once it is in the file at `path`; None leaves it unwritten."""
    if path is not None:
        with files.replacing(path) as aside:
            figure.savefig(aside, dpi=150)
    return figure
