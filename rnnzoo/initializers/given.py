"""Weights that somebody else has made."""

import numpy as np

from rnnzoo.initializers.base import Made


class Matrix(Made):
    """Weights that are given.

    Args:
        value: array, SciPy sparse matrix or nested lists, of the weight's shape. In a
            recurrent kernel, row i has what unit i sends.
    """

    def __init__(self, value):
        dense = value.toarray() if hasattr(value, "toarray") else value
        self.value = np.asarray(dense, "float64")

    def make(self, shape):
        if self.value.shape != shape:
            raise ValueError(f"The given matrix has shape {self.value.shape}, the "
                             f"weight {shape}.")
        return self.value

    def get_config(self):
        return {"value": self.value.tolist()}
