"""The sequence layer: any cell, over time, with all that Keras' `RNN` can do."""

from contextlib import contextmanager
from contextvars import ContextVar

import keras
from keras import ops, tree

from rnnzoo import recurrence
from rnnzoo.cells import Cell
from rnnzoo.layers.carrying import carried

_teacher = ContextVar("teacher", default=(None, False))


@contextmanager
def teaching(targets, *, always=False):
    """Within it, cells with `teacher_forcing` are shown these targets in training.

    Args:
        targets: `(batch, time, output_size)`, or None for nothing.
        always: whether outside training too, where the past is known.
    """
    token = _teacher.set((targets, always))
    try:
        yield
    finally:
        _teacher.reset(token)


@keras.saving.register_keras_serializable("rnnzoo")
class Recurrent(keras.layers.RNN):
    """Runs a `Cell` over sequences: Keras' `RNN` with the engine inside.

    Differs from `keras.layers.RNN` in that it takes nested inputs, `context`, states of
    any shape and dtype, and a trained initial state, and trains faster.

    Args:
        cell: a `Cell`.
        return_sequences: whether to return the outputs of all steps or of the last.
        return_state: whether to return the last states too.
        go_backwards: whether to start at the end and return that order.
        stateful: whether the last states start the next batch.
        unroll: whether to write the steps out instead of looping.
        zero_output_for_mask: whether a masked step shows zeros instead of the output
            before it.
        trainable_initial_state: whether the states before the first step are weights.
        **kwargs: Keras' `name`, `dtype`, `trainable`, `activity_regularizer`.

    Call arguments:
        sequences: `(batch, time, features)`, or a nest of such tensors.
        initial_state: list of states to start from.
        mask: boolean `(batch, time)`; a masked step leaves the states alone.
        context: nest of tensors `(batch, ...)` handed to every step.
        training: whether dropout, noise and teacher forcing act.

    Returns:
        `(batch, time, output_size)` or `(batch, output_size)`; with `return_state`
        followed by the states.
    """

    def __init__(self, cell, *, trainable_initial_state=False, **kwargs):
        if not isinstance(cell, Cell):
            raise TypeError(
                f"`cell` is an rnnzoo.cells.Cell; received {cell!r}. "
                "Other cells run in keras.layers.RNN."
            )
        super().__init__(cell, **kwargs)
        self.trainable_initial_state = trainable_initial_state
        if not self.trainable:
            cell.trainable = False
        if self.go_backwards and cell.seed is not None and not cell.built:
            cell.reseed("backwards")    # or both directions would start alike

    def build(self, sequences_shape, initial_state_shape=None):
        shape = _first_shape(sequences_shape)
        if not self.cell.built:
            self.cell.build((shape[0], *shape[2:]))
            self.cell.built = True
        self.cell.check_rules()
        self.initial_weights = []
        if self.trainable_initial_state:
            self.initial_weights = [
                self.add_weight(name=f"initial_{name}", shape=s.shape,
                                initializer=keras.initializers.Constant(s.initial))
                for name, s in self._trainable_states().items()
            ]
        if self.stateful:
            if shape[0] is None:
                raise ValueError(
                    "stateful=True needs a fixed batch size; received input of shape "
                    f"{shape}. Give `batch_shape` instead of `shape`."
                )
            self._expected_batch_size = shape[0]
            # As in Keras no weights: they are neither saved nor counted.
            self.states = _Untracked(
                keras.Variable(keras.ops.zeros((shape[0], *s.shape)), trainable=False,
                               dtype=s.dtype or self.variable_dtype, name=name)
                for name, s in self.cell.state_specs.items())
            self.reset_state()

    def _trainable_states(self):
        return {n: s for n, s in self.cell.state_specs.items() if s.dtype is None}

    def get_initial_state(self, batch_size):
        states = self.cell.get_initial_state(batch_size)
        states = dict(zip(self.cell.state_specs, states))
        for name, weight in zip(self._trainable_states(), self.initial_weights):
            value = ops.cast(weight, self.compute_dtype)[None]
            states[name] = ops.broadcast_to(value, ops.shape(states[name]))
        return list(states.values())

    def carried_states(self, batch_size):
        """Name -> state before the first step, for a sequence that comes in pieces."""
        if self.go_backwards:
            raise ValueError(f"{self.name} cannot run step by step: it starts at the "
                             "end, which a stream does not have; use "
                             "go_backwards=False.")
        return dict(zip(self.cell.state_specs, self.get_initial_state(batch_size)))

    def reset_state(self):
        """Takes the states of a stateful layer back to the start."""
        if self.states:
            start = self.get_initial_state(self._expected_batch_size)
            for state, value in zip(self.states, start):
                state.assign(ops.cast(value, state.dtype))

    def call(self, sequences, initial_state=None, mask=None, context=None,
             training=False):
        first = tree.flatten(sequences)[0]
        mask = _only(mask)
        self._check(first, mask)
        before = carried(self)
        if before is not None:
            initial_state = list(before.values())
        states = self._start(first, initial_state)
        sequences = self._with_teacher(sequences, training)
        outputs, states = recurrence.run(
            self.cell, sequences, states, context, mask=mask, training=training,
            go_backwards=self.go_backwards,
            unroll=self.unroll or before is not None and first.shape[1] == 1,
            zero_output_for_mask=self.zero_output_for_mask,
        )
        if before is not None:
            before.update(zip(before, states))
        if self.stateful:
            for variable, state in zip(self.states, states):
                variable.assign(ops.cast(state, variable.dtype))
        output = outputs if self.return_sequences else outputs[:, -1]
        return (output, *states) if self.return_state else output

    def features(self, sequences, mask=None, training=False):
        """What enters the cell's `output_kernel` at every step, `(batch, time, units)`.

        Where `teaching` shows targets, the cell is fed with them, in training or not.
        """
        first = tree.flatten(sequences)[0]
        sequences = self._with_teacher(sequences, training=True)
        features, _ = recurrence.run(
            _Featured(self.cell), sequences, self._start(first, None),
            mask=_only(mask), training=training, go_backwards=self.go_backwards)
        return features

    def _check(self, x, mask):
        if len(x.shape) != 3 or x.shape[1] == 0:
            raise ValueError(f"{self.name} takes (batch, time, features) with at least "
                             f"one step; received input of shape {tuple(x.shape)}.")
        if mask is not None and mask.shape[1] not in (None, x.shape[1]) and x.shape[1]:
            raise ValueError(f"{self.name}: the mask has {mask.shape[1]} steps and the "
                             f"input {x.shape[1]}.")

    def _start(self, first, initial_state):
        if initial_state is None and self.stateful:
            initial_state = [state.value for state in self.states]
        if initial_state is None:
            return self.get_initial_state(ops.shape(first)[0])
        single = not isinstance(initial_state, (list, tuple))
        given = [initial_state] if single else initial_state
        specs = self.cell.state_specs
        shapes = [tuple(s.shape[1:]) for s in given]
        if shapes != [tuple(s.shape) for s in specs.values()]:
            wanted = ", ".join(f"{n} (batch, {', '.join(map(str, s.shape))})"
                               for n, s in specs.items())
            raise ValueError(
                f"{self.name}: initial_state is {wanted}; received shapes "
                f"{[tuple(s.shape) for s in given]}."
            )
        return [ops.cast(g, s.dtype or self.compute_dtype)
                for g, s in zip(given, specs.values())]

    def _with_teacher(self, sequences, training):
        targets, always = _teacher.get()
        taught = (training or always) and getattr(self.cell, "teacher_forcing", 0)
        if targets is None or not taught:
            return sequences
        return sequences, ops.cast(targets, self.compute_dtype)

    def compute_output_spec(self, sequences, *args, **kwargs):
        shapes = self.compute_output_shape(tree.flatten(sequences)[0].shape)
        if not self.return_state:
            return keras.KerasTensor(shapes, self.compute_dtype)
        dtypes = [None, *(s.dtype for s in self.cell.state_specs.values())]
        return tuple(keras.KerasTensor(shape, dtype or self.compute_dtype)
                     for shape, dtype in zip(shapes, dtypes))

    def compute_output_shape(self, sequences_shape, initial_state_shape=None):
        batch, time = sequences_shape[:2]
        shape = (batch, time) if self.return_sequences else (batch,)
        states = [(batch, *s.shape) for s in self.cell.state_specs.values()]
        output = (*shape, self.cell.output_size)
        return (output, *states) if self.return_state else output

    def compute_mask(self, sequences, mask):
        mask = _only(mask)
        if mask is not None and self.go_backwards:
            mask = ops.flip(mask, axis=1)
        output = mask if self.return_sequences else None
        states = [None] * len(self.cell.state_specs)
        return [output, *states] if self.return_state else output

    def path(self, eagerly=False):
        """The `recurrence.Path` that this layer takes in training here."""
        frozen = self.built and recurrence.has_frozen_kernels(self.cell)
        path = recurrence.choose(training=True, frozen=frozen, unroll=self.unroll,
                                 eagerly=eagerly)
        if path.name == "plain" or not self.built:
            return path
        objection = recurrence.objection(self.cell)
        return recurrence.Path("plain", objection) if objection else path

    def get_config(self):
        return {**super().get_config(),
                "trainable_initial_state": self.trainable_initial_state}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        cell = keras.saving.deserialize_keras_object(
            config["cell"], custom_objects=custom_objects)
        return cls(**{**config, "cell": cell})


class _Featured:
    """A cell that shows, instead of its output, what enters its output kernel."""

    def __init__(self, cell):
        self.cell = cell

    def __getattr__(self, name):
        return getattr(self.cell, name)

    def __call__(self, z, states, context=None, product=None):
        seen = []

        def watched(v, kernel):
            if kernel is self.cell.output_kernel:
                seen.append(v)
            return product(v, kernel)

        _, states = self.cell(z, states, context=context, product=watched)
        return seen[-1], states


class _Untracked:
    """Variables that Keras shall not take for weights of the layer that has them."""

    def __init__(self, variables):
        self._variables = list(variables)

    def __iter__(self):
        return iter(self._variables)


def _only(mask):
    """Of the masks of a nest of inputs the one that there is; or None."""
    return next((m for m in tree.flatten(mask) if m is not None), None)


def _first_shape(shape):
    """Of the shapes of a nest of inputs the first; a cell is built on it."""
    if isinstance(shape, dict):
        return _first_shape(shape[min(shape)])
    return shape if isinstance(shape[0], (int, type(None))) else _first_shape(shape[0])
