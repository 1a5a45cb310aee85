"""The layers that train modern Hopfield networks."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from rnnzoo.layers import Hopfield, HopfieldLayer, HopfieldPooling

STATES = np.random.default_rng(0).normal(size=(2, 5, 6)).astype("float32")
PATTERNS = np.random.default_rng(1).normal(size=(2, 7, 4)).astype("float32")
LAYERS = {
    "Hopfield": lambda **o: Hopfield(3, heads=2, output_size=4, seed=1, **o),
    "HopfieldPooling": lambda **o: HopfieldPooling(3, states=2, output_size=4, seed=1,
                                                   **o),
    "HopfieldLayer": lambda **o: HopfieldLayer(3, patterns=8, output_size=4, seed=1,
                                               **o),
}


def softmax(v):
    e = np.exp(v - v.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def by_hand(layer, states, patterns, beta, steps):
    """The paper's iteration, a head after the other."""
    w = {v.path.split("/")[-2]: np.asarray(v, "float64") for v in layer.weights
         if v.name == "kernel"}
    found = []
    for h in range(layer.heads):
        part = slice(h * layer.units, (h + 1) * layer.units)
        x, k = states @ w["to_state"][:, part], patterns @ w["to_pattern"][:, part]
        v = patterns @ w["to_value"][:, part]
        for _ in range(steps - 1):
            x = softmax(beta * x @ k.swapaxes(1, 2)) @ k
        found.append(softmax(beta * x @ k.swapaxes(1, 2)) @ v)
    return np.concatenate(found, -1) @ w["to_output"]


@pytest.mark.parametrize("beta", [None, 2.0, "trained"])
@pytest.mark.parametrize("steps", [1, 3])
def test_it_is_the_iteration_of_the_paper(steps, beta):
    layer = Hopfield(3, heads=2, beta=beta, steps=steps)
    found = layer(STATES, PATTERNS)
    number = beta if beta == 2.0 else 3 ** -0.5
    np.testing.assert_allclose(
        found, by_hand(layer, STATES, PATTERNS, number, steps), atol=1e-5)


def test_one_step_is_keras_multi_head_attention():
    attention = keras.layers.MultiHeadAttention(2, 3, use_bias=False)
    wanted = attention(STATES, PATTERNS)
    layer = Hopfield(3, heads=2)
    layer(STATES, PATTERNS)
    query, key, value, output = attention.get_weights()
    layer.to_state.kernel.assign(query.reshape(6, 6))
    layer.to_pattern.kernel.assign(key.reshape(4, 6))
    layer.to_value.kernel.assign(value.reshape(4, 6))
    layer.to_output.kernel.assign(output.reshape(6, 6))
    np.testing.assert_allclose(layer(STATES, PATTERNS), wanted, atol=1e-5)


def test_masked_patterns_have_no_share():
    mask = np.ones((2, 7), bool)
    mask[:, 4:] = False
    for layer, of in ((Hopfield(3), lambda p, m: layer(STATES, p, patterns_mask=m)),
                      (HopfieldPooling(3), lambda p, m: layer(p, mask=m))):
        wanted = of(PATTERNS[:, :4], None)
        other = np.where(mask[..., None], PATTERNS, 9).astype("float32")
        np.testing.assert_allclose(of(other, mask), wanted, atol=1e-6)
    assert np.isfinite(layer(PATTERNS, mask=np.zeros((2, 7), bool))).all()


def test_masks_come_from_the_layers_below():
    x = keras.Input((None,), dtype="int32")
    embedded = keras.layers.Embedding(9, 4, mask_zero=True)(x)
    model = keras.Model(x, HopfieldPooling(3)(Hopfield(3)(embedded)))
    padded = model(np.array([[3, 5, 0, 0]]))
    np.testing.assert_allclose(padded, model(np.array([[3, 5]])), atol=1e-6)


def test_the_associations_are_returned():
    output, shares = Hopfield(3, heads=2)(STATES, PATTERNS, return_associations=True)
    assert output.shape == (2, 5, 6) and shares.shape == (2, 2, 5, 7)
    np.testing.assert_allclose(np.sum(shares, -1), 1, atol=1e-6)


@pytest.mark.parametrize("name, dtype, jit_compile", [
    ("Hopfield", "float32", True), ("Hopfield", "mixed_bfloat16", False),
    ("HopfieldPooling", "float32", False), ("HopfieldLayer", "float32", False)])
def test_a_model_trains_saves_and_exports(name, dtype, jit_compile, tmp_path):
    x = keras.Input((None, 6), name="x")
    y = LAYERS[name](dtype=dtype, beta="trained", steps=2, dropout=0.1)(x)
    if len(y.shape) == 3:
        y = keras.layers.GlobalAveragePooling1D()(y)
    model = keras.Model(x, keras.layers.Dense(2, dtype="float32")(y))
    model.compile("adam", "mse", jit_compile=jit_compile)
    before = model.get_weights()
    model.fit(STATES, np.ones((2, 2)), epochs=2, verbose=0)
    assert all(np.any(a != b) for a, b in zip(before, model.get_weights())
               if a.dtype == "float32")
    wanted = model.predict(STATES, verbose=0)
    model.save(tmp_path / "m.keras")
    loaded = keras.models.load_model(tmp_path / "m.keras")
    tolerance = 1e-5 if dtype == "float32" else 5e-2
    np.testing.assert_allclose(loaded.predict(STATES, verbose=0), wanted,
                               atol=tolerance)
    model.export(tmp_path / "served", verbose=False)
    served = tf.saved_model.load(tmp_path / "served")
    np.testing.assert_allclose(served.serve(STATES), wanted, atol=tolerance)


@pytest.mark.parametrize("name", LAYERS)
def test_one_seed_gives_the_same_weights(name):
    first, second = LAYERS[name](), LAYERS[name]()
    np.testing.assert_array_equal(first(STATES), second(STATES))


def test_arguments_out_of_range_are_refused():
    for arguments in ({"units": 0}, {"units": 3, "beta": -1}, {"units": 3, "steps": 0},
                      {"units": 3, "beta": "learned"}):
        with pytest.raises(ValueError, match="received"):
            Hopfield(**arguments)
    with pytest.raises(ValueError, match="`patterns` is a positive"):
        HopfieldLayer(3, patterns=0)
