"""Weights that somebody else has made."""

import keras
import numpy as np


@keras.saving.register_keras_serializable("rnnzoo")
class Matrix(keras.initializers.Initializer):
    """Weights that are given.

    Args:
        value: array, SciPy sparse matrix or nested lists, of the weight's shape. In a
            recurrent kernel, row i has what unit i sends.
    """

    def __init__(self, value):
        self.value = np.asarray(value.toarray() if hasattr(value, "toarray") else value)

    def __call__(self, shape, dtype=None):
        if self.value.shape != tuple(shape):
            raise ValueError(f"The given matrix has shape {self.value.shape}, the "
                             f"weight has {tuple(shape)}.")
        return self.value.astype(dtype or keras.config.floatx())

    def get_config(self):
        return {"value": self.value.tolist()}
