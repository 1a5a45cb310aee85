import os
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf
import yaml

from rnnzoo import build, cli, registry

RECIPE = """
summary: One epoch.
network: {name: elman, task: classification, input_shape: [null, 8], output_size: 10,
          units: 4}
data: {dataset: digits_rows, batch_size: 256}
training: {epochs: 1}
"""


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    """A folder with a recipe and a finished run of it, and the output of training."""
    folder = tmp_path_factory.mktemp("work")
    (folder / "tiny.yaml").write_text(RECIPE)
    return folder


@pytest.fixture
def rnnzoo(work, monkeypatch, capsys):
    """Runs a command in the folder `work`; returns exit code, output and errors."""
    def run(*arguments):
        try:
            cli.main([str(argument) for argument in arguments])
        except SystemExit as stop:
            code = stop.code or 0
        else:
            code = 0
        return code, *capsys.readouterr()

    monkeypatch.chdir(work)
    return run


@pytest.fixture
def run(rnnzoo, work):
    if not (work / "runs").exists():
        code, out, _ = rnnzoo("train", "tiny.yaml", "data.folder=data", "--seed", 3)
        assert code == 0 and "runs/tiny/1" in out
    return "runs/tiny/1"


def test_train_takes_overrides_and_a_seed(run, work):
    recipe = yaml.safe_load((work / run / "recipe.yaml").read_text())
    assert (recipe["seed"], recipe["data"]["folder"]) == (3, "data")


def test_overrides_may_stand_after_options(rnnzoo):
    code, _, errors = rnnzoo("train", "tiny.yaml", "data.folder=data", "--out", "none",
                             "training.epoch=1")
    assert code == 2 and "Did you mean 'epochs'" in errors
    for command in (["train", "tiny.yaml", "--out", "none", "a=1", "--ot=b"],
                    ["info", "elman", "a=1"]):
        code, _, errors = rnnzoo(*command)
        assert code == 2 and "unrecognized arguments" in errors


def test_list_prints_the_names_that_fit(rnnzoo):
    code, out, _ = rnnzoo("list", "*l*m*", "--task", "tagging")
    listed = [line.split()[0] for line in out.splitlines()]
    assert code == 0 and listed == registry.list_models("*l*m*", task="tagging")


def test_info_prints_the_card_of_a_network(rnnzoo):
    assert rnnzoo("info", "srn")[:2] == (0, f"{registry.info('elman')}\n")


def test_evaluate_prints_the_scores_of_a_split(rnnzoo, run):
    code, out, _ = rnnzoo("evaluate", run, "--split", "validation")
    assert code == 0 and "validation accuracy 0." in out


def test_predict_and_export_agree(rnnzoo, run, work):
    x = np.random.rand(3, 8, 8).astype("float32")
    np.save(work / "x.npy", x)
    assert rnnzoo("predict", run, "x.npy", "--out", "y.npy")[0] == 0
    assert rnnzoo("export", run, "served", "--version", 4)[1] == "served/4\n"
    served = tf.saved_model.load(str(work / "served" / "4"))
    y = served.signatures["serving_default"](x=tf.constant(x))["y"]
    np.testing.assert_allclose(np.load(work / "y.npy"), y, rtol=1e-5)
    assert "[[" in rnnzoo("predict", run, "x.npy")[1]
    assert rnnzoo("export", run, "small", "--format", "litert")[0] == 0
    assert (work / "small" / "1" / "model.tflite").exists()


def test_names_are_exported_from_the_run_or_from_files(rnnzoo, work):
    def served(*options):
        code, out, _ = rnnzoo("export", "named", "texts", *options)
        assert code == 0
        loaded = tf.saved_model.load(out.strip())
        answer = loaded.signatures["classify_text"](text=tf.constant(["b a"]))
        return set(answer["labels"].numpy()[0])

    (work / "named").mkdir()
    build("elman", units=2, task="classification", vocabulary_size=3,
          output_size=2).save(work / "named" / "model.keras")
    for file, lines in {"named/labels.txt": "no\nyes\n", "german.txt": "nein\r\nja",
                        "named/vocabulary.txt": "\na\nb\n", "two.txt": "a\nb"}.items():
        (work / file).write_bytes(lines.encode())
    assert served() == {b"no", b"yes"}
    assert served("--labels", "german.txt") == {b"nein", b"ja"}
    code, _, errors = rnnzoo("export", "named", "texts", "--vocabulary", "two.txt")
    assert code == 2 and "takes 3 of them; received 2" in errors


@pytest.mark.parametrize(("command", "message"), [
    ("train digit_elman", "Did you mean 'digits_elman'"),
    ("train tiny.yaml training.epoch=1", "Did you mean 'epochs'"),
    ("train tiny.yaml --seed -1", "seed: received -1"),
    ("train tiny.yaml data.folder=data --resume --out none", "no unfinished run"),
    ("info elmann", "Did you mean 'elman'"),
    ("list --family simpel", "Did you mean 'simple'"),
    ("evaluate nothing", "There is no"),
    ("evaluate runs/tiny/1 --split tets", "Did you mean 'test'"),
    ("predict runs/tiny/1 none.npy", "none.npy"),
    ("predict runs/tiny/1 tiny.yaml", "pickle"),
    ("predict runs/tiny/1 flat.npy", "x has shape"),
    ("export runs/tiny/1 taken --version 1", "never overwritten"),
    ("export runs/tiny/1 served --version 0", "positive integer"),
    ("export runs/tiny/1 served --labels none.txt", "none.txt"),
    ("export runs/tiny/1 served --format litrt", "Did you mean 'litert'"),
])
def test_a_mistake_is_answered_in_one_message(rnnzoo, run, work, command, message):
    np.save(work / "flat.npy", np.zeros(3))
    (work / "taken" / "1").mkdir(parents=True, exist_ok=True)
    code, _, errors = rnnzoo(*command.split())
    assert code == 2
    assert errors.startswith("rnnzoo: ") and message in errors
    assert "Traceback" not in errors


def test_a_quick_command_says_nothing_but_its_answer():
    clean = {k: v for k, v in os.environ.items() if k != "TF_CPP_MIN_LOG_LEVEL"}
    done = subprocess.run([sys.executable, "-m", "rnnzoo_command", "list", "elman"],
                          capture_output=True, text=True, env=clean, check=True)
    assert done.stdout.startswith("elman ") and done.stdout.count("\n") == 1
    assert done.stderr == ""
