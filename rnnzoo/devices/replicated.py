"""What makes a Keras model learn on several replicas what it learns on one device."""

import warnings
from functools import cached_property, wraps

import keras
from keras import ops, tree

from rnnzoo.devices.sharing import shared_out
from rnnzoo.pipelines import is_dataset

OFF = {"jit_compile": False, "steps_per_execution": 1}      # on several devices


class Replicated:
    """Mixin for Keras models, which may be built in the scope of a strategy.

    Where they are not, nothing changes. In a scope, Keras 3.15 alone fails on several
    machines: it reduces the results of a step, and the first batch, in ways that
    `MultiWorkerMirroredStrategy` does not have, see the two methods for it below.
    """

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        if keras.backend.backend() == "tensorflow":
            from rnnzoo.devices import strategies

            strategies.check(strategy_of(self))

    @wraps(keras.Model.fit)
    def fit(self, x=None, *arguments, **options):
        strategy, validation = self._switched_off(), options.get("validation_data")
        if strategy and is_dataset(validation):
            _count(options, "validation_steps", validation)
            options["validation_data"] = shared_out(validation, strategy)
        if strategy and is_dataset(x):
            _count(options, "steps_per_epoch", x)
            x = shared_out(x, strategy)
        return super().fit(x, *arguments, **options)

    @wraps(keras.Model.evaluate)
    def evaluate(self, x=None, *arguments, **options):
        strategy = self._switched_off()
        if strategy and is_dataset(x):
            _count(options, "steps", x)
            x = shared_out(x, strategy)
        return super().evaluate(x, *arguments, **options)

    def predict_on_batch(self, x):
        if not strategy_of(self):
            return super().predict_on_batch(x)
        # Keras' own gives every replica the whole batch, and returns all answers.
        return tree.map_structure(ops.convert_to_numpy, self._answer(x))

    @cached_property
    def _answer(self):
        import tensorflow as tf

        return tf.function(lambda x: self(x, training=False), autograph=False,
                           reduce_retracing=True)

    def train_on_batch(self, *arguments, **options):
        self._refuse_single_batches("train_on_batch", "fit")
        return super().train_on_batch(*arguments, **options)

    def test_on_batch(self, *arguments, **options):
        self._refuse_single_batches("test_on_batch", "evaluate")
        return super().test_on_batch(*arguments, **options)

    def _refuse_single_batches(self, method, instead):
        if strategy_of(self):
            raise NotImplementedError(f"On several devices `{method}` would give each "
                                      f"the whole batch. Use `{instead}`.")

    def _switched_off(self):
        """The strategy, after what fails under one is off."""
        strategy = strategy_of(self)
        for option, off in OFF.items():
            if strategy and getattr(self, option) != off:
                warnings.warn(f"{option}={getattr(self, option)} fails on several "
                              f"devices; it is {off} now.", stacklevel=4)
                setattr(self, option, off)
        return strategy

    def make_train_function(self, force=False):
        if not strategy_of(self):
            return super().make_train_function(force)
        if force or self.train_function is None:
            self.train_function = self._on_replicas(self.train_step)

    def make_test_function(self, force=False):
        if not strategy_of(self):
            return super().make_test_function(force)
        if force or self.test_function is None:
            self.test_function = self._on_replicas(self.test_step)

    def _on_replicas(self, step):
        """A function that takes a step on every replica.

        It returns what the first one here has found so far; at the end of an epoch
        Keras asks the metrics themselves, which know of all.
        """
        import tensorflow as tf

        strategy = self.distribute_strategy

        def run(iterator):
            logs = strategy.run(step, args=(next(iterator),))
            return tree.map_structure(
                lambda v: strategy.experimental_local_results(v)[0], logs)

        return run if self.run_eagerly else tf.function(
            run, autograph=False, reduce_retracing=True)

    def _maybe_symbolic_build(self, iterator=None, data_batch=None):
        """Makes metrics and optimizer ready for data that look like the first batch."""
        strategy = strategy_of(self)
        if not strategy or iterator is None:
            return super()._maybe_symbolic_build(iterator, data_batch)
        *_, batches = next(iter(iterator))
        first = tree.map_structure(
            lambda v: strategy.experimental_local_results(v)[0], next(batches))
        with strategy.scope():
            self._symbolic_build(data_batch=first)


def strategy_of(model):
    """The strategy in whose scope a model was made; None on one device."""
    if keras.backend.backend() != "tensorflow":
        return None
    strategy = model.distribute_strategy
    return strategy if strategy.num_replicas_in_sync > 1 else None


def scope_of(model):
    """Where variables are made that a model on several replicas uses."""
    return model.distribute_strategy.scope()


def _count(options, name, dataset):
    """States the number of steps where the dataset knows it."""
    if options.get(name) is None and dataset.cardinality() > 0:
        options[name] = int(dataset.cardinality())
