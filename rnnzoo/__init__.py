"""Every recurrent network of the literature as a Keras layer: build, fit, tune, serve."""

from importlib import import_module

from rnnzoo import cells, layers
from rnnzoo.models import build, explain
from rnnzoo.registry import info, list_models, register

__all__ = ["build", "cells", "datasets", "explain", "export", "info", "layers",
           "list_models", "recipes", "register", "testing", "train"]

# What not every user needs is imported when it is first asked for.
_LATER = {"export": "serving", "train": "training"}


def __getattr__(name):
    if name not in __all__:
        raise AttributeError(f"module 'rnnzoo' has no attribute {name!r}")
    module = import_module(f"rnnzoo.{_LATER.get(name, name)}")
    return globals().setdefault(name, getattr(module, name) if name in _LATER else module)


def __dir__():
    return __all__
