"""What every cell shares: weights, states, configuration, dropout, Keras' protocol."""

import inspect
from typing import NamedTuple

import keras
import numpy as np
from keras import ops, tree

from rnnzoo import initializers
from rnnzoo.configuration import Configured, derived_seed, plain
from rnnzoo.errors import unknown

RULES = ("initializer", "regularizer", "constraint")


class State(NamedTuple):
    """What one state of a cell is; a bare size stands for `State((size,))`.

    Attributes:
        shape: of one row of the batch.
        dtype: name of the dtype; None is the cell's compute dtype.
        initial: value at the start.
    """

    shape: tuple
    dtype: str | None = None
    initial: float = 0


class Cell(Configured, keras.layers.Layer):
    """One step in time of a recurrent network, written as its paper's equations.

    A subclass keeps each constructor argument in an attribute of the same name, sets
    `states` (name -> size or `State`, in order) and `output_size`, makes its weights in
    `build` by `weight`, and defines

    - `project(x)`: all that needs the input only, for every time step at once; `x` is
      `(rows, steps, features)` or a nest of such tensors, and so is what it returns.
      Every row and step is projected by itself, so they may come in any order. If it
      takes `training`, `x` is `(batch, time, features)`. All randomness is drawn here.
    - `step(z, states, product)`: all that needs the states, for one step; returns the
      output and the list of new states. It is pure, because it is run again in the
      backward pass; and no row sees another, because the engine may run them apart.
      `product(v, kernel)` is a matrix product; `kernel` is a 2-D weight
      or a 2-D tensor made from weights. It may take `context`, tensors of the whole
      sequence that no step changes.

    Everything else follows from these: Keras' `cell(x_t, states)`, the sequence layer,
    fast training, streaming, the configuration.

    Args:
        use_bias: whether weights named `...bias` exist.
        dropout: share of the input features to drop, the same ones at every step; in
            `keras.layers.RNN`, which shows a cell single steps, drawn for each.
        recurrent_dropout: share of the vector to drop that enters a product with
            `recurrent_kernel`, the same units at every step.
        seed: integer that governs initial weights and dropout.
        **kwargs: `<weight>_initializer`, `<weight>_regularizer` and
            `<weight>_constraint` for every weight, and Keras' `name`, `dtype`,
            `trainable`. Keras' word `recurrent_initializer` stands for
            `recurrent_kernel_initializer`, and so for the other two.

    Raises:
        ValueError: if a rate is outside [0, 1).
    """

    def __init__(self, *, use_bias=True, dropout=0.0, recurrent_dropout=0.0, seed=None,
                 **kwargs):
        rules = {_full(k): kwargs.pop(k) for k in list(kwargs) if k.endswith(RULES)}
        super().__init__(**kwargs)
        self.use_bias = use_bias
        self.dropout = dropout
        self.recurrent_dropout = recurrent_dropout
        for name in ("dropout", "recurrent_dropout"):
            if not 0 <= getattr(self, name) < 1:
                raise ValueError(f"`{name}` is a share in [0, 1); received "
                                 f"{getattr(self, name)}.")
        self.seed = seed
        self.rules = rules
        self._use = ""
        self.seed_generator = keras.random.SeedGenerator(seed)

    def reseed(self, use):
        """Draws other numbers from the same seed, for another use of it."""
        self._use = use
        self.seed_generator = keras.random.SeedGenerator(derived_seed(self.seed, use))

    # Weights

    def weight(self, name, *shape, initializer=None, then=None, trainable=True):
        """Adds a weight, or zeros in its place where it is a bias that is switched off.

        Recurrent kernels start orthogonal, biases at zero, the rest Glorot uniform, as
        in Keras, unless `initializer` or the user's `<name>_initializer` says
        otherwise; `then` is a function that finishes the drawn value. A weight that is
        not `trainable` stays as it is drawn.
        """
        if name.endswith("bias") and not self.use_bias:
            return np.zeros(shape, self.compute_dtype)
        rule = {r: self.rules.get(f"{name}_{r}") for r in RULES}
        rule["initializer"] = self._drawing(
            name, rule["initializer"] or initializer or _usual_initializer(name), then
        )
        return self.add_weight(name=name, shape=shape, trainable=trainable, **rule)

    def _drawing(self, name, initializer, then):
        """The initializer under the cell's seed, drawn in float32 or wider.

        An orthogonal matrix needs a QR decomposition, which narrow floats do not have.
        """
        initializer = initializers.get(initializer)
        drawn = isinstance(initializer, keras.initializers.Initializer)
        if drawn and self.seed is not None:
            config = initializer.get_config()
            if "seed" in config and config["seed"] is None:
                config["seed"] = derived_seed(self.seed, self._use + name)
                initializer = type(initializer).from_config(config)

        def draw(shape, dtype):
            wide = "float64" if dtype == "float64" else "float32"
            value = initializer(shape, dtype=wide)
            return ops.cast(then(value) if then else value, dtype)

        return draw

    def check_rules(self):
        """Raises ValueError for an initializer or another rule of no weight."""
        known = {f"{w.name}_{r}" for w in self.weights for r in RULES}
        for name in self.rules:
            switched_off = "bias_" in name and not self.use_bias
            if name not in known and not switched_off:
                raise ValueError(
                    f"{type(self).__name__}: {unknown('argument', name, known)}"
                )

    # States

    @property
    def state_specs(self):
        """Name -> `State`, in order."""
        specs = {name: s if isinstance(s, State) else State((s,))
                 for name, s in self.states.items()}
        for name, s in specs.items():
            if not all(isinstance(n, int) and n > 0 for n in s.shape):
                raise ValueError(f"{type(self).__name__}: sizes are positive integers; "
                                 f"state {name!r} would have shape {s.shape}.")
        return specs

    @property
    def state_size(self):
        sizes = [s.shape[0] if len(s.shape) == 1 else tuple(s.shape)
                 for s in self.state_specs.values()]
        return sizes[0] if len(sizes) == 1 and isinstance(sizes[0], int) else sizes

    def get_initial_state(self, batch_size=None):
        """List of the states before the first step, each `(batch_size, *shape)`."""
        return [ops.full((batch_size, *s.shape), s.initial,
                         s.dtype or self.compute_dtype)
                for s in self.state_specs.values()]

    # One step

    def prepare(self, x, context=None, training=False):
        """What the steps of a sequence need: the projected input and the constants.

        Args:
            x: `(batch, time, features)` or a nest of such tensors.
            context: nest of tensors `(batch, ...)` that no step changes, or None.
            training: whether dropout and noise act.

        Returns:
            `z`, a nest of tensors with time on axis 1, and a dictionary of constants
            to be handed to `call` as `context`.
        """
        takes_context = "context" in inspect.signature(self.step).parameters
        if takes_context != (context is not None):
            raise ValueError(f"{type(self).__name__} takes "
                             f"{'a' if takes_context else 'no'} `context`.")
        constants = {} if context is None else {"context": context}
        first, *rest = tree.flatten(x)
        if training and self.recurrent_dropout:
            ones = ops.ones((ops.shape(first)[0], self.recurrent_kernel.shape[0]),
                            dtype=self.compute_dtype)
            constants["kept"] = keras.random.dropout(
                ones, self.recurrent_dropout, seed=self.seed_generator)
        if training and self.dropout:
            first = first * keras.random.dropout(
                ops.ones_like(first[:, :1]), self.dropout, seed=self.seed_generator)
        x = tree.pack_sequence_as(x, [first, *rest])
        return self._projected(x, bool(training)), constants

    def _projected(self, x, training):
        """All that needs the input only, for every step.

        Rows and steps are projected alike, so they may stand in one row, in the order
        of the engine, as one large product. Unless numbers are drawn, which may be
        meant for each row or for each step.
        """
        if "training" in inspect.signature(self.project).parameters:
            return self.project(x, training=training)
        first = tree.flatten(x)[0]
        if first.shape[1] == 1:
            return self.project(x)
        batch, time = ops.shape(first)[:2]
        row = tree.map_structure(
            lambda v: ops.reshape(ops.swapaxes(v, 0, 1), (1, -1, *v.shape[2:])), x)
        return tree.map_structure(
            lambda v: ops.swapaxes(ops.reshape(v, (time, batch, *v.shape[2:])), 0, 1),
            self.project(row))

    def call(self, x, states, context=None, product=None, training=False):
        """One step by Keras' protocol, or by the engine's if `product` is given.

        Args:
            x: input of this step `(batch, features)`; with `product`, its share of
                what `prepare` returned.
            states: list of states, or the state where there is one.
            context: with `product`, the constants that `prepare` returned.
            product: matrix product to use.
            training: whether dropout and noise act.

        Returns:
            The output and the list of new states.
        """
        states = list(states) if isinstance(states, (list, tuple)) else [states]
        if product is None:
            product = ops.matmul
            x = tree.map_structure(lambda v: ops.expand_dims(v, 1), x)
            x, context = self.prepare(x, context, training)
            x = tree.map_structure(lambda v: v[:, 0], x)
        constants = dict(context or {})
        kept = constants.pop("kept", None)

        def multiply(v, kernel, recurrent=None):
            if recurrent is None:
                recurrent = kernel is getattr(self, "recurrent_kernel", None)
            return product(v if kept is None or not recurrent else v * kept, kernel)

        y, new = self.step(x, states, multiply, **constants)
        return y, list(new)

    # Configuration

    def get_config(self):
        rules = {name: plain(rule) for name, rule in self.rules.items()}
        return {**super().get_config(), **rules}


def _full(rule):
    """`recurrent_initializer`, Keras' word, as `recurrent_kernel_initializer`."""
    weight, _, kind = rule.rpartition("_")
    return f"recurrent_kernel_{kind}" if weight == "recurrent" else rule


def _usual_initializer(name):
    if name.endswith("bias"):
        return "zeros"
    return "orthogonal" if name.startswith("recurrent") else "glorot_uniform"
