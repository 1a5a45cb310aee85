"""Networks and recipes as KerasTuner wants them, built and fitted by what it asks."""

import hashlib
from functools import cached_property
from pathlib import Path

import keras
import keras_tuner
import numpy as np
import tensorflow as tf

from rnnzoo import datasets, training
from rnnzoo.models import build
from rnnzoo.recipes import Recipe
from rnnzoo.sweeps import fingerprints
from rnnzoo.sweeps.endings import Hopeless
from rnnzoo.sweeps.spaces import OF_FIT, Space


class HyperZoo(keras_tuner.HyperModel):
    """A network of the zoo whose arguments are searched over.

    It may be given to any tuner of KerasTuner; `rnnzoo.tuner` makes one that also keeps
    its promises about seeds, kills and failures.

    Args:
        network: its name.
        search: argument -> range, which extends and replaces what the network
            suggests: a list of choices, bounds such as `{"min": 16, "max": 512,
            "sampling": "log"}`, or one value, which is then not searched over. The
            arguments are those of `build`, `batch_size` and `epochs`, and "network",
            which is a list of names.
        seed: of every trial.
        epochs: of every trial, unless the tuner knows better.
        batch_size: where it is not searched over.
        **arguments: of `rnnzoo.build`, as plain data.

    Raises:
        ValueError: there is no such network or argument, or a range is none.
    """

    def __init__(self, network, search=None, *, seed=0, epochs=10, batch_size=32,
                 **arguments):
        super().__init__(network)
        self.seed = seed
        self.given = {"epochs": epochs, "batch_size": batch_size, **arguments}
        self.space = Space(network, self.given, search or {})

    def build(self, hp):
        """The compiled network, with an optimizer whose state can be restored."""
        keras.utils.set_random_seed(self.seed)
        name, values = self.space.values(hp)
        model = build(name, seed=self.seed,
                      **{k: v for k, v in values.items() if k not in OF_FIT})
        model.optimizer.build(model.trainable_variables)
        # A checkpoint that is loaded next has the rate of the epoch it is from.
        model.initial_rate = float(model.optimizer.learning_rate)
        # It is built, but Keras does not note the shape that KerasTuner has it built
        # anew by, and takes offence at that.
        model.build_from_config = lambda config: None
        return model

    def fit(self, hp, model, *data, callbacks=(), **options):
        """Trains it; `epochs` and others of Keras' `fit` replace its own."""
        _, values = self.space.values(hp)
        options = {"epochs": values["epochs"], "verbose": 0, **options}
        return model.fit(*data, batch_size=values["batch_size"],
                         callbacks=[Hopeless(), *callbacks], **options)

    def fit_all(self, hp, model, epochs, *data, validation_data=None, **options):
        """Trains it on the data of training and validation together."""
        options.pop("validation_split", None)       # of data that are there already
        if isinstance(validation_data, tf.data.Dataset):
            data = [data[0].concatenate(validation_data)]
        elif validation_data is not None:
            data = map(np.concatenate, zip(data, validation_data))
        return self.fit(hp, model, *data, epochs=epochs, **options)

    def parts(self, *data, validation_data=None, **options):
        """Batches `(x, y)` of training and of validation; None where they are others.

        So if there are `options` of `fit`.
        """
        parts = [data, validation_data]
        if options or not all(isinstance(part, (tuple, list)) and len(part) == 2
                              for part in parts):
            return None
        return [tf.data.Dataset.from_tensor_slices(tuple(part)).batch(
            self.given["batch_size"]) for part in parts]

    def example(self, x, *data):
        """A sequence of the data that the search is given, as a batch."""
        if isinstance(x, tf.data.Dataset):
            x = keras.tree.flatten(next(iter(x)))[0]
        return np.asarray(x[:1])

    def facts(self):
        """What decides on the trials, as plain data."""
        return {"seed": self.seed, **self.space.plain()}

    def checksum(self, *data, validation_data=(), **options):
        """Of the data that the search is given; see `fingerprints.checksum`."""
        return fingerprints.checksum(keras.tree.flatten((data, validation_data)))


class HyperRecipe(HyperZoo):
    """A recipe whose values are searched over, by its section `search`.

    Trials are trained on its data as `rnnzoo train` does it, and judged by its metric
    on the validation split.

    Args:
        recipe: the `Recipe`.
        search: comes on top of its section `search`.
        seed: replaces the recipe's.

    Raises:
        ValueError: the data have no validation split, or the section is wrong.
        FileNotFoundError: files of the user's are missing; says which.
    """

    def __init__(self, recipe, search=None, seed=None):
        changed = {"search": {**recipe.search, **(search or {})},
                   "seed": recipe.seed if seed is None else seed}
        recipe = Recipe.model_validate({**recipe.plain(), **changed})
        arguments = recipe.build_arguments()
        super().__init__(
            arguments.pop("name"), recipe.search, seed=arguments.pop("seed"),
            epochs=recipe.training.epochs, batch_size=recipe.data.batch_size,
            **arguments)
        self.name = recipe.name
        self.recipe = recipe
        if "validation" not in self.builder.info.splits:
            raise ValueError(f"{recipe.name} trains on all its data, and leaves none "
                             "to judge trials by. Choose data.options that leave a "
                             "validation split.")

    @cached_property
    def builder(self):
        return training.prepared(self.recipe)

    @property
    def objective(self):
        return keras_tuner.Objective("val_" + self.recipe.metric, "max"
                                     if self.recipe.higher_is_better else "min")

    def winner(self, hp):
        """The recipe that has the values of these hyperparameters."""
        name, values = self.space.values(hp)
        plain = self.recipe.plain()
        plain["data"]["batch_size"] = values.pop("batch_size")
        plain["training"]["epochs"] = values.pop("epochs")
        plain["network"] = {"name": name, **values}
        return Recipe.model_validate(plain)

    def fit(self, hp, model, *, callbacks=(), initial_epoch=0, epochs=None,
            split="train", **options):
        """Trains it on the recipe's data."""
        recipe = self.winner(hp)
        scorer = training.Scorer(model, recipe, self.builder)
        callbacks = [Hopeless(), *callbacks]
        if recipe.training.patience and split == "train":
            callbacks.append(keras.callbacks.EarlyStopping(
                self.objective.name, patience=recipe.training.patience,
                mode=self.objective.direction))
        return training.fit(scorer, model.initial_rate, callbacks, first=initial_epoch,
                            last=epochs, split=split)

    def fit_all(self, hp, model, epochs):
        return self.fit(hp, model, epochs=epochs, split="train+validation")

    def parts(self):
        return [datasets.batches(datasets.examples(self.builder, split),
                                 self.given["batch_size"])
                for split in ("train", "validation")]

    def example(self):
        rows = datasets.examples(self.builder, "train[:1]")
        return next(datasets.batches(rows, 1).as_numpy_iterator())[0]

    def facts(self):
        plain = self.recipe.plain()
        return {**super().facts(), "data": plain["data"], "training": plain["training"]}

    def checksum(self):
        """Of the prepared data."""
        found = hashlib.sha256()
        for split in ("train", "validation"):
            for path in self.builder.info.splits[split].filepaths:
                found.update(Path(path).read_bytes())
        return found.hexdigest()
