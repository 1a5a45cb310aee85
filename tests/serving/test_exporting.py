import subprocess
import sys

import keras
import numpy as np
import pytest

import rnnzoo
from rnnzoo.serving import export

ALONE = """
import sys
import numpy as np, tensorflow as tf
sys.modules["rnnzoo"] = None    # an import of it fails from here on
for number in "12":
    model = tf.saved_model.load(number)
    serve = model.signatures["serving_default"]
    (x,) = serve.structured_input_signature[1].values()
    assert x.name == "x" and x.shape[:2] == [None, None]
    y = serve(x=tf.constant(np.load(f"x{number}.npy")))
    np.save(f"y{number}.npy", y["y"])
"""


def small(**arguments):
    return rnnzoo.build("elman", task="tagging", output_size=3, units=4, **arguments)


def test_an_export_gives_the_same_numbers_where_rnnzoo_is_not(tmp_path):
    x = {"1": np.random.randn(2, 5, 3).astype("float32"),
         "2": np.array([[3, 4, 0]], "int32")}
    models = {"1": small(input_shape=(None, 3)), "2": small(vocabulary_size=6)}
    for number, model in models.items():
        assert export(model, str(tmp_path)) == tmp_path / number
        np.save(tmp_path / f"x{number}.npy", x[number])
    done = subprocess.run([sys.executable, "-I", "-c", ALONE], cwd=tmp_path,
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for number, model in models.items():
        served = np.load(tmp_path / f"y{number}.npy")
        expected = keras.ops.convert_to_numpy(model(x[number], training=False))
        np.testing.assert_allclose(served, expected, rtol=1e-6, atol=1e-7)


def test_a_version_is_never_overwritten(tmp_path):
    model = small(input_shape=(None, 3))
    assert export(model, tmp_path, 7) == tmp_path / "7"
    before = (tmp_path / "7" / "saved_model.pb").read_bytes()
    with pytest.raises(FileExistsError, match="never overwritten.*is 8"):
        export(model, tmp_path, 7)
    assert (tmp_path / "7" / "saved_model.pb").read_bytes() == before
    assert export(model, tmp_path) == tmp_path / "8"
