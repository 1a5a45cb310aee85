"""`build`: from a network's name to a compiled Keras model."""

import inspect
import random
from contextlib import contextmanager

import keras
import numpy as np

from rnnzoo import registry
from rnnzoo.cells.base import RULES
from rnnzoo.errors import unknown
from rnnzoo.layers import ContextWindow, OneHot, Recurrent
from rnnzoo.models import tasks
from rnnzoo.models.network import Network

# Classes in `keras.optimizers` that work only around others.
NO_OPTIMIZERS = ("Optimizer", "LossScaleOptimizer", "MultiOptimizer", "OptimizerMap")


def build(name, *, task, input_shape=None, vocabulary_size=None, output_size=None,
          units=None, layers=1, bidirectional=False, context=(0, 0), embedding=64,
          dropout=0.0, trainable_initial_state=False, optimizer="adam",
          learning_rate=None, global_clipnorm=1.0, seed=None, **cell_arguments):
    """Builds and compiles a network of the zoo.

    Args:
        name: of the network; see `list_models`.
        task: "classification" (a label a sequence), "tagging" (a label a step),
            "regression" (a vector a sequence), "forecasting" (a vector a step) or
            "generation" (the next symbol a step; the data hold it as target).
        input_shape: `(time, features)` of real-valued input; `time` may be None.
        vocabulary_size: number of input symbols instead, where input is integers
            `(batch, time)`; id 0 is padding, is masked, and counts in no loss and no
            metric.
        output_size: number of labels, or width of the vector. For generation it is the
            vocabulary's size.
        units: width of each recurrent layer.
        layers: number of recurrent layers.
        bidirectional: whether every layer also reads from the end.
        context: numbers of steps (before, after) that each step sees beside itself.
        embedding: width of the vectors that symbols become; None for one-hot vectors.
        dropout: share dropped from embeddings, between layers, and before the output.
        trainable_initial_state: whether the states before the first step are weights.
        optimizer: name, or a Keras optimizer.
        learning_rate: number or schedule; by default the optimizer's own. Only with an
            optimizer given by name, and so is the next.
        global_clipnorm: length to which the gradient is cut, or None.
        seed: integer that governs initial weights, dropout and noise.
        **cell_arguments: further arguments of the network; see `info(name)`.

    Returns:
        A compiled `Network`. Input "x"; output "y", float32: probabilities for labels
        and symbols, values otherwise.

    Raises:
        ValueError: for an unknown name, task or argument, with the nearest ones, and
            for arguments that do not fit together.
    """
    (input_shape, vocabulary_size, output_size, units, layers, context, embedding,
     dropout, learning_rate, global_clipnorm, seed, cell_arguments) = _native((
         input_shape, vocabulary_size, output_size, units, layers, context, embedding,
         dropout, learning_rate, global_clipnorm, seed, cell_arguments))
    arguments = {**locals(), **cell_arguments}
    del arguments["cell_arguments"]
    entry = registry.info(name)
    task = tasks.get(task)
    if output_size is None and task.predicts_input:
        output_size = vocabulary_size
    _check_data(entry, task, input_shape, vocabulary_size)
    _check_counts(output_size=output_size, units=units, layers=layers)
    _check_options(vocabulary_size=vocabulary_size, embedding=embedding)
    _check_numbers(context, dropout, global_clipnorm, seed)
    _check_flags(bidirectional=bidirectional,
                 trainable_initial_state=trainable_initial_state)
    _check_arguments(entry, task, cell_arguments)
    compiled_with = _optimizer(optimizer, learning_rate, global_clipnorm)
    with _seeded(seed):
        x, y = _input(input_shape, vocabulary_size, embedding)
        if any(context):
            y = ContextWindow(*context)(y)
        for k in range(layers):
            at_top = k == layers - 1
            if k or vocabulary_size and embedding:
                y = _dropped(y, dropout)
            layer = Recurrent(
                _cell(entry, task, units, output_size, at_top, cell_arguments),
                return_sequences=task.per_step or not at_top,
                trainable_initial_state=trainable_initial_state)
            if bidirectional:
                # Of a head of the network's own, the logits of both ways are added.
                merge_mode = "sum" if entry.has_own_head and at_top else "concat"
                layer = keras.layers.Bidirectional(layer, merge_mode=merge_mode)
            y = layer(y)
        if entry.has_own_head:
            y = keras.layers.Activation(task.activation, dtype="float32", name="y")(y)
        else:
            y = keras.layers.Dense(output_size, task.activation, dtype="float32",
                                   name="y")(_dropped(y, dropout))
        network = Network(inputs=x, outputs=y, name=entry.name)
    network.describe(arguments, output_size)
    network.compile(compiled_with, task.loss, metrics=[task.metric])
    return network


def _check_data(entry, task, input_shape, vocabulary_size):
    if task.name not in entry.tasks:
        raise ValueError(f"{entry.name!r} cannot be trained for {task.name!r}. "
                         f"Accepted: {', '.join(entry.tasks)}.")
    if (input_shape is None) == (vocabulary_size is None):
        raise ValueError(
            "Give either `input_shape=(time, features)` for real-valued input or "
            "`vocabulary_size` for integer symbols; received "
            f"input_shape={input_shape}, vocabulary_size={vocabulary_size}.")
    if input_shape is not None and not (
            _is_pair(input_shape) and _is_count(input_shape[1])
            and (input_shape[0] is None or _is_count(input_shape[0]))):
        raise ValueError("`input_shape` is (time, features), where time may be None; "
                         f"received {input_shape!r}.")


def _check_counts(**counts):
    for name, value in counts.items():
        if not _is_count(value):
            raise ValueError(f"`{name}` is a positive integer; received {value!r}.")


def _check_options(**counts):
    _check_counts(**{k: v for k, v in counts.items() if v is not None})


def _check_numbers(context, dropout, global_clipnorm, seed):
    if not (_is_pair(context) and all(_is_count(v, least=0) for v in context)):
        raise ValueError("`context` is a pair (steps before, steps after), integers "
                         f"that are not negative; received {context!r}.")
    if not (_is_number(dropout) and 0 <= dropout < 1):
        raise ValueError(f"`dropout` is a number in [0, 1); received {dropout!r}.")
    if global_clipnorm is not None and not (
            _is_number(global_clipnorm) and global_clipnorm > 0):
        raise ValueError("`global_clipnorm` is a positive number or None; received "
                         f"{global_clipnorm!r}.")
    if seed is not None and not (_is_count(seed, least=0) and seed < 2**32):
        raise ValueError("`seed` is an integer in [0, 2**32) or None; received "
                         f"{seed!r}.")


def _check_flags(**flags):
    for name, value in flags.items():
        if not isinstance(value, bool):
            raise ValueError(f"`{name}` is True or False; received {value!r}.")


def _is_pair(value):
    return isinstance(value, (list, tuple)) and len(value) == 2


def _is_count(value, least=1):
    return _is_number(value) and isinstance(value, int) and value >= least


def _is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _native(value):
    """Numbers of NumPy, in any structure, as Python's, which go into a file."""
    if isinstance(value, dict):
        return {k: _native(v) for k, v in value.items()}
    if type(value) in (list, tuple):
        return type(value)(map(_native, value))
    return value.item() if isinstance(value, np.generic) else value


def _check_arguments(entry, task, cell_arguments):
    known = {*entry.arguments, *inspect.signature(build).parameters}
    known.remove("cell_arguments")
    for argument in cell_arguments:
        if argument not in known and not argument.endswith(RULES):
            known |= {f"<weight>_{rule}" for rule in RULES}
            raise ValueError(f"{entry.name!r}: {unknown('argument', argument, known)}")
    if cell_arguments.get("teacher_forcing") and not task.per_step:
        raise ValueError("`teacher_forcing` needs a target at every step; "
                         f"{task.name!r} has one a sequence.")


def _input(input_shape, vocabulary_size, embedding):
    if input_shape is not None:
        x = keras.Input(input_shape, name="x")
        return x, x
    x = keras.Input((None,), dtype="int32", name="x")
    if embedding is None:
        return x, OneHot(vocabulary_size)(x)
    return x, keras.layers.Embedding(vocabulary_size, embedding, mask_zero=True)(x)


def _dropped(y, rate):
    return keras.layers.Dropout(rate)(y) if rate else y


def _cell(entry, task, units, output_size, at_top, cell_arguments):
    if not entry.has_own_head:
        return entry.cls(units, **cell_arguments)
    if not at_top:
        return entry.cls(units, **{**cell_arguments, "output_size": units,
                                   **entry.below})
    symbols = entry.symbols if task.symbols else {}
    return entry.cls(units, output_size, **{**symbols, **cell_arguments})


def _optimizer(optimizer, learning_rate, global_clipnorm):
    if isinstance(optimizer, keras.optimizers.Optimizer):
        if learning_rate is not None:
            raise ValueError("`learning_rate` goes with an optimizer given by name; "
                             "this one has its own. Set it there.")
        return optimizer
    names = {n.lower(): n for n in dir(keras.optimizers) if inspect.isclass(
        getattr(keras.optimizers, n)) and n not in NO_OPTIMIZERS}
    if str(optimizer).lower() not in names:
        raise ValueError(unknown("optimizer", optimizer, names))
    options = {"global_clipnorm": global_clipnorm}
    if learning_rate is not None:
        options["learning_rate"] = learning_rate
    return getattr(keras.optimizers, names[str(optimizer).lower()])(**options)


@contextmanager
def _seeded(seed):
    """Lets the default seeds of Keras' layers, which it draws from `random`, follow."""
    state = random.getstate()
    try:
        if seed is not None:
            random.seed(seed)
        yield
    finally:
        if seed is not None:
            random.setstate(state)
