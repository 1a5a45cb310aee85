"""Gradient descent."""

import keras

from rnnzoo.layers import teaching
from rnnzoo.models.checks import warn_of_unknown_length


class Backpropagation:
    """Gradient descent through time, with targets shown where a cell asks for them."""

    settled = True      # every step leaves a trained network
    single_batches = True

    def begin(self, network, options):
        if not options.get("steps_per_epoch"):
            warn_of_unknown_length(options.get("x"))

    def train_step(self, network, *arguments):
        _, targets, _ = keras.utils.unpack_x_y_sample_weight(arguments[-1])
        with teaching(network.teacher(targets)):
            return keras.Model.train_step(network, *arguments)

    def test_step(self, network, *arguments):
        return keras.Model.test_step(network, *arguments)

    def settle(self, network, evaluate):
        """There is nothing to settle."""

    def end(self):
        """Nothing is left open."""
