"""What is served is what the network answers: whole, padded, in steps, in labels."""

import io
from contextlib import redirect_stdout
from functools import cache

import keras
import numpy as np
import pytest
import tensorflow as tf

import rnnzoo

RNG = np.random.default_rng(0)
X = RNG.normal(size=(4, 7, 3)).astype("float32")
IDS = RNG.integers(1, 6, (4, 7)).astype("int32")
LENGTHS = np.array([7, 1, 4, 6], "int32")
STREAMS = tf.zeros(4)
LABELS = ["noun", "verb", "other"]
WORDS = ["<padding>", "<unknown>", "the", "café", "isn't", "open"]

SERIES = {"input_shape": (None, 3), "output_size": 3, "task": "forecasting"}
SYMBOLS = {"vocabulary_size": 6, "output_size": 3, "task": "tagging", "embedding": 5}
NETWORKS = {
    "series": ("lstm", SERIES | {"layers": 2, "context": (2, 0),
                                 "trainable_initial_state": True}),
    "series beside others": ("jordan", SERIES | {"output_size": 2, "dtype": "float64"}),
    "symbols": ("gru", SYMBOLS | {"layers": 2, "dropout": 0.1}),
    "label": ("elman", SERIES | {"task": "classification", "input_shape": (7, 3)}),
    "text": ("jordan", {"vocabulary_size": 6, "task": "generation", "seed": 2,
                        "teacher_forcing": 1.0, "dtype": "mixed_float16"}),
    "reservoir": ("esn", SERIES | {"readout": "ridge", "washout": 2}),
    "both ways": ("elman", SYMBOLS | {"bidirectional": True, "context": (0, 2),
                                      "pooling": "mean", "task": "regression",
                                      "dtype": "mixed_bfloat16"}),
}
STREAMING = [name for name in NETWORKS if name != "both ways"]


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """Name -> the network, its export, loaded, and what was printed at that."""

    @cache
    def made(name):
        kind, arguments = NETWORKS[name]
        model = rnnzoo.build(kind, units=4, **arguments)
        for weight in model.weights:    # biases and initial states are zero at first
            if weight.trainable:
                weight.assign(weight + RNG.normal(0, 0.1, weight.shape))
        if name == "reservoir":
            model.fit(X, X, verbose=0)
        said = io.StringIO()
        with redirect_stdout(said):
            path = rnnzoo.export(model, tmp_path_factory.mktemp("served"), **(
                {"labels": LABELS, "vocabulary": WORDS} if name == "symbols" else {}))
        return model, tf.saved_model.load(str(path)), said.getvalue()

    return made


def data(model):
    return IDS if model.vocabulary_size else X.astype(model.inputs[0].dtype)


def whole(model, x):
    return keras.ops.convert_to_numpy(model(x))


def tolerance(model):
    return 3e-2 if "16" in model.arguments["dtype"] else 1e-5


@pytest.mark.parametrize("name", NETWORKS)
def test_whole_sequences_are_answered_as_by_the_network(served, name):
    model, loaded, _ = served(name)
    y = loaded.signatures["serving_default"](x=tf.constant(data(model)))["y"]
    assert y.dtype == (tf.float64 if name == "series beside others" else tf.float32)
    np.testing.assert_allclose(y, whole(model, data(model)), atol=tolerance(model))


@pytest.mark.parametrize("name", STREAMING)
def test_steps_give_what_the_whole_gives(served, name):
    model, loaded, _ = served(name)
    step, states = loaded.signatures["step"], loaded.signatures["initial_state"](
        streams=STREAMS)
    answers = []
    for now in data(model).swapaxes(0, 1):
        states = step(x=tf.constant(now), **states)
        answers.append(states.pop("y"))
    answers = np.stack(answers, axis=1) if model.task.per_step else answers[-1]
    np.testing.assert_allclose(answers, whole(model, data(model)),
                               atol=tolerance(model))


def test_trained_initial_states_are_those_that_streams_start_from(served):
    model, loaded, _ = served("series")
    states = loaded.signatures["initial_state"](streams=STREAMS)
    assert set(states) == {"context_window_past", "lstm_h", "lstm_c", "lstm_1_h",
                           "lstm_1_c"}
    trained = {w.path.rpartition("/")[2]: w for w in model.layers[2].initial_weights}
    np.testing.assert_allclose(states["lstm_h"], [trained["initial_h"]] * 4)
    assert np.abs(states["lstm_h"]).min() > 0


@pytest.mark.parametrize("name", NETWORKS)
def test_what_comes_after_a_length_changes_nothing(served, name):
    model, loaded, _ = served(name)
    x = data(model)
    y = loaded.signatures["with_lengths"](x=tf.constant(x), lengths=LENGTHS)["y"]
    for row, length, found in zip(x, LENGTHS, y):
        if model.inputs[0].shape[1]:        # no shorter sequences without padding
            continue
        wanted = whole(model, row[None, :length])[0]
        if model.task.per_step:
            np.testing.assert_array_equal(found[length:], 0)
            found = found[:length]
        np.testing.assert_allclose(found, wanted, atol=tolerance(model))


def test_labels_come_with_their_probabilities_the_best_first(served):
    for name, words in ("label", range(3)), ("symbols", np.array(LABELS, "S")):
        model, loaded, _ = served(name)
        y = whole(model, data(model))
        found = loaded.signatures["classify"](x=tf.constant(data(model)))
        np.testing.assert_array_equal(
            found["labels"], np.take(words, np.argsort(-y, axis=-1)))
        np.testing.assert_allclose(found["scores"], -np.sort(-y, axis=-1), atol=1e-6)


def test_texts_are_answered_as_their_ids_whatever_the_spaces(served):
    _, loaded, _ = served("symbols")
    texts = ["the café isn't open", "  the\tcafé ", "closed", ""]
    ids = np.array([[2, 3, 4, 5], [2, 3, 0, 0], [1, 0, 0, 0], [0, 0, 0, 0]], "int32")
    found = loaded.signatures["classify_text"](text=tf.constant(texts))
    wanted = loaded.signatures["classify"](x=tf.constant(ids))
    for name in ("labels", "scores"):
        np.testing.assert_array_equal(found[name], wanted[name])
    nothing = loaded.signatures["classify_text"](text=tf.constant([""]))
    np.testing.assert_array_equal(nothing["scores"], wanted["scores"][3:, :1])


@pytest.mark.parametrize("name, names", [
    ("symbols", {"labels": LABELS[:2]}), ("series", {"labels": LABELS}),
    ("symbols", {"vocabulary": WORDS[1:]}), ("label", {"vocabulary": WORDS})])
def test_names_must_be_as_many_as_the_network_has(served, tmp_path, name, names):
    ((option, given),) = names.items()
    with pytest.raises(ValueError, match=f"`{option}`.* received {len(given)}"):
        rnnzoo.export(served(name)[0], tmp_path, **names)


def test_generation_goes_on_as_rnnzoo_generates(served):
    series, loaded, _ = served("series")
    steps = np.array([5, 3, 1, 2], "int32")
    found = loaded.signatures["generate"](x=tf.constant(X), steps=steps)["y"]
    np.testing.assert_allclose(found, rnnzoo.generate(series, X, 5), atol=1e-5)
    first = loaded.signatures["generate"](x=tf.constant(X[:, :1]), steps=steps)["y"]
    np.testing.assert_allclose(first, rnnzoo.generate(series, X[:, :1], 5), atol=1e-5)
    beside, loaded, _ = served("series beside others")
    others = RNG.normal(size=(4, 5, 1))
    found = loaded.signatures["generate"](
        x=tf.constant(data(beside)), inputs=others.astype(beside.inputs[0].dtype))["y"]
    np.testing.assert_allclose(
        found, rnnzoo.generate(beside, data(beside), 5, others), atol=1e-5)


def test_generated_symbols_depend_on_their_own_row_only(served):
    model, loaded, _ = served("text")

    def generate(x, steps, temperature, seed):
        rows = np.ones(len(x))
        return loaded.signatures["generate"](
            x=tf.constant(x), steps=(steps * rows).astype("int32"),
            temperature=(temperature * rows).astype("float32"),
            seed=(seed * rows).astype("int32"))["y"].numpy()

    many = np.repeat(IDS, 500, axis=0)
    np.testing.assert_array_equal(
        generate(many, 9, 0, 1), rnnzoo.generate(model, many, 9, temperature=0))
    shares = [np.bincount(drawn.ravel(), minlength=6) / 2000 for drawn in (
        generate(many, 1, 1, np.arange(2000)), rnnzoo.generate(model, many, 1, seed=1))]
    np.testing.assert_allclose(*shares, atol=0.05)
    seeds = np.array([3, 1, 4, 1])
    drawn = generate(IDS, 9, np.array([0, 1, 2, 1]), seeds)
    np.testing.assert_array_equal(generate(IDS[2:3], 5, 2, 4), drawn[2:3, :5])
    np.testing.assert_array_equal(drawn[0], generate(IDS, 9, 0, 1)[0])


def test_what_cannot_stream_says_why_at_export(served):
    _, loaded, said = served("both ways")
    assert not {"step", "initial_state"} & set(loaded.signatures)
    assert "serves whole sequences only" in said and "context=(0, 0)" in said
