"""A network that takes its input in pieces, down to single steps, and remembers."""

import re

import keras
from keras import ops, tree

from rnnzoo import registry
from rnnzoo.layers import MeanOfSteps
from rnnzoo.layers.carrying import carrying

# Keras' layers that look at every step alone.
STEPWISE = (keras.layers.InputLayer, keras.layers.Embedding, keras.layers.Dropout,
            keras.layers.Dense, keras.layers.Activation)

# Those that need a whole sequence, and what to do about it.
WHOLE = {
    keras.layers.Bidirectional: "reads from the end too, which a stream does not have; "
                                "build the network with bidirectional=False",
    MeanOfSteps: "averages a whole sequence; build the network with pooling=\"last\"",
}


class Stepper:
    """A network as a function of a piece of its input and of the states before it.

    A sequence that is read in pieces, cut anywhere, gives what it gives as a whole. The
    methods change nothing, and may be traced and compiled for any batch size.

    Args:
        network: made by `build`.

    Attributes:
        states: name -> (shape without batch, dtype) of all that is remembered: the
            states of the layers, as "lstm.h", and where symbol 0 is padding the last
            "answer", which padding does not change.

    Raises:
        ValueError: if the network needs steps that are still to come.
    """

    def __init__(self, network):
        self.network = network
        self.layers = {}                # word for a layer that remembers -> the layer
        for layer in network.layers:
            if _carried_states(layer):
                word = _word(layer)
                earlier = sum(word == _word(other) for other in self.layers.values())
                self.layers[f"{word}_{earlier}" if earlier else word] = layer
        self.states = {name: (tuple(state.shape[1:]),
                              keras.backend.standardize_dtype(state.dtype))
                       for name, state in self.initial_state(1).items()}

    def initial_state(self, batch_size):
        """What is remembered before the first step: name -> `(batch_size, ...)`."""
        states = {f"{word}.{name}": state for word, layer in self.layers.items()
                  for name, state in layer.carried_states(batch_size).items()}
        if self.network.vocabulary_size:
            padding = ops.zeros((batch_size, 1), "int32")
            states["answer"] = self._last(self._run(padding, states)[0])
        return states

    def step(self, x, states):
        """Reads one step.

        Args:
            x: `(batch, features)`, or symbols `(batch,)`.
            states: name -> `(batch, ...)`, as `initial_state` and `step` return them.

        Returns:
            The answer `(batch, output_size)` and the new states. A network with one
            answer a sequence gives the one for what it has read so far.

        Raises:
            ValueError: if a shape or a name is wrong.
        """
        wanted = (None, *self.network.inputs[0].shape[2:])
        if len(x.shape) != len(wanted) or x.shape[1:] != wanted[1:]:
            raise ValueError(f"A step has the shape {('batch', *wanted[1:])}; received "
                             f"{tuple(x.shape)}.")
        y, states = self.read(ops.expand_dims(x, 1), states)
        return self._last(y), states

    def read(self, x, states):
        """Reads a piece of a sequence.

        Args:
            x: as the network takes it, with any number of steps but 0.
            states: as for `step`.

        Returns:
            The answer, as the network gives it, and the new states.

        Raises:
            ValueError: if a state is missing, unknown or of a wrong shape.
        """
        found = {name: tuple(state.shape[1:]) for name, state in states.items()}
        wanted = {name: shape for name, (shape, _) in self.states.items()}
        if found != wanted:
            raise ValueError("The states are those that `initial_state` returns: name "
                             f"-> shape without batch {wanted}; received {found}.")
        x = ops.convert_to_tensor(x, dtype=self.network.inputs[0].dtype)
        y, new = self._run(x, states)
        if self.network.vocabulary_size:
            y, new["answer"] = self._held(y, x, states["answer"])
        return y, new

    def _run(self, x, states):
        """The network's layers, one after the other, on any number of steps."""
        carried = {layer.name: {} for layer in self.layers.values()}
        for name, state in states.items():
            word, _, part = name.rpartition(".")
            if word:
                carried[self.layers[word].name][part] = state
        values = {id(self.network.inputs[0]): x}
        with carrying(carried):
            for layer in self.network.layers[1:]:
                # Masks are inputs too, but they ride on the tensors that they mask.
                inputs = [values[id(v)] for v in tree.flatten(layer.input)
                          if id(v) in values]
                values[id(layer.output)] = _applied(
                    layer, inputs if len(inputs) > 1 else inputs[0])
        return values[id(self.network.outputs[0])], {
            f"{word}.{name}": state for word, layer in self.layers.items()
            for name, state in carried[layer.name].items()}

    def _held(self, y, x, answer):
        """Until the first symbol that is no padding, the answer of the piece before."""
        heard = ops.cumsum(ops.cast(x != 0, "int32"), axis=1) > 0
        if self.network.task.per_step:
            y = ops.where(heard[..., None], y, answer[:, None])
        else:
            y = ops.where(heard[:, -1:], y, answer)
        return y, self._last(y)

    def _last(self, y):
        return y[:, -1] if self.network.task.per_step else y


class Portable:
    """A `Stepper` for those who keep the states between steps outside of Keras.

    No name has a dot: where one has, TensorFlow makes names of inputs of its own. Half
    floats are float32, which everybody can read.

    Args:
        stepper: the `Stepper`.

    Attributes:
        states: name -> (shape without batch, dtype), as "lstm_h".
    """

    def __init__(self, stepper):
        self.stepper = stepper
        self._names = {name.replace(".", "_"): name for name in stepper.states}
        self.states = {name.replace(".", "_"): (shape, _readable(dtype))
                       for name, (shape, dtype) in stepper.states.items()}

    def initial_state(self, batch_size):
        """As of `Stepper`."""
        return self._portable(self.stepper.initial_state(batch_size))

    def step(self, x, states):
        """As of `Stepper`."""
        y, states = self.stepper.step(x, {
            name: ops.cast(states[word], self.stepper.states[name][1])
            for word, name in self._names.items()})
        return y, self._portable(states)

    def _portable(self, states):
        return {word: ops.cast(states[name], self.states[word][1])
                for word, name in self._names.items()}


def _readable(dtype):
    return "float32" if dtype in ("float16", "bfloat16") else dtype


def _applied(layer, x):
    """What a layer makes of a piece of a sequence."""
    if isinstance(layer, keras.layers.Dense) and x.shape[1:-1] == (1,):
        # Of two axes it makes one product; of three TensorFlow reshapes around it.
        return ops.expand_dims(layer(ops.squeeze(x, 1)), 1)
    return layer(x)


def _carried_states(layer):
    """What a layer remembers; an error if it would need what is still to come."""
    if hasattr(layer, "carried_states"):
        return layer.carried_states(1)
    if isinstance(layer, STEPWISE):
        return {}
    reason = WHOLE.get(type(layer), "does not say what it remembers of a sequence; see "
                                    "rnnzoo.layers.carrying")
    raise ValueError(f"{layer.name} cannot run step by step: a "
                     f"{type(layer).__name__} layer {reason}.")


def _word(layer):
    """What the states of a layer are called by: "lstm", "context_window"."""
    cls = type(getattr(layer, "cell", layer))
    entry = registry.entry_of(cls)
    return entry.name if entry else re.sub("(?<!^)(?=[A-Z])", "_", cls.__name__).lower()
