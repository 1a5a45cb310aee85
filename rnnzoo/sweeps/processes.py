"""A chief that chooses and workers that try, as processes of one machine.

They speak as KerasTuner's do, and are told who they are by its environment variables.
With these set by hand the command does the same on several machines that share a
folder; there nobody starts a dead worker again but you, with the name it had.
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
        The folder of the search.

    Raises:
        OSError: workers die before they begin, or the chief cannot be reached.
    """
    here = {"KERASTUNER_ORACLE_IP": "127.0.0.1", "KERASTUNER_ORACLE_PORT": _free_port()}
    with _environment({**here, "KERASTUNER_TUNER_ID": "chief"}):
        chief = make()
        with chief.session():
            variables = {**threads.shared_out(workers), CHIEF: str(os.getpid())}
            # KerasTuner prints the conditions of every trial that it sends.
            with _environment(variables), contextlib.redirect_stdout(None):
                _supervise(chief, [f"tuner{number}" for number in range(workers)])
    return chief.folder


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


def _supervise(chief, names):
    """Serves trials to workers, and starts anew those that die, under the same name.

    KerasTuner gives a worker of that name the trial that the dead one had.
    """
    serving = threading.Thread(target=chief.run, daemon=True)
    serving.start()
    recipe = chief.folder / "recipe.yaml"
    with files.replacing(recipe) as aside:
        aside.write_text(chief.hypermodel.recipe.text())
    running, deaths = {}, Counter()
    try:
        running |= {name: _start(chief, name) for name in names}
        while running and serving.is_alive():
            time.sleep(0.2)
            for name, process in list(running.items()):
                if process.poll() is None:
                    continue
                if process.returncode == 0:
                    del running[name]
                elif serving.is_alive():
                    _count_death(chief, name, deaths)
                    running[name] = _start(chief, name)
    finally:
        for process in running.values():
            process.terminate()
        for process in running.values():
            process.wait()
    if not chief.oracle.over:
        raise OSError("The chief cannot be reached by its workers, at port "
                      f"{os.environ['KERASTUNER_ORACLE_PORT']}. The same command tries "
                      "another.")


def _start(chief, name):
    command = [sys.executable, "-m", "rnnzoo", "tune", chief.folder / "recipe.yaml",
               "--tuner", chief.facts["tuner"], "--out", chief.folder.parent]
    if chief.facts["max_size"]:
        command += ["--max-size", str(chief.facts["max_size"])]
    with _log(chief, name).open("ab") as log:
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log,
                                stderr=log,
                                env={**os.environ, "KERASTUNER_TUNER_ID": name})


def _count_death(chief, name, deaths):
    trial = chief.oracle.ongoing_trials.get(name)
    case = trial.trial_id if trial else name
    deaths[case] += 1
    chief.oracle.say(f"{name} died{f' in trial {case}' if trial else ''}, and is "
                     "started again")
    if deaths[case] >= DEATHS and trial:
        chief.oracle.give_up(trial, f"{DEATHS} processes died in it")
    elif deaths[case] >= DEATHS:
        log = _log(chief, name)
        last = log.read_text(errors="replace").strip().rpartition("\n")[2]
        raise OSError(f"{name} died {DEATHS} times before a trial: {last} (all of it "
                      f"is in {log})")


def _log(chief, name):
    return chief.folder / f"{name}.txt"


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
