"""What every readout shares: its configuration, and rows in double precision."""

import keras
from keras import ops

from rnnzoo.registry import arguments


class Readout:
    """Learns kernel and bias of a linear map from rows of features and targets.

    A subclass keeps each constructor argument in an attribute of the same name, and has
    `build(features, outputs)`, `reset()`, `learn(x, y, weights)`, `solve(epochs)` and
    `weights(number)`. What it remembers it keeps in float64 variables, which are no
    weights of any model.

    Attributes:
        several: whether `solve` finds several solutions, of which `best` names one
            after `judge` has seen validation data.
        adds_up: whether what it learns of rows is a sum over them, so that replicas may
            learn apart; else each replica is shown the rows of all.
    """

    several = False
    adds_up = False

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        package = cls.__module__.partition(".")[0]
        keras.saving.register_keras_serializable(package)(cls)

    def get_config(self):
        return {name: getattr(self, name) for name in arguments(type(self))}

    @classmethod
    def from_config(cls, config):
        return cls(**config)


def wide(v):
    return ops.cast(v, "float64")


def with_ones(x):
    """Rows with a last feature that is always 1: its weight is the bias."""
    return ops.pad(wide(x), [[0, 0], [0, 1]], constant_values=1.0)


def zeros(*shape, summed=False):
    """A variable; if `summed` every replica has its own, and reading it adds them."""
    kind = ({"aggregation": "sum", "synchronization": "on_read"} if summed
            else {"aggregation": "only_first_replica"})
    return keras.Variable(ops.zeros(shape, "float64"), dtype="float64",
                          trainable=False, **kind)
