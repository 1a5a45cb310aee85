"""`build`: from a network's name to a compiled Keras model."""

import inspect
import random
from contextlib import contextmanager
from types import SimpleNamespace

import keras

from rnnzoo import registry
from rnnzoo.cells import Cell
from rnnzoo.errors import unknown
from rnnzoo.layers import ContextWindow, MeanOfSteps, OneHot, Recurrent, Washout
from rnnzoo.models import arguments, learning, memory, tasks, trained
from rnnzoo.models.network import Network

# Classes in `keras.optimizers` that work only around others.
NO_OPTIMIZERS = ("Optimizer", "LossScaleOptimizer", "MultiOptimizer", "OptimizerMap")


def build(name, units=None, *, task=None, input_shape=None, vocabulary_size=None,
          output_size=None, layers=1, bidirectional=False, context=(0, 0), embedding=64,
          dropout=0.0, trainable_initial_state=False, pooling="last", readout=None,
          ridge=None, washout=0, optimizer="adam", learning_rate=None,
          global_clipnorm=1.0, dtype=None, seed=None, weights=None, **cell_arguments):
    """Builds and compiles a network of the zoo.

    Args:
        name: of the network; see `list_models`.
        units: width of each recurrent layer. A memory takes the number of elements of a
            pattern, and of what follows only `seed`, `dtype` and its own arguments.
        task: "classification" (a label a sequence), "tagging" (a label a step),
            "regression" (a vector a sequence), "forecasting" (a vector a step) or
            "generation" (the next symbol a step; the data hold it as target).
        input_shape: `(time, features)` of real-valued input; `time` may be None.
        vocabulary_size: number of input symbols instead, where input is integers
            `(batch, time)`; id 0 is padding, is masked, and counts in no loss and no
            metric.
        output_size: number of labels, or width of the vector. For generation it is the
            vocabulary's size.
        layers: number of recurrent layers.
        bidirectional: whether every layer also reads from the end.
        context: numbers of steps (before, after) that each step sees beside itself.
        embedding: width of the vectors that symbols become; None for one-hot vectors.
        dropout: share dropped from embeddings, between layers, and before the output.
        trainable_initial_state: whether the states before the first step are weights.
        pooling: where there is one target a sequence, whether the output sees the
            "last" step of the recurrent layers or the "mean" of all.
        readout: how the output layer learns: by "gradient", as all layers then do, or
            alone, on the features of frozen recurrent layers: by "ridge" regression in
            closed form, by "qr" (the same with more digits, for float64), or online by
            "rls" or "lms"; or an object of `rnnzoo.readouts`. By default what suits
            the network.
        ridge: penalty of the readouts "ridge", "qr" and "rls"; of a list of penalties,
            the first two take the best on the validation data.
        washout: number of first steps of a sequence that count in no loss and no
            metric; they show the initial state more than the input.
        optimizer: name, or a Keras optimizer.
        learning_rate: number or schedule; by default the optimizer's own. Only with an
            optimizer given by name, and so is the next. Of "lms" its step.
        global_clipnorm: length to which the gradient is cut, or None.
        dtype: name of Keras' dtype policy; by default the global one.
        seed: integer that governs initial weights, dropout and noise.
        weights: name of trained weights, which `print(info(name))` lists. All other
            arguments follow from them; those that say how it learns may be given.
        **cell_arguments: further arguments of the network; see `info(name)`.

    Returns:
        A compiled `Network`. Input "x"; output "y", float32 or wider: probabilities for
        labels and symbols, values otherwise. For a memory, a compiled `MemoryNetwork`.

    Raises:
        ValueError: for an unknown name, task or argument, with the nearest ones, and
            for arguments that do not fit together.
    """
    entry = registry.info(name)
    given = {k: v for k, v in locals().items()
             if k not in ("cell_arguments", "entry", "weights")}
    given, cell_arguments = arguments.native((given, cell_arguments))
    defaults = inspect.signature(build).parameters
    stated = {k: v for k, v in given.items()
              if k != "name" and v != defaults[k].default} | cell_arguments
    if weights is not None:
        return trained.load(entry, weights, stated, build)
    if issubclass(entry.cls, Cell):
        return _sequence_network(entry, SimpleNamespace(**given), cell_arguments)
    return memory.assemble(entry, stated.pop("units", None), stated)


def _sequence_network(entry, asked, cell_arguments):
    """The network of a cell; `asked` has the arguments of `build` as attributes."""
    task, own_head = tasks.get(asked.task), entry.has_own_head(cell_arguments)
    asked.dtype = asked.dtype or keras.config.dtype_policy().name
    asked.readout = asked.readout or entry.readout
    if asked.output_size is None and task.predicts_input:
        asked.output_size = asked.vocabulary_size
    arguments.check(entry, task, own_head, asked, cell_arguments)
    by_gradient = asked.readout == learning.GRADIENT
    rule = learning.get(asked.readout, ridge=asked.ridge, **(
        {} if by_gradient else {"learning_rate": asked.learning_rate}))
    optimizer = _optimizer(asked.optimizer, asked.learning_rate, asked.global_clipnorm)
    wide = "float64" if asked.dtype == "float64" else "float32"
    with _seeded(asked.seed), _policy(asked.dtype):
        x, y = _input(asked.input_shape, asked.vocabulary_size, asked.embedding, wide)
        if any(asked.context):
            y = ContextWindow(*asked.context)(y)
        drawn = []      # kept meanwhile: Keras tells objects apart by their address
        for k in range(asked.layers):
            at_top = k == asked.layers - 1
            if k or asked.vocabulary_size and asked.embedding:
                y = _dropped(y, asked.dropout)
            layer = Recurrent(
                _cell(entry, task, asked, at_top, by_gradient, cell_arguments),
                return_sequences=not at_top or task.per_step or asked.pooling == "mean",
                trainable_initial_state=asked.trainable_initial_state)
            drawn.append(layer)
            if asked.bidirectional:
                # Of a head of the network's own, the logits of both ways are added.
                merge_mode = "sum" if own_head and at_top else "concat"
                layer = keras.layers.Bidirectional(layer, merge_mode=merge_mode)
            y = layer(y)
        if asked.washout:
            y = Washout(asked.washout)(y)
        if asked.pooling == "mean":
            y = MeanOfSteps()(y)
        activation = task.activation if by_gradient else task.activation_of_scores
        if own_head:
            y = keras.layers.Activation(activation, dtype=wide, name="y")(y)
        else:
            y = keras.layers.Dense(asked.output_size, activation, dtype=wide,
                                   name="y")(_dropped(y, asked.dropout))
        network = Network(inputs=x, outputs=y, name=entry.name)
    network.describe({**vars(asked), **cell_arguments}, rule)
    loss = task.loss if by_gradient else task.loss_of_scores
    if not by_gradient:
        _freeze(network)
        optimizer = "sgd"       # never used, and has nothing to save
    network.compile(optimizer, loss, metrics=task.metrics(asked.output_size))
    return network


def _input(input_shape, vocabulary_size, embedding, dtype):
    if input_shape is not None:
        x = keras.Input(input_shape, name="x", dtype=dtype)
        return x, x
    x = keras.Input((None,), dtype="int32", name="x")
    if embedding is None:
        return x, OneHot(vocabulary_size)(x)
    return x, keras.layers.Embedding(vocabulary_size, embedding, mask_zero=True)(x)


def _dropped(y, rate):
    return keras.layers.Dropout(rate)(y) if rate else y


def _cell(entry, task, asked, at_top, by_gradient, cell_arguments):
    if not entry.has_own_head(cell_arguments):
        return entry.cls(asked.units, **cell_arguments)
    if not at_top:
        return entry.cls(asked.units, **{**cell_arguments, "output_size": asked.units,
                                         **entry.below})
    symbols = entry.symbols if task.symbols and by_gradient else {}
    return entry.cls(asked.units, asked.output_size, **{**symbols, **cell_arguments})


def _freeze(network):
    """Leaves nothing to train but the readout, which the network's rule sets."""
    for layer in network.layers:
        layer.trainable = layer.name == "y"


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
def _policy(dtype):
    """Lets Keras' layers compute in it."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(dtype)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


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
