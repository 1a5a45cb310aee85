"""Properties of a cell as a part: rebuilt, wrapped, stacked, saved and served."""

from pathlib import Path
from tempfile import TemporaryDirectory

import keras
import numpy as np
import tensorflow as tf

from rnnzoo.layers import Recurrent
from rnnzoo.registry import arguments
from rnnzoo.testing.subject import assert_equal, by_hand, by_protocol, numbers


def config_rebuilds_the_same_function(subject):
    """A cell made from the configuration, as JSON, computes the same."""
    other = subject.rebuilt()
    states = subject.states()
    assert_equal(by_protocol(other, subject.x, states),
                 by_protocol(subject.cell, subject.x, states), "the rebuilt cell")


def every_argument_is_in_the_config(subject):
    """The configuration has every constructor argument, at its value."""
    given = {"name": "a_name", "seed": 3, "dropout": 0.25, "recurrent_dropout": 0.125}
    config = subject.factory(**given).get_config()
    missing = [a for a in (*arguments(type(subject.cell)), *given) if a not in config]
    assert not missing, f"not in the config: {', '.join(missing)}"
    changed = [a for a in given if config[a] != given[a]]
    assert not changed, f"not at its value in the config: {', '.join(changed)}"


def works_in_bidirectional_and_stacked(subject):
    """In `Bidirectional`, in a stack of layers and in Keras' stack of cells alike."""
    both = keras.layers.Bidirectional(
        Recurrent(subject.make(), return_sequences=True))
    found = both(subject.x)
    ahead, _ = by_hand(both.forward_layer.cell, subject.x)
    back, _ = by_hand(both.backward_layer.cell, subject.x, backwards=True)
    assert_equal(found, np.concatenate([ahead, back[:, ::-1]], -1), "Bidirectional")

    x = keras.Input((None, subject.features))
    cells = subject.make(), subject.factory()
    layers = [Recurrent(cell, return_sequences=True) for cell in cells]
    model = keras.Model(x, layers[1](layers[0](x)))
    below, _ = by_hand(cells[0], subject.x)
    assert_equal(model(subject.x), by_hand(cells[1], below)[0], "two layers")

    if all(s.dtype is None for s in subject.cell.state_specs.values()):
        cells = subject.make(), subject.factory()
        stack = keras.layers.RNN(
            keras.layers.StackedRNNCells(cells), return_sequences=True)
        found = stack(subject.x)
        below, _ = by_protocol(cells[0], subject.x)
        assert_equal(found, by_protocol(cells[1], below)[0], "Keras' StackedRNNCells")


def a_saved_model_loads_and_computes_the_same(subject):
    """A `.keras` file loads without `custom_objects`, weights and function intact."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        _model(subject).save(path)
        loaded = keras.models.load_model(path)
    assert_equal(loaded.get_weights(), subject.weights, "the loaded weights")
    # What a configuration loses is another property's matter.
    assert_equal(loaded(subject.x), subject.run(cell=subject.rebuilt()),
                 "the loaded model")


def an_export_serves_the_same_numbers_whole_and_step_by_step(subject):
    """A SavedModel serves whole sequences, and single steps with the states."""
    cell = subject.make()        # a fresh one: nothing may be left from a call before
    model = _model(subject, cell)
    x, states = subject.x, subject.states()
    def serve(x):
        y, *last = model(x, training=False)
        return {"y": y, **dict(zip(cell.states, last))}

    def step(x, *states):
        y, new = cell(x, list(states))
        return {"y": y, **dict(zip(cell.states, new))}

    with TemporaryDirectory() as folder:
        archive = keras.export.ExportArchive()
        archive.track(model)
        archive.add_endpoint("serve", serve, input_signature=[tf.TensorSpec(x.shape)])
        archive.add_endpoint("step", step, input_signature=[
            tf.TensorSpec(v.shape, v.dtype) for v in (x[:, 0], *states)])
        archive.write_out(folder, verbose=False)
        served = tf.saved_model.load(folder)
        assert_equal(numbers(served.serve(x)), numbers(serve(x)), "whole")
        for t in range(2):
            found, wanted = served.step(x[:, t], *states), step(x[:, t], *states)
            assert_equal(numbers(found), numbers(wanted), f"step {t}")
            states = [wanted[name] for name in cell.states]


def _model(subject, cell=None):
    x = keras.Input((subject.time, subject.features))
    return keras.Model(x, subject.layer(cell)(x))
