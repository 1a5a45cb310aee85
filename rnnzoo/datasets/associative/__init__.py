"""Patterns to store, and damaged ones to recall them from."""

from rnnzoo.datasets.associative.bipolar import bipolar_pairs, bipolar_patterns
from rnnzoo.datasets.associative.bitmaps import digit_bitmaps

__all__ = ["bipolar_pairs", "bipolar_patterns", "digit_bitmaps"]
