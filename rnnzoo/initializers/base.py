"""What initial weights share: they are made in NumPy, from one seed if drawn."""

import random

import keras
import numpy as np

from rnnzoo.registry import arguments


class Made(keras.initializers.Initializer):
    """An initializer that works in NumPy, so that weights are the same everywhere.

    A subclass keeps each constructor argument in an attribute of the same name and
    defines `make(shape)`, which returns an array in float64.
    """

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        package = cls.__module__.partition(".")[0]
        keras.saving.register_keras_serializable(package)(cls)

    def __call__(self, shape, dtype=None):
        # An array and no tensor: where a graph is being made that could not be scaled.
        return self.make(tuple(shape)).astype(dtype or keras.config.floatx())

    def get_config(self):
        return {name: getattr(self, name) for name in arguments(type(self))}


class Drawn(Made):
    """A `Made` initializer that draws; it defines `draw(random, shape)` instead.

    Args:
        seed: integer that governs what is drawn; None draws another at every call,
            which `keras.utils.set_random_seed` governs.
    """

    def __init__(self, seed=None):
        self.seed = seed

    def make(self, shape):
        seed = random.getrandbits(32) if self.seed is None else self.seed
        return self.draw(np.random.default_rng(seed), shape)


def units_of(initializer, shape):
    """Number of units of a reservoir, which is square."""
    if len(shape) != 2 or shape[0] != shape[1]:
        raise ValueError(f"{type(initializer).__name__} is for the recurrent kernel of "
                         f"a reservoir, (units, units); received shape {shape}.")
    return shape[0]


def check_share(name, value):
    """Raises ValueError unless a number is in (0, 1]."""
    if not 0 < value <= 1:
        raise ValueError(f"`{name}` is a share in (0, 1]; received {value!r}.")
