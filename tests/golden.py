"""What every network was when it was saved: `golden/<name>.json`.

    python -m tests.golden [name ...]

writes the files anew, in the root of the checkout. Do this for a new network, or where
old saves may be broken on purpose, and say why in the commit.
"""

import json
import sys
from pathlib import Path

import keras
import numpy as np

import rnnzoo

FOLDER = Path(__file__).with_suffix("")
FEATURES = 3


def layer(name):
    """The network's layer, its cell made by the arguments in the registry."""
    entry = rnnzoo.info(name)
    return rnnzoo.layers.Recurrent(
        entry.cls(**entry.example, name="cell"), return_sequences=True, name=name)


def describe(layer):
    """Weights and output of a layer, with numbers from a formula in the weights."""
    layer.build((None, None, FEATURES))
    weights = layer.weights
    layer.set_weights([wave(*w.shape) for w in weights])
    y = keras.ops.convert_to_numpy(layer(wave(2, 4, FEATURES)))
    return {"weights": [f"{w.path} {tuple(w.shape)}" for w in weights],
            "output": np.round(y.astype("float64"), 6).tolist()}


def wave(*shape):
    return np.sin(1 + np.arange(np.prod(shape))).reshape(shape).astype("float32")


def write(name):
    made = layer(name)
    golden = {"layer": keras.saving.serialize_keras_object(made), **describe(made)}
    (FOLDER / f"{name}.json").write_text(json.dumps(golden, indent=1) + "\n")


if __name__ == "__main__":
    for name in sys.argv[1:] or rnnzoo.list_models(task="tagging"):
        write(name)
