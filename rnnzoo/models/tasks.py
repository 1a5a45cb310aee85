"""What a network can be trained for: the target, the loss, the measure."""

from dataclasses import dataclass

from keras import ops

from rnnzoo.errors import unknown
from rnnzoo.registry import TASKS


@dataclass(frozen=True)
class Task:
    """A kind of target.

    Attributes:
        name: the word `build` takes.
        per_step: whether there is a target a step, or one a sequence.
        symbols: whether targets are integers, and outputs their probabilities; else
            both are vectors.
    """

    name: str
    per_step: bool
    symbols: bool

    @property
    def loss(self):
        return "sparse_categorical_crossentropy" if self.symbols else "mean_squared_error"

    @property
    def metric(self):
        return "accuracy" if self.symbols else "mean_absolute_error"

    @property
    def activation(self):
        return "softmax" if self.symbols else "linear"

    def target_shape(self, batch, time, output_size):
        """Shape of the targets."""
        return (batch, *([time] if self.per_step else []),
                *([] if self.symbols else [output_size]))

    def as_output(self, targets, output_size):
        """Targets in the form of outputs: symbols become unit vectors."""
        return ops.one_hot(targets, output_size) if self.symbols else targets


_tasks = {name: Task(name, name in ("tagging", "forecasting", "generation"),
                     name in ("classification", "tagging", "generation"))
          for name in TASKS}


def get(name):
    """The `Task` of this name.

    Raises:
        ValueError: if there is none.
    """
    if name not in _tasks:
        raise ValueError(unknown("task", name, _tasks))
    return _tasks[name]
