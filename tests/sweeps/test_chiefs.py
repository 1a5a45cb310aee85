"""What a chief does about workers that are silent."""

import threading
import time
from types import SimpleNamespace

import keras_tuner
import pytest

from rnnzoo.sweeps import chiefs, oracles


@pytest.fixture
def oracle(tmp_path, monkeypatch):
    monkeypatch.setattr(chiefs, "SILENCE", 0.2)
    monkeypatch.setenv("KERASTUNER_ORACLE_IP", "127.0.0.1")
    monkeypatch.setenv("KERASTUNER_ORACLE_PORT", "1")
    found = oracles.ORACLES["random"](
        objective=keras_tuner.Objective("score", "max"), seed=1)
    found.hyperparameters.Int("units", 1, 100)
    found._set_project_dir(tmp_path.parent, tmp_path.name)
    return found.watch(tmp_path, max_trials=2)


def test_a_worker_is_silent_when_its_file_has_not_changed_for_long(
        tmp_path, monkeypatch):
    monkeypatch.setattr(chiefs, "SILENCE", 10)
    monkeypatch.setenv("KERASTUNER_TUNER_ID", "tuner0")
    now = 0.0
    monkeypatch.setattr(chiefs, "time", SimpleNamespace(monotonic=lambda: now))
    signs, worker = chiefs.Signs(tmp_path), chiefs.SignOfLife(tmp_path)
    found = []
    for now, alive in ((5.0, False), (14.0, True), (23.0, False), (25.0, False)):
        if alive:
            worker.on_train_batch_end(0, {})
        found.append(signs.silent("tuner0"))
    assert found == [False, False, False, True]
    signs.forget("tuner0")
    assert not signs.silent("tuner0")


def test_a_silent_worker_loses_its_trial_to_another_and_comes_too_late(oracle):
    first = oracle.create_trial("tuner0")
    strangers, signs = chiefs.Strangers(oracle), chiefs.Signs(oracle.folder)
    assert strangers(signs)
    time.sleep(0.3)
    assert strangers(signs) and oracle.waiting and not oracle.tuner_ids
    again = oracle.create_trial("tuner1")
    assert again.trial_id == first.trial_id and not oracle.waiting
    for score in (3.0, 5.0):
        oracle.update_trial(first.trial_id, {"score": score})
        first.status = "COMPLETED"
        oracle.end_trial(first)
    assert oracle.trials[first.trial_id].score == 3.0
    assert not oracle.ongoing_trials and oracle.end_order == [first.trial_id]


def test_a_chief_ends_when_all_is_done_and_does_not_wait_for_workers_for_ever(oracle):
    served = threading.Event()
    with pytest.raises(OSError, match="No worker has asked for a trial"):
        chiefs.serve(oracle, served.wait)
    oracle.over = True
    chiefs.serve(oracle, served.wait)
    served.set()


def test_a_server_that_does_not_work_is_said(oracle):
    with pytest.raises(OSError, match="cannot be reached by its workers, at 127.0.0.1"):
        chiefs.serve(oracle, lambda: None)
