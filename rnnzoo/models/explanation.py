"""Which way each recurrent layer is computed, and why."""

import keras

from rnnzoo.layers import Recurrent


def explain(model):
    """Which path each recurrent layer of a model takes in `fit` here, and why.

    Returns:
        A table, to be printed: layer, path, reason.
    """
    rows = [("layer", "path", "why"),
            *((layer.name, *layer.path()) for layer in _recurrent_layers(model))]
    widths = [max(map(len, column)) for column in zip(*rows)]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)


def _recurrent_layers(layer):
    if isinstance(layer, Recurrent):
        yield layer
    elif isinstance(layer, keras.layers.Bidirectional):
        yield from _recurrent_layers(layer.forward_layer)
        yield from _recurrent_layers(layer.backward_layer)
    elif isinstance(layer, keras.layers.Wrapper):
        yield from _recurrent_layers(layer.layer)
    for part in getattr(layer, "layers", []):
        yield from _recurrent_layers(part)
