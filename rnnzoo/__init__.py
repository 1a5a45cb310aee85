"""Every recurrent network of the literature as a Keras layer: build, fit, tune, serve."""

from rnnzoo import cells, layers
from rnnzoo.models import build, explain
from rnnzoo.registry import info, list_models, register

__all__ = ["build", "cells", "explain", "export", "info", "layers", "list_models",
           "recipes", "register", "train"]

_LAZY = {"export": "rnnzoo.serving", "train": "rnnzoo.training", "recipes": None}


def __getattr__(name):
    """Imports what not every user needs when it is first asked for."""
    from importlib import import_module

    if name in _LAZY:
        home = _LAZY[name]
        found = getattr(import_module(home), name) if home else import_module(
            f"rnnzoo.{name}")
        return globals().setdefault(name, found)
    raise AttributeError(f"module 'rnnzoo' has no attribute {name!r}")
