"""Formal languages: to accept, to continue, or to translate.

Words to continue come as `x`, "begin" and the word, and `y`, the word and "end": the
target of each step is the symbol that comes next.
"""

from rnnzoo.datasets.languages.addition import addition
from rnnzoo.datasets.languages.brackets import dyck, labelled_dyck
from rnnzoo.datasets.languages.counting import blocks, labelled_blocks
from rnnzoo.datasets.languages.parity import parity
from rnnzoo.datasets.languages.reber import reber
from rnnzoo.datasets.languages.reversal import reversal
from rnnzoo.datasets.languages.tomita import tomita

__all__ = ["addition", "blocks", "dyck", "labelled_blocks", "labelled_dyck", "parity",
           "reber", "reversal", "tomita"]
