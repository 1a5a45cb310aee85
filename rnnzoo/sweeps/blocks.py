"""Searches that run a block of trials at once."""

import math
import time

from rnnzoo.sweeps import endings, oracles
from rnnzoo.sweeps.reservoirs import SCALES, Reservoirs
from rnnzoo.sweeps.searching import Search
from rnnzoo.sweeps.spaces import OF_FIT

AT_ONCE = 64        # trials


class ReservoirSearch(Search):
    """The same for reservoirs that differ in their scales only; see `reservoirs`.

    A kill loses a block. No network of a trial is kept: the best one is trained anew.
    """

    def run(self, *data, **options):
        self.data = data
        parts = self.hypermodel.parts(*data, **options)
        if parts is None:       # weights of samples, callbacks, ...: one by one
            super().run(*data, **options)
            return
        self.oracle.verbose = 0
        train, validation = parts
        space, measure = self.hypermodel.space, self.oracle.objective.name
        reservoirs = None
        while trials := self._block():
            began = time.perf_counter()
            candidates = [space.values(trial.hyperparameters)[1] for trial in trials]
            reservoirs = reservoirs or self._reservoirs(candidates[0])
            scores = reservoirs.scores(
                candidates, train, validation, measure.removeprefix("val_"))
            left = reservoirs.left(candidates, self.hypermodel.example(*data))
            seconds = round((time.perf_counter() - began) / len(trials), 2)
            for trial, score, rest in zip(trials, scores, left):
                self._end(trial, {measure: score, "best_epoch": 1, "seconds": seconds},
                          rest)

    def load_model(self, trial):
        model = self.hypermodel.build(trial.hyperparameters)
        self.hypermodel.fit(trial.hyperparameters, model, *self.data)
        return model

    def _block(self):
        """The next trials, each as if of a worker of its own."""
        trials = []
        for number in range(AT_ONCE):
            trial = self.oracle.create_trial(f"tuner{number}")
            if trial.status == "STOPPED":
                break
            trials.append(trial)
        return trials

    def _reservoirs(self, values):
        shared = {k: v for k, v in values.items()
                  if k not in (*SCALES, "ridge", *OF_FIT)}
        (name,) = self.hypermodel.space.entries
        return Reservoirs(name=name, seed=self.hypermodel.seed, **shared)

    def _end(self, trial, metrics, left):
        measure, score = next(iter(metrics.items()))
        trial.status = "FAILED"
        if not left <= endings.LEFT:
            oracles.note(self.folder, trial, endings.no_echo(left))
        elif not math.isfinite(score):
            oracles.note(self.folder, trial, f"the {measure} became {score}")
        else:
            trial.status = "COMPLETED"
            self.oracle.update_trial(trial.trial_id, metrics)
        self.oracle.end_trial(trial)
