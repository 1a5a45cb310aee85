"""What a run remembers between epochs, on disk, so that it can go on bit by bit."""

import io
import json
import math
import time
import zlib
from zipfile import BadZipFile

import keras
import numpy as np

from rnnzoo import files
from rnnzoo.devices import clusters
from rnnzoo.devices.replicated import scope_of, strategy_of


class Checkpoint(keras.callbacks.Callback):
    """Saves after every epoch all that the next one depends on, whole or not at all.

    These are all variables of the model, with the states of its random number
    generators (Keras' weight files omit them), the optimizer's, the history, and the
    weights of the epoch that was best on the validation data; without such the last.

    Args:
        path: the `.npz` file; None for a worker that is not the chief, who reads the
            chief's and writes none.
        model: the network, whose state is taken from the file if there is one.
        recipe: states the metric, the number of epochs and the patience.
    """

    def __init__(self, path, model, recipe):
        super().__init__()
        self.path = path
        self.recipe = recipe
        self.history = []
        self.best_epoch = None
        self.best = []
        self.set_model(model)
        with scope_of(model):
            model.optimizer.build(model.trainable_variables)
        saved = b""
        if path and path.exists():
            saved = path.read_bytes() or b"nothing"     # is damaged, and not absent
        if saved := clusters.from_chief(strategy_of(model), saved):
            self._restore(io.BytesIO(saved))

    @property
    def done(self):
        """Whether all epochs are over, or none was better for too long."""
        training, epoch = self.recipe.training, len(self.history)
        waited = epoch - (self.best_epoch or 0)
        return epoch >= training.epochs or waited >= (training.patience or math.inf)

    @property
    def seconds(self):
        """Time spent in training, over all interruptions."""
        return sum(row["seconds"] for row in self.history)

    def put_best_into_model(self):
        _assign(self.model.variables, self.best)

    def on_epoch_begin(self, epoch, logs=None):
        self.start = time.perf_counter()

    def on_train_batch_end(self, batch, logs=None):
        self._refuse(logs, f"epoch {len(self.history) + 1}, step {batch + 1}")

    def on_epoch_end(self, epoch, logs=None):
        self._refuse(logs, f"epoch {epoch + 1}")
        row = {name: float(value) for name, value in logs.items()}
        row["seconds"] = time.perf_counter() - self.start
        self.history.append({"epoch": epoch + 1, **row})
        better = self._rank(-1) > self._rank((self.best_epoch or 0) - 1)
        if better or not self.best:
            self.best_epoch = epoch + 1
            self.best = _values(self.model.variables)
        if self.path:
            self._save()
            self._print(row)
        self.model.stop_training = self.done

    def _rank(self, index):
        """Of two epochs the better one has the larger rank; losses decide a tie."""
        row, sign = self.history[index], 1 if self.recipe.higher_is_better else -1
        if "val_loss" not in row:
            return row["epoch"], 0
        return sign * row["val_" + self.recipe.metric], -row["val_loss"]

    def _refuse(self, logs, when):
        for name in ("loss", "val_loss"):
            if not math.isfinite(logs.get(name, 0.0)):
                raise FloatingPointError(
                    f"the {name} became {logs[name]} in {when} (a lower "
                    "network.learning_rate may help)"
                )

    def _print(self, row):
        count = f"{len(self.history)}/{self.recipe.training.epochs}"
        unseen = ("seconds", "learning_rate")
        shown = "  ".join(f"{k} {v:.4f}" for k, v in row.items() if k not in unseen)
        best = "  best" if self.best_epoch == len(self.history) else ""
        print(f"epoch {count:>7}  {row['seconds']:4.1f} s  {shown}{best}", flush=True)

    def _variables(self):
        return self.model.variables + self.model.optimizer.variables

    def _save(self):
        now = _values(self._variables())
        facts = {"history": self.history, "best_epoch": self.best_epoch}
        arrays = {f"now_{i}": value for i, value in enumerate(now)}
        arrays |= {f"best_{i}": value for i, value in enumerate(self.best)}
        with files.replacing(self.path) as aside:
            np.savez(aside, facts=json.dumps(facts), **arrays)

    def _restore(self, file):
        try:
            self._read(file)
        except (BadZipFile, zlib.error, EOFError, KeyError, ValueError) as error:
            raise ValueError(
                f"{self.path} is damaged and cannot be resumed from ({error}). Start "
                "anew, without --resume."
            ) from error

    def _read(self, file):
        with np.load(file) as saved:
            facts = json.loads(str(saved["facts"]))
            self.history, self.best_epoch = facts["history"], facts["best_epoch"]
            self.best = [saved[f"best_{i}"] for i in range(len(self.model.variables))]
            variables = self._variables()
            _assign(variables, [saved[f"now_{i}"] for i in range(len(variables))])


def _values(variables):
    return [variable.numpy() for variable in variables]


def _assign(variables, values):
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
