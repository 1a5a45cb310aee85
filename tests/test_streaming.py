"""A network read in pieces gives what it gives as a whole."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from streamed import IDS, X, network, of_symbols
from zoo import SEQUENCES

import rnnzoo
from rnnzoo.cells import Cell, State
from rnnzoo.layers import Recurrent
from rnnzoo.models.streaming import Stepper


def answers(model, x):
    """Of one step after another, with the step traced once for any batch."""
    stepper = Stepper(model)
    first = tf.TensorSpec((None, *x.shape[2:]), x.dtype)
    states = {name: tf.TensorSpec((None, *shape), dtype)
              for name, (shape, dtype) in stepper.states.items()}
    step = tf.function(stepper.step).get_concrete_function(first, states)
    states, found = stepper.initial_state(len(x)), []
    for t in range(x.shape[1]):
        y, states = step(x[:, t], states)
        found.append(y)
    return np.stack(found, axis=1)


def whole(model, x):
    return keras.ops.convert_to_numpy(model(x))


def assert_steps_are_the_whole(model, x, tolerance=1e-6):
    np.testing.assert_allclose(answers(model, x), whole(model, x), atol=tolerance)


@pytest.mark.parametrize("name", SEQUENCES)
def test_every_network_steps_as_it_predicts(name):
    assert_steps_are_the_whole(
        network(name, layers=2, context=(2, 0), dropout=0.2, input_shape=(7, 3),
                trainable_initial_state=True), X, 1e-5)


@pytest.mark.parametrize("name", SEQUENCES)
def test_padding_before_within_and_after_changes_no_answer(name):
    assert_steps_are_the_whole(
        of_symbols(name, layers=2, context=(1, 0), embedding=None), IDS, 1e-5)


def test_reservoirs_with_closed_form_readouts_step_too():
    for feedback in (False, True):
        model = network("esn", units=20, readout="ridge", washout=3, feedback=feedback)
        model.fit(X, X, verbose=0)
        assert_steps_are_the_whole(model, X, 1e-5)


@pytest.mark.parametrize("policy", ["float64", "mixed_bfloat16", "mixed_float16"])
def test_steps_compute_in_the_precision_of_the_network(policy):
    keras.config.set_dtype_policy(policy)
    try:
        model = of_symbols("lstm", layers=2)
    finally:
        keras.config.set_dtype_policy("float32")
    stepper = Stepper(model)
    assert stepper.states["lstm.h"] == ((4,), keras.DTypePolicy(policy).compute_dtype)
    assert_steps_are_the_whole(model, IDS, {"float64": 1e-6}.get(policy, 1e-2))


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_one_answer_a_sequence_is_the_one_for_the_steps_so_far(task):
    model = of_symbols("gru", task=task, layers=2)
    found = answers(model, IDS)
    for t in range(1, 8):
        np.testing.assert_allclose(
            found[:, t - 1], whole(model, IDS[:, :t]), atol=1e-6)


@pytest.mark.parametrize("cut", [1, 3, 6])
def test_a_sequence_may_be_cut_anywhere(cut):
    for model, x in ((network("lstm", context=(2, 0)), X),
                     (of_symbols("lstm", context=(4, 0)), IDS)):
        stepper = Stepper(model)
        before, states = stepper.read(x[:, :cut], stepper.initial_state(4))
        after, _ = stepper.read(x[:, cut:], states)
        np.testing.assert_allclose(np.concatenate([before, after], axis=1),
                                   whole(model, x), atol=1e-6)


def test_states_have_names_of_their_own_in_the_order_of_the_layers():
    stepper = Stepper(of_symbols("lstm", layers=2, context=(1, 0)))
    assert list(stepper.states) == ["context_window.past", "lstm.h", "lstm.c",
                                    "lstm_1.h", "lstm_1.c", "answer"]
    again = Stepper(of_symbols("lstm", layers=2, context=(1, 0)))
    assert again.states == stepper.states
    assert stepper.states["context_window.past"] == ((1, 5), "float32")


class CountingCell(Cell):
    """Adds its input to a total and counts the steps, in whole numbers."""

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = self.output_size = units
        self.states = {"count": State((), "int32", 3), "total": (2 * units)}

    def project(self, x):
        return x[..., :self.units]

    def step(self, z, states, product):
        count, total = states
        total = total + keras.ops.concatenate([z, 2 * z], axis=-1)
        y = total[:, self.units:] / keras.ops.cast(count, z.dtype)[:, None]
        return y, [count + 1, total]


def test_integer_states_start_and_stay_as_they_are():
    x = keras.Input((None, 3), name="x")
    y = Recurrent(CountingCell(3), return_sequences=True)(x)
    model = rnnzoo.models.Network(x, keras.layers.Activation("linear", name="y")(y))
    stepper = Stepper(model.describe(network().arguments, network().rule))
    assert stepper.states["counting_cell.count"] == ((), "int32")
    np.testing.assert_array_equal(
        stepper.initial_state(2)["counting_cell.count"], [3, 3])
    assert_steps_are_the_whole(model, X)


def test_nothing_is_left_in_the_network():
    model = network("lstm")
    before = whole(model, X)
    stepper = Stepper(model)
    states = stepper.initial_state(4)
    first, _ = stepper.step(X[:, 0], states)
    again, _ = stepper.step(X[:, 0], states)
    np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal(whole(model, X), before)


def test_new_weights_are_heard_of_without_a_new_trace():
    model = network()
    stepper = Stepper(model)
    step, states = tf.function(stepper.step), stepper.initial_state(4)
    step(X[:, 0], states)
    model.fit(X, X, epochs=2, verbose=0)
    np.testing.assert_allclose(step(X[:, 0], states)[0], whole(model, X)[:, 0],
                               atol=1e-6)


def test_a_step_is_served_with_its_states_by_name(tmp_path):
    model = of_symbols("lstm", context=(1, 0))
    stepper = Stepper(model)
    module = tf.Module()
    module.weights = model.variables

    @tf.function(input_signature=[tf.TensorSpec((None,), "int32", "x"), {
        name: tf.TensorSpec((None, *shape), dtype, name)
        for name, (shape, dtype) in stepper.states.items()}])
    def step(x, states):
        y, states = stepper.step(x, states)
        return {"y": y, **states}

    tf.saved_model.save(module, str(tmp_path), {"step": step})
    loaded = tf.saved_model.load(str(tmp_path))
    served, states = loaded.signatures["step"], stepper.initial_state(4)
    for t in range(7):
        y = served(x=tf.constant(IDS[:, t], "int32"), **states)
        wanted, states = stepper.step(IDS[:, t], states)
        np.testing.assert_allclose(y["y"], wanted, atol=1e-6)
        assert set(y) == {"y", *states}


@pytest.mark.parametrize("changes, message", [
    ({"bidirectional": True}, "bidirectional=False"),
    ({"context": (1, 2)}, r"context=\(1, 0\)"),
    ({"task": "regression", "pooling": "mean"}, 'pooling="last"'),
])
def test_what_cannot_stream_says_why(changes, message):
    with pytest.raises(ValueError, match=f"cannot run step by step.*{message}"):
        Stepper(network(**changes))


def test_layers_that_say_nothing_of_streams_are_refused():
    x = keras.Input((None, 3), name="x")
    model = rnnzoo.models.Network(
        x, keras.layers.Conv1D(3, 2, padding="same", name="y")(x))
    with pytest.raises(ValueError, match="a Conv1D layer does not say"):
        Stepper(model.describe(network().arguments, network().rule))
    backwards = Recurrent(CountingCell(3), go_backwards=True)
    with pytest.raises(ValueError, match="go_backwards=False"):
        backwards.carried_states(1)


def test_wrong_steps_and_states_are_answered_with_the_right_ones():
    stepper = Stepper(network("lstm"))
    states = stepper.initial_state(4)
    with pytest.raises(ValueError, match=r"has the shape \('batch', 3\)"):
        stepper.step(X, states)
    for wrong in ({"lstm.h": states["lstm.h"]}, {**states, "h": states["lstm.h"]},
                  {**states, "lstm.c": states["lstm.c"][:, :2]}):
        with pytest.raises(ValueError, match=r"\{'lstm.h': \(4,\), 'lstm.c': \(4,\)\}"):
            stepper.step(X[:, 0], wrong)
