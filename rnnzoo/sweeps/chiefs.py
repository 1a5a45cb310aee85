"""A chief that serves trials to workers, and does not wait for those who are silent.

A worker gives signs of life, by touching a file in the folder of the search: before a
trial, and in training and validation with every batch, at most once a second.
"""

import os
import threading
import time

import keras

SILENCE = 900.0     # seconds after which a worker that gives no sign counts as dead
OFTEN = 1.0         # seconds between two signs


def is_worker():
    """Whether this process runs trials for a chief, by KerasTuner's variables."""
    return is_several() and not is_chief()


def is_chief():
    """Whether this process serves trials to others, by KerasTuner's variables."""
    return is_several() and "chief" in os.environ.get("KERASTUNER_TUNER_ID", "")


def is_several():
    """Whether a search has a chief and workers, by KerasTuner's variables."""
    return "KERASTUNER_ORACLE_IP" in os.environ


class SignOfLife(keras.callbacks.Callback):
    """Shows with every batch that the worker of this process does not hang.

    Args:
        folder: of the search.
    """

    def __init__(self, folder):
        super().__init__()
        self.path = _sign(folder, os.environ["KERASTUNER_TUNER_ID"])
        self.last = 0.0

    def give(self, *batch, logs=None):
        if time.monotonic() - self.last > OFTEN:
            self.path.touch()
            self.last = time.monotonic()

    on_train_batch_end = on_test_batch_end = on_predict_batch_end = give


class Signs:
    """When the workers of a search were last heard of, by the clock of the chief.

    Args:
        folder: of the search.
    """

    def __init__(self, folder):
        self.folder = folder
        self._last = {}     # worker -> (time of its file, when that was first seen)

    def silent(self, name):
        """Whether a worker has given no sign for too long since it was first met."""
        path = _sign(self.folder, name)
        stamp = path.stat().st_mtime if path.exists() else None
        if name not in self._last or self._last[name][0] != stamp:
            self._last[name] = stamp, time.monotonic()
        return time.monotonic() - self._last[name][1] > SILENCE

    def forget(self, name):
        """Meets a worker anew."""
        self._last.pop(name, None)


def serve(oracle, run, tend=None):
    """Serves trials until none are left.

    Args:
        oracle: one of `oracles.ORACLES`.
        run: KerasTuner's server, which by itself waits for the dead for ever.
        tend: looks after workers that this process has started; is called with `Signs`
            again and again, and returns whether any are left. Without it they are
            others', and the trial of a silent one is given to the next that asks.

    Raises:
        OSError: the server does not work, or no worker is there any more.
    """
    serving = threading.Thread(target=run, daemon=True)
    serving.start()
    signs = Signs(oracle.folder)
    tend = tend or Strangers(oracle)
    while serving.is_alive() and tend(signs):
        time.sleep(0.2)
    if not oracle.over:
        raise OSError(
            "The chief cannot be reached by its workers, at "
            f"{os.environ['KERASTUNER_ORACLE_IP']}, port "
            f"{os.environ['KERASTUNER_ORACLE_PORT']}. Choose another port; with "
            "`--workers` the same command tries one.")


class Strangers:
    """Looks after workers that somebody else has started."""

    def __init__(self, oracle):
        self.oracle = oracle
        self.heard = time.monotonic()

    def __call__(self, signs):
        names = set(self.oracle.tuner_ids)
        for name in filter(signs.silent, names):
            self.oracle.take_back(name)
            signs.forget(name)
        if names:
            self.heard = time.monotonic()
        elif self.oracle.over and not self.oracle.waiting:
            return False
        elif time.monotonic() - self.heard > SILENCE:
            raise OSError(
                f"No worker has asked for a trial for {SILENCE / 60:.0f} minutes. The "
                "same command goes on; start workers too, by it, with another "
                "KERASTUNER_TUNER_ID each.")
        return True


def _sign(folder, name):
    return folder / f"{name}.alive"
