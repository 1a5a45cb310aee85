"""How a network learns: what one train step of `fit` does.

A rule is a class with `train_step(network, *arguments)`, given what Keras gives to
`Model.train_step`, and returning what that returns.
"""

import keras

from rnnzoo.errors import unknown
from rnnzoo.layers import teaching


class Backpropagation:
    """Gradient descent through time, with targets shown where a cell asks for them."""

    def train_step(self, network, *arguments):
        _, targets, _ = keras.utils.unpack_x_y_sample_weight(arguments[-1])
        with teaching(network.teacher(targets)):
            return keras.Model.train_step(network, *arguments)


_rules = {"backpropagation": Backpropagation}


def get(name):
    """The rule of this name.

    Raises:
        ValueError: if there is none.
    """
    if name not in _rules:
        raise ValueError(unknown("learning rule", name, _rules))
    return _rules[name]()
