"""Named layers: Keras' arguments, Keras' numbers, and what Keras lacks."""

import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from rnnzoo import layers
from rnnzoo.cells import Cell, ElmanCell, State
from rnnzoo.layers import Recurrent

X = np.random.default_rng(0).normal(size=(4, 6, 3)).astype("float32")
MASK = np.array([[1, 1, 1, 1, 1, 1], [1, 1, 1, 0, 0, 0], [0, 0, 1, 1, 1, 1],
                 [1, 0, 1, 0, 0, 1]], bool)
PAIRS = {
    "elman": (layers.Elman, keras.layers.SimpleRNN, {}),
    "lstm": (layers.LSTM, keras.layers.LSTM, {}),
    "gru": (layers.GRU, keras.layers.GRU, {}),
    "gru reset before": (layers.GRU, keras.layers.GRU, {"reset_after": False}),
    "lstm without bias": (layers.LSTM, keras.layers.LSTM, {"use_bias": False}),
    "gru without bias": (layers.GRU, keras.layers.GRU, {"use_bias": False}),
    "elman relu": (layers.Elman, keras.layers.SimpleRNN, {"activation": "relu"}),
}
CALLS = {
    "plain": {}, "backwards": {"go_backwards": True}, "unrolled": {"unroll": True},
    "zeros for mask": {"zero_output_for_mask": True},
    "last output": {"return_sequences": False},
}


def both(pair, **options):
    ours, theirs, arguments = PAIRS[pair]
    options = {"return_sequences": True, **arguments, **options}
    ours, theirs = ours(5, **options), theirs(5, **options)
    for layer in (ours, theirs):
        layer.build(X.shape)
    rng = np.random.default_rng(1)
    theirs.set_weights([rng.normal(size=w.shape, scale=0.5) for w in theirs.weights])
    ours.set_weights(theirs.get_weights())
    return ours, theirs


def run(layer, mask):
    @tf.function
    def gradients(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = layer(x, mask=mask, training=True)
            loss = tf.reduce_sum(tf.sin(y) * tf.range(1.0, 6.0))
        return y, tape.gradient(loss, [x, *[w.value for w in layer.trainable_weights]])
    return tf.nest.flatten(gradients(tf.constant(X)))


@pytest.mark.parametrize("pair, call, mask", [
    *[(pair, "plain", None) for pair in PAIRS],
    *[(pair, call, MASK) for pair in ("elman", "lstm", "gru", "gru reset before")
      for call in CALLS]])
def test_weights_from_keras_give_keras_outputs_and_gradients(pair, call, mask):
    ours, theirs = both(pair, **CALLS[call])
    assert [(w.name, w.shape) for w in ours.weights] == [
        (w.name, w.shape) for w in theirs.weights]
    for a, b in zip(run(ours, mask), run(theirs, mask), strict=True):
        np.testing.assert_allclose(a, b, atol=2e-5, rtol=2e-5)


@pytest.mark.parametrize("pair", ["elman", "lstm", "gru"])
def test_the_defaults_are_those_of_keras(pair):
    ours, theirs, _ = PAIRS[pair]
    ours, theirs = ours(5), theirs(5)
    for layer in (ours, theirs):
        layer.build(X.shape)
    for mine, other in zip(ours.get_weights(), theirs.get_weights()):
        if mine.ndim == 1 or np.all(other == 0):
            np.testing.assert_array_equal(mine, other)
    recurrent = ours.get_weights()[1]
    np.testing.assert_allclose(recurrent @ recurrent.T, np.eye(5), atol=1e-5)


def test_states_go_out_and_come_back_in():
    layer = layers.LSTM(5, return_state=True, return_sequences=True)
    whole, *last = layer(X)
    first, *states = layer(X[:, :2])
    second, *end = layer(X[:, 2:], initial_state=states)
    np.testing.assert_allclose(np.concatenate([first, second], 1), whole, atol=1e-6)
    for a, b in zip(end, last):
        np.testing.assert_allclose(a, b, atol=1e-6)


def test_an_initial_state_of_the_wrong_shape_is_refused_by_name():
    layer = layers.LSTM(5)
    with pytest.raises(ValueError, match=r"h \(batch, 5\), c \(batch, 5\)"):
        layer(X, initial_state=[np.zeros((4, 5), "float32")])


def test_a_trained_initial_state_is_a_weight_with_a_gradient():
    layer = layers.LSTM(5, trainable_initial_state=True)
    layer.build(X.shape)
    assert [w.name for w in layer.initial_weights] == ["initial_h", "initial_c"]
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(layer(X, training=True))
    gradients = tape.gradient(loss, [w.value for w in layer.initial_weights])
    assert all(np.abs(g).max() > 0 for g in gradients)
    layer.initial_weights[0].assign(np.full(5, 0.3))
    np.testing.assert_allclose(layer.get_initial_state(2)[0], np.full((2, 5), 0.3))


def test_a_stateful_layer_goes_on_where_it_stopped_and_back_to_its_own_start():
    layer = layers.Elman(5, stateful=True, trainable_initial_state=True,
                         return_sequences=True)
    whole = layers.Elman(5, trainable_initial_state=True, return_sequences=True)
    whole.build(X.shape)
    layer.build(X.shape)
    start = np.linspace(-1, 1, 5)
    whole.initial_weights[0].assign(start)
    layer.cell.set_weights(whole.cell.get_weights())
    layer.initial_weights[0].assign(start)
    layer.reset_state()
    for _ in range(2):
        parts = [layer(X[:, :2]), layer(X[:, 2:])]
        np.testing.assert_allclose(np.concatenate(parts, 1), whole(X), atol=1e-6)
        layer.reset_state()


class Counting(Cell):
    """Counts its steps in an integer state beside a matrix."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.states = {"n": State((1,), "int32", 7), "m": State((2, 3), initial=0.5)}
        self.output_size = 2

    def build(self, input_shape):
        self.kernel = self.weight("kernel", input_shape[-1], 2)

    def project(self, x):
        return x @ self.kernel

    def step(self, z, states, product):
        n, m = states
        return z, [n + 1, m + z[..., None]]


def test_states_keep_their_dtype_and_shape_symbolically_and_really():
    layer = Recurrent(Counting(), return_state=True)
    x = keras.Input((None, 3))
    symbolic = layer(x)
    assert [tuple(s.shape) for s in symbolic] == [(None, 2), (None, 1), (None, 2, 3)]
    assert symbolic[1].dtype == "int32"
    _, n, m = keras.Model(x, symbolic)(X)
    assert n.dtype == tf.int32 and np.all(n == 7 + X.shape[1])
    assert m.shape == (4, 2, 3)


def test_the_mask_of_a_backwards_layer_is_turned_round_with_its_output():
    layer = layers.Elman(5, go_backwards=True, return_sequences=True)
    np.testing.assert_array_equal(layer.compute_mask(X, MASK), MASK[:, ::-1])


def rows_of_a_counter(recurrent_initializer, **options):
    """What one linear unit with kernels of 1 answers to ones, as a set of rows."""
    layer = layers.Elman(1, activation="linear", use_bias=False, seed=0,
                         kernel_initializer="ones", return_sequences=True,
                         recurrent_initializer=recurrent_initializer, **options)
    ones = np.ones((200, 4, 1), "float32")
    answers = (np.asarray(layer(ones, training=training)) for training in (True, False))
    return [{tuple(row) for row in y[..., 0].tolist()} for y in answers]


def test_recurrent_dropout_drops_the_same_units_at_every_step():
    dropped, kept = (1, 1, 1, 1), (1, 3, 7, 15)        # kept states count twice
    assert rows_of_a_counter("ones", recurrent_dropout=0.5) == [
        {dropped, kept}, {(1, 2, 3, 4)}]


def test_dropout_drops_the_same_features_at_every_step():
    assert rows_of_a_counter("zeros", dropout=0.5) == [{(0,) * 4, (2,) * 4}, {(1,) * 4}]


def test_a_layer_made_untrainable_does_not_train():
    for layer in (layers.LSTM(4, trainable=False),
                  Recurrent(ElmanCell(4), trainable=False)):
        model = keras.Sequential([keras.Input((None, 3)), layer, keras.layers.Dense(1)])
        model.compile("sgd", "mse")
        before = layer.get_weights()
        model.fit(X, np.ones((4, 1)), verbose=0)
        for a, b in zip(before, layer.get_weights(), strict=True):
            np.testing.assert_array_equal(a, b)
        assert len(model.trainable_weights) == 2


def test_the_states_of_a_stateful_layer_are_no_weights():
    stateful, plain = layers.LSTM(4, stateful=True), layers.LSTM(4)
    stateful.build(X.shape)
    plain.build(X.shape)
    stateful.set_weights(plain.get_weights())
    np.testing.assert_array_equal(stateful(X), plain(X))
    assert [w.name for w in stateful.weights] == [w.name for w in plain.weights]


def test_both_directions_of_a_seeded_layer_start_differently_but_alike_each_time():
    first = keras.layers.Bidirectional(layers.LSTM(4, seed=1))
    again = keras.layers.Bidirectional(layers.LSTM(4, seed=1))
    first.build(X.shape)
    again.build(X.shape)
    for a, b in zip(first.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    ahead, back = first.forward_layer.cell.kernel, first.backward_layer.cell.kernel
    assert np.abs(np.asarray(ahead) - np.asarray(back)).max() > 0.1


class Sum(ElmanCell):
    """Reads a dictionary of two inputs."""

    def project(self, x):
        return super().project(x["a"] + x["b"])


def test_a_dictionary_is_a_nest_too():
    cell = Sum(4, seed=1)
    y = Recurrent(cell)({"a": X, "b": X})
    plain = Recurrent(ElmanCell(4))
    plain.build(X.shape)
    plain.set_weights(cell.get_weights())
    np.testing.assert_allclose(y, plain(2 * X), atol=1e-6)


@pytest.mark.parametrize("call, message", [
    (lambda: layers.LSTM(4)(X[0]), "batch, time, features"),
    (lambda: layers.LSTM(4)(X[None]), "batch, time, features"),
    (lambda: layers.LSTM(4)(X, mask=MASK[:, :3]), "3 steps"),
    (lambda: layers.LSTM(0), "positive integers"),
    (lambda: layers.LSTM(2.5), "positive integers"),
    (lambda: layers.LSTM(4)(X, context=X), "takes no `context`"),
    (lambda: layers.LSTM(4, use_bias=False, kernal_initializer="zeros")(X),
     "'kernel_initializer'"),
])
def test_wrong_use_of_a_layer_is_answered_in_words(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_a_foreign_cell_is_refused_with_the_way_out():
    with pytest.raises(TypeError, match="keras.layers.RNN"):
        Recurrent(keras.layers.SimpleRNNCell(3))


def test_a_rule_for_no_weight_is_refused_with_the_nearest_one():
    layer = layers.Elman(3, recurent_initializer="zeros")
    with pytest.raises(ValueError, match="recurrent_kernel_initializer"):
        layer(X)


def test_regularizers_and_constraints_reach_their_weight():
    layer = layers.Elman(3, recurrent_regularizer="l2", kernel_constraint="non_neg")
    layer.build(X.shape)
    assert len(layer.losses) == 1
    assert isinstance(layer.cell.kernel.constraint, keras.constraints.NonNeg)


def test_an_unknown_layer_is_answered_with_the_nearest_one():
    with pytest.raises(AttributeError, match="'Elman'"):
        layers.Ellman


def test_named_layers_take_the_arguments_of_cell_and_layer_and_reload():
    layer = layers.Jordan(4, 2, decay=0.3, return_sequences=True, name="mine")
    again = type(layer).from_config(layer.get_config())
    assert isinstance(again, Recurrent) and again.name == "mine"
    assert again.cell.decay == 0.3 and again.return_sequences


def test_named_layers_load_where_nothing_but_rnnzoo_is_imported(tmp_path):
    model = keras.Sequential([keras.Input((None, 3)), layers.Jordan(4, 2)])
    model.save(tmp_path / "m.keras")
    np.save(tmp_path / "x.npy", X)
    program = ("import keras, numpy as np, rnnzoo;"
               "model = keras.models.load_model('m.keras');"
               "np.save('y.npy', model.predict(np.load('x.npy'), verbose=0))")
    subprocess.run([sys.executable, "-c", program], cwd=tmp_path, check=True)
    expected = model.predict(X, verbose=0)
    np.testing.assert_array_equal(np.load(tmp_path / "y.npy"), expected)


def test_keras_own_loop_runs_our_cells():
    cell = ElmanCell(5)
    theirs, ours = keras.layers.RNN(cell), Recurrent(cell)
    np.testing.assert_allclose(theirs(X), ours(X), atol=1e-6)


def test_pure_bfloat16_starts_orthogonal():
    layer = layers.Elman(5, dtype="bfloat16")
    layer.build(X.shape)
    recurrent = np.asarray(layer.cell.recurrent_kernel, "float32")
    np.testing.assert_allclose(recurrent @ recurrent.T, np.eye(5), atol=0.05)
