"""The search itself: KerasTuner's tuners, with the promises that they lack."""

import contextlib
import math
import time
import traceback
from functools import partial
from pathlib import Path

import keras
import keras_tuner
import numpy as np

from rnnzoo import files
from rnnzoo.sweeps import chiefs, endings, fingerprints, oracles, report

LONGEST = 300       # characters of a reason


class Search(keras_tuner.Tuner):
    """A `keras_tuner.Tuner` whose folder holds a whole search at any time.

    Made by `rnnzoo.tuner`. The folder receives `search.json`, what it was begun with;
    `trials.csv`, a line a trial; and in the end `report.html`, with pictures, and
    `best/model.keras`, the network of the best trial as it was trained, its optimizer
    included.

    Args:
        hypermodel: `HyperZoo`.
        oracle: one of `oracles.ORACLES`, not yet told to watch.
        kind: its name.
        folder: of the search.
        max_trials: number of trials, or None.
        limits: "max_size" and "max_milliseconds" of `tuner`.
        hparams: whether TensorBoard's files of every trial are written too.
    """

    def __init__(self, hypermodel, oracle, kind, folder, max_trials, limits,
                 hparams=False):
        self.folder = Path(folder)
        self.begun = self.folder / "search.json"
        self.limits = limits
        self.hparams = hparams
        self.facts = {
            "tuner": kind, **limits,
            "objective": f"{oracle.objective.direction} {oracle.objective.name}",
            **hypermodel.facts()}
        fingerprints.agree(self.begun, {"search": self.facts}, write=False)
        oracle.watch(self.folder, max_trials)
        with contextlib.redirect_stdout(None):
            keras_tuner.Tuner.__init__(
                self, oracle, hypermodel, max_model_size=limits["max_size"],
                directory=self.folder.parent, project_name=self.folder.name)
            # KerasTuner looks for the file of a tuner of the same name.
            if not chiefs.is_worker() and (self.folder / "oracle.json").exists():
                oracle.reload()

    def search(self, *data, **options):
        """Searches, or goes on; a search that is over returns at once.

        Args:
            *data: of `fit`: `x` and `y`, or a dataset; nothing of a recipe.
            **options: others of `fit`, `validation_data` or `validation_split` among
                them. Of series, the validation data should be the later ones, as
                `validation_split` takes them.

        Raises:
            ValueError: the data have changed since the search was begun, there are
                none for validation, or ten trials in a row failed: says why.
        """
        data = _in_order(data, options)
        with self.session(*data, **options):
            self.run(*data, **options)

    def run(self, *data, callbacks=(), tend=None, **options):
        """Runs trials or, in the chief, serves those who do, until none are left."""
        if chiefs.is_chief():
            chiefs.serve(self.oracle, partial(super().search, verbose=0), tend)
            return
        example = self.hypermodel.example(*data)
        callbacks = [endings.NoEcho(example), *callbacks]
        if limit := self.limits["max_milliseconds"]:
            callbacks.append(endings.Slow(example, limit))
        if self.hparams:
            callbacks.append(keras.callbacks.TensorBoard(
                self.folder / "hparams", write_graph=False))
        if chiefs.is_worker():
            callbacks.append(chiefs.SignOfLife(self.folder))
        super().search(*data, verbose=0, callbacks=callbacks, **options)

    @contextlib.contextmanager
    def session(self, *data, **options):
        """What is around the trials: checks before, what is kept after."""
        if data and not {"validation_data", "validation_split"} & options.keys():
            raise ValueError("There is nothing to judge trials by: give `search` also "
                             "validation_data=(x, y), or validation_split=0.2.")
        checksum = self.hypermodel.checksum(*data, **options)
        facts = {"search": self.facts, "data": {"checksum of the data": checksum}}
        if chiefs.is_worker():
            fingerprints.agree(self.begun, facts, write=False)
            yield
            return
        with files.locked(self.folder, wait=False):
            files.sweep(self.folder)
            fingerprints.agree(self.begun, facts)
            self.save()
            yield
            report.write(self.folder / "report.html", self.oracle.rows,
                         self.oracle.objective, self.folder.name, self.facts)
            if self.oracle.cause:
                raise ValueError(f"The search ended after {oracles.FAILURES} failures "
                                 f"in a row: {self.oracle.cause}. See "
                                 f"{self.folder}/trials.csv.")
            self._keep_best()

    def run_trial(self, trial, *data, **options):
        began, self._failed = time.perf_counter(), False
        try:
            (history,) = super().run_trial(trial, *data, **options)
            metrics = _best_of(history, self.oracle.objective)
        except keras_tuner.errors.FatalError:
            raise
        except Exception as error:
            why = " ".join(str(error).split())[:LONGEST] or type(error).__name__
            oracles.note(self.folder, trial, f"{why}\n\n{traceback.format_exc()}")
            # Of an error KerasTuner would print everything.
            self._failed = True
            return {self.oracle.objective.name: math.nan}
        return {**metrics, "seconds": round(time.perf_counter() - began, 2)}

    def pre_create_trial(self):
        if chiefs.is_worker():
            chiefs.SignOfLife(self.folder).give()

    def on_trial_end(self, trial):
        if self._failed:
            trial.status = "FAILED"
        super().on_trial_end(trial)

    def retrain(self, *data, **options):
        """Trains the best network anew, on training and validation data together.

        It is trained as long as it was until it was best. `best/retrained.keras` has
        it, too. It cannot be judged by these data any more.

        Args:
            *data: as for `search`.
            **options: as for `search`.

        Returns:
            The network.
        """
        best, data = self._best(), _in_order(data, options)
        model = self.hypermodel.build(best.hyperparameters)
        epochs = int(best.metrics.get_last_value("best_epoch"))
        self.hypermodel.fit_all(best.hyperparameters, model, epochs, *data, **options)
        with files.replacing(self.folder / "best" / "retrained.keras") as aside:
            model.save(aside)
        return model

    def _best(self):
        best = self.oracle.best
        if best is None:
            raise ValueError("No trial came to an end, so there is no best one. See "
                             f"{self.folder}/trials.csv.")
        return best

    def _keep_best(self):
        best = self._best()
        with files.replacing(self.folder / "best" / "model.keras") as aside:
            self.load_model(best).save(aside)
        if hasattr(self.hypermodel, "winner"):
            text = self.hypermodel.winner(best.hyperparameters).text()
            with files.replacing(self.folder / "best" / "recipe.yaml") as aside:
                aside.write_text(text)
        print(f"best is trial {best.trial_id}, {self.oracle.objective.name} "
              f"{best.score:.4g}; all of it is in {self.folder}")


class HyperbandSearch(Search, keras_tuner.Hyperband):
    """The same with Hyperband, which trains the better trials further."""


def _in_order(data, options):
    """The data, where `x` and `y` may be among the options, too."""
    return *data, *(options.pop(name) for name in ("x", "y") if name in options)


def _best_of(history, objective):
    """What was measured in the epoch that was best by the objective."""
    values = np.array(history.history[objective.name])
    best = int(values.argmax() if objective.direction == "max" else values.argmin())
    found = {name: float(row[best]) for name, row in history.history.items()}
    if not math.isfinite(found[objective.name]):
        raise ArithmeticError(f"the {objective.name} became {values[best]}")
    return {**found, "best_epoch": history.epoch[best] + 1}
