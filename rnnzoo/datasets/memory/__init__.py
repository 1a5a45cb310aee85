"""Something far back decides: how long can a network remember, and what?"""

from rnnzoo.datasets.memory.copying import (
    copy,
    copy_bits,
    copy_memory,
    repeat_copy,
)
from rnnzoo.datasets.memory.marked import adding, multiplication
from rnnzoo.datasets.memory.recall import associative_recall
from rnnzoo.datasets.memory.temporal_order import temporal_order

__all__ = ["adding", "associative_recall", "copy", "copy_bits", "copy_memory",
           "multiplication", "repeat_copy", "temporal_order"]
