"""Series to forecast: driven systems and chaos. All are float64."""

from rnnzoo.datasets.dynamics.mackey_glass import mackey_glass
from rnnzoo.datasets.dynamics.narma import narma

__all__ = ["mackey_glass", "narma"]
