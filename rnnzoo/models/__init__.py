"""Compiled Keras models by name: what for, how they learn, what they refuse."""

from rnnzoo.models.builder import build
from rnnzoo.models.explanation import explain
from rnnzoo.models.network import Network

__all__ = ["Network", "build", "explain"]
