"""Several devices and machines; what needs such is run in processes of its own."""

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from unittest.mock import Mock

import keras
import numpy as np
import pytest
import tensorflow as tf
from learning import learned

import rnnzoo
from rnnzoo import cli, datasets, recurrence, training
from rnnzoo.devices import clusters, sharing, strategies

HERE = Path(__file__).parent
RECIPE = """
summary: Seconds, not minutes.
network: {{name: elman, task: classification, input_shape: [null, 8], output_size: 10,
          units: 4}}
data: {{dataset: digits_rows, folder: {}, batch_size: 60}}
training: {{epochs: 5, schedule: cosine}}
"""


@pytest.fixture
def free_port():
    """Gives ports at which nobody listens."""
    def free():
        with socket.socket() as found:
            found.bind(("", 0))
            return found.getsockname()[1]

    return free


def test_on_two_devices():
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", HERE / "two_devices.py", "-p",
         "no:cacheprovider", "-p", "no:xdist"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


# XLA, as on a TPU

@pytest.mark.parametrize("name", rnnzoo.list_models())
def test_a_training_step_is_compiled_by_xla_and_not_anew_for_every_batch(name):
    entry, random, traces = rnnzoo.info(name), np.random.default_rng(0), []
    if entry.tasks:
        model = rnnzoo.build(name, units=3, task="forecasting", input_shape=(4, 2),
                             output_size=2)
        data = random.normal(size=(2, 6, 4, 2))
    else:
        model = rnnzoo.build(name, **entry.example)
        data = [np.sign(random.normal(size=(6, width)))
                for width in model.memory.sides.values()]

    def counted(*arguments):
        traces.append(arguments)
        return step(*arguments)

    step, model.train_step, model.jit_compile = model.train_step, counted, True
    after_batches = []
    watch = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda *_, **__: after_batches.append(len(traces)))
    batches = tf.data.Dataset.from_tensor_slices(tuple(data)).batch(2, True)
    model.fit(batches, shuffle=False, verbose=0, callbacks=watch)
    assert model.jit_compile
    assert after_batches == [1, 1, 1]


# What is refused, before anything is done

@pytest.mark.parametrize(("devices", "message"), [
    ("gpu", "is \"all\", \"cpu\" or a number of GPUs; received 'gpu'"),
    (0, "received 0"),
    (2, "devices=2 asks for 2 of the GPUs.*sees none.*devices=cpu"),
    ("all", "asks for all GPUs"),
])
def test_devices_that_are_not_there_are_an_error(devices, message, monkeypatch):
    monkeypatch.setattr(tf.config, "list_physical_devices", {
        "GPU": [], "CPU": tf.config.list_physical_devices("CPU")}.get)
    with pytest.raises(ValueError, match=message):
        rnnzoo.train("digits_elman", devices=devices)


def test_the_processor_alone_needs_no_strategy():
    assert strategies.chosen("cpu") is strategies.chosen() is None


def test_the_command_hands_devices_on(monkeypatch, capsys):
    asked = []
    monkeypatch.setattr(rnnzoo.training, "train",
                        lambda *_, devices, **__: asked.append(devices))
    for devices in ("all", "3", "cpu"):
        cli.main(["train", "digits_elman", "--devices", devices])
    assert asked == ["all", 3, "cpu"]
    with pytest.raises(SystemExit):
        cli.main(["train", "digits_elman", "--devices", "0"])


def test_a_batch_that_cannot_be_shared_evenly_says_which_can():
    with pytest.raises(ValueError, match="50 cannot .* 4 devices.*batch_size=48 or 52"):
        sharing.check_batch_size(50, 4)
    with pytest.raises(ValueError, match="Take batch_size=4, or"):
        sharing.check_batch_size(3, 4)


def test_strategies_that_cannot_train_are_refused_with_the_reason(monkeypatch):
    servers = Mock(spec=tf.distribute.ParameterServerStrategy)
    with pytest.raises(NotImplementedError, match="its `fit` knows no coordinator"):
        rnnzoo.train("digits_elman", strategy=servers)
    with pytest.warns(UserWarning, match="TPUStrategy is untested"):
        strategies.check(Mock(spec=tf.distribute.TPUStrategy))
    with pytest.raises(ValueError, match="not both"):
        rnnzoo.train("digits_elman", strategy=servers, devices="all")
    monkeypatch.setattr(keras.distribution, "distribution", lambda: "a mesh")
    with pytest.raises(NotImplementedError, match="does nothing on TensorFlow"):
        rnnzoo.build("hopfield", 9)


def test_a_scope_around_train_is_an_error():
    with (tf.distribute.OneDeviceStrategy("CPU:0").scope(),
          pytest.raises(ValueError, match="give it as `strategy`")):
        rnnzoo.train("digits_elman")


# TF_CONFIG

def stated(cluster, kind="worker", index=0):
    return json.dumps({"cluster": cluster, "task": {"type": kind, "index": index}})


TWO = {"worker": ["a:1", "b:1"]}


@pytest.mark.parametrize(("config", "message"), [
    ("{", "is not of this form"),
    ("[]", "is not of this form"),
    (stated({"worker": "a:1"}), "has the worker 'a:1'; a list"),
    (stated({"worker": ["a", "b:1"]}), "a list of \"host:port\""),
    (stated({"worker": ["a:1", "a:1"]}), "names an address twice"),
    (stated({**TWO, "evaluator": ["c:1"]}), "type 'evaluator'"),
    (stated(TWO, "chief"), "this is a 'chief', which the cluster does not have"),
    (stated(TWO, index=2), "worker 2 of 2; the first has the index 0"),
    (stated(TWO, index="1"), "worker '1' of 2"),
])
def test_a_wrong_cluster_is_an_error_that_shows_a_right_one(
        config, message, monkeypatch):
    monkeypatch.setenv("TF_CONFIG", config)
    with pytest.raises(ValueError, match=message) as caught:
        rnnzoo.train("digits_elman")
    assert '"task": {"type": "worker", "index": 0}' in str(caught.value)


def test_parameter_servers_are_refused(monkeypatch):
    monkeypatch.setenv("TF_CONFIG", stated({**TWO, "ps": ["c:1"]}))
    with pytest.raises(NotImplementedError, match="Name all machines as workers"):
        rnnzoo.train("digits_elman")


@pytest.mark.parametrize("config", ["{}", stated({"worker": ["a:1"]})])
def test_one_machine_is_no_cluster(config, monkeypatch):
    monkeypatch.setenv("TF_CONFIG", config)
    assert clusters.stated() is None


def test_a_chief_comes_before_the_workers(monkeypatch):
    monkeypatch.setenv("TF_CONFIG", stated({**TWO, "chief": ["c:1"]}, index=1))
    assert clusters.stated() == clusters.Cluster(("c:1", "a:1", "b:1"), 2)


def test_a_worker_that_never_comes_is_named_when_time_is_over(monkeypatch, free_port):
    addresses = f"localhost:{free_port()}", f"localhost:{free_port()}"
    monkeypatch.setattr(clusters, "WAIT", 0.3)
    with pytest.raises(OSError, match=f"for {addresses[1]}. Start all workers"):
        clusters.Cluster(addresses, 0).join()


def test_an_address_that_is_taken_is_named(free_port, monkeypatch):
    with socket.create_server(("", port := free_port())):
        with pytest.raises(OSError, match="another worker started with the same index"):
            clusters.Cluster((f"localhost:{port}", "b:1"), 0).join()


# Several processes

def cluster(ports):
    """The environments of processes that listen at these ports."""
    addresses = {"worker": [f"localhost:{port}" for port in ports]}
    return [{**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3",
             "TF_CONFIG": stated(addresses, index=k)} for k in range(len(ports))]


@pytest.fixture(scope="module")
def learned_alone():
    return learned()


@pytest.mark.parametrize("machines", [2, 3])
def test_machines_learn_what_one_does_and_keras_alone_cannot(
        machines, free_port, tmp_path, learned_alone):
    command = [sys.executable, HERE / "learning.py"]
    started = [
        subprocess.Popen([*command, tmp_path / f"{k}.npz"], env=environment,
                         stderr=subprocess.PIPE, text=True)
        for k, environment in enumerate(
            cluster([free_port() for _ in range(machines)]))]
    for k, process in enumerate(started):
        assert process.wait() == 0, process.stderr.read()
        found = np.load(tmp_path / f"{k}.npz")
        for name, wanted in learned_alone.items():
            np.testing.assert_allclose(found[name], wanted, 1e-5, 1e-5)
        # If Keras can, two methods of `Replicated` are not needed any more.
        assert "PerReplica" in str(found["complaint"])


def test_after_a_kill_all_machines_say_so_and_go_on_when_started_again(
        free_port, tmp_path):
    """One of two is killed in mid-epoch; only the chief writes."""
    recipe, data = tmp_path / "small.yaml", tmp_path / "data"
    recipe.write_text(RECIPE.format(data))
    datasets.prepare("digits_rows", folder=data)
    run = tmp_path / "0" / "small" / "1"

    def start(*more):
        ports = [free_port() for _ in range(2)]
        return [subprocess.Popen(
            [sys.executable, "-m", "rnnzoo", "train", recipe, "--no-export",
             "--out", tmp_path / str(k), *more],
            env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            text=True) for k, environment in enumerate(cluster(ports))]

    chief, other = start()
    while not (run / "checkpoint.npz").exists():
        assert chief.poll() is other.poll() is None, chief.stderr.read()
        time.sleep(0.01)
    other.kill()
    errors = chief.communicate()[1]
    assert chief.returncode == 2 and "start the same on all" in errors, errors
    for process in start("--resume"):
        assert process.wait() == 0, process.stderr.read()

    with recurrence.using("fast"):
        alone = training.train(recipe, tmp_path / "alone", export=False)
    histories = [np.genfromtxt(folder / "history.csv", delimiter=",", names=True)
                 for folder in (run, alone)]
    for name in ("loss", "accuracy", "val_loss"):
        np.testing.assert_allclose(*(h[name] for h in histories), 1e-4)
    assert not (tmp_path / "1").exists()
    assert training.load(run).optimizer.iterations == 5 * 21
