"""Initial weights by name, beside Keras' own: reservoirs, signs, a given matrix.

    EchoStateCell(500, recurrent_initializer="small_world")
    EchoStateCell(500, recurrent_initializer=Sparse(0.02, distribution="normal"))
    EchoStateCell(500, recurrent_initializer=matrix)

Reservoirs: `Sparse`, `Dense`, `Ring`, `CycleWithJumps`, `DelayLine`, `SmallWorld`, and
Keras' "orthogonal". Input weights: `Signs`, and Keras' "random_uniform".
"""

import inspect

import keras

from rnnzoo.errors import unknown
from rnnzoo.initializers.base import Drawn, Made
from rnnzoo.initializers.given import Matrix
from rnnzoo.initializers.reservoirs import (
    CycleWithJumps,
    DelayLine,
    Dense,
    Ring,
    Signs,
    SmallWorld,
    Sparse,
)
from rnnzoo.initializers.spectrum import eigenvalues, scaled, spectral_radius

__all__ = ["CycleWithJumps", "DelayLine", "Dense", "Drawn", "Made", "Matrix", "Ring",
           "Signs", "SmallWorld", "Sparse", "eigenvalues", "get", "scaled",
           "spectral_radius"]

NAMES = {"cycle_with_jumps": CycleWithJumps, "delay_line": DelayLine, "dense": Dense,
         "ring": Ring, "signs": Signs, "small_world": SmallWorld, "sparse": Sparse}


def get(identifier, **arguments):
    """The initializer that a name, a matrix, a configuration or a function stands for.

    Args:
        identifier: name of one of these initializers or of Keras', a matrix (NumPy's,
            SciPy's sparse ones, nested lists), a configuration, or a function of
            `(shape, dtype)`.
        **arguments: for an initializer of these given by name; it takes those that it
            has.

    Raises:
        ValueError: for an unknown name, with the nearest ones.
    """
    if isinstance(identifier, str) and identifier in NAMES:
        cls = NAMES[identifier]
        known = inspect.signature(cls).parameters
        return cls(**{k: v for k, v in arguments.items() if k in known})
    if isinstance(identifier, list) or hasattr(identifier, "shape"):
        return Matrix(identifier)
    try:
        return keras.initializers.get(identifier)
    except ValueError:
        if not isinstance(identifier, str):
            raise
        ready = {n for n in dir(keras.initializers) if n.islower() and n[0] != "_"}
        ready -= {"get", "serialize", "deserialize"}
        raise ValueError(unknown("initializer", identifier, {*NAMES, *ready})) from None
