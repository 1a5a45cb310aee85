"""The sequence layer, and one named layer for each registered cell.

`rnnzoo.layers.Jordan(units, output_size, ...)` is `Recurrent(JordanCell(...), ...)`.
"""

import inspect

import keras

from rnnzoo import registry
from rnnzoo.cells import Cell
from rnnzoo.errors import unknown
from rnnzoo.layers.inputs import ContextWindow, OneHot
from rnnzoo.layers.recurrent import Recurrent, teaching

_LAYER_ARGUMENTS = {
    *inspect.signature(keras.layers.RNN).parameters, "trainable_initial_state",
    "name", "trainable", "activity_regularizer",
} - {"cell", "kwargs"}


def _named(entry):
    """The layer of one network: cell and layer arguments in one constructor."""

    def __init__(self, *args, cell=None, **kwargs):
        layer = {k: kwargs.pop(k) for k in _LAYER_ARGUMENTS & kwargs.keys()}
        if "dtype" in kwargs:
            layer["dtype"] = kwargs["dtype"] if cell is None else kwargs.pop("dtype")
        Recurrent.__init__(self, cell or entry.cls(*args, **kwargs), **layer)

    doc = (f"{entry.summary}\n\n`Recurrent({entry.cls.__name__}(...), ...)` under one "
           f"name: takes the arguments of both. See `rnnzoo.info({entry.name!r})`.")
    cls = type(registry.layer_name(entry.cls), (Recurrent,),
               {"__init__": __init__, "__doc__": doc, "__module__": __name__})
    package = entry.cls.__module__.partition(".")[0]
    return keras.saving.register_keras_serializable(package)(cls)


def __getattr__(name):
    for entry in map(registry.info, registry.list_models()):
        if issubclass(entry.cls, Cell) and registry.layer_name(entry.cls) == name:
            return globals().setdefault(name, _named(entry))
    raise AttributeError(unknown("layer", name, __dir__()))


def __dir__():
    return ["ContextWindow", "OneHot", "Recurrent", "teaching", *(
        registry.layer_name(entry.cls)
        for entry in map(registry.info, registry.list_models())
        if issubclass(entry.cls, Cell)
    )]
