"""A step that is taken on several replicas, and teaches what it would on one device."""

import keras
from keras import ops


def context():
    """Of this replica, in a graph that runs on several; otherwise None."""
    if keras.backend.backend() != "tensorflow":
        return None
    import tensorflow as tf

    here = tf.distribute.get_replica_context()
    return here if here is not None and here.num_replicas_in_sync > 1 else None


def gathered(*parts):
    """Rows of all replicas, in the order of the batch."""
    here = context()
    if here is None:
        return parts

    import tensorflow as tf

    def whole(v):
        # As a copy, for of what is handed to a graph the device is not known.
        rows = here.all_gather(tf.identity(v), axis=0)
        rows.set_shape((None, *v.shape[1:]))    # which TensorFlow has forgotten
        return rows

    return tuple(map(whole, parts))


def train_step(model, *arguments):
    """Keras' `Model.train_step`, in which every step of a batch counts alike.

    Keras takes the mean of the replicas' losses, each of which is a mean over what is
    not masked there, however little that is.
    """
    here = context()
    if here is None:
        return keras.Model.train_step(model, *arguments)
    import tensorflow as tf

    x, y, weights = keras.utils.unpack_x_y_sample_weight(arguments[-1])
    with tf.GradientTape() as tape:
        p = model(x, training=True)
        share = _share_of_loss(here, model, x, y, p, weights, training=True)
        scaled = model.optimizer.scale_loss(share)
    trained = model.trainable_weights
    gradients = _brought_by_one(here, tape.gradient(scaled, trained))
    model.optimizer.apply_gradients(zip(gradients, trained))
    return _results(here, model, share, x, y, p, weights)


def test_step(model, *arguments):
    """Keras' `Model.test_step`, in which every step of a batch counts alike."""
    here = context()
    if here is None:
        return keras.Model.test_step(model, *arguments)
    x, y, weights = keras.utils.unpack_x_y_sample_weight(arguments[-1])
    p = model(x, training=False)
    share = _share_of_loss(here, model, x, y, p, weights, training=False)
    return _results(here, model, share, x, y, p, weights)


def _brought_by_one(here, gradients):
    """The sum of all replicas' gradients on the first one, and zeros on the others.

    Keras clips what each replica brings before it adds it up.
    """
    import tensorflow as tf

    first = here.replica_id_in_sync_group == 0

    def brought(gradient):
        if gradient is None:
            return None
        whole = here.all_reduce("SUM", gradient)
        if isinstance(whole, tf.IndexedSlices):     # of an embedding
            return tf.IndexedSlices(tf.where(first, whole.values, 0), whole.indices,
                                    whole.dense_shape)
        return tf.where(first, whole, 0)

    return [brought(gradient) for gradient in gradients]


def _share_of_loss(here, model, x, y, p, weights, training):
    """What this replica adds to the loss of the whole batch."""
    # Of Keras it is divided by the number of replicas already.
    mean = model.compute_loss(x, y, p, weights, training)
    mask = getattr(p, "_keras_mask", None)      # see models.metrics
    counted = ops.size(p[..., 0]) if mask is None else ops.sum(ops.cast(mask, "int32"))
    counted = ops.cast(counted, mean.dtype)
    return mean * ops.divide_no_nan(counted, here.all_reduce("MEAN", counted))


def _results(here, model, share, x, y, p, weights):
    loss = here.all_reduce("SUM", share)
    for metric in model.metrics:
        if metric.name == "loss":
            metric.update_state(loss, sample_weight=ops.shape(x)[0])
    return model.compute_metrics(x, y, p, weights)
