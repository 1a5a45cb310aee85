"""The two streams of Elman's first paper: some of it is predictable, some is not."""

from rnnzoo.datasets.elman.streams import letters, temporal_xor

__all__ = ["letters", "temporal_xor"]
