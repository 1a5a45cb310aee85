"""Variables that Keras makes while TensorFlow traces the first step, made before.

Of a step that made any, TensorFlow throws the graph away and traces another one.
"""

import keras

from rnnzoo.devices.replicated import strategy_of
from rnnzoo.pipelines import is_dataset


def make_variables(network, batches, learns=False):
    """Makes those of the metrics, and of the optimizer where the network learns.

    Under a strategy Keras does so itself, and of other data than datasets only a batch
    would show their form.
    """
    traced = keras.backend.backend() == "tensorflow" and not network.run_eagerly
    if not traced or not is_dataset(batches) or strategy_of(network):
        return
    import tensorflow as tf

    @tf.function(autograph=False)
    def measured(data, p):
        x, y, weights = keras.utils.unpack_x_y_sample_weight(network.aligned(data))
        network.compute_metrics(x, y, p, weights)

    measured.get_concrete_function(batches.element_spec, tf.TensorSpec(
        network.outputs[0].shape, network.outputs[0].dtype))
    if learns and not network.optimizer.built:
        network.optimizer.build(network.trainable_variables)
