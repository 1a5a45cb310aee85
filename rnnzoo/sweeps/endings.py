"""When it is over: with a hopeless trial, and with a search that only has such."""

import math
import re
from collections import Counter

import keras
import keras_tuner

EXPLODED = 1e3      # times the loss of the first batch


class Hopeless(keras.callbacks.Callback):
    """Ends a trial whose loss is no number, or has exploded."""

    def on_train_begin(self, logs=None):
        self.first = None

    def on_train_batch_end(self, batch, logs=None):
        loss = (logs or {}).get("loss", 0.0)
        self._refuse("loss", loss, f"step {batch + 1} of an epoch")
        self.first = loss if self.first is None else self.first
        if loss > EXPLODED * max(self.first, 1e-3):
            raise keras_tuner.errors.FailedTrialError(
                f"the loss exploded: {loss:.3g} in step {batch + 1} of an epoch, after "
                f"{self.first:.3g} in the beginning")

    def on_epoch_end(self, epoch, logs=None):
        for name, value in (logs or {}).items():
            self._refuse(name, value, f"epoch {epoch + 1}")

    def _refuse(self, name, value, when):
        if not math.isfinite(value):
            raise keras_tuner.errors.FailedTrialError(
                f"the {name} became {value} in {when}")


def common(reasons):
    """The commonest of the reasons, numbers aside, and how many it is the reason of."""
    kinds = [re.sub(r"\d+(\.\d+)?(e[-+]\d+)?", "#", reason) for reason in reasons]
    kind, count = Counter(kinds).most_common(1)[0]
    return f"{reasons[kinds.index(kind)]} ({count} of {len(reasons)})"
