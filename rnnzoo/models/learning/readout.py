"""A readout that learns without backpropagation, inside Keras' own `fit`."""

from collections.abc import Iterator

import keras
from keras import ops, tree

from rnnzoo.devices import replicas
from rnnzoo.devices.replicated import scope_of
from rnnzoo.layers import Counted, Features, Recurrent, Washout, teaching


class ReadoutLearning:
    """Shows a `Readout` what a network's last layer sees, and sets that layer by it.

    Nothing else of the network is trained. Every `fit` starts anew. The solution is set
    before validation data are seen, or at the end of the epoch, so that validation,
    callbacks and tuners judge what was learned. An epoch that is interrupted is not
    learned. Cells that feed back their output are shown the targets instead, in
    learning and where the best of several solutions is chosen.

    Args:
        readout: a `rnnzoo.readouts` rule.
    """

    single_batches = False

    def __init__(self, readout):
        self.readout = readout
        self.features = None    # model from input to features and weights of the steps
        self.epochs = 0
        self.losses = None      # of the solutions on the data of training, once solved

    @property
    def settled(self):
        return not self.epochs or self.losses is not None

    def begin(self, network, options):
        """Forgets earlier data, and sees to it that the solution is set in time.

        Raises:
            NotImplementedError: on another backend than TensorFlow.
            ValueError: if there are several penalties and no validation data, or such
                as can be read only once.
        """
        if keras.backend.backend() != "tensorflow":
            raise NotImplementedError(
                "Readouts learn inside `fit` on the TensorFlow backend only; set "
                "KERAS_BACKEND=tensorflow. The trained network runs on any backend.")
        validation = options.get("validation_data")
        validated = validation is not None or options.get("validation_split")
        if self.readout.several and not (
                validated and options.get("validation_freq", 1) == 1):
            raise ValueError(
                "Of several penalties the best is chosen on validation data, after "
                "every epoch: give `fit` validation_data, or `ridge` one penalty.")
        if (self.readout.several and isinstance(validation, Iterator)
                and not options.get("validation_steps")):
            raise ValueError(
                "To choose the best of several penalties the validation data are read "
                "twice, a generator only once; give arrays, a tf.data.Dataset or a "
                "keras.utils.PyDataset.")
        if self.features is None:
            self.features = _features(network)
            width = self.features.outputs[0].shape[-1]
            with scope_of(network):
                self.readout.build(width, network.output_size)
            network.make_train_function(force=True)
            network.make_test_function(force=True)
        self.readout.reset()
        self.epochs = 0
        callbacks = tree.flatten(options.get("callbacks"))
        options["callbacks"] = [
            _Epochs(self), *(c for c in callbacks if c is not None)]

    def train_step(self, network, data):
        rows = self.readout.learn(*self._rows(network, data, training=True))
        return {"rows": rows}   # to show that work goes on; the loss is not known yet

    def test_step(self, network, data):
        if self.features and self.readout.several:
            self.readout.judge(*self._rows(network, data, training=False))
        return replicas.test_step(network, data)

    def settle(self, network, evaluate):
        """Sets the solution if new data were seen since the last time.

        Args:
            network: the network.
            evaluate: goes over the validation data; None if there are none.
        """
        if self.settled:
            return
        self.losses = self.readout.solve(self.epochs)
        number = 0
        if self.readout.several:
            evaluate()
            number = self.readout.best()
        self.loss = float(self.losses[number])
        for weight, value in zip(_weights(network), self.readout.weights(number)):
            weight.assign(value)

    def end(self):
        """Leaves the network with what was last solved."""
        self.epochs = 0

    def _rows(self, network, data, training):
        """Features, targets and weights of all steps of a batch, row by row."""
        x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(data)
        with teaching(network.teacher(y)):
            features, weights = self.features(x, training=training)
        targets = network.task.as_output(y, network.output_size)
        if sample_weight is not None:
            weights = weights * ops.cast(sample_weight, weights.dtype)
        if len(features.shape) == 3:        # what is washed out need not be weighed
            features, targets, weights = (
                v[:, network.washout:] for v in (features, targets, weights))
        rows = (ops.reshape(features, (-1, features.shape[-1])),
                ops.reshape(targets, (-1, network.output_size)),
                ops.reshape(weights, (-1,)))
        return rows if self.readout.adds_up else replicas.gathered(*rows)


class _Epochs(keras.callbacks.Callback):
    """Tells the rule when an epoch starts, and the other callbacks what it brought."""

    def __init__(self, rule):
        super().__init__()
        self.rule = rule

    def on_epoch_begin(self, epoch, logs=None):
        self.rule.epochs += 1
        self.rule.losses = None

    def on_train_batch_end(self, batch, logs=None):
        self.rule.losses = None     # another callback may have evaluated on its way

    def on_epoch_end(self, epoch, logs=None):
        self.rule.settle(self.model, None)
        del logs["rows"]
        logs["loss"] = self.rule.loss


def _features(network):
    """From the input to what the readout sees, and to how much its steps count."""
    if not network.has_own_head:
        features = network.get_layer("y").input
    else:
        recurrent = _last_recurrent(network)
        features = Washout(network.washout)(Features(recurrent)(recurrent.input))
    return keras.Model(network.inputs, [features, Counted()(features)])


def _weights(network):
    """Kernel and bias of the readout."""
    if not network.has_own_head:
        layer = network.get_layer("y")
        return layer.kernel, layer.bias
    cell = _last_recurrent(network).cell
    return cell.output_kernel, cell.output_bias


def _last_recurrent(network):
    return [layer for layer in network.layers if isinstance(layer, Recurrent)][-1]
