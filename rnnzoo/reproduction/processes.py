"""Runs of recipes, each in a process of its own, several at a time."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from rnnzoo import files, results, threads
from rnnzoo.recipes import Recipe


@dataclass(frozen=True)
class Run:
    """A run of a recipe with a seed.

    Attributes:
        path: of the recipe's file.
        recipe: what is in it.
        seed: of the run.
        out: folder of all runs.
    """

    path: Path
    recipe: Recipe
    seed: int
    out: Path

    def __str__(self):
        return f"{self.recipe.name}, seed {self.seed}"

    @property
    def folder(self):
        """Its own: no other recipe shares it, nor this one after a change."""
        name = f"{self.recipe.name}-{self.recipe.hash()}"
        return self.out / name / f"seed-{self.seed}"

    @property
    def log(self):
        return self.folder / "log.txt"

    @property
    def row(self):
        """The row of the results table; None before there is one."""
        table = self.folder / "results.csv"
        return results.read(table)[-1] if table.exists() else None

    def finish(self, environment):
        """Trains in another process what is not trained yet; returns the row, or None.

        A process that outlived the one that started it is waited for.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        begun = [folder for folder in files.numbered(self.folder / self.recipe.name)
                 if (folder / "recipe.yaml").exists()]
        for folder in begun:
            with files.locked(folder):
                pass
        if self.row is None:
            print(f"{self} {'goes on' if begun else 'starts'}; its log is {self.log}",
                  flush=True)
            command = [sys.executable, "-m", "rnnzoo", "train", self.path,
                       "--seed", str(self.seed), "--out", self.folder, "--no-export"]
            with self.log.open("ab") as log:
                subprocess.run([*command, *["--resume"] * bool(begun)], stdout=log,
                               stderr=log, env=environment, check=False)
        return self.row


def rows_of(runs, jobs):
    """Finishes runs, several at a time; yields their rows as they come, None of failed.

    Args:
        runs: list of `Run`.
        jobs: number of processes at a time.
    """
    environment = threads.shared_out(jobs)
    with ThreadPoolExecutor(jobs) as pool:
        waiting = {pool.submit(run.finish, environment): run for run in runs}
        try:
            for number, done in enumerate(as_completed(waiting), 1):
                row, run = done.result(), waiting[done]
                print(f"[{number}/{len(runs)}] {run}: {_said(run, row)}", flush=True)
                yield row
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _said(run, row):
    if row is None:
        last = run.log.read_text(errors="replace").strip().rpartition("\n")[2]
        return f"FAILED, {last} (all of it is in {run.log})"
    target = f" ({run.recipe.target}: {row.outcome})" if row.outcome else ""
    return f"{row.metric} {row.score:.4g}{target}, {row.seconds:.0f} s"
