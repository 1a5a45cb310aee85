"""Associative memories, a file a network: they store patterns and settle into them.

Hopfield networks: `HopfieldMemory`, `ContinuousHopfieldMemory`, `DenseHopfieldMemory`,
`ModernHopfieldMemory`. Of pairs: `BAMMemory`, `ContinuousBAMMemory`.
"""

from rnnzoo.memories.bam import BAMMemory
from rnnzoo.memories.base import Capacity, Memory, Recall
from rnnzoo.memories.continuous_bam import ContinuousBAMMemory
from rnnzoo.memories.continuous_hopfield import ContinuousHopfieldMemory
from rnnzoo.memories.dense_hopfield import DenseHopfieldMemory
from rnnzoo.memories.hopfield import HopfieldMemory
from rnnzoo.memories.modern_hopfield import ModernHopfieldMemory
from rnnzoo.memories.pairs import PairRecall

__all__ = ["BAMMemory", "Capacity", "ContinuousBAMMemory", "ContinuousHopfieldMemory",
           "DenseHopfieldMemory", "HopfieldMemory", "Memory", "ModernHopfieldMemory",
           "PairRecall", "Recall"]
