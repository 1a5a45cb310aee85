"""Modern Hopfield networks as layers that train: association, pooling, lookup."""

import math

import keras
from keras import ops

from rnnzoo.configuration import Configured, derived_seed
from rnnzoo.memories.base import whole


class Hopfield(Configured, keras.layers.Layer):
    """Associates each state with the stored patterns it is most like.

    States and patterns are projected to `heads` spaces of their own. There each state
    takes `steps` steps of the modern Hopfield network, the last of which reads values
    instead: `x = softmax(beta * x @ K.T) @ K`, then `softmax(beta * x @ K.T) @ V`. With
    one step it is multi-head attention.

    Args:
        units: width of a head's space.
        heads: number of them.
        output_size: width of the output; None takes that of the states.
        beta: inverse temperature: a number, or "trained" for one a head that training
            moves; None is `1 / sqrt(units)`, as in attention.
        steps: number of steps.
        dropout: share of the associations to drop in training.
        seed: integer that governs initial weights and dropout.
        **kwargs: Keras' `name`, `dtype`, `trainable`.

    Call arguments:
        states: `(batch, states, features)`.
        patterns: `(batch, patterns, features)`; None takes the states themselves.
        mask: boolean `(batch, states)`; where patterns are None, False keeps a state
            from being associated.
        patterns_mask: boolean `(batch, patterns)`, False for those to leave out.
        training: whether dropout acts.
        return_associations: whether to return the shares of the patterns too,
            `(batch, heads, states, patterns)`.

    Returns:
        `(batch, states, output_size)`.

    Reference:
        H. Ramsauer et al., "Hopfield networks is all you need", ICLR 2021
        (arXiv:2008.02217, 2020).
    """

    def __init__(self, units, *, heads=1, output_size=None, beta=None, steps=1,
                 dropout=0.0, seed=None, **kwargs):
        super().__init__(**kwargs)
        if not (beta in (None, "trained")
                or isinstance(beta, (int, float)) and beta > 0):
            raise ValueError('`beta` is a positive number, "trained" or None; received '
                             f"{beta!r}.")
        self.units = whole(units, "units")
        self.heads = whole(heads, "heads")
        self.output_size = output_size
        self.beta = beta
        self.steps = whole(steps, "steps")
        self.dropout = dropout
        self.seed = seed
        self.supports_masking = True

    def build(self, states_shape, patterns_shape=None):
        stored = patterns_shape or states_shape
        size = self.output_size or states_shape[-1]
        width = self.heads * self.units
        self.to_state = self._dense("to_state", width, states_shape)
        self.to_pattern = self._dense("to_pattern", width, stored)
        self.to_value = self._dense("to_value", width, stored)
        self.to_output = self._dense("to_output", size, (None, None, width), True)
        self.dropping = keras.layers.Dropout(self.dropout, seed=self.seed,
                                             dtype=self.dtype_policy)
        if self.beta == "trained":
            start = keras.initializers.Constant(-math.log(self.units) / 2)
            self.log_beta = self.add_weight(
                name="log_beta", shape=(self.heads, 1, 1), initializer=start)

    def _dense(self, name, size, shape, use_bias=False):
        initializer = keras.initializers.GlorotUniform(derived_seed(self.seed, name))
        dense = keras.layers.Dense(size, use_bias=use_bias, name=name,
                                   kernel_initializer=initializer,
                                   dtype=self.dtype_policy)
        dense.build(shape)
        return dense

    def call(self, states, patterns=None, mask=None, patterns_mask=None,
             training=False, return_associations=False):
        if patterns is None:
            patterns, patterns_mask = states, mask
        x = self._heads(self.to_state(states))
        keys, values = self._heads(self.to_pattern(patterns)), self._heads(
            self.to_value(patterns))
        kept = None if patterns_mask is None else patterns_mask[:, None, None, :]
        for _ in range(self.steps - 1):
            x = self._associations(x, keys, kept) @ keys
        shares = self._associations(x, keys, kept)
        found = self.dropping(shares, training=training) @ values
        found = ops.transpose(found, (0, 2, 1, 3))
        found = ops.reshape(found, (*ops.shape(found)[:2], self.heads * self.units))
        output = self.to_output(found)
        return (output, shares) if return_associations else output

    def _heads(self, v):
        """`(batch, number, heads * units)` as `(batch, heads, number, units)`."""
        v = ops.reshape(v, (*ops.shape(v)[:2], self.heads, self.units))
        return ops.transpose(v, (0, 2, 1, 3))

    def _associations(self, x, keys, kept):
        scores = self._beta() * x @ ops.transpose(keys, (0, 1, 3, 2))
        if kept is None:
            return ops.softmax(scores)
        lowest = -3e4       # which half precision has too
        shares = ops.softmax(ops.where(kept, scores, lowest))
        return ops.where(kept, shares, 0)       # where all are masked, none

    def _beta(self):
        if self.beta == "trained":
            return ops.exp(self.log_beta)
        return self.beta or 1 / math.sqrt(self.units)

    def compute_output_shape(self, states_shape, patterns_shape=None):
        return (*states_shape[:-1], self.output_size or states_shape[-1])


class HopfieldPooling(Hopfield):
    """Sums up a set of patterns: associates learned states with them.

    The order of the patterns does not matter, and padding is masked. Choose it instead
    of a mean or a maximum over time, or for bags of instances.

    Args:
        units: width of a head's space.
        states: number of learned states.
        **kwargs: those of `Hopfield`.

    Call arguments:
        patterns: `(batch, patterns, features)`.
        mask: boolean `(batch, patterns)`, False for those to leave out.
        training: whether dropout acts.

    Returns:
        `(batch, states * output_size)`.
    """

    def __init__(self, units, *, states=1, **kwargs):
        super().__init__(units, **kwargs)
        self.states = whole(states, "states")

    def build(self, patterns_shape):
        super().build((None, self.states, patterns_shape[-1]), patterns_shape)
        self.learned_states = _learned(self, "states", self.states, patterns_shape[-1])

    def call(self, patterns, mask=None, training=False):
        states = _for_each_row(self.learned_states, patterns)
        found = super().call(states, patterns, patterns_mask=mask, training=training)
        return ops.reshape(found, (ops.shape(found)[0], self.states * found.shape[-1]))

    def compute_mask(self, patterns, previous_mask):
        return None

    def compute_output_shape(self, patterns_shape):
        size = self.output_size or patterns_shape[-1]
        return (patterns_shape[0], self.states * size)


class HopfieldLayer(Hopfield):
    """Looks states up in learned patterns: a memory that training fills.

    Args:
        units: width of a head's space.
        patterns: number of learned patterns.
        **kwargs: those of `Hopfield`.

    Call arguments:
        states: `(batch, states, features)`.
        training: whether dropout acts.

    Returns:
        `(batch, states, output_size)`.
    """

    def __init__(self, units, *, patterns, **kwargs):
        super().__init__(units, **kwargs)
        self.patterns = whole(patterns, "patterns")

    def build(self, states_shape):
        super().build(states_shape)
        self.learned_patterns = _learned(self, "patterns", self.patterns,
                                         states_shape[-1])

    def call(self, states, training=False):
        patterns = _for_each_row(self.learned_patterns, states)
        return super().call(states, patterns, training=training)

    def compute_output_shape(self, states_shape):
        return super().compute_output_shape(states_shape)


def _learned(layer, name, number, features):
    initializer = keras.initializers.RandomNormal(
        stddev=1.0, seed=derived_seed(layer.seed, name))
    return layer.add_weight(name=name, shape=(number, features),
                            initializer=initializer)


def _for_each_row(weight, like):
    return ops.broadcast_to(weight[None], (ops.shape(like)[0], *weight.shape))
