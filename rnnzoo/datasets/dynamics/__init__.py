"""Series to forecast: driven systems and chaos. All are float64."""

from rnnzoo.datasets.dynamics.henon import henon
from rnnzoo.datasets.dynamics.lorenz import lorenz
from rnnzoo.datasets.dynamics.mackey_glass import mackey_glass
from rnnzoo.datasets.dynamics.narma import narma
from rnnzoo.datasets.dynamics.sines import superimposed_sines

__all__ = ["henon", "lorenz", "mackey_glass", "narma", "superimposed_sines"]
