"""The sequence layer, and one named layer for each registered cell.

`rnnzoo.layers.Jordan(units, output_size, ...)` is `Recurrent(JordanCell(...), ...)`.
"""

import inspect

import keras

from rnnzoo import registry
from rnnzoo.cells import Cell
from rnnzoo.errors import unknown
from rnnzoo.layers.association import Hopfield, HopfieldLayer, HopfieldPooling
from rnnzoo.layers.inputs import ContextWindow, OneHot
from rnnzoo.layers.outputs import (
    Counted,
    Features,
    MeanOfSteps,
    Washout,
    probabilities,
)
from rnnzoo.layers.recurrent import Recurrent, teaching

__all__ = ["ContextWindow", "Counted", "Features", "Hopfield", "HopfieldLayer",
           "HopfieldPooling", "MeanOfSteps", "OneHot", "Recurrent", "Washout",
           "probabilities", "teaching"]

_LAYER_ARGUMENTS = {
    *inspect.signature(keras.layers.RNN).parameters, "trainable_initial_state",
    "name", "trainable", "activity_regularizer",
} - {"cell", "kwargs"}


def _add_layer(entry):
    """Makes the layer of a network: cell and layer arguments in one constructor."""
    if not issubclass(entry.cls, Cell):
        return

    def __init__(self, *args, cell=None, **kwargs):
        layer = {k: kwargs.pop(k) for k in _LAYER_ARGUMENTS & kwargs.keys()}
        if "dtype" in kwargs:
            layer["dtype"] = kwargs["dtype"] if cell is None else kwargs.pop("dtype")
        Recurrent.__init__(self, cell or entry.cls(*args, **kwargs), **layer)

    name = registry.layer_name(entry.cls)
    doc = (f"{entry.summary}\n\n`Recurrent({entry.cls.__name__}(...), ...)` under one "
           f"name: takes the arguments of both. See `rnnzoo.info({entry.name!r})`.")
    cls = type(name, (Recurrent,),
               {"__init__": __init__, "__doc__": doc, "__module__": __name__})
    package = entry.cls.__module__.partition(".")[0]
    globals()[name] = keras.saving.register_keras_serializable(package)(cls)
    __all__.append(name)


def __getattr__(name):
    if name.startswith("__"):
        raise AttributeError(name)
    registry.list_models()                  # other packages may bring the layer
    if name in globals():
        return globals()[name]
    raise AttributeError(unknown("layer", name, __all__))


# When a file is loaded Keras must know the layers, so they are made with the cells.
registry.follow(_add_layer)
