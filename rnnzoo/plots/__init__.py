"""Drawings: of training, and of what networks do."""

from rnnzoo.plots.forecasts import forecast
from rnnzoo.plots.memories import capacity_curve, energy_descent, recall_panels
from rnnzoo.plots.reservoirs import spectrum, state_tracks
from rnnzoo.plots.results import scores
from rnnzoo.plots.training import curves

__all__ = ["capacity_curve", "curves", "energy_descent", "forecast", "recall_panels",
           "scores", "spectrum", "state_tracks"]
