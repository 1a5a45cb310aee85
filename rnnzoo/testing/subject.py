"""The cell under test, a sequence to show it, and loops over time written by hand."""

import json
from functools import cached_property

import keras
import numpy as np
import tensorflow as tf
from keras import ops, tree

from rnnzoo import recurrence
from rnnzoo.layers import Recurrent


class Subject:
    """The cells that a factory makes, all with the same weights.

    Attributes:
        factory: what `check_cell` was given.
        x: a sequence, float32 `(batch, time, features)`.
        longer: another, which gradients are taken of.
    """

    batch, time, features = 4, 6, 3

    def __init__(self, factory):
        self.factory = factory
        self.x = self.draw(self.batch, self.time, self.features)
        self.longer = self.draw(self.batch, self.time + 4, self.features)

    def draw(self, *shape):
        """Normal numbers, the same at every call."""
        return np.random.default_rng(sum(shape)).normal(size=shape).astype("float32")

    def make(self, **options):
        """A cell of the factory with these options, built, and with `weights`."""
        cell = self.factory(**{"seed": 1, **options})
        cell.build((None, self.features))
        cell.set_weights(self.weights)
        return cell

    @cached_property
    def cell(self):
        return self.make()

    def rebuilt(self):
        """The cell made anew from its configuration as JSON, with the same weights."""
        config = json.loads(json.dumps(self.cell.get_config()))
        cell = type(self.cell).from_config(config)
        cell.build((None, self.features))
        cell.set_weights(self.weights)
        return cell

    @cached_property
    def weights(self):
        """Initial values, and noise so that no bias is zero and no symmetry is left."""
        cell = self.factory(seed=1)
        cell.build((None, self.features))
        shake(cell)
        return cell.get_weights()

    def layer(self, cell=None, **options):
        """The sequence layer that gives all outputs and the last states."""
        return Recurrent(cell or self.cell, return_sequences=True, return_state=True,
                         **options)

    def states(self, cell=None):
        """States to start from that differ in every row."""
        cell = cell or self.cell
        initial = cell.get_initial_state(self.batch)
        return [s + ops.cast(0.5 * self.draw(*s.shape), s.dtype)
                if keras.backend.is_float_dtype(s.dtype) else s for s in initial]

    def run(self, x=None, *, cell=None, mask=None, states=None, training=False):
        """Outputs and last states of the sequence layer, in NumPy."""
        y, *last = self.layer(cell)(self.x if x is None else x, mask=mask,
                                    initial_state=states, training=training)
        return numbers(y), numbers(last)

    def differentiate(self, layer, *, graph=False):
        """Outputs, last states, and gradients by the input and the trained weights."""
        def run(x):
            with tf.GradientTape() as tape:
                tape.watch(x)
                y, *last = layer(x)
                loss = self.loss([y, *last])
            return y, last, tape.gradient(loss, [x, *raw(layer.trainable_weights)],
                                          unconnected_gradients="zero")

        run = tf.function(run, autograph=False) if graph else run
        return numbers(run(tf.constant(self.longer)))

    @cached_property
    def looped(self):
        """What `differentiate` finds on the plain loop in a graph."""
        with recurrence.using("plain"):
            return self.differentiate(self.layer(), graph=True)

    def loss(self, values):
        """A number that every element of the values has a share of its own in."""
        return sum(tf.reduce_sum(v * tf.cast(self.draw(*v.shape), v.dtype))
                   for v in values if v.dtype.is_floating)


def shake(cell):
    """Adds noise to the trainable weights."""
    noise = np.random.default_rng(0)
    for weight in cell.trainable_weights:
        weight.assign(weight + 0.3 * noise.normal(size=weight.shape))


def by_protocol(cell, x, states=None):
    """Outputs and last states of `cell(x_t, states)`, step by step."""
    states = cell.get_initial_state(len(x)) if states is None else states
    outputs = []
    for t in range(x.shape[1]):
        y, states = cell(x[:, t], states)
        outputs.append(numbers(y))
    return np.stack(outputs, axis=1), numbers(states)


def by_hand(cell, x, mask=None, backwards=False):
    """What the sequence layer should give: the loop in the open, masked in NumPy."""
    batch, time = x.shape[:2]
    mask = np.ones((batch, time), bool) if mask is None else mask
    states = numbers(cell.get_initial_state(batch))
    shown, outputs = None, []
    for t in reversed(range(time)) if backwards else range(time):
        # Prepared anew for each step: only the states may pass from one to the next.
        z, constants = cell.prepare(ops.convert_to_tensor(x))
        y, new = cell(tree.map_structure(lambda v: v[:, t], z), states,
                      context=constants, product=ops.matmul)
        y, new = numbers(y), numbers(new)
        shown = np.zeros_like(y) if shown is None else shown
        shown = np.where(_rows(mask[:, t], y), y, shown)
        states = [np.where(_rows(mask[:, t], n), n, s) for n, s in zip(new, states)]
        outputs.append(shown)
    return np.stack(outputs, axis=1), states


def raw(weights):
    """The variables of TensorFlow, which knows what is zero where no gradient is."""
    return [weight.value for weight in weights]


def numbers(values):
    """Tensors, in any structure, as NumPy arrays."""
    return tree.map_structure(ops.convert_to_numpy, values)


def assert_equal(found, wanted, what, tolerance=1e-5):
    """Asserts that numbers, or lists of them, are equal but for rounding."""
    found, wanted = _flat(found), _flat(wanted)
    assert len(found) == len(wanted), f"{what}: {len(found)} values, not {len(wanted)}"
    for f, w in zip(found, wanted):
        assert f.shape == w.shape, f"{what}: shape {f.shape}, not {w.shape}"
        bound = tolerance * (1 + np.abs(np.nan_to_num(w)).max(initial=0))
        same = np.isclose(f, w, rtol=0, atol=bound, equal_nan=True)
        assert same.all(), f"{what}: {_worst(f, w):.2g} apart"


def _flat(values):
    return [np.asarray(v, "float64") for v in tree.flatten(values)]


def _worst(found, wanted):
    return np.abs(found - wanted).max()


def _rows(mask, v):
    return mask.reshape(-1, *[1] * (v.ndim - 1))
