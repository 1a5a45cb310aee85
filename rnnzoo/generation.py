"""Closed loops: networks that go on with a sequence by reading their own answers."""

from numbers import Integral, Real

import numpy as np
from keras import ops

from rnnzoo import recurrence
from rnnzoo.layers import teaching
from rnnzoo.models import Network, checks
from rnnzoo.models.compiling import compiled
from rnnzoo.models.streaming import Stepper

# Steps that are compiled at once: for few and for many, as the last may overshoot.
ROUNDS = 100, 1000


def generate(model, prefix, steps, inputs=None, *, temperature=1.0, seed=None):
    """Goes on with sequences: each answer of the network is its next input.

    The result continues the prefix: the first generated step is the answer to the last
    step of the prefix. Cells that feed back their output inside (`teacher_forcing`,
    `feedback`) are fed during the prefix with its true values, and later with what was
    generated.

    Args:
        model: a network from `build`, for "forecasting" or "generation".
        prefix: what the network reads first. For forecasting `(batch, time, features)`,
            of which the first `output_size` are what the network forecasts. For
            generation symbols `(batch, time)`; padding, if any, comes before them.
        steps: number of steps to generate.
        inputs: `(batch, steps, features - output_size)`, the other features at the
            generated steps, where the network has such.
        temperature: of symbols; 0 takes the most probable one, 1 draws by the network's
            probabilities, more is more random. Padding is never drawn.
        seed: integer that governs what is drawn; None draws anew at every call.

    Returns:
        NumPy array: values `(batch, steps, output_size)`, or symbols `(batch, steps)`.

    Raises:
        ValueError: if the network is for another task or needs steps that are still to
            come, or if something has a wrong shape or is out of its range.
    """
    if not isinstance(model, Network) or model.arguments is None:
        raise ValueError("`generate` takes a network made by rnnzoo.build for "
                         f"'forecasting' or 'generation'; received {model!r}.")
    if model.task.name not in ("forecasting", "generation"):
        raise ValueError(f"This network is for {model.task.name!r}. What it answers is "
                         "no input; `generate` takes networks for 'forecasting' and "
                         "'generation'.")
    if not isinstance(steps, Integral) or isinstance(steps, bool) or steps < 1:
        raise ValueError(f"`steps` is a positive integer; received {steps!r}.")
    if not isinstance(temperature, Real) or not 0 <= temperature < np.inf:
        raise ValueError("`temperature` is a number that is not negative; received "
                         f"{temperature!r}.")
    prefix, *_ = checks.check(model, prefix, learns=False)
    prefix = ops.convert_to_numpy(prefix)
    if model.task.symbols:
        _check_symbols(model, prefix, inputs)
        # Drawn step by step, so that fewer steps are the first of more.
        chances = np.random.default_rng(seed).random((steps, len(prefix)), "float32")
        beside = chances.T
    else:
        beside = _other_features(model, prefix, steps, inputs)
    if not hasattr(model, "closed_loop"):
        model.closed_loop = ClosedLoop(model)
    return model.closed_loop(prefix, beside, temperature)


class ClosedLoop:
    """A network and the way from its answer back to its input, compiled once.

    Args:
        network: made by `build`.
    """

    def __init__(self, network):
        self.network = network
        self.stepper = Stepper(network)
        self.taught = any(getattr(getattr(layer, "cell", None), "teacher_forcing", 0)
                          for layer in self.stepper.layers.values())
        self.read = compiled(self._read, network)
        self.run = compiled(self._run, network, fused=True)

    def __call__(self, prefix, beside, temperature):
        """What `generate` returns.

        Args:
            prefix: as in `generate`.
            beside: what else each step needs: other features, or chances in [0, 1).
            temperature: as in `generate`.
        """
        steps = beside.shape[1]
        length = max(n for n in ROUNDS if n <= max(steps, ROUNDS[0]))
        beside = np.pad(beside, [(0, 0), (0, -steps % length),
                                 *[(0, 0)] * (beside.ndim - 2)])
        x = self.network.inputs[0]
        prefix = ops.convert_to_tensor(prefix, x.dtype)
        kind = "float32" if self.network.task.symbols else x.dtype
        temperature = ops.convert_to_tensor(temperature, "float32")
        states = self.stepper.initial_state(prefix.shape[0])
        if prefix.shape[1] > 1:
            states = self.read(prefix, states)
        x, answers = prefix[:, -1], []
        for k in range(0, steps, length):
            now = ops.convert_to_tensor(beside[:, k:k + length], kind)
            some, x, states = self.run(x, states, now, temperature)
            answers.append(ops.convert_to_numpy(some))
        return np.concatenate(answers, axis=1)[:, :steps]

    def trace(self, prefix, beside, temperature):
        """The same in a graph that is not compiled, for prefixes of any length."""
        start = self.stepper.initial_state(ops.shape(prefix)[0])
        states = ops.cond(ops.shape(prefix)[1] > 1,
                          lambda: self._read(prefix, start), lambda: start)
        states = {name: ops.reshape(state, (-1, *self.stepper.states[name][0]))
                  for name, state in states.items()}
        return self._run(prefix[:, -1], states, beside, temperature)[0]

    def _read(self, prefix, states):
        """The states before the last step of the prefix."""
        following = self._teacher(prefix[:, 1:])
        with teaching(following, always=True), recurrence.on_this_machine():
            return self.stepper.read(prefix[:, :-1], states)[1]

    def _run(self, x, states, beside, temperature):
        """Answers, next input and states of as many steps as there are `beside`."""
        names = list(states)

        def step(beside, states, context, product):
            x, *states = states
            answer, x, states = self.step(
                x, dict(zip(names, states)), beside, temperature)
            return answer, [x, *(states[name] for name in names)]

        # To the engine the loop as a whole is one more cell, one without weights.
        step.weights = ()
        with recurrence.using("plain"):
            answers, (x, *last) = recurrence.recur(
                step, beside, [x, *states.values()], {})
        return answers, x, dict(zip(names, last))

    def step(self, x, states, beside, temperature):
        """The answer to a step, what comes after it as input, and the new states."""
        y, after = self.stepper.step(x, states)
        if not self.network.task.symbols:
            return y, ops.concatenate([ops.cast(y, x.dtype), beside], axis=-1), after
        symbol = self._choice(y, beside, temperature)
        if self.taught:
            with teaching(self._teacher(symbol[:, None]), always=True):
                _, after = self.stepper.step(x, states)
        return symbol, symbol, after

    def _teacher(self, following):
        """What cells feed back instead of their answers: the inputs that followed."""
        size = self.network.output_size
        return self.network.teacher(
            following if self.network.task.symbols else following[..., :size])

    def _choice(self, y, chances, temperature):
        """Draws a symbol by its probability; id 0 is padding and no choice."""
        temperature = ops.reshape(temperature, (-1,))       # one for all rows, or each
        likely = ops.log(y[:, 1:])
        best = ops.argmax(likely, axis=-1)
        # Where the temperature is 0 the other choice is not taken.
        odds = ops.softmax(likely / ops.maximum(temperature, 1e-6)[:, None])
        heights = ops.cumsum(odds, axis=-1)
        top = heights[:, -1:]
        below = ops.logical_and(heights <= chances[:, None] * top, heights < top)
        drawn = ops.sum(ops.cast(below, "int32"), axis=-1)
        return 1 + ops.where(temperature > 0, drawn, ops.cast(best, "int32"))


def _check_symbols(model, prefix, inputs):
    if model.vocabulary_size != model.output_size:
        raise ValueError(
            "The network's answers must be symbols that it can read; it answers "
            f"{model.output_size} and reads vocabulary_size={model.vocabulary_size}.")
    if inputs is not None:
        raise ValueError("`inputs` are features beside a forecast; a network for "
                         "'generation' reads its own symbols only.")
    there = prefix != 0
    if not there[:, -1].all() or (there[:, :-1] > there[:, 1:]).any():
        raise ValueError("Padding (id 0) comes before the symbols of a prefix, and "
                         "every prefix has one; use keras.utils.pad_sequences(..., "
                         "padding='pre').")


def _other_features(model, prefix, steps, inputs):
    batch, _, features = prefix.shape
    others = features - model.output_size
    if others < 0:
        raise ValueError(f"An answer is the next input, but this network answers "
                         f"{model.output_size} values and reads {features} features.")
    given = np.zeros((batch, steps, 0)) if inputs is None else np.asarray(inputs)
    if given.shape != (batch, steps, others):
        raise ValueError(
            f"This network reads {features} features and forecasts {model.output_size}."
            f" `inputs` are the other {others} at the generated steps, of shape "
            f"{(batch, steps, others)}; received "
            f"{'None' if inputs is None else given.shape}.")
    if not np.isfinite(given).all():
        raise ValueError(checks.NO_NUMBER.format("inputs"))
    return given
