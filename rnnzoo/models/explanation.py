"""Which way each recurrent layer is computed, and why."""

from contextlib import nullcontext

import keras

from rnnzoo.layers import Recurrent


def explain(model):
    """Which path each recurrent layer of a model takes in `fit` here, and why.

    Returns:
        A table, to be printed: layer, path, reason.
    """
    eagerly = getattr(model, "run_eagerly", False)
    with _strategy_of(model):
        rows = [("layer", "path", "why"),
                *((layer.name, *layer.path(eagerly))
                  for layer in _recurrent_layers(model))]
    widths = [max(map(len, column)) for column in zip(*rows)]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)


def _strategy_of(model):
    strategy = getattr(model, "distribute_strategy", None)      # TensorFlow's only
    return strategy.scope() if strategy else nullcontext()


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
