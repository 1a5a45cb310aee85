"""Every recurrent network of the literature as a Keras layer."""

from importlib import import_module

from rnnzoo import cells, layers, memories
from rnnzoo.models import build, explain
from rnnzoo.registry import info, list_models, register

__all__ = ["HyperZoo", "Stream", "build", "cells", "client", "datasets", "explain",
           "export", "generate", "info", "initializers", "layers", "list_models",
           "measures", "memories", "plots", "readouts", "recipes", "register", "sweeps",
           "testing", "train", "tuner"]

# What not every user needs is imported when it is first asked for.
_LATER = {"HyperZoo": "sweeps", "Stream": "streams", "export": "serving",
          "generate": "generation", "train": "training", "tuner": "sweeps"}


def __getattr__(name):
    if name not in __all__:
        raise AttributeError(f"module 'rnnzoo' has no attribute {name!r}")
    found = import_module(f"rnnzoo.{_LATER.get(name, name)}")
    if name in _LATER:
        found = getattr(found, name)
    return globals().setdefault(name, found)


def __dir__():
    return __all__
