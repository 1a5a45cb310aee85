"""build, and the network it returns."""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf
from zoo import SEQUENCES

import rnnzoo
from rnnzoo.errors import unknown

RNG = np.random.default_rng(0)
X = RNG.normal(size=(32, 5, 4)).astype("float32")
TOKENS = RNG.integers(1, 9, (32, 6))
TOKENS[:, 4:] = 0
TARGETS = {
    "classification": RNG.integers(0, 3, 32), "tagging": RNG.integers(0, 3, (32, 5)),
    "regression": RNG.normal(size=(32, 3)).astype("float32"),
    "forecasting": RNG.normal(size=(32, 5, 3)).astype("float32"),
    "generation": RNG.integers(0, 3, (32, 5)),
}
Y = TARGETS["tagging"]


def small(name="elman", **changes):
    return rnnzoo.build(name, **{"task": "tagging", "input_shape": (None, 4),
                                 "output_size": 3, "units": 6, "seed": 1, **changes})


def fitted(model, x, y, **options):
    keras.utils.set_random_seed(0)
    model.fit(x, y, epochs=2, batch_size=8, verbose=0, **options)
    return model


@pytest.mark.parametrize("task", TARGETS)
@pytest.mark.parametrize("name", SEQUENCES)
def test_every_network_trains_for_every_task(name, task):
    model = fitted(small(name, task=task), X, TARGETS[task])
    y = model.predict(X, verbose=0)
    assert y.dtype == "float32" and np.isfinite(y).all()
    assert y.shape[:-1] == TARGETS[task].shape[:y.ndim - 1] and y.shape[-1] == 3
    if model.task.symbols:
        np.testing.assert_allclose(y.sum(-1), 1, atol=1e-5)


@pytest.mark.usefixtures("plain")
@pytest.mark.parametrize("name", SEQUENCES)
def test_every_option_at_once_survives_saving(name, tmp_path):
    model = fitted(rnnzoo.build(
        name, task="tagging", vocabulary_size=9, output_size=3, units=5, layers=2,
        bidirectional=True, context=(1, 2), embedding=4, dropout=0.2,
        recurrent_dropout=0.1, readout="gradient", optimizer="rmsprop",
        learning_rate=0.01, seed=2,
        kernel_initializer=keras.initializers.HeNormal()), TOKENS, TOKENS % 3)
    model.save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras")
    np.testing.assert_array_equal(again(TOKENS, training=False),
                                  model(TOKENS, training=False))
    assert again.get_config() == model.get_config()
    assert again.optimizer.iterations == model.optimizer.iterations == 8


def test_same_seed_same_bits_and_another_seed_other_bits():
    def weights(seed):
        model = small("lstm", seed=seed, dropout=0.3, recurrent_dropout=0.2)
        return np.concatenate([w.ravel() for w in fitted(model, X, Y).get_weights()])

    first, again, other = (weights(seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 0.1


def test_a_seed_leaves_the_global_generators_alone():
    import random
    random.seed(5)
    expected = random.random()
    random.seed(5)
    small(seed=3)
    assert random.random() == expected


@pytest.mark.parametrize("embedding", [None, 4])
def test_padding_counts_in_no_output_loss_or_metric(embedding):
    model = rnnzoo.build("gru", task="tagging", vocabulary_size=9, output_size=9,
                         units=5, embedding=embedding, context=(1, 1),
                         bidirectional=True, seed=0)
    model.compile(loss=model.loss, metrics=["accuracy"])
    longer = np.pad(TOKENS, ((0, 0), (0, 7)))
    short, long = (model.evaluate(t, t, verbose=0, return_dict=True)
                   for t in (TOKENS[:, :4], longer))
    assert short == pytest.approx(long, abs=1e-6)
    np.testing.assert_allclose(model.predict(longer, verbose=0)[:, :4],
                               model.predict(TOKENS[:, :4], verbose=0), atol=1e-6)


def test_context_shows_each_step_its_neighbours():
    from rnnzoo.layers import ContextWindow
    x = np.arange(1.0, 5.0)[None, :, None]
    mask = np.array([[True, True, True, False]])
    np.testing.assert_array_equal(
        ContextWindow(2, 1)(x, mask=mask)[0],
        [[0, 0, 1, 2], [0, 1, 2, 3], [1, 2, 3, 0], [2, 3, 0, 0]])


def test_a_jordan_network_feeds_back_probabilities_and_adds_logits_of_both_directions():
    model = small("jordan", bidirectional=True)
    top = model.layers[1]
    logits = top(X)
    ahead = top.forward_layer(X) + keras.ops.flip(top.backward_layer(X), 1)
    np.testing.assert_allclose(logits, ahead, atol=1e-6)
    np.testing.assert_allclose(model.predict(X, verbose=0), keras.ops.softmax(logits),
                               atol=1e-6)
    _, context = top.forward_layer.cell(
        X[:, 0], [np.zeros((32, 3), "float32")])
    np.testing.assert_allclose(np.sum(context[0], -1), 1, atol=1e-6)


def test_a_forced_teacher_is_what_the_context_remembers():
    """The loss of a train step is that of a network whose context holds the targets."""
    model = small("jordan", teacher_forcing=1.0, decay=0.5)
    cell, targets = model.layers[1].cell, TARGETS["tagging"]
    context, losses = np.zeros((32, 3), "float32"), []
    for t in range(5):
        logits, _ = cell(X[:, t], [context])
        losses.append(keras.losses.sparse_categorical_crossentropy(
            targets[:, t], logits, from_logits=True))
        context = 0.5 * context + np.eye(3)[targets[:, t]]
    taught = model.train_on_batch(X, targets)[0]
    np.testing.assert_allclose(taught, np.mean(losses), rtol=1e-5)


def test_no_teacher_is_heard_outside_training():
    taught, alone = (small("jordan", teacher_forcing=p) for p in (1.0, 0.0))
    np.testing.assert_array_equal(taught.predict(X, verbose=0),
                                  alone.predict(X, verbose=0))
    assert taught.evaluate(X, Y, verbose=0) == alone.evaluate(X, Y, verbose=0)


def test_a_trained_initial_state_reaches_every_layer():
    model = small("lstm", layers=2, trainable_initial_state=True)
    names = [w.name for w in fitted(model, X, Y).trainable_weights]
    assert names.count("initial_h") == names.count("initial_c") == 2


@pytest.mark.parametrize("name", ["jordan", "lstm"])
@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_outputs_are_float32_under_mixed_precision(name, policy):
    keras.config.set_dtype_policy(policy)
    try:
        model = fitted(small(name, bidirectional=True, layers=2), X, Y)
    finally:
        keras.config.set_dtype_policy("float32")
    y = model.predict(X, verbose=0)
    assert y.dtype == "float32"
    np.testing.assert_allclose(y.sum(-1), 1, atol=1e-6)


@pytest.mark.parametrize("changes", [{}, {"readout": "ridge"}])
def test_the_first_evaluation_is_traced_once(changes):
    model, traces = small(**changes), []

    def counted(*arguments):
        traces.append(arguments)
        return step(*arguments)

    step, model.test_step = model.test_step, counted
    model.evaluate(X, Y, batch_size=8, verbose=0)
    assert len(traces) == 1 and not model.optimizer.built


def test_a_dataset_of_unknown_length_is_warned_of():
    rows = tf.data.Dataset.from_tensor_slices((X, Y)).batch(8)
    with pytest.warns(UserWarning, match="assert_cardinality"):
        small().fit(rows.filter(lambda x, y: True), verbose=0, shuffle=False)


def test_explain_says_the_path_of_every_recurrent_layer():
    table = rnnzoo.explain(small("lstm", layers=2, bidirectional=True))
    assert table.count("compiled") == 4 and "XLA" in table


@pytest.mark.parametrize("changes, message", [
    ({"name": "jordn"}, "'jordan'"),
    ({"task": "taging"}, "'tagging'"),
    ({"optimizer": "adm"}, "'adam'"),
    ({"activaton": "relu"}, "'activation'"),
    ({"kernal_initializer": "zeros"}, "'kernel_initializer'"),
    ({"units": 0}, "positive integer"),
    ({"output_size": None}, "positive integer"),
    ({"layers": 1.5}, "positive integer"),
    ({"vocabulary_size": 3}, "either"),
    ({"input_shape": (4,)}, "time may be None"),
    ({"context": (1, 2, 3)}, "pair"),
    ({"context": (-1, 0)}, "not negative"),
    ({"input_shape": 4}, "time may be None"),
    ({"input_shape": ("a", 4)}, "time may be None"),
    ({"context": 2}, "pair"),
    ({"context": "ab"}, "pair"),
    ({"dropout": 1.5}, r"in \[0, 1\)"),
    ({"dropout": "0.5"}, r"in \[0, 1\)"),
    ({"output_size": 0}, "received 0"),
    ({"layers": True}, "received True"),
    ({"seed": -1}, r"in \[0, 2\*\*32\)"),
    ({"seed": 1.5}, r"in \[0, 2\*\*32\)"),
    ({"global_clipnorm": 0}, "positive number or None"),
    ({"bidirectional": "yes"}, "True or False"),
    ({"name": "LSTM"}, "Did you mean 'lstm'"),
    ({"activaton": "relu"}, "<weight>_initializer"),
    ({"name": "jordan", "decay": 1.0}, r"`decay` is a number in \[0, 1\)"),
    ({"name": "jordan", "teacher_forcing": 2}, "`teacher_forcing` is a probability"),
    ({"name": "jordan", "task": "regression", "teacher_forcing": 0.5}, "every step"),
    ({"optimizer": keras.optimizers.SGD(), "learning_rate": 0.1}, "has its own"),
])
def test_bad_arguments_are_answered_with_the_way_out(changes, message):
    with pytest.raises(ValueError, match=message):
        small(**changes)


def test_wrappers_of_optimizers_are_not_offered():
    with pytest.raises(ValueError, match="Unknown optimizer") as caught:
        small(optimizer="multioptimizer")
    assert "map" not in str(caught.value)


def test_numbers_of_numpy_go_into_the_configuration_as_pythons():
    five = np.int64(5)
    model = small("jordan", units=five, layers=np.int32(1), input_shape=(five, five),
                  output_size=five, seed=five, context=(five, five),
                  dropout=np.float32(0.5), decay=np.float64(0.5))
    config = json.loads(json.dumps(model.get_config()))
    assert config["units"] == 5 and config["decay"] == 0.5
    assert type(model).from_config(config).get_config() == model.get_config()


@pytest.mark.parametrize("x, y, message", [
    (X[0], Y, "takes .batch, time, 4."),
    (X[..., :2], Y, "takes .batch, time, 4."),
    (X, Y + 1, r"not in \[0, 3\)"),
    (X, Y - 1, r"not in \[0, 3\)"),
    (X, Y[:, 0], "takes .batch, 5., integers"),
    (X, Y[:7], "7"),
    (X * np.nan, Y, "NaN"),
    (X[:0], Y[:0], "nothing to learn"),
    (X[:, :0], Y[:, :0], "one step"),
    ([[1.0], [1.0, 2.0]], Y, "pad_sequences"),
    (X.astype("complex64"), Y, "x holds complex64"),
    (X, Y.astype(str), "y holds str"),
    (X, Y + 0.5, "whole numbers"),
    (X, None, "no targets"),
])
def test_bad_data_are_refused_before_training(x, y, message):
    model = small()
    with pytest.raises(ValueError, match=message):
        model.fit(x, y, verbose=0)
    assert model.optimizer.iterations == 0


@pytest.mark.usefixtures("plain")
@pytest.mark.parametrize("x, y, error, message", [
    (X[..., :2], Y, ValueError, "takes .batch, time, 4."),
    (X[:0], Y[:0], ValueError, "empty"),
    (X * np.inf, Y, tf.errors.InvalidArgumentError, "NaN"),
    (X, Y + 1, tf.errors.InvalidArgumentError, "labels"),
])
def test_bad_datasets_are_refused_too(x, y, error, message):
    dataset = tf.data.Dataset.from_tensor_slices((x, y)).batch(8)
    with pytest.raises(error, match=message):
        small().fit(dataset, verbose=0, shuffle=False)


def test_ids_beyond_the_vocabulary_are_refused():
    model = rnnzoo.build("elman", task="tagging", vocabulary_size=5, output_size=9,
                         units=4, embedding=None)
    for bad in (TOKENS, -TOKENS, TOKENS.astype("float32")):
        with pytest.raises(ValueError, match=r"\[0, 5\)"):
            model.fit(bad, TOKENS, verbose=0)


@pytest.mark.usefixtures("plain")
@pytest.mark.parametrize("dtype", ["uint8", "int8", "int16", "uint16"])
def test_narrow_integers_are_compared_as_the_numbers_they_are(dtype):
    model = rnnzoo.build("elman", task="tagging", vocabulary_size=40_000, units=4,
                         output_size=40_000, embedding=3)
    tokens = TOKENS.astype(dtype)
    model.fit(tokens, tokens, verbose=0)
    dataset = tf.data.Dataset.from_tensor_slices((tokens, tokens)).batch(8)
    model.fit(dataset, verbose=0, shuffle=False)
    assert model.optimizer.iterations == 5


class Frame:
    """As much of pandas as matters."""

    def __init__(self, v):
        self.to_numpy = lambda: v


@pytest.mark.usefixtures("plain")
@pytest.mark.parametrize("kind", [np.ndarray.tolist, Frame])
def test_lists_and_frames_are_as_good_as_arrays(kind):
    model, weights = small(), np.ones((32, 5))
    x, y = kind(X), kind(Y)
    model.fit(x, y, sample_weight=kind(weights), validation_data=(x, y), verbose=0)
    np.testing.assert_array_equal(model.predict(x, verbose=0),
                                  model.predict(X, verbose=0))
    assert model.evaluate(x, y, verbose=0) == model.evaluate(X, Y, verbose=0)


@pytest.mark.usefixtures("plain")
@pytest.mark.parametrize("teacher_forcing", [0.0, 0.5])
@pytest.mark.parametrize("y", [Y[..., None], Y.astype("float32"), Y.astype("int16")])
def test_labels_may_be_a_column_and_whole_floats(y, teacher_forcing):
    fitted(small("jordan", teacher_forcing=teacher_forcing), X, y)


def test_a_dataset_without_targets_is_refused_to_learn_from_and_predicted_from():
    rows = tf.data.Dataset.from_tensor_slices(X).batch(8)
    with pytest.raises(ValueError, match="no targets"):
        small().fit(rows, verbose=0, shuffle=False)
    assert small().predict(rows, verbose=0).shape == (32, 5, 3)


def test_weights_that_are_no_numbers_are_refused():
    with pytest.raises(ValueError, match="sample_weight holds numbers that are NaN"):
        small().fit(X, Y, sample_weight=np.full((32, 5), np.nan), verbose=0)


def test_a_network_not_made_by_build_says_so():
    x = keras.Input((5, 4))
    model = rnnzoo.models.network.Network(x, keras.layers.Dense(3)(x))
    with pytest.raises(ValueError, match="not made by rnnzoo.build"):
        model.fit(X, Y)


def test_nearest_names_are_offered():
    assert unknown("fruit", "aple", ["pear", "apple"]) == (
        "Unknown fruit 'aple'. Did you mean 'apple'? Accepted: apple, pear.")


@pytest.mark.parametrize("weighted", [False, True])
def test_nmse_is_the_error_over_the_variance(weighted):
    y, p = RNG.normal(3, 1, (2, 8, 5, 3))
    w = RNG.integers(0, 3, (8, 5)) / 99 if weighted else np.ones((8, 5))
    model = rnnzoo.build("elman", 4, task="forecasting", input_shape=(None, 3),
                         output_size=3)
    metric = model.task.metrics(3)[-1]
    for rows in (slice(0, 3), slice(3, 8)):
        metric.update_state(y[rows], p[rows], w[rows] if weighted else None)
    mean = np.average(y, axis=(0, 1), weights=np.repeat(w[..., None], 3, -1))
    wanted = np.einsum("bt,btf->f", w, (y - p) ** 2) / np.einsum(
        "bt,btf->f", w, (y - mean) ** 2)
    np.testing.assert_allclose(metric.result(), wanted.mean(), rtol=1e-5)


def test_nmse_leaves_masked_steps_out():
    model = rnnzoo.build("elman", 4, task="forecasting", input_shape=(None, 4),
                         output_size=3, washout=2)
    y = TARGETS["forecasting"]
    wrong = (model.predict(X, verbose=0) - y)[:, 2:]
    wanted = np.mean(np.mean(wrong**2, axis=(0, 1)) / np.var(y[:, 2:], axis=(0, 1)))
    scores = model.evaluate(X, y, verbose=0, return_dict=True)
    np.testing.assert_allclose(scores["nmse"], wanted, rtol=1e-5)
