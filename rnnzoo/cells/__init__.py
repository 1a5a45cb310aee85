"""One step in time of every recurrent network, a file a cell.

Simple: `ElmanCell`, `JordanCell`. Gated: `LSTMCell`, `GRUCell`.
Reservoirs: `EchoStateCell`.
"""

from rnnzoo.cells.base import Cell, State
from rnnzoo.cells.echo_state import EchoStateCell
from rnnzoo.cells.elman import ElmanCell
from rnnzoo.cells.gru import GRUCell
from rnnzoo.cells.jordan import JordanCell
from rnnzoo.cells.lstm import LSTMCell

__all__ = ["Cell", "EchoStateCell", "ElmanCell", "GRUCell", "JordanCell", "LSTMCell",
           "State"]
