"""What `build` returns: a Keras model that knows what it is for."""

import inspect

import keras

from rnnzoo import recurrence, registry
from rnnzoo.configuration import plain, revived
from rnnzoo.models import checks, tasks


@keras.saving.register_keras_serializable("rnnzoo")
class Network(keras.Model):
    """A functional Keras model made by `build`, which checks data and learns by rule.

    Its configuration is the arguments of `build`, so a saved network is built anew.

    Attributes:
        arguments: those that `build` was called with.
        entry: its `registry.Entry`.
        task: its `tasks.Task`.
        rule: how it learns; see `models.learning`.
        has_own_head: whether its recurrent layer computes the output itself.
        output_size: number of symbols, or width of the output.
        vocabulary_size: number of input symbols, or None.
    """

    arguments = None

    def describe(self, arguments, rule):
        """Says what the network is for; `build` calls it once."""
        self.arguments = arguments
        self.entry = registry.info(arguments["name"])
        self.task = tasks.get(arguments["task"])
        self.rule = rule
        self.has_own_head = self.entry.has_own_head(arguments)
        self.output_size = arguments["output_size"]
        self.vocabulary_size = arguments["vocabulary_size"]
        self.washout = arguments["washout"]
        return self

    def teacher(self, targets):
        """Targets in the form of the network's outputs; None if there is no such."""
        if targets is None or not self.task.per_step:
            return None
        return self.task.as_output(targets, self.output_size)

    def train_step(self, *arguments):
        return self.rule.train_step(self, *arguments)

    def test_step(self, *arguments):
        return self.rule.test_step(self, *arguments)

    def fit(self, x=None, y=None, *args, **kwargs):
        options = self._options(super().fit, x, y, *args, **kwargs)
        validation = options.get("validation_data")
        if isinstance(validation, (list, tuple)):
            options["validation_data"] = checks.check(self, *validation[:3])
        elif validation is not None:
            options["validation_data"] = checks.check(self, validation)[0]
        self.rule.begin(self, options)
        with recurrence.on_this_machine():
            return super().fit(**options)

    def evaluate(self, x=None, y=None, *args, **kwargs):
        options = self._options(super().evaluate, x, y, *args, **kwargs)
        evaluate = super().evaluate
        with recurrence.on_this_machine():
            self.rule.settle(
                self, lambda: evaluate(**{**options, "callbacks": None, "verbose": 0}))
            return evaluate(**options)

    def get_metrics_result(self):
        return super().get_metrics_result() if self.rule.settled else {}

    def predict(self, x, *args, **kwargs):
        x, *_ = checks.check(self, x, learns=False)
        with recurrence.on_this_machine():
            return super().predict(x, *args, **kwargs)

    def _options(self, method, *args, **kwargs):
        """The arguments of a method of Keras by name, with checked data."""
        options = dict(zip(inspect.signature(method).parameters, args)) | kwargs
        x, y, weights = checks.check(
            self, options["x"], options["y"], options.get("sample_weight"))
        checked = {"x": x, "y": y, "sample_weight": weights}
        return options | {k: v for k, v in checked.items() if v is not None}

    def signatures(self):
        """What an export serves: name -> function of tensors, and those by name."""
        (x,) = self.inputs
        return {"serve": (lambda x: {"y": self(x, training=False)}, {"x": x})}

    def get_config(self):
        return {key: plain(value) for key, value in self.arguments.items()}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        from rnnzoo.models.builder import build  # which makes networks in its turn

        return build(**{key: revived(value) for key, value in config.items()})
