"""Cells with one thing wrong each, beside the one property that must notice.

What is written about a cell is inherited with it, so comments say what is wrong.
"""

import keras
import tensorflow as tf
from keras import ops

from rnnzoo.cells import ElmanCell, GRUCell, JordanCell, LSTMCell

BROKEN = []


def breaks(property, **arguments):
    """Lists a class, and arguments to make it by, under the property it breaks."""
    def add(cls):
        BROKEN.append((cls, arguments or {"units": 5}, property))
        return cls
    return add


def told(cls, old, new):
    """The docstring of a class with something else in it."""
    assert old in cls.__doc__
    return cls.__doc__.replace(old, new)


# Configuration

@breaks("config_rebuilds_the_same_function", units=5, output_size=3, decay=0.5)
class RoundedDecayCell(JordanCell):
    def get_config(self):
        return {**super().get_config(), "decay": round(self.decay)}


@breaks("config_rebuilds_the_same_function", units=5, activation="relu")
class TanhAfterReloadCell(ElmanCell):
    @classmethod
    def from_config(cls, config):
        return cls(**{**config, "activation": "tanh"})


@breaks("every_argument_is_in_the_config", units=5, output_size=3)
class NoDecayInConfigCell(JordanCell):
    def get_config(self):
        config = super().get_config()
        del config["decay"]
        return config


@breaks("every_argument_is_in_the_config")
class NoSeedInConfigCell(ElmanCell):
    def get_config(self):
        return {**super().get_config(), "seed": None}


# A part of something larger

@breaks("works_in_bidirectional_and_stacked")
class WrongOutputSizeCell(ElmanCell):
    def __init__(self, units, **kwargs):
        super().__init__(units, **kwargs)
        self.output_size = units + 1


@breaks("works_in_bidirectional_and_stacked")
class ThreeFeaturesOnlyCell(ElmanCell):
    def build(self, input_shape):
        super().build((None, 3))


@breaks("a_saved_model_loads_and_computes_the_same")
class SavedInHalfPrecisionCell(ElmanCell):
    def save_own_variables(self, store):
        for i, weight in enumerate(self.weights):
            store[str(i)] = ops.convert_to_numpy(weight).astype("float16")


@breaks("a_saved_model_loads_and_computes_the_same")
class NameTakenCell(ElmanCell):
    pass


# Another class of this name: it is the one that a file would be loaded as.
type("NameTakenCell", (NameTakenCell,), {
    "__module__": __name__,
    "project": lambda self, x: -NameTakenCell.project(self, x),
})


@breaks("an_export_serves_the_same_numbers_whole_and_step_by_step")
class TensorKeptCell(ElmanCell):
    kept = None

    def project(self, x):
        if self.kept is None:              # a tensor of the graph that came first
            self.kept = ops.ones((self.units,), x.dtype)
        return super().project(x) * self.kept


# Time

@breaks("cutting_a_sequence_and_carrying_the_states_changes_nothing")
class PositionCell(ElmanCell):
    def project(self, x, training=False):
        position = ops.cast(ops.arange(ops.shape(x)[1]), x.dtype)
        return super().project(x) + 0.1 * position[:, None]


@breaks("cutting_a_sequence_and_carrying_the_states_changes_nothing")
class AlwaysFromZeroCell(ElmanCell):
    __doc__ = told(ElmanCell, "h @ U", "0 * h @ U")

    def project(self, x, training=False):
        first = ops.equal(ops.arange(ops.shape(x)[1]), 0)[:, None]
        carried = ops.where(first, ops.zeros_like(x[..., :1]), 1)
        return super().project(x), ops.cast(carried, x.dtype)

    def step(self, z, states, product):
        z, carried = z
        return super().step(z, [carried * states[0]], product)


@breaks("the_last_output_hears_the_first_input")
class OneStepBackCell(ElmanCell):
    __doc__ = told(ElmanCell, "h = f(x @ W + h @ U + b)\n        y = h",
                   "y = f(x @ W + h @ U + b)\n        h = f(x @ W + b)")

    def step(self, z, states, product):
        y, _ = super().step(z, states, product)
        return y, [self.activation(z)]


@breaks("the_future_does_not_reach_back")
class NextInputCell(ElmanCell):
    def project(self, x, training=False):
        following = ops.concatenate([x[:, 1:], ops.zeros_like(x[:, :1])], axis=1)
        return super().project(x), ops.sum(following, axis=-1, keepdims=True)

    def step(self, z, states, product):
        h, states = super().step(z[0], states, product)
        return h + z[1], states


@breaks("masked_steps_leave_the_states_alone")
class NewSequenceAfterZerosCell(ElmanCell):
    def project(self, x, training=False):
        zeros = ops.all(ops.equal(x, 0), axis=-1, keepdims=True)
        before = ops.concatenate([ops.zeros_like(zeros[:, :1]), zeros[:, :-1]], axis=1)
        return super().project(x), before

    def step(self, z, states, product):
        z, new = z
        h = ops.where(new, ops.zeros_like(states[0]), states[0])
        return super().step(z, [h], product)


# Batch

@breaks("batch_rows_do_not_mix")
class BatchMeanCell(ElmanCell):
    __doc__ = told(ElmanCell, "y = h", "y = h - mean(h, 0)")

    def step(self, z, states, product):
        h, states = super().step(z, states, product)
        return h - ops.mean(h, axis=0), states


@breaks("batch_rows_do_not_mix", units=5, output_size=3)
class SoftmaxOverTheBatchCell(JordanCell):
    __doc__ = told(JordanCell, "y = g(a)", "y = exp(a) / sum(exp(a), 0)")

    def step(self, z, states, product):
        (c,) = states
        h = self.activation(z + product(c, self.recurrent_kernel))
        a = product(h, self.output_kernel) + self.output_bias
        fed = (self.feedback_activation or self.output_activation)(a)
        return ops.exp(a) / ops.sum(ops.exp(a), axis=0), [self.decay * c + fed]


@breaks("any_length_and_any_batch")
class BatchOfTheFirstTraceCell(ElmanCell):
    def project(self, x, training=False):
        return super().project(x) + ops.zeros((x.shape[0], 1, self.units), x.dtype)


# Training

@breaks("every_weight_gets_a_finite_gradient_that_is_not_zero")
class FrozenBiasCell(ElmanCell):
    def project(self, x):
        return x @ self.kernel + ops.stop_gradient(self.bias)


@breaks("every_weight_gets_a_finite_gradient_that_is_not_zero")
class LengthOfZeroCell(ElmanCell):
    __doc__ = told(ElmanCell, "h @ U", "norm(h @ U, None, -1, True)")

    def step(self, z, states, product):
        recurrent = product(states[0], self.recurrent_kernel)
        length = ops.sqrt(ops.sum(recurrent**2, axis=-1, keepdims=True))
        h = self.activation(z + length)
        return h, [h]


@breaks("fast_path_and_plain_loop_agree")
class NoiseInTheStepCell(ElmanCell):
    def project(self, x, training):
        return super().project(x), ops.full_like(x[..., :1], 0.1 if training else 0.0)

    def step(self, z, states, product):
        z, scale = z
        noise = keras.random.normal(
            ops.shape(z), dtype=z.dtype, seed=self.seed_generator)
        return super().step(z + scale * noise, states, product)


@breaks("unrolled_and_looped_agree")
class ClockInPythonCell(ElmanCell):
    def project(self, x):
        self.steps = 0
        return super().project(x)

    def step(self, z, states, product):
        self.steps += 1
        h, states = super().step(z, states, product)
        return h + ops.cast(self.steps > 8, h.dtype), states


@breaks("jit_gives_the_same_numbers")
class TextCell(ElmanCell):
    def step(self, z, states, product):
        h, states = super().step(z, states, product)
        text = tf.strings.as_string(ops.stop_gradient(h))
        return h + ops.cast(tf.strings.length(text) < 0, h.dtype), states


@breaks("computes_in_the_dtype_it_was_told")
class AlwaysFloat32Cell(ElmanCell):
    def step(self, z, states, product):
        h, states = super().step(z, states, product)
        return ops.cast(h, "float32"), states


@breaks("computes_in_the_dtype_it_was_told")
class ThroughFloat32Cell(ElmanCell):
    def project(self, x):
        return ops.cast(ops.cast(super().project(x), "float32"), x.dtype)


@breaks("same_seed_same_bits")
class UnseededWeightsCell(ElmanCell):
    def build(self, input_shape):
        super().build(input_shape)
        self.kernel.assign(keras.random.normal(self.kernel.shape))


@breaks("same_seed_same_bits")
class UnseededNoiseCell(ElmanCell):
    def project(self, x, training):
        z = super().project(x)
        noise = keras.random.normal(ops.shape(z), dtype=z.dtype)
        return z + 0.1 * noise if training else z


@breaks("dropout_acts_in_training_only_and_alike_at_every_step")
class ScaledOutsideTrainingCell(ElmanCell):
    def project(self, x, training):
        return super().project(x if training else x * (1 - self.dropout))


@breaks("dropout_acts_in_training_only_and_alike_at_every_step")
class AnotherMaskEveryStepCell(ElmanCell):
    def project(self, x, training):
        if training and self.dropout:
            x = keras.random.dropout(x, self.dropout, seed=self.seed_generator)
        return super().project(x)


# What is written

@breaks("the_docstrings_equations_are_the_cell")
class UpdateGateReversedCell(GRUCell):
    def step(self, z, states, product):
        (h,) = states
        u, r, n = ops.split(z, 3, axis=-1)
        recurrent = product(h, self.recurrent_kernel) + self.bias[1]
        v, s, m = ops.split(recurrent, 3, axis=-1)
        u, r = self.recurrent_activation(u + v), self.recurrent_activation(r + s)
        h = (1 - u) * h + u * self.activation(n + r * m)
        return h, [h]


@breaks("the_docstrings_equations_are_the_cell")
class OldMemoryReadCell(LSTMCell):
    def step(self, z, states, product):
        h, c = states
        _, (_, new) = super().step(z, states, product)
        o = ops.split(z + product(h, self.recurrent_kernel), 4, axis=-1)[3]
        h = self.recurrent_activation(o) * self.activation(c)
        return h, [h, new]


@breaks("the_docstrings_equations_are_the_cell")
class TanhWhateverIsAskedCell(ElmanCell):
    def step(self, z, states, product):
        h = ops.tanh(z + product(states[0], self.recurrent_kernel))
        return h, [h]


@breaks("the_docstrings_equations_are_the_cell", units=5, output_size=3)
class WrongSignWrittenCell(JordanCell):
    __doc__ = told(JordanCell, "x @ W + c @ U", "x @ W - c @ U")


@breaks("the_docstrings_shapes_are_the_cell")
class KernelTransposedInWritingCell(ElmanCell):
    __doc__ = told(ElmanCell, "(features, units)", "(units, features)")


@breaks("the_docstrings_shapes_are_the_cell")
class StateDoubledInWritingCell(LSTMCell):
    __doc__ = told(LSTMCell, "(batch, units)  memory", "(batch, 2 * units)  memory")


@breaks("file_class_and_entry_agree_in_name")
class ElmanNetwork(ElmanCell):
    pass
