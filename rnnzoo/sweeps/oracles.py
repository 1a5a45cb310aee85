"""KerasTuner's oracles, which choose what is tried next, made to survive."""

import csv
import json
import sys
import time
from pathlib import Path

import keras_tuner
from keras_tuner.engine.trial import Trial

from rnnzoo import files
from rnnzoo.sweeps.endings import common
from rnnzoo.sweeps.spaces import readable

FAILURES = 10       # in a row, which end a search
ENDED = ("COMPLETED", "FAILED")
EPOCHS = "tuner/epochs"     # what Hyperband calls them


class Surviving:
    """Mixin for oracles, whose files are whole at any time, and whose failures count.

    Attributes:
        folder: of the search.
        cause: why nothing is tried any more; None as long as something is.
        over: whether a tuner was told that nothing is left to be tried.
    """

    folder = cause = screen = None
    over = False

    def watch(self, folder, max_trials):
        """Says where the files are, and how many trials there may be, or None."""
        self.folder = Path(folder)
        self.max_trials = max_trials
        self.screen = sys.stdout
        self._failed = []
        return self

    def save(self):
        _write(self.folder / "oracle.json", self.get_state())

    def _save_trial(self, trial):   # KerasTuner's own would be half a file after a kill
        _write(self.folder / f"trial_{trial.trial_id}" / "trial.json",
               trial.get_state())

    def reload(self):
        super().reload()
        for trial_id in self.trials.keys() - set(self.start_order):
            del self.trials[trial_id]       # a kill came before it was noted down
        self.trials = dict(sorted(self.trials.items()))     # the first best is the best

    @property
    def waiting(self):
        """Whether a trial that was begun waits for somebody to take it up."""
        return bool(self._retry_queue)

    @keras_tuner.synchronized
    def create_trial(self, tuner_id):
        if self.cause:
            self.tuner_ids.discard(tuner_id)
            trial = Trial(self.get_space(), status="STOPPED")
        else:
            trial = super().create_trial(tuner_id)
        self.over = self.over or trial.status == "STOPPED"
        return trial

    @keras_tuner.synchronized
    def update_trial(self, trial_id, metrics, step=0):
        if trial_id in self.end_order:      # by another that was quicker
            return self.trials[trial_id]
        return super().update_trial(trial_id, metrics, step)

    @keras_tuner.synchronized
    def end_trial(self, trial):
        own = self.trials[trial.trial_id]
        if trial.trial_id not in self.end_order:
            self._end(own, trial)
        self._leave(own)

    def _end(self, own, trial):
        trial.hyperparameters = own.hyperparameters     # those from afar are rounded
        if trial.status != "COMPLETED":
            trial.message = reason(self.folder, trial)
        super().end_trial(trial)
        self._leave(own)
        self.save()         # KerasTuner's own still has the trial among the running
        self._failed = [*self._failed, own.message] if own.status == "FAILED" else []
        if len(self._failed) >= FAILURES:
            self.cause = common(self._failed)
        self._write_table()
        self._tell(own)

    def _leave(self, trial):
        """Has nobody run a trial any more, nor wait to be run."""
        self.ongoing_trials = {name: other for name, other in
                               self.ongoing_trials.items() if other is not trial}
        self._retry_queue = [k for k in self._retry_queue if k != trial.trial_id]

    @keras_tuner.synchronized
    def take_back(self, tuner_id):
        """Lets another worker have the trial of one that is not heard of."""
        self.tuner_ids.discard(tuner_id)
        trial = self.ongoing_trials.pop(tuner_id, None)
        if trial:
            self._retry_queue.append(trial.trial_id)
        self.say(f"{tuner_id} is not heard of any more" + (
            f"; trial {trial.trial_id} is given to another" if trial else ""))

    def give_up(self, trial, why):
        """Fails a trial that nobody will end."""
        note(self.folder, trial, why)
        trial.status = "FAILED"
        self.end_trial(trial)

    @property
    def best(self):
        """The best trial; None if none was completed."""
        trial = next(iter(self.get_best_trials(1)), None)
        return trial if trial and trial.status == "COMPLETED" else None

    @property
    def rows(self):
        """What `trials.csv` says of the trials that have ended, as dictionaries."""
        return [_row(self.trials[trial_id]) for trial_id in sorted(self.trials)
                if self.trials[trial_id].status in ENDED]

    def _write_table(self):
        rows = self.rows
        columns = {name: None for row in rows for name in row if name != "reason"}
        with (files.replacing(self.folder / "trials.csv") as aside,
              aside.open("w", newline="") as file):
            writer = csv.DictWriter(file, [*columns, "reason"], lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)

    def _tell(self, trial):
        count = sum(t.status in ENDED for t in self.trials.values())
        of = f"/{self.max_trials}" if self.max_trials else ""
        found = (f"{self.objective.name} {trial.score:.4g}, best {self.best.score:.4g}"
                 if trial.status == "COMPLETED" else f"FAILED: {trial.message}")
        values = ", ".join(f"{k} {v}" for k, v in _values(trial).items())
        self.say(f"trial {trial.trial_id}, {count}{of} done: {found}  ({values})")

    def say(self, line):
        """Prints a line, also where KerasTuner is kept from printing."""
        print(f"{time.strftime('%H:%M:%S')}  {line}", file=self.screen, flush=True)


class Grid(keras_tuner.Oracle):
    """Every combination in turn; KerasTuner's own forgets after a kill where it was."""

    def populate_space(self, trial_id):
        tried = [trial.hyperparameters.values for trial in self.trials.values()]
        for values in _combinations(self.get_space().space, {}):
            if values not in tried:
                return {"status": "RUNNING", "values": values}
        return {"status": "STOPPED"}


def _combinations(space, values):
    """Values of the hyperparameters of a space that are active beside those given."""
    if not space:
        yield values
        return
    first, *rest = space
    active = all(condition.is_active(values) for condition in first.conditions)
    for extended in ([{**values, first.name: value} for value in first.values]
                     if active else [values]):
        yield from _combinations(rest, extended)


ORACLES = {
    name: type(f"Surviving{oracle.__name__}", (Surviving, oracle), {})
    for name, oracle in (("random", keras_tuner.oracles.RandomSearchOracle),
                         ("grid", Grid),
                         ("hyperband", keras_tuner.oracles.HyperbandOracle),
                         ("bayesian", keras_tuner.oracles.BayesianOptimizationOracle))
}


def note(folder, trial, why):
    """Writes down why a trial fails; what a worker says does not reach the chief."""
    with files.replacing(_note(folder, trial)) as aside:
        aside.write_text(why)


def reason(folder, trial):
    """Why a trial failed."""
    path = _note(folder, trial)
    return path.read_text().partition("\n\n")[0] if path.exists() else trial.message


def _note(folder, trial):
    return Path(folder) / f"trial_{trial.trial_id}" / "failure.txt"


def _write(path, state):
    with files.replacing(path) as aside:
        aside.write_text(json.dumps(state))


def _values(trial):
    """Hyperparameters by name, with the epochs that Hyperband gave it."""
    values = trial.hyperparameters.values
    shown = {k: readable(v) for k, v in values.items() if "/" not in k}
    return shown | ({"epochs": values[EPOCHS]} if EPOCHS in values else {})


def _row(trial):
    facts = {name: trial.metrics.get_last_value(name)
             for name in ("best_epoch", "seconds") if trial.metrics.exists(name)}
    return {"trial": trial.trial_id, "status": trial.status.lower(),
            "score": trial.score, "best_epoch": facts.get("best_epoch"),
            "seconds": facts.get("seconds"), **_values(trial),
            "reason": trial.message if trial.status == "FAILED" else ""}
