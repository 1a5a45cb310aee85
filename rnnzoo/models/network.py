"""What `build` returns: a Keras model that knows what it is for."""

import keras

from rnnzoo import registry
from rnnzoo.cells.base import plain, revived
from rnnzoo.models import checks, learning, tasks


@keras.saving.register_keras_serializable("rnnzoo")
class Network(keras.Model):
    """A functional Keras model made by `build`, which checks data and learns by rule.

    Its configuration is the arguments of `build`, so a saved network is built anew.

    Attributes:
        arguments: those that `build` was called with.
        entry: its `registry.Entry`.
        task: its `tasks.Task`.
        output_size: number of symbols, or width of the output.
        vocabulary_size: number of input symbols, or None.
    """

    arguments = None

    def describe(self, arguments, output_size):
        """Says what the network is for; `build` calls it once."""
        self.arguments = arguments
        self.entry = registry.info(arguments["name"])
        self.task = tasks.get(arguments["task"])
        self.rule = learning.get(self.entry.learning)
        self.output_size = output_size
        self.vocabulary_size = arguments.get("vocabulary_size")
        return self

    def teacher(self, targets):
        """Targets in the form of the network's outputs; None if there is no such."""
        if targets is None or not self.task.per_step:
            return None
        return self.task.as_output(targets, self.output_size)

    def train_step(self, *arguments):
        return self.rule.train_step(self, *arguments)

    def fit(self, x=None, y=None, *args, **kwargs):
        x, y = self._checked(x, y, kwargs)
        if not kwargs.get("steps_per_epoch"):
            checks.warn_of_unknown_length(x)
        validation = kwargs.get("validation_data")
        if isinstance(validation, (list, tuple)):
            kwargs["validation_data"] = checks.check(self, *validation[:3])
        elif validation is not None:
            kwargs["validation_data"] = checks.check(self, validation)[0]
        return super().fit(x, y, *args, **kwargs)

    def evaluate(self, x=None, y=None, *args, **kwargs):
        return super().evaluate(*self._checked(x, y, kwargs), *args, **kwargs)

    def predict(self, x, *args, **kwargs):
        x, *_ = checks.check(self, x, learns=False)
        return super().predict(x, *args, **kwargs)

    def _checked(self, x, y, kwargs):
        x, y, weights = checks.check(self, x, y, kwargs.get("sample_weight"))
        if weights is not None:
            kwargs["sample_weight"] = weights
        return x, y

    def get_config(self):
        return {key: plain(value) for key, value in self.arguments.items()}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        from rnnzoo.models.builder import build  # which makes networks in its turn

        return build(**{key: revived(value) for key, value in config.items()})
