"""How a linear readout learns without backpropagation: in closed form, or online.

A readout is shown features and targets, row by row, and says what kernel and bias are.
It knows nothing of networks; `rnnzoo.models.learning` shows it theirs.
"""

from rnnzoo.readouts.base import Readout
from rnnzoo.readouts.online import LMS, RLS
from rnnzoo.readouts.qr import QR
from rnnzoo.readouts.ridge import Ridge

__all__ = ["LMS", "QR", "RLS", "Readout", "Ridge"]
