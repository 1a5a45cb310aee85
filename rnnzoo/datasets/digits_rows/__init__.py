"""Handwritten digits, read row by row."""

from rnnzoo.datasets.digits_rows.digits_rows_dataset_builder import Builder

__all__ = ["Builder"]
