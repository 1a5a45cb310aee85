"""Sequences that are answered on this machine one step after the other.

A call of `predict`, or of any function that TensorFlow has compiled, takes longer than
the step in it. LiteRT, which comes with TensorFlow, has hardly anything around it.
"""

from numbers import Integral

import keras
import numpy as np
from keras import ops

from rnnzoo import recurrence
from rnnzoo.models import Network
from rnnzoo.models.compiling import compiled
from rnnzoo.models.streaming import Portable, Stepper


class Stream:
    """Sequences that are answered step by step, as the network answers the whole.

    A stream keeps the weights that the network had when it began; `reset` takes those
    that it has then. Two threads need two streams.

    Args:
        model: a network from `rnnzoo.build`.
        rows: number of sequences that run side by side.

    Attributes:
        path: what runs a step, and why: "litert" networks in float32 on TensorFlow,
            "compiled" others.

    Raises:
        ValueError: the model is no network of the zoo, or cannot run step by step, or
            `rows` is no positive integer.
    """

    def __init__(self, model, rows=1):
        if not isinstance(model, Network) or model.arguments is None:
            raise ValueError("A stream is one of a network made by rnnzoo.build that "
                             f"reads sequences; received {model!r}.")
        if not isinstance(rows, Integral) or isinstance(rows, bool) or rows < 1:
            raise ValueError(f"`rows` is a positive integer; received {rows!r}.")
        self.model = model
        self.rows = rows
        self._portable = Portable(Stepper(model))
        x = model.inputs[0]
        self._shape, self._dtype = (rows, *x.shape[2:]), x.dtype
        self._weights = None
        self.reset()

    def reset(self):
        """Begins again, with the weights that the network has now."""
        weights = self.model.get_weights()
        if self._weights is None or not all(
                map(np.array_equal, weights, self._weights)):
            self.path, self._run = _runner(self.model, self.rows)
            self._weights = weights
        start = self._portable.initial_state(self.rows)
        self._states = {k: ops.convert_to_numpy(state) for k, state in start.items()}

    @property
    def states(self):
        """Name -> `(rows, ...)`, what is remembered. They may be kept, and set."""
        return {name: self._states[name].copy() for name in self._portable.states}

    @states.setter
    def states(self, states):
        given = {name: np.array(state) for name, state in states.items()}
        received, wanted = ({name: (state.dtype.name, state.shape)
                             for name, state in sorted(of.items())}
                            for of in (given, self._states))
        if received != wanted:
            raise ValueError("The states of this stream are, by name, of the kinds and "
                             f"shapes {wanted}; received {received}.")
        self._states = given

    def step(self, x):
        """Reads one step.

        Args:
            x: `(rows, features)`, or symbols `(rows,)`.

        Returns:
            The answer, a NumPy array `(rows, output_size)`. A network with one answer a
            sequence gives the one for what it has read so far.

        Raises:
            ValueError: it has another shape, or values that the network does not read.
                The states are as they were.
        """
        y, self._states = self._run(self._checked(x), self._states)
        return y

    def _checked(self, x):
        x, kind = np.asarray(x), self._dtype
        if x.shape != self._shape or not np.can_cast(x.dtype, kind, "same_kind"):
            raise ValueError(f"A step of this stream is {kind} of the shape "
                             f"{self._shape}; received {x.dtype} of {x.shape}.")
        size = self.model.vocabulary_size
        with np.errstate(over="ignore"):
            fitted = x.astype(kind, copy=False)
        if not (((0 <= x) & (x < size)) if size else np.isfinite(fitted)).all():
            takes = f"ids in [0, {size})" if size else f"finite numbers of {kind}"
            raise ValueError(f"A step of this stream has {takes}; received {x}.")
        return fitted


def _runner(network, rows):
    """What runs a step, with the weights that the network has now.

    Returns:
        A `recurrence.Path` and a function of arrays: an input and states by name, to an
        answer and new states.
    """
    if keras.backend.backend() != "tensorflow":
        reason = f"{keras.backend.backend()} compiles a step by itself"
    elif network.compute_dtype != "float32":
        reason = f"LiteRT takes float32, and this network is in {network.compute_dtype}"
    else:
        try:
            run = _litert(network, rows)
            return recurrence.Path("litert", "LiteRT has the least around a step"), run
        except ValueError as refusal:
            reason = str(refusal)
    own = Network.from_config(network.get_config())
    own.set_weights(network.get_weights())
    return recurrence.Path("compiled", reason), _compiled(own)


def _compiled(network):
    run = compiled(Portable(Stepper(network)).step, network, fused=True)

    def by_arrays(x, states):
        y, states = run(ops.convert_to_tensor(x), states)
        return ops.convert_to_numpy(y), {
            name: ops.convert_to_numpy(state) for name, state in states.items()}

    return by_arrays


def _litert(network, rows):
    import tensorflow as tf

    from rnnzoo.serving import formats

    (x,), portable = network.inputs, Portable(Stepper(network))
    specs = {"x": tf.TensorSpec((rows, *x.shape[2:]), x.dtype, "x")} | {
        name: tf.TensorSpec((rows, *shape), dtype, name)
        for name, (shape, dtype) in portable.states.items()}

    @tf.function(autograph=False, input_signature=[specs])
    def step(given):
        y, states = portable.step(given["x"], {k: given[k] for k in portable.states})
        return {"y": y, **states}

    with recurrence.using("plain"):
        function = step.get_concrete_function()
    module = tf.Module()
    module.kept = [variable.value for variable in network.variables]
    run = formats.in_litert(function, module)

    def by_arrays(x, states):
        states = run(x=x, **states)
        return states.pop("y"), states

    return by_arrays
