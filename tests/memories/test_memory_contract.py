"""Every registered memory keeps its contract, and the contract notices what is broken.

The proofs that need a process of their own share one among all memories.
"""

import importlib.util
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from broken_memories import BROKEN

import rnnzoo
from rnnzoo.memories import HopfieldMemory, Memory
from rnnzoo.testing import (
    MEMORY_PROPERTIES,
    MemorySubject,
    check_cell,
    check_memory,
)

NAMES = [name for name in rnnzoo.list_models()
         if issubclass(rnnzoo.info(name).cls, Memory)]


def factory(cls, arguments):
    return lambda **options: cls(**arguments, **options)


@cache
def report(name):
    entry = rnnzoo.info(name)
    return check_memory(factory(entry.cls, entry.example))


@pytest.mark.parametrize("property", MEMORY_PROPERTIES)
@pytest.mark.parametrize("name", NAMES)
def test_a_memory_keeps_the_contract(name, property):
    finding = next(f for f in report(name).findings if f.property == property)
    assert finding.outcome == "ok", finding.reason


@pytest.mark.parametrize("property", [
    "stored_patterns_are_fixed_points", "recall_cleans_a_damaged_cue",
    "storing_in_parts_is_storing_at_once", "energy_never_rises_along_recall",
    "the_docstrings_equations_are_the_memory", "forgetting_undoes_storing"])
@pytest.mark.parametrize("arguments", [
    {"rule": "storkey", "threshold": 0.01}, {"rule": "pseudo_inverse"},
    {"update": "synchronous"}], ids=str)
def test_other_rules_and_updates_keep_it_too(arguments, property):
    MEMORY_PROPERTIES[property](MemorySubject(
        factory(HopfieldMemory, {"units": 24, **arguments})))


@pytest.mark.parametrize(
    "cls, arguments, property", BROKEN, ids=[cls.__name__ for cls, *_ in BROKEN])
def test_a_broken_memory_fails_the_property_named_for_it_and_no_other(
        cls, arguments, property):
    found = check_memory(factory(cls, arguments))
    assert found.failed == [property], str(found)


def test_every_property_is_broken_by_some_memory():
    assert {property for *_, property in BROKEN} == set(MEMORY_PROPERTIES)


def test_a_cell_is_no_memory_and_a_memory_no_cell():
    with pytest.raises(TypeError, match="gives a rnnzoo.memories.Memory"):
        check_memory(lambda **options: rnnzoo.cells.ElmanCell(3))
    with pytest.raises(TypeError, match="gives a rnnzoo.cells.Cell"):
        check_cell(lambda **options: HopfieldMemory(3))
    memory = HopfieldMemory(3)
    with pytest.raises(TypeError, match="received a memory"):
        check_memory(memory)
    with pytest.raises(ValueError, match="Unknown property 'masks'"):
        check_memory(factory(HopfieldMemory, {"units": 3}), exceptions={"masks": ""})


# Saved memories, where this process' classes are not there to help

@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A folder with every memory saved, exported, and an answer of it."""
    folder = tmp_path_factory.mktemp("saved")
    random = np.random.default_rng(0)
    for name in NAMES:
        model = rnnzoo.build(name, **rnnzoo.info(name).example, seed=1)
        patterns = [random.choice([-1.0, 1.0], (2, n)).astype("float32")
                    for n in model.memory.sides.values()]
        model.fit(*patterns, verbose=0)
        model.save(folder / f"{name}.keras")
        rnnzoo.export(model, folder / name)
        cues = patterns[0] * np.where(np.arange(24) < 2, -1, 1).astype("float32")
        found = model.recall(cues)
        np.savez(folder / f"{name}.npz", x=cues, y=model.predict(cues, verbose=0),
                 steps=found.steps, converged=found.converged,
                 energy=model.energy(*patterns),
                 **{f"side_{k}": p for k, p in zip(model.memory.sides, patterns)})
    return folder


COMPARE = """
for file in sorted(pathlib.Path(".").glob("*.npz")):
    kept = numpy.load(file)
    found = answer(file.stem, kept)
    for key, value in found.items():
        numpy.testing.assert_allclose(value, kept[key], atol=1e-4, rtol=1e-5,
                                      err_msg=f"{file.stem} {key}")
    print(file.stem)
"""


def in_another_process(code, folder, **environment):
    root = str(Path(rnnzoo.__file__).parent.parent)
    path = os.pathsep.join([root, os.environ.get("PYTHONPATH", "")])
    return subprocess.run(
        [sys.executable, "-c", code + COMPARE], cwd=folder, text=True,
        capture_output=True, env={**os.environ, "PYTHONPATH": path, **environment})


def test_exported_memories_recall_and_measure_where_rnnzoo_is_not_importable(saved):
    done = in_another_process("""
import pathlib, sys, numpy, tensorflow
sys.modules["rnnzoo"] = None
def answer(name, kept):
    served = tensorflow.saved_model.load(f"{name}/1").signatures
    (first,) = served["recall"].structured_input_signature[1]
    cues = {first: tensorflow.constant(kept["x"])}
    found = served["recall"](**cues)
    sides = {k[5:]: tensorflow.constant(kept[k]) for k in kept if k.startswith("side_")}
    one = served["serving_default"](**{first: cues[first][:1]})["y"]
    assert one.shape[0] == 1
    return {"y": served["serving_default"](**cues)["y"], "steps": found["steps"],
            "converged": found["converged"],
            "energy": served["energy"](**sides)["energy"]}
""", saved)
    assert done.stdout.split() == NAMES, done.stderr


@pytest.mark.skipif(importlib.util.find_spec("jax") is None,
                    reason="the JAX backend is optional")
def test_saved_memories_load_recall_and_store_on_jax(saved):
    done = in_another_process("""
import pathlib, keras, numpy, rnnzoo
assert keras.backend.backend() == "jax"
def answer(name, kept):
    model = keras.models.load_model(f"{name}.keras")
    y = model.predict(kept["x"], verbose=0)
    found = model.recall(kept["x"])
    sides = [kept[k] for k in kept if k.startswith("side_")]
    energy = model.energy(*sides)
    new = rnnzoo.build(**model.get_config())
    history = new.fit(*sides, epochs=2, batch_size=1, verbose=0).history
    assert history["stored"] == [2, 2], history
    for mine, theirs in zip(new.get_weights(), model.get_weights(), strict=True):
        numpy.testing.assert_allclose(mine, theirs, atol=1e-5)
    return {"y": y, "converged": found.converged, "energy": energy}
""", saved, KERAS_BACKEND="jax", JAX_DISABLE_MOST_OPTIMIZATIONS="1")
    assert done.stdout.split() == NAMES, done.stderr
