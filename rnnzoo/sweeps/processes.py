"""A chief that chooses and workers that try, as processes of one machine.

They speak as KerasTuner's do, and are told who they are by its environment variables.
With these set by hand the command does the same on several machines that share a
folder, in which it is started on each: KERASTUNER_TUNER_ID is chief, tuner0, tuner1,
..., KERASTUNER_ORACLE_IP and KERASTUNER_ORACLE_PORT are the chief's everywhere. There
nobody starts a dead worker again but you; its trial is given to the others.
"""

import contextlib
import os
import socket
import subprocess
import sys
import threading
import time
from collections import Counter

from rnnzoo import files, threads

DEATHS = 3          # of workers in one trial, or before any, after which it is given up
CHIEF = "RNNZOO_CHIEF"


def search(make, workers):
    """Searches with several processes; this one becomes the chief.

    Args:
        make: makes the `Search` over a recipe.
        workers: number of processes that run trials.

    Returns:
        The `Search`.

    Raises:
        OSError: workers die before they begin, or the chief cannot be reached.
    """
    here = {"KERASTUNER_ORACLE_IP": "127.0.0.1", "KERASTUNER_ORACLE_PORT": _free_port()}
    with _environment({**here, "KERASTUNER_TUNER_ID": "chief"}):
        chief = make()
        with chief.session():
            recipe = chief.folder / "recipe.yaml"
            with files.replacing(recipe) as aside:
                aside.write_text(chief.hypermodel.recipe.text())
            variables = {**threads.shared_out(workers), CHIEF: str(os.getpid())}
            # KerasTuner prints the conditions of every trial that it sends.
            with (_environment(variables), contextlib.redirect_stdout(None),
                  contextlib.closing(Workers(chief, workers)) as tend):
                chief.run(tend=tend)
    return chief


def follow_chief():
    """Lets a worker end when the chief that started it has gone."""
    if CHIEF not in os.environ:
        return
    chief = int(os.environ[CHIEF])

    def watch():
        while os.getppid() == chief:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


class Workers:
    """Processes that run trials; one that dies or hangs is started anew.

    It has the same name then, so that KerasTuner gives it the trial of the dead one.

    Args:
        chief: the `Search`.
        number: of processes.
    """

    def __init__(self, chief, number):
        self.chief = chief
        self.deaths = Counter()
        self.running = {}
        for name in (f"tuner{k}" for k in range(number)):
            self.running[name] = self._start(name)

    def __call__(self, signs):
        for name, process in list(self.running.items()):
            if signs.silent(name):
                process.kill()
                process.wait()
            if process.poll() is None:
                continue
            signs.forget(name)
            if process.returncode == 0:
                del self.running[name]
            else:
                self._count_death(name)
                self.running[name] = self._start(name)
        return bool(self.running)

    def close(self):
        for process in self.running.values():
            process.kill()      # also those that hang; what they have done is on disk
        for process in self.running.values():
            process.wait()

    def _start(self, name):
        chief = self.chief
        command = [sys.executable, "-m", "rnnzoo", "tune", chief.folder / "recipe.yaml",
                   "--tuner", chief.facts["tuner"], "--out", chief.folder.parent]
        for option, value in chief.limits.items():
            if value is not None:
                command += [f"--{option.replace('_', '-')}", str(value)]
        command += ["--hparams"] * chief.hparams
        with self._log(name).open("ab") as log:
            return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log,
                                    stderr=log,
                                    env={**os.environ, "KERASTUNER_TUNER_ID": name})

    def _count_death(self, name):
        oracle = self.chief.oracle
        trial = oracle.ongoing_trials.get(name)
        case = trial.trial_id if trial else name
        self.deaths[case] += 1
        oracle.say(f"{name} died{f' in trial {case}' if trial else ''}, and is started "
                   "again")
        if self.deaths[case] >= DEATHS and trial:
            oracle.give_up(trial, f"{DEATHS} processes died in it")
        elif self.deaths[case] >= DEATHS:
            log = self._log(name)
            last = log.read_text(errors="replace").strip().rpartition("\n")[2]
            raise OSError(f"{name} died {DEATHS} times before a trial: {last} (all of "
                          f"it is in {log})")

    def _log(self, name):
        return self.chief.folder / f"{name}.txt"


def _free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return str(found.getsockname()[1])


@contextlib.contextmanager
def _environment(variables):
    before = dict(os.environ)
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
