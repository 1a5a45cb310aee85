"""Drawings: of training, and of what networks do."""

from rnnzoo.plots.forecasts import forecast
from rnnzoo.plots.reservoirs import spectrum, state_tracks
from rnnzoo.plots.training import curves

__all__ = ["curves", "forecast", "spectrum", "state_tracks"]
