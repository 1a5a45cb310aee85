"""The results table: what is run, what is kept, what it says."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time

import pytest

from rnnzoo import cli, files, recipes, reproduction, results
from rnnzoo.reproduction import processes, tables
from rnnzoo.reproduction.processes import Run

RECIPE = """
summary: Tiny.
network: {name: %s, task: classification, input_shape: [null, 8], output_size: 10,
          units: 4}
data: {dataset: digits_rows, folder: %s, batch_size: 256}
training: {epochs: 2}
target: {metric: accuracy, at_least: 0, source: None.}
"""
ABSENT = """
summary: Of files that are not there.
network: {name: gru, task: tagging, vocabulary_size: 9, output_size: 9, units: 4}
data: {dataset: news_tagged, options: {source: nowhere}, batch_size: 8}
training: {epochs: 2}
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return tmp_path_factory.mktemp("data")


@pytest.fixture
def zoo(tmp_path, data, monkeypatch):
    """A folder with two recipes, made the working one."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "zoo"
    folder.mkdir()
    (folder / "tiny.yaml").write_text(RECIPE % ("srn", data))
    (folder / "absent.yaml").write_text(ABSENT)
    return folder


def row_of(path, seed, score=0.2):
    recipe = recipes.load(path)
    return results.Result(
        "digits_rows", "elman", recipe.name, recipe.hash(), seed, "accuracy", 0.5,
        score, 0.0, "met", 7, 1.0, "none")


def publish(zoo, *scores):
    """Writes rows of the recipe `tiny` with these scores."""
    for seed, score in enumerate(scores):
        results.publish(zoo / "results.csv", row_of(zoo / "tiny.yaml", seed, score))


@pytest.fixture
def started(monkeypatch):
    """The commands that were to start a process; rows come without training."""
    def run(command, stderr, **_):
        path, _, seed, _, out, *_ = command[4:]
        commands.append(command)
        if path.stem == "bad":
            stderr.write(b"some\nlast words\n")
        else:
            results.append(out / "results.csv", row_of(path, int(seed)))

    commands = []
    monkeypatch.setattr(processes.subprocess, "run", run)
    return commands


def test_what_has_no_row_is_run_and_nothing_else(zoo, started, capsys):
    assert reproduction.reproduce(seeds=1, jobs=1, folder=zoo) == 0
    first = capsys.readouterr().out
    assert "[1/1] tiny, seed 0: accuracy 0.2 (at least 0: met), 1 s" in first
    assert "absent is passed over: news_tagged: there is no news_tagged_data" in first
    assert "RNNZOO_DATA" in first

    assert reproduction.reproduce("digits*", seeds=2, jobs=2, folder=zoo) == 0
    rows = results.read(zoo / "results.csv")
    assert [(row.recipe, row.seed) for row in rows] == [("tiny", 0), ("tiny", 1)]
    assert len(started) == 2

    (zoo / "tiny.yaml").write_text((zoo / "tiny.yaml").read_text().replace("4", "3"))
    assert reproduction.reproduce(network="elman", seeds=1, folder=zoo) == 0
    (row,) = results.read(zoo / "results.csv")
    assert row.recipe_hash == recipes.load(zoo / "tiny.yaml").hash()
    assert "accuracy | 0.2 | at least 0: met (1 of 1 seeds)" in (
        zoo / "results.md").read_text()
    assert (zoo / "pictures" / "digits_rows.png").read_bytes().startswith(b"\x89PNG")


def test_a_run_that_fails_is_counted_and_the_others_go_on(zoo, started, capsys):
    shutil.copy(zoo / "tiny.yaml", zoo / "bad.yaml")
    with pytest.raises(SystemExit) as stop:
        cli.main(["reproduce", "digits_rows", "--recipes", "zoo", "--seeds", "1"])
    assert stop.value.code == 1
    assert [row.recipe for row in results.read(zoo / "results.csv")] == ["tiny"]
    assert "bad, seed 0: FAILED, last words (all of it" in capsys.readouterr().out


def test_a_row_is_checked_against_mean_and_spread(zoo, started, capsys):
    with pytest.raises(ValueError, match="no row of tiny as it is now"):
        reproduction.check("tiny", folder=zoo)
    publish(zoo, 0.4, 0.2, 0.3)
    table = (zoo / "results.csv").read_bytes()
    assert reproduction.check("tiny", folder=zoo) == 0
    assert "0.2 agrees with 0.30 ± 0.10 of 3 seeds" in capsys.readouterr().out
    assert (zoo / "results.csv").read_bytes() == table

    publish(zoo, 0.21, 0.21, 0.21)
    with pytest.raises(SystemExit) as stop:
        cli.main(["reproduce", "tiny", "--recipes", "zoo", "--check"])
    assert stop.value.code == 1
    assert "0.2 DOES NOT AGREE with 0.21 of 3 seeds" in capsys.readouterr().out


@pytest.mark.parametrize(("command", "message"), [
    ("digit_rows", "Unknown task of a recipe 'digit_rows'. Did you mean 'digits_rows'"),
    ("* elmann", "Unknown network of a recipe 'elmann'. Did you mean 'elman'"),
    ("--recipes none", "no recipes, .yaml files, in none"),
    ("--jobs 0", "received 0; a positive integer"),
])
def test_a_mistake_is_answered_before_work_starts(
    zoo, started, capsys, command, message
):
    with pytest.raises(SystemExit) as stop:
        cli.main(["reproduce", "--recipes", "zoo", *command.split()])
    assert stop.value.code == 2 and message in capsys.readouterr().err
    assert not started


def test_an_installed_package_is_left_as_it_is(zoo, monkeypatch):
    publish(zoo, 0.5)
    monkeypatch.setattr(recipes, "PACKAGE", zoo.parent)
    monkeypatch.chdir(zoo.parent)
    out = zoo.parent / "out"
    results.publish(out / "results.csv", row_of(zoo / "tiny.yaml", 0))
    assert reproduction.reproduce("tiny", seeds=1, folder=zoo, out=out) == 0
    assert {p.name for p in out.iterdir()} == {"pictures", "results.csv", "results.md"}
    assert {p.name for p in zoo.iterdir()} == {
        "absent.yaml", "results.csv", "tiny.yaml"}


def test_a_process_that_outlived_its_parent_is_waited_for(zoo, started):
    path = zoo / "tiny.yaml"
    run = Run(path, recipes.load(path), 0, zoo / "out")
    begun = run.folder / "tiny" / "1"
    begun.mkdir(parents=True)
    (begun / "recipe.yaml").write_text(run.recipe.text())
    held, row = threading.Event(), row_of(path, 0)

    def outlive():
        with files.locked(begun):
            held.set()
            time.sleep(0.1)
            results.append(run.folder / "results.csv", row)

    thread = threading.Thread(target=outlive)
    thread.start()
    held.wait()
    assert run.finish(environment={}) == row and not started
    thread.join()


def test_what_was_killed_goes_on(zoo, monkeypatch, plain):
    """All processes are killed after an epoch, as by `kill -9`."""
    def run(command, **_):
        assert command[-1] == "--resume"
        cli.main([str(word) for word in command[3:]])

    text = (zoo / "tiny.yaml").read_text()
    (zoo / "tiny.yaml").write_text(text.replace("epochs: 2", "epochs: 40"))
    command = [sys.executable, "-m", "rnnzoo", "reproduce", "tiny", "--recipes", "zoo",
               "--seeds", "1", "--out", "runs"]
    parent = subprocess.Popen(command, stdout=subprocess.DEVNULL,
                              start_new_session=True)
    while not list(zoo.parent.glob("runs/*/seed-0/tiny/1/checkpoint.npz")):
        assert parent.poll() is None, "it ended before it could be killed"
        time.sleep(0.01)
    os.killpg(parent.pid, signal.SIGKILL)
    parent.wait()
    assert not (zoo / "results.csv").exists()

    monkeypatch.setattr(processes.subprocess, "run", run)
    assert reproduction.reproduce("tiny", seeds=1, folder=zoo, out="runs") == 0
    (row,) = results.read(zoo / "results.csv")
    (done,) = zoo.parent.glob("runs/*/seed-0/tiny/*/metrics.json")
    assert row.score == json.loads(done.read_text())["result"]["score"]


def test_the_spread_is_written_as_precisely_as_it_is_known():
    assert tables.spread(0.98213, 0.00684) == "0.9821 ± 0.0068"
    assert tables.spread(512.4, 148.3) == "512 ± 148"
    assert tables.spread(1.0, 0.0) == "1"


def test_info_tells_the_results_of_a_network(zoo, monkeypatch, capsys):
    publish(zoo, 0.5, 0.7)
    monkeypatch.setattr(recipes, "folder", lambda: zoo)
    cli.main(["info", "srn", "--results"])
    assert ("digits_rows: accuracy 0.60 ± 0.14, 2 seeds of tiny; target at least 0: "
            "met (2 of 2 seeds)") in capsys.readouterr().out
    cli.main(["info", "jordan", "--results"])
    assert "none yet" in capsys.readouterr().out
