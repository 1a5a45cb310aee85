"""Trained networks as SavedModels: what a server loads, without rnnzoo."""

from rnnzoo.serving.exporting import export

__all__ = ["export"]
