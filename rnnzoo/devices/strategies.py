"""The strategy for the devices that are asked for."""

import warnings
from contextlib import nullcontext
from functools import cache

import keras
import tensorflow as tf

from rnnzoo.devices import clusters
from rnnzoo.devices.replicated import scope_of, strategy_of


def chosen(devices=None, strategy=None):
    """The strategy to train under; it must be asked for before TensorFlow computes.

    Args:
        devices: "all" GPUs of this machine, a number of them, or "cpu"; None leaves the
            choice to TensorFlow, which takes one. Where a processor was cut into
            logical devices, and there are no GPUs, these stand for them.
        strategy: of `tf.distribute`, to be taken instead.

    Returns:
        `strategy`; one of the machines in `TF_CONFIG`, if that is set; one of several
        devices, if several are asked for; or else None.

    Raises:
        ValueError: there are not so many devices, or `TF_CONFIG` is wrong.
        NotImplementedError: `strategy` cannot train Keras models.
        OSError: another machine cannot be reached.
    """
    if strategy is not None and devices is not None:
        raise ValueError("Give `devices` or `strategy`, and not both.")
    if tf.distribute.has_strategy():
        raise ValueError("`train` enters the scope of a strategy itself: leave the "
                         "scope, and give it as `strategy`.")
    check(strategy)
    if strategy is not None:
        return strategy
    names = _of_this_machine(devices)
    if cluster := clusters.stated():
        return cluster.join()
    return _mirrored(tuple(names)) if len(names) > 1 else None


def check(strategy):
    """Refuses what does not train on TensorFlow, and warns of what is untested.

    Args:
        strategy: None for one device.

    Raises:
        NotImplementedError: says why.
    """
    if keras.distribution.distribution() is not None:
        raise NotImplementedError(
            "keras.distribution does nothing on TensorFlow: all would run on one "
            "device, without a word. Unset it and build in the scope of a tf.distribute"
            ".MirroredStrategy, or set KERAS_BACKEND=jax.")
    if isinstance(strategy, tf.distribute.ParameterServerStrategy):
        raise NotImplementedError(
            "Keras 3 does not train under ParameterServerStrategy: its `fit` knows no "
            "coordinator. Use MirroredStrategy or MultiWorkerMirroredStrategy.")
    if isinstance(strategy, tf.distribute.TPUStrategy):
        warnings.warn("TPUStrategy is untested. Give sequences one length and batches "
                      "one size, for XLA compiles every shape anew.", stacklevel=4)


def scope(strategy):
    """The scope of a strategy, or of none."""
    return strategy.scope() if strategy else nullcontext()


def count(strategy):
    """Number of replicas."""
    return strategy.num_replicas_in_sync if strategy else 1


def is_chief(strategy):
    """Whether this process is the one that writes; there is one among machines."""
    resolver = getattr(strategy, "cluster_resolver", None)
    if resolver is None or resolver.task_type is None:
        return True
    return resolver.task_type == "chief" or (
        resolver.task_id == 0 and not resolver.cluster_spec().as_dict().get("chief"))


def alone(model):
    """The model, or if it has replicas a copy of it that has none."""
    if not strategy_of(model):
        return model
    copy = type(model).from_config(model.get_config())
    for each in (copy, model):
        with scope_of(each):
            each.optimizer.build(each.trainable_variables)
    for those, these in ((copy.variables, model.variables),
                         (copy.optimizer.variables, model.optimizer.variables)):
        for that, this in zip(those, these, strict=True):
            that.assign(this.numpy())
    return copy


@cache
def _mirrored(names):
    """One for all runs of a process: messages of a second would meet the first's."""
    return tf.distribute.MirroredStrategy(names)


def _of_this_machine(devices):
    """Names of the devices to train on, GPUs that are not among them being hidden."""
    if devices is None:
        return []
    if devices not in ("all", "cpu") and (type(devices) is not int or devices < 1):
        raise ValueError('`devices` is "all", "cpu" or a number of GPUs; received '
                         f"{devices!r}.")
    gpus = tf.config.list_physical_devices("GPU")
    found = [f"GPU:{number}" for number in range(len(gpus))] or _cut_processors()
    if devices == "cpu":
        wanted = []
    elif devices == "all" and found:
        wanted = found
    elif devices != "all" and devices <= len(found):
        wanted = found[:devices]
    else:
        asked = "all" if devices == "all" else f"{devices} of the"
        raise ValueError(
            f"devices={devices} asks for {asked} GPUs of this machine, and TensorFlow "
            f"sees {len(found) or 'none'}. See what nvidia-smi says, and whether "
            "tensorflow[and-cuda] is installed, or train with devices=cpu.")
    if len(wanted) < len(gpus):
        try:
            tf.config.set_visible_devices(gpus[:len(wanted)], "GPU")
        except RuntimeError as error:
            raise ValueError(
                f"devices={devices} comes too late: TensorFlow has taken its devices "
                "already. Ask for them first in a new process.") from error
    return wanted


def _cut_processors():
    """The logical devices of a processor that was cut into several."""
    processor, = tf.config.list_physical_devices("CPU")
    parts = tf.config.get_logical_device_configuration(processor) or ()
    return [f"CPU:{number}" for number in range(len(parts))]
