"""A chief and its workers as processes, all of which may be killed."""

import csv
import signal
import subprocess
import sys
import time

from rnnzoo import sweeps
from rnnzoo.sweeps import processes


def test_whatever_is_killed_the_same_command_ends_with_all_trials_done(
        recipe, tmp_path, monkeypatch):
    """One process is killed; then a chief goes on with two, of which one is killed."""
    path = tmp_path / "small.yaml"
    path.write_text(recipe.text())
    folder = tmp_path / "small"
    command = [sys.executable, "-m", "rnnzoo", "tune", path, "--tuner", "grid"]
    alone = subprocess.Popen([*command, "--out", tmp_path], stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL)
    while not (folder / "trial_0000").exists():
        assert alone.poll() is None
        time.sleep(0.05)
    alone.kill()
    alone.wait()
    assert not (folder / "trials.csv").exists()

    workers = {}
    monkeypatch.setattr(processes.Workers, "_start", _told(workers))
    monkeypatch.setattr(processes.Workers, "__call__", _killing_the_first(workers))
    assert sweeps.tune(path, "grid", workers=2, out=tmp_path) == folder
    codes = {name: [p.returncode for p in started] for name, started in workers.items()}
    assert codes == {"tuner0": [-signal.SIGKILL, 0], "tuner1": [0]}
    with (folder / "trials.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert {row["units"] for row in rows} == {"3", "5"}
    assert all(row["status"] == "completed" for row in rows)
    assert (folder / "best" / "model.keras").exists()


def _told(workers, start=processes.Workers._start):
    def started(self, name):
        process = start(self, name)
        workers.setdefault(name, []).append(process)
        return process

    return started


def _killing_the_first(workers, look=processes.Workers.__call__):
    def looked(self, signs):
        (process, *restarted) = workers["tuner0"]
        if not restarted and "tuner0" in self.chief.oracle.ongoing_trials:
            process.kill()
        return look(self, signs)

    return looked
