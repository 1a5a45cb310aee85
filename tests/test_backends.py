"""Networks trained on TensorFlow predict the same on JAX, and train there."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from zoo import SEQUENCES

import rnnzoo

pytestmark = pytest.mark.skipif(importlib.util.find_spec("jax") is None,
                                reason="the JAX backend is optional")

INPUTS = {"x": {"input_shape": (None, 3)}, "tokens": {"vocabulary_size": 6}}
PADDED = 3      # steps at the end of every second sequence of tokens

ON_JAX = """
import sys
import keras, numpy as np
import rnnzoo
import tensorflow as tf

assert keras.backend.backend() == "jax"
data = np.load("data.npz")
found = {}
for name in sys.argv[1:]:
    for kind in ("x", "tokens"):
        model = keras.saving.load_model(f"{name}_{kind}.keras")
        found[f"{name}_{kind}"] = model.predict(data[kind], verbose=0)
    # The token model is the last; the second sequence of each pair is padded.
    shorter = data["tokens"][1::2, :-int(data["padded"])]
    found[f"{name}_shorter"] = model.predict(shorter, verbose=0)
    found[f"{name}_losses"] = [
        rnnzoo.build(
            name, task="tagging", input_shape=(None, 3), output_size=3, units=4,
            layers=2, bidirectional=True, dropout=0.3, recurrent_dropout=rate, seed=1,
            readout="gradient",
        ).fit(data["x"], data["y"], batch_size=4, shuffle=False, verbose=0
              ).history["loss"][0]
        for rate in (0.3, 0.3, 0.0)
    ]
batches = tf.data.Dataset.from_tensor_slices((data["x"], data["y"])).batch(4)
found["fed"] = [
    rnnzoo.build("elman", task="tagging", input_shape=(None, 3), output_size=3, units=4,
                 seed=1).fit(*fed, shuffle=False, verbose=0).history["loss"][0]
    for fed in ((data["x"], data["y"], 4), (batches,))
]
model = rnnzoo.build("lstm", task="tagging", input_shape=(None, 3), output_size=3,
                     units=4, seed=1)
stream = rnnzoo.Stream(model, rows=8)
streamed = np.stack([stream.step(x) for x in data["x"].swapaxes(0, 1)], axis=1)
found["streamed"] = streamed, model.predict(data["x"], verbose=0)
np.savez("jax.npz", **found)
"""


@pytest.fixture(scope="module")
def numbers(tmp_path_factory):
    """Predictions here and on JAX, and losses there: pair of dictionaries."""
    folder = tmp_path_factory.mktemp("backends")
    random = np.random.default_rng(0)
    data = {"x": random.normal(size=(8, 6, 3)).astype("float32"),
            "tokens": random.integers(1, 6, (8, 6)).astype("int32"),
            "y": random.integers(0, 3, (8, 6)), "padded": PADDED}
    data["tokens"][1::2, -PADDED:] = 0
    np.savez(folder / "data.npz", **data)
    here = {}
    for name in SEQUENCES:
        for kind, arguments in INPUTS.items():
            model = rnnzoo.build(name, task="tagging", output_size=3, units=4,
                                 bidirectional=True, seed=1, **arguments)
            model.run_eagerly = True                # the quickest to start
            model.fit(data[kind], data["y"], batch_size=4, verbose=0)
            model.run_eagerly = False
            model.save(folder / f"{name}_{kind}.keras")
            here[f"{name}_{kind}"] = model(data[kind], training=False).numpy()
    root = str(Path(rnnzoo.__file__).parent.parent)
    path = os.pathsep.join([root, os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-c", ON_JAX, *SEQUENCES], cwd=folder, capture_output=True,
        text=True, env={**os.environ, "KERAS_BACKEND": "jax", "PYTHONPATH": path,
                        # What XLA makes of JAX's programs is not what is tested, and
                        # many are the same.
                        "JAX_DISABLE_MOST_OPTIMIZATIONS": "1",
                        "JAX_COMPILATION_CACHE_DIR": str(folder / "compiled"),
                        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
                        "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1"})
    assert done.returncode == 0, done.stderr
    return here, np.load(folder / "jax.npz")


@pytest.mark.parametrize("kind", INPUTS)
@pytest.mark.parametrize("name", SEQUENCES)
def test_a_file_from_tensorflow_predicts_the_same_on_jax(numbers, name, kind):
    here, jax = numbers
    np.testing.assert_allclose(jax[f"{name}_{kind}"], here[f"{name}_{kind}"],
                               rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", SEQUENCES)
def test_padding_changes_nothing_on_jax(numbers, name):
    jax = numbers[1]
    np.testing.assert_allclose(jax[f"{name}_tokens"][1::2, :-PADDED],
                               jax[f"{name}_shorter"], rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", SEQUENCES)
def test_a_seed_fixes_training_with_dropout_on_jax(numbers, name):
    first, again, without = numbers[1][f"{name}_losses"]
    assert np.isfinite(first) and first == again
    assert without != first                     # so recurrent dropout did act


def test_datasets_of_tensorflow_are_learned_from_on_jax(numbers):
    of_arrays, of_a_dataset = numbers[1]["fed"]
    assert of_a_dataset == of_arrays


def test_streams_on_jax_answer_as_the_network_there(numbers):
    streamed, whole = numbers[1]["streamed"]
    np.testing.assert_allclose(streamed, whole, rtol=0, atol=1e-6)
