"""What a network can be trained for: the target, the loss, the measure."""

from dataclasses import dataclass

import keras
from keras import ops

from rnnzoo.errors import unknown
from rnnzoo.layers import probabilities
from rnnzoo.models.metrics import NMSE
from rnnzoo.registry import TASKS


@dataclass(frozen=True)
class Task:
    """A kind of target.

    Attributes:
        name: the word `build` takes.
        per_step: whether there is a target a step, or one a sequence.
        symbols: whether targets are integers, and outputs their probabilities; else
            both are vectors.
        predicts_input: whether the targets are the coming inputs.
    """

    name: str
    per_step: bool
    symbols: bool
    predicts_input: bool

    @property
    def loss(self):
        symbols, values = "sparse_categorical_crossentropy", "mean_squared_error"
        return symbols if self.symbols else values

    @property
    def loss_of_scores(self):
        """For a linear readout, which minimises the squared error for symbols too."""
        return squared_error if self.symbols else self.loss

    def metrics(self, output_size):
        """What `evaluate` reports beside the loss."""
        if self.symbols:
            return ["accuracy"]
        return ["mean_absolute_error", NMSE(output_size)]

    @property
    def activation(self):
        return "softmax" if self.symbols else "linear"

    @property
    def activation_of_scores(self):
        return probabilities if self.symbols else self.activation

    def target_shape(self, batch, time, output_size):
        """Shape of the targets."""
        return (batch, *([time] if self.per_step else []),
                *([] if self.symbols else [output_size]))

    def as_output(self, targets, output_size):
        """Targets in the form of outputs: symbols become unit vectors."""
        if not self.symbols:
            return targets
        return ops.one_hot(ops.cast(targets, "int32"), output_size)


@keras.saving.register_keras_serializable("rnnzoo")
def squared_error(symbols, probabilities):
    """Mean squared distance of probabilities from the unit vectors of the symbols."""
    wanted = ops.one_hot(ops.cast(symbols, "int32"), probabilities.shape[-1],
                         dtype=probabilities.dtype)
    return ops.mean(ops.square(wanted - probabilities), axis=-1)


_tasks = {task.name: task for task in (
    Task("classification", per_step=False, symbols=True, predicts_input=False),
    Task("tagging", per_step=True, symbols=True, predicts_input=False),
    Task("regression", per_step=False, symbols=False, predicts_input=False),
    Task("forecasting", per_step=True, symbols=False, predicts_input=False),
    Task("generation", per_step=True, symbols=True, predicts_input=True),
)}
assert tuple(_tasks) == TASKS


def get(name):
    """The `Task` of this name.

    Raises:
        ValueError: if there is none.
    """
    if name not in _tasks:
        raise ValueError(unknown("task", name, _tasks))
    return _tasks[name]
