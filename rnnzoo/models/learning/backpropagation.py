"""Gradient descent."""

import keras

from rnnzoo.devices import replicas
from rnnzoo.devices.replicated import strategy_of
from rnnzoo.devices.sharing import check_batch_size
from rnnzoo.layers import teaching
from rnnzoo.models.checks import warn_of_unknown_length


class Backpropagation:
    """Gradient descent through time, with targets shown where a cell asks for them."""

    settled = True      # every step leaves a trained network
    single_batches = True

    def begin(self, network, options):
        strategy, batch_size = strategy_of(network), options.get("batch_size")
        if strategy and batch_size:
            check_batch_size(batch_size, strategy.num_replicas_in_sync)
        if not options.get("steps_per_epoch"):
            warn_of_unknown_length(options.get("x"))

    def train_step(self, network, *arguments):
        _, targets, _ = keras.utils.unpack_x_y_sample_weight(arguments[-1])
        with teaching(network.teacher(targets)):
            return replicas.train_step(network, *arguments)

    def test_step(self, network, *arguments):
        return replicas.test_step(network, *arguments)

    def settle(self, network, evaluate):
        """There is nothing to settle."""

    def end(self):
        """Nothing is left open."""
