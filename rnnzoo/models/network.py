"""What `build` returns: a Keras model that knows what it is for."""

import inspect
from contextlib import contextmanager
from functools import partial

import keras
from keras import ops

from rnnzoo import recurrence, registry
from rnnzoo.configuration import plain, revived
from rnnzoo.devices.replicated import Replicated
from rnnzoo.models import checks, tasks
from rnnzoo.models.arrays import as_datasets
from rnnzoo.models.variables import make_variables


@keras.saving.register_keras_serializable("rnnzoo")
class Network(Replicated, keras.Model):
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
        *state, data = arguments
        return self.rule.train_step(self, *state, self.aligned(data))

    def test_step(self, *arguments):
        *state, data = arguments
        return self.rule.test_step(self, *state, self.aligned(data))

    def aligned(self, data):
        """A batch with one label and one weight for every answer.

        Keras takes labels as columns too, and says that it takes one weight a sequence.
        """
        x, y, weights = keras.utils.unpack_x_y_sample_weight(data)
        align = partial(_of_rank, rank=len(self.outputs[0].shape) - 1)
        if y is not None and self.task.symbols:
            y = keras.tree.map_structure(align, y)
        if weights is not None:
            weights = keras.tree.map_structure(align, weights)
        return keras.utils.pack_x_y_sample_weight(x, y, weights)

    def fit(self, x=None, y=None, *args, **kwargs):
        options = self._options(super().fit, x, y, *args, **kwargs)
        validation = options.get("validation_data")
        if isinstance(validation, (list, tuple)):
            options["validation_data"] = checks.check(self, *validation[:3])
        elif validation is not None:
            options["validation_data"] = checks.check(self, validation)[0]
        labelled = self.task.symbols and not self.task.per_step
        if options.get("class_weight") and not labelled:
            raise ValueError(
                "`class_weight` is Keras' for one label a sequence; this network is "
                f"for {self.task.name!r}. Give `sample_weight`.")
        self.rule.begin(self, options)
        try:
            with self._here():
                options = as_datasets(options, shuffle=True)
                make_variables(self, options.get("x"), learns=True)
                return super().fit(**options)
        finally:
            self.rule.end()

    def train_on_batch(self, *args, **kwargs):
        if not self.rule.single_batches:
            raise ValueError(f"The readout {self.arguments['readout']!r} learns in "
                             "`fit` only, which takes generators of batches too.")
        return super().train_on_batch(*args, **kwargs)

    def evaluate(self, x=None, y=None, *args, **kwargs):
        options = self._options(super().evaluate, x, y, *args, **kwargs)
        evaluate = super().evaluate
        with self._here():
            self.rule.settle(
                self, lambda: evaluate(**{**options, "callbacks": None, "verbose": 0}))
            options = as_datasets(options)
            make_variables(self, options.get("x"))
            return evaluate(**options)

    def get_metrics_result(self):
        return super().get_metrics_result() if self.rule.settled else {}

    def predict(self, x, *args, **kwargs):
        x, *_ = checks.check(self, x, learns=False)
        options = _named(super().predict, x, *args, **kwargs)
        with self._here():
            return super().predict(**as_datasets(options))

    @contextmanager
    def _here(self):
        """On this machine, and with arrays of data in the precision of the network.

        Keras would make float32 of them, or whatever its `floatx` is.
        """
        before = keras.config.floatx()
        with recurrence.on_this_machine():
            keras.config.set_floatx(self.outputs[0].dtype)
            try:
                yield
            finally:
                keras.config.set_floatx(before)

    def _options(self, method, *args, **kwargs):
        """The arguments of a method of Keras by name, with checked data."""
        options = _named(method, *args, **kwargs)
        x, y, weights = checks.check(
            self, options["x"], options["y"], options.get("sample_weight"))
        checked = {"x": x, "y": y, "sample_weight": weights}
        return options | {k: v for k, v in checked.items() if v is not None}

    def get_config(self):
        return {key: plain(value) for key, value in self.arguments.items()}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        from rnnzoo.models.builder import build  # which makes networks in its turn

        return build(**{key: revived(value) for key, value in config.items()})


def _named(method, *args, **kwargs):
    return dict(zip(inspect.signature(method).parameters, args)) | kwargs


def _of_rank(v, rank):
    """A tensor with trailing axes of size 1 taken away or added."""
    if len(v.shape) > rank and v.shape[-1] == 1:
        return ops.squeeze(v, -1)
    return ops.reshape(v, (*ops.shape(v), *[1] * (rank - len(v.shape))))
