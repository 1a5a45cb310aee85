"""How a network learns: what `fit` does with a batch, and around the batches.

A rule has

- `begin(network, options)`, called by `fit` with its arguments, which it may change;
- `train_step(network, *arguments)` and `test_step(network, *arguments)`, given what
  Keras gives to the methods of `Model`, and returning what those return;
- `settle(network, evaluate)`, called before a network is evaluated, whose `evaluate`
  goes over the same data, and `settled`, whether there is nothing to be done by it;
- `end()`, called when `fit` ends, be it by an error;
- `single_batches`, whether a batch outside `fit` teaches anything.
"""

from rnnzoo import readouts
from rnnzoo.errors import unknown
from rnnzoo.models.learning.backpropagation import Backpropagation
from rnnzoo.models.learning.readout import ReadoutLearning
from rnnzoo.registry import arguments

__all__ = ["GRADIENT", "NAMES", "Backpropagation", "ReadoutLearning", "get"]

_readouts = {"ridge": readouts.Ridge, "qr": readouts.QR, "rls": readouts.RLS,
             "lms": readouts.LMS}
GRADIENT = "gradient"
NAMES = (GRADIENT, *_readouts)


def get(readout, **options):
    """The rule by which a network with this readout learns.

    Args:
        readout: one of `NAMES`, or an object of `rnnzoo.readouts`.
        **options: of the readout, where it is given by name; None stands for its own.

    Raises:
        ValueError: for an unknown readout, or an option that it does not have.
    """
    options = {name: value for name, value in options.items() if value is not None}
    if isinstance(readout, readouts.Readout):
        known = ()
    elif readout in _readouts:
        known = arguments(_readouts[readout])
    elif readout == GRADIENT:
        known = ("learning_rate",)
    else:
        raise ValueError(unknown("readout", readout, NAMES))
    for name in options:
        if name not in known:
            raise ValueError(f"`{name}` is no argument of build for the readout "
                             f"{readout!r}; leave it out.")
    if readout == GRADIENT:
        return Backpropagation()
    if readout in _readouts:
        return ReadoutLearning(_readouts[readout](**options))
    # One object may be given to several networks, but what is learned is of each.
    return ReadoutLearning(type(readout).from_config(readout.get_config()))
