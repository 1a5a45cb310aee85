"""What holds on two devices; run in a process of its own by `test_devices.py`.

The devices are those of TensorFlow's that one processor can be cut into.
"""

import numpy as np
import pytest
import tensorflow as tf

import rnnzoo
from rnnzoo import recipes, recurrence, training
from rnnzoo.devices import strategies

CPU, = tf.config.list_physical_devices("CPU")
tf.config.set_logical_device_configuration(
    CPU, [tf.config.LogicalDeviceConfiguration()] * 2)

SEQUENCES = rnnzoo.list_models(task="forecasting")
MEMORIES = rnnzoo.list_models(family="memory")
random = np.random.default_rng(0)


@pytest.fixture(scope="module")
def strategy():
    return strategies.chosen("all")


@pytest.fixture(autouse=True)
def fast():
    """The path that replicas take, for one device too, as it needs no compiling."""
    with recurrence.using("fast"):
        yield


def tagger(name, **options):
    return rnnzoo.build(name, units=8, task="tagging", vocabulary_size=9, output_size=4,
                        seed=1, **options)


def padded(*batches):
    """Sequences of very different lengths, so that replicas count different steps."""
    for rows in batches:
        x = random.integers(1, 9, (rows, 7))
        x[np.arange(7) >= np.geomspace(1, 7, rows).astype(int)[:, None]] = 0
        yield x, x % 4


def dataset(*batches):
    parts = list(padded(*batches))
    spec = (tf.TensorSpec((None, 7), tf.int64),) * 2
    made = tf.data.Dataset.from_generator(lambda: parts, output_signature=spec)
    return made.apply(tf.data.experimental.assert_cardinality(len(parts)))


def assert_same(found, wanted, tolerance=1e-5):
    for f, w in zip(found, wanted, strict=True):
        np.testing.assert_allclose(f, w, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("name", ["elman", "lstm", "jordan"])
def test_losses_are_those_of_one_device(name, strategy):
    """Of padded sequences, with short batches amid the data."""
    data, other = dataset(8, 5, 8, 1), dataset(8, 3)
    with strategy.scope():
        several = tagger(name)
    histories = [model.fit(data, validation_data=other, epochs=3, shuffle=False,
                           verbose=0).history for model in (tagger(name), several)]
    assert histories[0].keys() == histories[1].keys()
    assert_same(histories[1].values(), histories[0].values())
    assert int(several.optimizer.iterations.numpy()) == 12


def test_answers_are_those_of_one_device(strategy):
    (x, y), = padded(7)
    with strategy.scope():
        several = tagger("gru")
    one = tagger("gru")
    for ask in (lambda m: m.predict(x, batch_size=4, verbose=0),
                lambda m: m.predict_on_batch(x[:3]),
                lambda m: m.evaluate(x, y, batch_size=4, verbose=0)):
        assert_same(ask(several), ask(one))


def test_a_recipe_is_run_on_as_many_devices_as_are_asked_for(tmp_path, strategy):
    recipe = recipes.load("bipolar_patterns_hopfield", [
        "network.units=50", "data.options={length: 50, load: 0.1}"])
    assert strategies.chosen(2) is strategy and strategies.count(strategy) == 2
    folder = rnnzoo.train(recipe, tmp_path, devices=2, export=False)
    assert training.evaluate(folder)["recalled"] == 1
    with pytest.raises(ValueError, match="devices=3 asks for 3.*sees 2"):
        rnnzoo.train(recipe, tmp_path, devices=3)


def test_what_cannot_work_is_switched_off_with_a_message(strategy):
    with strategy.scope():
        model = tagger("elman")
        model.compile("sgd", model.loss, jit_compile=True, steps_per_execution=2)
    (x, y), = padded(4)
    with pytest.warns(UserWarning, match="jit_compile=True fails on several devices"):
        model.evaluate(x, y, verbose=0)
    assert (model.jit_compile, model.steps_per_execution) == (False, 1)
    with pytest.raises(NotImplementedError, match="Use `fit`"):
        model.train_on_batch(x, y)
    with pytest.raises(ValueError, match="batch_size=6 or 8"):
        model.fit(x, y, batch_size=7)


@pytest.mark.parametrize("ridge", [1e-3, [1e-6, 1.0]])
def test_a_readout_in_closed_form_is_that_of_one_device(ridge, strategy):
    x, y = random.normal(size=(11, 20, 2)), random.normal(size=(11, 20, 3))

    def model():
        return rnnzoo.build("esn", 30, task="forecasting", input_shape=(None, 2),
                            output_size=3, ridge=ridge, washout=2, seed=1)

    with strategy.scope():
        several = model()
    one = model()
    histories = [m.fit(x, y, batch_size=4, validation_data=(x[:5], y[:5]), verbose=0
                       ).history for m in (one, several)]
    assert_same(several.get_weights(), one.get_weights())
    assert_same(histories[1].values(), histories[0].values())


@pytest.mark.parametrize("readout", ["rls", "lms"])
def test_a_readout_that_follows_a_stream_sees_it_in_order(readout, strategy):
    x, y = random.normal(size=(6, 9, 2)), random.normal(size=(6, 9, 3))

    def model():
        return rnnzoo.build("elman", 10, task="forecasting", input_shape=(None, 2),
                            output_size=3, readout=readout, seed=1)

    with strategy.scope():
        several = model()
    one = model()
    for m in (one, several):
        m.fit(x, y, batch_size=4, shuffle=False, verbose=0)
    assert_same(several.get_weights(), one.get_weights())


@pytest.mark.parametrize("name", MEMORIES)
def test_what_a_memory_stores_is_that_of_one_device(name, strategy):
    entry = rnnzoo.info(name)
    with strategy.scope():
        several = rnnzoo.build(name, **entry.example, seed=0)
    one = rnnzoo.build(name, **entry.example, seed=0)
    sides = [np.sign(random.normal(size=(5, width)))
             for width in one.memory.sides.values()]
    histories = [model.fit(*sides, batch_size=3, epochs=2, verbose=0).history
                 for model in (one, several)]
    assert_same(histories[1].values(), histories[0].values())
    assert_same(several.get_weights(), one.get_weights())
    assert_same(several.predict(sides[0]), one.predict(sides[0]))
    assert_same(several.recall(sides[0]), one.recall(sides[0]))
    assert several.energy(*sides).shape == (5,)
    several.forget(*(side[:1] for side in sides))


@pytest.mark.parametrize("rule", ["storkey", "pseudo_inverse"])
def test_rules_that_mind_the_order_are_obeyed(rule, strategy):
    patterns = np.sign(random.normal(size=(5, 30)))
    with strategy.scope():
        several = rnnzoo.build("hopfield", 30, rule=rule)
    one = rnnzoo.build("hopfield", 30, rule=rule)
    for model in (one, several):
        model.fit(patterns, batch_size=4, epochs=2, verbose=0)
    assert_same(several.get_weights(), one.get_weights())
