"""`tf.data` pipelines: told from other data, and kept from tuning themselves."""

import sys


def is_dataset(x):
    """Whether it is a `tf.data.Dataset`, which comes from a TensorFlow that runs."""
    tf = sys.modules.get("tensorflow")
    return bool(tf) and isinstance(x, tf.data.Dataset)


def ahead(batches):
    """Batches made while the one before is used.

    Left to tune itself, a pipeline ends an epoch no sooner than its timer, which goes
    off after 10, 30, 70, 150, ... ms; small networks wait for longer than they train.
    """
    import tensorflow as tf

    fixed = tf.data.Options()
    fixed.autotune.enabled = False
    return batches.prefetch(2).with_options(fixed)
