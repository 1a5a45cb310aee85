"""Streams on this machine answer as the network answers whole sequences."""

import re
from functools import partial

import keras
import numpy as np
import pytest
import tensorflow as tf
from streamed import IDS, X, network, of_symbols
from zoo import SEQUENCES

import rnnzoo
from rnnzoo.serving import formats


def answers(stream, x):
    return np.stack([stream.step(now) for now in x.swapaxes(0, 1)], axis=1)


def assert_answers_as(model, x, stream, tolerance=1e-5):
    found, wanted = answers(stream, x), keras.ops.convert_to_numpy(model(x))
    assert found.dtype == wanted.dtype
    np.testing.assert_allclose(found, wanted, rtol=0, atol=tolerance)


def assert_keeps_its_weights(model, x, stream, tolerance):
    stream.reset()
    before = answers(stream, x)
    stream.reset()
    model.set_weights([2 * w for w in model.get_weights()])
    np.testing.assert_array_equal(answers(stream, x), before)
    stream.reset()
    assert_answers_as(model, x, stream, tolerance)


@pytest.mark.parametrize("name", SEQUENCES)
def test_every_network_streams_in_litert_as_it_predicts(name):
    model = network(name, layers=2, context=(1, 0), trainable_initial_state=True)
    stream = rnnzoo.Stream(model, rows=4)
    assert stream.path.name == "litert"
    assert_answers_as(model, X, stream)


def test_symbols_and_padding_stream_too():
    for changes in ({}, {"embedding": None, "context": (2, 0)}):
        model = of_symbols("lstm", **changes)
        stream = rnnzoo.Stream(model, rows=4)
        assert stream.path.name == "litert"
        assert_answers_as(model, IDS, stream)


@pytest.mark.parametrize("policy, tolerance", [
    ("float64", 1e-12), ("mixed_bfloat16", 2e-2), ("mixed_float16", 2e-2)])
def test_what_litert_does_not_take_is_compiled_and_says_why(policy, tolerance):
    model = network("lstm", dtype=policy)
    stream = rnnzoo.Stream(model, rows=4)
    assert stream.path.name == "compiled" and policy[-4:] in stream.path.reason
    assert_answers_as(model, X, stream, tolerance)
    assert_keeps_its_weights(model, X, stream, tolerance)


def test_a_refusal_by_the_converter_is_the_reason_for_the_other_path(monkeypatch):
    def refuse(*_):
        raise Exception("no such operation")

    monkeypatch.setattr(
        tf.lite.TFLiteConverter, "from_concrete_functions", refuse)
    model = network()
    stream = rnnzoo.Stream(model, rows=4)
    assert stream.path == ("compiled", "LiteRT does not take a step of this network. "
                                       "The converter says: no such operation")
    assert_answers_as(model, X, stream)


@pytest.mark.parametrize("x, make", [
    (X, partial(network, trainable_initial_state=True)), (IDS, of_symbols)])
def test_a_stream_keeps_its_weights_until_it_begins_again(x, make):
    model = make()
    assert_keeps_its_weights(model, x, rnnzoo.Stream(model, rows=4), 1e-5)


def test_beginning_again_with_the_same_weights_converts_nothing(monkeypatch):
    stream = rnnzoo.Stream(network(), rows=4)
    first = answers(stream, X)
    monkeypatch.setattr(formats, "in_litert", None)
    stream.reset()
    np.testing.assert_array_equal(answers(stream, X), first)


def test_states_may_be_kept_and_set_and_are_the_callers_own():
    stream = rnnzoo.Stream(network("lstm"), rows=4)
    stream.step(X[:, 0])
    kept = stream.states
    assert list(kept) == ["lstm_h", "lstm_c"]
    first = stream.step(X[:, 1])
    stream.step(X[:, 2])
    stream.states = kept
    for states in (kept, stream.states):
        states["lstm_h"][:] = 7
    np.testing.assert_array_equal(stream.step(X[:, 1]), first)


def test_wrong_steps_are_refused_and_change_nothing():
    floats, symbols = (rnnzoo.Stream(make(), rows=4) for make in (network, of_symbols))
    before = floats.states
    for stream, x, message in (
            (floats, X[:3, 0], "the shape (4, 3); received float32 of (3, 3)."),
            (floats, X[:, 0] + np.nan, "finite numbers of float32; received"),
            (floats, np.full((4, 3), 1e39), "finite numbers of float32; received"),
            (symbols, np.full(4, 2**32), "ids in [0, 6); received"),
            (floats, np.full((4, 3), "a"), "the shape (4, 3); received <U1"),
            (symbols, np.full(4, 6), "ids in [0, 6); received [6 6 6 6]"),
            (symbols, np.full(4, 1.5), "int32 of the shape (4,); received float64")):
        with pytest.raises(ValueError, match=re.escape(message)):
            stream.step(x)
    for name, state in floats.states.items():
        np.testing.assert_array_equal(state, before[name])


def test_wrong_states_are_refused():
    stream = rnnzoo.Stream(network("lstm"), rows=4)
    states = stream.states
    for wrong in ({"lstm_h": states["lstm_h"]},
                  {name: state[:1] for name, state in states.items()},
                  {name: state.astype("int32") for name, state in states.items()}):
        with pytest.raises(ValueError, match=r"'lstm_h': \('float32', \(4, 4\)\)"):
            stream.states = wrong


@pytest.mark.parametrize("begin, message", [
    (lambda: rnnzoo.Stream(network(), rows=0), "positive integer; received 0"),
    (lambda: rnnzoo.Stream(network(), rows=True), "positive integer; received True"),
    (lambda: rnnzoo.Stream(network(bidirectional=True)), "bidirectional=False"),
    (lambda: rnnzoo.Stream(rnnzoo.build("hopfield", 4)), "reads sequences; received"),
])
def test_what_cannot_stream_says_why(begin, message):
    with pytest.raises(ValueError, match=message):
        begin()
