"""What `build` returns for a memory: a Keras model that stores by `fit`."""

import warnings
from types import SimpleNamespace

import keras
import numpy as np
from keras import ops

from rnnzoo import registry
from rnnzoo.configuration import plain, revived
from rnnzoo.devices import replicas
from rnnzoo.devices.replicated import Replicated
from rnnzoo.errors import unknown
from rnnzoo.memories.base import NEAR, differ
from rnnzoo.models import patterns
from rnnzoo.models.arguments import native

ROWS = 1024     # cues that settle together, unless the user says otherwise


def assemble(entry, units, arguments):
    """Builds and compiles the model of a memory.

    Args:
        entry: its `registry.Entry`.
        units: number of elements of a pattern; of a memory of pairs, two of them.
        arguments: what else `build` was given.

    Returns:
        A compiled `MemoryNetwork`.

    Raises:
        ValueError: for an unknown or missing argument, with the nearest ones.
    """
    arguments = native({"units": units, **arguments})
    known = {*entry.arguments, "dtype", "seed"}
    for name in arguments:
        if name not in known:
            raise ValueError(f"{entry.name!r}: {unknown('argument', name, known)}")
    if units is None:
        raise ValueError(f"{entry.name!r} needs `units`, the number of elements of a "
                         "pattern; for a memory of pairs, two numbers.")
    # A memory without randomness obeys any seed.
    options = {k: v for k, v in arguments.items()
               if k != "seed" or "seed" in entry.arguments}
    memory = entry.cls(**options, name=entry.name)
    (side, width), *_ = memory.sides.items()
    x = keras.Input((width,), name=side, dtype=memory.variable_dtype)
    network = MemoryNetwork(inputs=x, outputs=memory(x), name=entry.name)
    network.describe({"name": entry.name, **arguments}, memory)
    network.compile("sgd")      # nothing is optimised, but Keras asks for an optimizer
    return network


@keras.saving.register_keras_serializable("rnnzoo")
class MemoryNetwork(Replicated, keras.Model):
    """A Keras model around a `Memory`, whose `fit` stores and whose `predict` recalls.

    Its configuration is the arguments of `build`; the patterns are in its weights.

    Attributes:
        arguments: those that `build` was called with.
        entry: its `registry.Entry`.
        memory: the `Memory`.
    """

    def describe(self, arguments, memory):
        """Says what the model is; `build` calls it once."""
        self.arguments = arguments
        self.entry = registry.info(arguments["name"])
        self.memory = memory
        self.learns = True
        self.stability = keras.metrics.Mean("stable")
        self.overlap = keras.metrics.Mean("overlap")
        self.recalled = keras.metrics.Mean("recalled")
        # Not among the attributes, where Keras would save it.
        self._questions = SimpleNamespace(
            recall=_Question(memory, "recall"), energy=_Question(memory, "energy"))

    @property
    def _count(self):
        return int(self.memory.count.numpy())

    # Storing

    def fit(self, x=None, y=None, batch_size=None, *args, **kwargs):
        """Stores patterns, beside those that are stored already.

        The first epoch stores; more of them repeat nothing. An array is one batch,
        unless `batch_size` says otherwise.

        Args:
            x: patterns `(batch, units)`, or of a memory of pairs its side a; or a
                `tf.data.Dataset` of batches.
            y: of a memory of pairs, side b.
            batch_size: patterns that are stored at once.
            *args: further ones of `keras.Model.fit`.
            **kwargs: further ones of `keras.Model.fit`.

        Returns:
            A Keras `History`: `stored`, the number of patterns in the memory, and
            `stable`, the share of this batch's, or of this epoch's, that a step of
            recall leaves alone. Where there are several batches, a second epoch says
            it of the memory with all of them.

        Raises:
            ValueError: if the patterns do not fit, or there is no room for them.
        """
        for name in ("sample_weight", "class_weight"):
            if kwargs.get(name) is not None:
                raise ValueError(f"A memory stores whole patterns; `{name}` is nothing "
                                 "to it.")
        x, y = patterns.to_store(self.memory, x, y)
        if isinstance(x, np.ndarray):
            batch_size = batch_size or len(x)
            patterns.check_room(self.memory, self._count + len(x))
        kwargs.setdefault("shuffle", False)     # some rules mind the order
        callbacks = kwargs.pop("callbacks", None) or []
        callbacks = [*keras.tree.flatten(callbacks), _FirstEpochStores()]
        try:
            history = super().fit(x, y, batch_size, *args, callbacks=callbacks,
                                  **kwargs)
        finally:
            self.learns, self.train_function = True, None
        patterns.check_room(self.memory, self._count)
        self._warn_of_overload()
        return history

    def train_step(self, *arguments):
        *state, data = arguments
        if not state:
            return self._see(data)
        # On JAX, Keras hands over the values of all variables, and wants them back.
        trainable, fixed, optimizer, metrics = state[0]
        variables = [*self.non_trainable_variables, *self.metrics_variables]
        with keras.StatelessScope(list(zip(variables, [*fixed, *metrics]))) as scope:
            logs = self._see(data)
        values = [scope.get_current_value(v) for v in variables]
        return logs, (trainable, values[:len(fixed)], optimizer, values[len(fixed):])

    def _see(self, data):
        """Stores a batch, in the first epoch, and looks whether it is stable."""
        batch = [v for v in keras.utils.unpack_x_y_sample_weight(data) if v is not None]
        batch = replicas.gathered(*batch)       # for some rules mind the order
        if self.learns:
            self.memory.store(*batch)
        self.stability.update_state(self.memory.stable(*batch))
        return {"stored": ops.convert_to_tensor(self.memory.count),
                "stable": self.stability.result()}

    def forget(self, x, y=None):
        """Takes stored patterns out of the memory.

        Args:
            x: patterns `(batch, units)`, or of a memory of pairs its side a.
            y: of a memory of pairs, side b.

        Raises:
            ValueError: if fewer are stored, or, where that can be told, not these.
            NotImplementedError: if the rule cannot take a pattern out; it says why.
        """
        memory, given = self.memory, [x] if y is None else [x, y]
        batch = [*patterns.sides(memory, given, {}, memory.alphabet).values()]
        before, asked = self._count, len(batch[0])
        if asked > before:
            raise ValueError(f"{asked} patterns cannot be forgotten; the memory holds "
                             f"{before}.")
        memory.forget(*batch)
        missing = asked - (before - self._count)
        if missing:
            raise ValueError(f"{missing} of the {asked} patterns are not stored; the "
                             "others are forgotten now.")

    # Recall

    def predict(self, x, batch_size=None, *args, **kwargs):
        """Lets the memory settle from cues; returns what it recalls."""
        x = patterns.cues(self.memory, x)
        if isinstance(x, np.ndarray):
            batch_size = batch_size or ROWS
            alone = not args and kwargs.keys() <= {"verbose"}
            if alone and len(x) <= batch_size:
                # Keras' pipeline would take longer than recall does.
                return ops.convert_to_numpy(self.predict_on_batch(x))
        return super().predict(x, batch_size, *args, **kwargs)

    def recall(self, *cues, batch_size=ROWS, **sides):
        """Lets the memory settle from cues, and says how that went.

        Args:
            *cues: `(batch, units)`; of a memory of pairs, of side a, or of both sides.
            batch_size: cues that settle together.
            **sides: the same by name: `x`, or `a` and `b`, of which one is enough.

        Returns:
            A `Recall` or `PairRecall`, of NumPy arrays.
        """
        sides = patterns.sides(self.memory, cues, sides, self.memory.cue_alphabet,
                               least=1)
        return self._questions.recall.answer(sides, batch_size)

    def energy(self, *states, batch_size=ROWS, **sides):
        """Energy of states `(batch, units)`, of a memory of pairs of both sides.

        Args:
            *states: one array a side.
            batch_size: states that are measured together.
            **sides: the same by name.

        Returns:
            A NumPy array `(batch,)`.
        """
        sides = patterns.sides(self.memory, states, sides, None)
        return self._questions.energy.answer(sides, batch_size)

    def descent(self, *cues, steps=None):
        """States and energies along recall, from the cues to where all rows are still.

        Args:
            *cues: `(batch, units)`; of a memory of pairs, of both sides, zeros where
                nothing is known.
            steps: number of steps, by default until nothing changes.

        Returns:
            A list of states, each an array or, of a memory of pairs, a pair of arrays;
            and the energies `(steps + 1, batch)`.
        """
        memory = self.memory
        sides = patterns.sides(memory, cues, {}, memory.cue_alphabet)
        path, energies = memory.trace(*sides.values(), steps=steps)
        path = [tuple(map(ops.convert_to_numpy, states)) for states in path]
        return ([states if len(sides) > 1 else states[0] for states in path],
                ops.convert_to_numpy(energies))

    # Keras' other doors

    def test_step(self, data):
        x, y, _ = keras.utils.unpack_x_y_sample_weight(data)
        answer = ops.cast(self(x, training=False), self.memory.variable_dtype)
        target = ops.cast(x if y is None else y, answer.dtype)
        self.overlap.update_state(ops.sum(
            ops.normalize(answer) * ops.normalize(target), axis=-1))
        self.recalled.update_state(~differ([answer], [target], NEAR))
        return {m.name: m.result() for m in (self.overlap, self.recalled)}

    def evaluate(self, x=None, y=None, batch_size=None, *args, **kwargs):
        """Recalls from cues, and compares with patterns.

        Args:
            x: cues.
            y: patterns that should be recalled; of a memory of single patterns, by
                default the cues themselves.
            batch_size: cues that settle together.
            *args: further ones of `keras.Model.evaluate`.
            **kwargs: further ones of `keras.Model.evaluate`.

        Returns:
            `overlap`, the mean cosine between what is recalled and what should be, and
            `recalled`, the share of cues that lead there exactly.
        """
        x = patterns.cues(self.memory, x)
        if isinstance(x, np.ndarray):
            batch_size = batch_size or ROWS
            *others, side = self.memory.sides
            if y is not None:
                y = patterns.check(self.memory, {side: y}, self.memory.alphabet)[side]
            elif others:
                raise ValueError(f'"{self.memory.name}" answers with side {side}; give '
                                 "what it should be: evaluate(a, b).")
        return super().evaluate(x, y, batch_size, *args, **kwargs)

    def get_config(self):
        return {key: plain(value) for key, value in self.arguments.items()}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        arguments = {key: revived(value) for key, value in config.items()}
        name, units = arguments.pop("name"), arguments.pop("units")
        return assemble(registry.info(name), units, arguments)

    def _warn_of_overload(self):
        capacity, count = self.memory.capacity, self._count
        if capacity and count > capacity.patterns:
            warnings.warn(f"{count} patterns are stored, but {capacity.rule}. Expect "
                          "wrong recall; store fewer, or take another memory or rule.",
                          stacklevel=3)


class _Question(Replicated, keras.Model):
    """A method of a memory as a model, whose `predict` batches and compiles it."""

    def __init__(self, memory, method):
        super().__init__(name=method)
        self.memory = memory
        self.method = method

    def call(self, sides):
        return getattr(self.memory, self.method)(**sides)

    def answer(self, sides, batch_size):
        if len(next(iter(sides.values()))) <= batch_size:
            return keras.tree.map_structure(
                ops.convert_to_numpy, self.predict_on_batch(sides))
        return self.predict(sides, batch_size=batch_size, verbose=0)


class _FirstEpochStores(keras.callbacks.Callback):
    """Lets all epochs but the first only look: a second train function, without pen."""

    first = None

    def on_epoch_begin(self, epoch, logs=None):
        if self.first is None:
            self.first = epoch
        elif self.model.learns:
            self.model.learns = False
            self.model.make_train_function(force=True)
