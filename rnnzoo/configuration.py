"""How a layer of the zoo is written into a file: by its constructor's signature."""

import zlib

import keras

from rnnzoo.registry import arguments


class Configured:
    """Mixin for layers that keep each constructor argument under its own name.

    It writes the configuration from the signature, and makes Keras know the class, so
    that files load without `custom_objects`.
    """

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        package = cls.__module__.partition(".")[0]
        keras.saving.register_keras_serializable(package)(cls)

    def get_config(self):
        own = {name: plain(getattr(self, name)) for name in arguments(type(self))}
        return {**super().get_config(), **own}

    @classmethod
    def from_config(cls, config):
        return cls(**{name: revived(value) for name, value in config.items()})


def derived_seed(seed, name):
    """A seed of its own for each named use of one `seed`; None stays None."""
    return None if seed is None else zlib.crc32(f"{seed}/{name}".encode()) % 2**31


def plain(value):
    """A constructor argument as plain data."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if callable(value) and hasattr(value, "__name__"):
        return keras.activations.serialize(value)
    return keras.saving.serialize_keras_object(value)


def revived(value):
    """The constructor argument that `plain` made plain."""
    if isinstance(value, dict) and "class_name" in value:
        return keras.saving.deserialize_keras_object(value)
    return value
