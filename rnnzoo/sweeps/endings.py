"""When it is over: with a hopeless trial, and with a search that only has such."""

import math
import re
import time
import warnings
from collections import Counter

import keras
import keras_tuner
import numpy as np

from rnnzoo import recurrence
from rnnzoo.measures import echo_state_check
from rnnzoo.models.compiling import compiled
from rnnzoo.models.learning import ReadoutLearning

EXPLODED = 1e3      # times the loss of the first batch
ANSWERS = 10        # of which the quickest counts, whatever else the machine does
STEPS = 1000        # after which a reservoir has forgotten where it started, ...
LEFT = 1e-3         # ... but for this share


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


class Slow(keras.callbacks.Callback):
    """Ends a trial before it begins, whose network takes too long for an answer.

    Args:
        x: a batch of one sequence.
        limit: milliseconds that the network may take for it, compiled, at its best.
    """

    def __init__(self, x, limit):
        super().__init__()
        self.x = x
        self.limit = limit

    def on_train_begin(self, logs=None):
        with recurrence.on_this_machine():
            answer = compiled(lambda x: self.model(x, training=False), self.model)
            taken = [_milliseconds(answer, self.x) for _ in range(ANSWERS)]
        if min(taken) > self.limit:
            raise keras_tuner.errors.FailedTrialError(
                f"the network takes {min(taken):.2g} ms for a sequence of "
                f"{self.x.shape[1]} steps, more than {self.limit:g}")


class NoEcho(keras.callbacks.Callback):
    """Ends a trial before it begins, whose reservoir never forgets where it started.

    That is tried on a sequence of the data, over and over. Only a readout learns there,
    so that nothing could mend it.

    Args:
        x: a batch of one sequence.
    """

    def __init__(self, x):
        super().__init__()
        self.x = repeated(x)

    def on_train_begin(self, logs=None):
        if not is_reservoir(self.model):
            return
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            left = echo_state_check(self.model, self.x)
        if not left <= LEFT:
            raise keras_tuner.errors.FailedTrialError(no_echo(left))


def is_reservoir(model):
    """Whether what a network remembers is nothing that it learns, or is shown."""
    return (isinstance(getattr(model, "rule", None), ReadoutLearning)
            and not model.has_own_head and not model.arguments["bidirectional"])


def repeated(x):
    """A batch of sequences, over and over until it is long enough to forget in."""
    return np.concatenate([x] * -(-STEPS // x.shape[1]), axis=1)


def no_echo(left):
    """Why a reservoir without the echo state property ends."""
    return (f"no echo state property: {left:.2g} of where it started is left after "
            f"{STEPS} steps")


def common(reasons):
    """The commonest of the reasons, numbers aside, and how many it is the reason of."""
    kinds = [re.sub(r"\d+(\.\d+)?(e[-+]\d+)?", "#", reason) for reason in reasons]
    kind, count = Counter(kinds).most_common(1)[0]
    return f"{reasons[kinds.index(kind)]} ({count} of {len(reasons)})"


def _milliseconds(function, x):
    began = time.perf_counter()
    keras.ops.convert_to_numpy(function(x))
    return 1e3 * (time.perf_counter() - began)
