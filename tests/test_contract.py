"""Every registered network keeps the contract, and the contract notices what is broken.

The proofs that need a process of their own share one among all networks.
"""

import subprocess
import sys
from functools import cache

import keras
import numpy as np
import pytest
from broken_cells import BROKEN
from keras import ops
from zoo import SEQUENCES

import rnnzoo
from rnnzoo import recurrence, registry
from rnnzoo.cells import ElmanCell, GRUCell, JordanCell
from rnnzoo.recurrence import tensorflow
from rnnzoo.testing import PROPERTIES, Subject, check_cell

OTHER_ARGUMENTS = {
    "GRU, reset before": (GRUCell, {"units": 4, "reset_after": False}),
    "GRU without bias": (GRUCell, {"units": 4, "use_bias": False}),
    "Jordan, probabilities fed back": (JordanCell, {
        "units": 4, "output_size": 3, "decay": 0.5, "feedback_activation": "softmax"}),
}


def factory(cls, arguments):
    return lambda **options: cls(**arguments, **options)


@cache
def report(name):
    entry = rnnzoo.info(name)
    return check_cell(factory(entry.cls, entry.example))


# The networks

@pytest.mark.parametrize("property", PROPERTIES)
@pytest.mark.parametrize("name", SEQUENCES)
def test_a_network_keeps_the_contract(name, property):
    finding = next(f for f in report(name).findings if f.property == property)
    if finding.outcome == "excepted":
        pytest.skip(finding.reason)
    assert finding.outcome == "ok", finding.reason


@pytest.mark.parametrize(
    "cls, arguments", OTHER_ARGUMENTS.values(), ids=OTHER_ARGUMENTS)
def test_other_arguments_keep_the_contract(cls, arguments):
    check_cell(factory(cls, arguments)).raise_for_failures()


@pytest.mark.parametrize("name", ["elman", "gru", "jordan", "lstm"])
def test_the_first_networks_need_no_exception(name):
    assert not rnnzoo.info(name).exceptions


# The broken cells

WRITING = {"__doc__", "__module__", "get_config", "from_config", "save_own_variables"}
COMPUTING = [name for name, function in PROPERTIES.items()
             if function.__module__.endswith((".sequences", ".training"))]


def inherited(cls):
    """Exceptions for a cell that only tells of itself otherwise than its parent.

    It computes by what is the parent's own, of which the networks show that it keeps
    the contract.
    """
    return dict.fromkeys(COMPUTING, "inherited") if vars(cls).keys() <= WRITING else {}


@cache
def report_of_broken(number):
    cls, arguments, _ = BROKEN[number]
    return check_cell(factory(cls, arguments), exceptions=inherited(cls))


@pytest.mark.parametrize(
    "number", range(len(BROKEN)), ids=[cls.__name__ for cls, *_ in BROKEN])
def test_a_broken_cell_fails_the_property_named_for_it_and_no_other(number):
    found = report_of_broken(number)
    assert found.failed == [BROKEN[number][-1]], str(found)


def test_a_projection_that_sees_more_than_its_own_step_is_found_out():
    class CentredCell(ElmanCell):
        def project(self, x):
            return super().project(x - ops.mean(x, axis=1, keepdims=True))

    cut = PROPERTIES["cutting_a_sequence_and_carrying_the_states_changes_nothing"]
    with pytest.raises(AssertionError):
        cut(Subject(factory(CentredCell, {"units": 4})))


def test_every_property_is_broken_by_some_cell():
    assert {property for *_, property in BROKEN} == set(PROPERTIES)


def test_a_network_in_a_file_of_another_name_is_noticed(monkeypatch):
    entry = registry.Entry("other", ElmanCell, "simple", 1990)
    monkeypatch.setattr(registry, "_entries", {"other": entry})
    with pytest.raises(AssertionError, match="'other' is in elman.py"):
        PROPERTIES["file_class_and_entry_agree_in_name"](elman())


# A broken engine is no fault of the cell, and is noticed by the same properties

def elman():
    return Subject(factory(ElmanCell, {"units": 4}))


def test_an_engine_deaf_to_masks_is_noticed(monkeypatch):
    monkeypatch.setattr(tensorflow, "keep", lambda valid, new, old: new)
    with pytest.raises(AssertionError, match="rows masked"):
        PROPERTIES["masked_steps_leave_the_states_alone"](elman())


def test_an_engine_that_shows_masked_outputs_is_noticed(monkeypatch):
    monkeypatch.setattr(recurrence, "hold", lambda y, mask: y)
    with pytest.raises(AssertionError, match="rows masked"):
        PROPERTIES["masked_steps_leave_the_states_alone"](elman())


def test_a_fast_path_without_the_gradient_of_the_outputs_is_noticed(monkeypatch):
    def forgetful(*arguments):
        y, states = tensorflow.plain(*arguments)
        return ops.stop_gradient(y), states

    monkeypatch.setattr(tensorflow, "fast", forgetful)
    with pytest.raises(AssertionError, match="gradients"):
        PROPERTIES["fast_path_and_plain_loop_agree"](elman())


# The report

def test_a_report_is_a_table_and_false_when_something_failed():
    cls, _, property = BROKEN[0]
    found = report_of_broken(0)
    assert not found
    rows = str(found).splitlines()
    assert len(rows) == 1 + len(PROPERTIES) and rows[0] == cls.__name__
    (row,) = [row for row in rows if "failed" in row]
    assert row.startswith(property) and "apart" in row
    with pytest.raises(AssertionError, match=property):
        found.raise_for_failures()


def test_an_exception_needs_a_reason_in_the_table_and_an_existing_property():
    cls, arguments, property = BROKEN[0]
    found = check_cell(factory(cls, arguments),
                       exceptions={**inherited(cls), property: "known"})
    assert found and f"{property}  " in str(found) and "excepted  known" in str(found)
    with pytest.raises(ValueError, match="Unknown property 'masks'"):
        check_cell(factory(cls, arguments), exceptions={"masks": "unknown"})


def test_a_factory_of_something_else_is_an_error():
    with pytest.raises(TypeError, match="gives a rnnzoo.cells.Cell"):
        check_cell(lambda **options: keras.layers.GRUCell(5, **options))
    with pytest.raises(TypeError, match="seed"):
        check_cell(lambda: ElmanCell(5))
    cell = ElmanCell(5)
    with pytest.raises(TypeError, match="received a cell"):
        check_cell(cell)
    with pytest.raises(TypeError, match="fresh cell at every call"):
        check_cell(lambda **options: cell)


# Saved networks, where this process' classes are not there to help

@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A folder with every network saved, and an answer of it."""
    folder = tmp_path_factory.mktemp("saved")
    x = np.random.default_rng(0).normal(size=(2, 20, 3)).astype("float32")
    for name in SEQUENCES:
        model = rnnzoo.build(name, task="forecasting", input_shape=(None, 3), units=4,
                             output_size=2)
        model.save(folder / f"{name}.keras")
        np.savez(folder / f"{name}.npz", x=x, y=model(x, training=False))
    return folder


COMPARE = """
for file in sorted(pathlib.Path(sys.argv[1]).glob("*.npz")):
    kept = numpy.load(file)
    found = answer(file.with_suffix(""), kept["x"])
    numpy.testing.assert_allclose(found, kept["y"], atol=1e-5, err_msg=file.name)
    print(file.stem)
"""


def in_another_process(code, folder):
    return subprocess.run(
        [sys.executable, "-c", code + COMPARE, str(folder)], cwd=folder, text=True,
        capture_output=True)


def test_saved_networks_load_in_a_process_that_only_imports_rnnzoo(saved):
    done = in_another_process("""
import pathlib, sys, keras, numpy, rnnzoo
def answer(path, x):
    return keras.models.load_model(f"{path}.keras")(x, training=False)
""", saved)
    assert done.stdout.split() == SEQUENCES, done.stderr
