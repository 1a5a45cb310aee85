"""Who may import whom, read off the import lines."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

import rnnzoo

ROOT = Path(rnnzoo.__file__).parent
FILES = sorted(ROOT.rglob("*.py"))

# Each layer may import those before it, and itself.
LAYERS = [
    {"errors", "files", "pipelines", "threads"},
    {"registry"},
    {"configuration"},
    {"initializers"},
    {"cells", "memories", "results", "plots"},
    {"devices", "recurrence"},
    {"layers", "datasets", "readouts"},
    {"models"},
    {"generation", "measures", "recipes"},
    {"client", "serving"},
    {"streams", "testing", "training"},
    {"reproduction"},
    {"sweeps"},
    {"cli", "__init__"},
    {"__main__"},
]
HEIGHT = {name: height for height, layer in enumerate(LAYERS) for name in layer}


def imported(path):
    """Every module that a file imports, at the top or inside a function."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ([f"{node.module}.{alias.name}" for alias in node.names]
                        if node.module == "rnnzoo" else [node.module])


def part(path):
    return path.relative_to(ROOT).with_suffix("").parts[0]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_never_go_upwards(path):
    for module in imported(path):
        if module.startswith("rnnzoo."):
            other = module.split(".")[1]
            assert other in HEIGHT, f"give {other} a layer in this test"
            assert HEIGHT[other] <= HEIGHT[part(path)], f"{path} imports {module}"


def test_nobody_imports_private_keras():
    assert not [p for p in FILES for m in imported(p) if m.startswith("keras.src")]


def test_cells_know_no_backend_and_not_each_other():
    for path in (ROOT / "cells").glob("[!_]*.py"):
        for module in imported(path):
            assert not module.startswith(("tensorflow", "jax", "torch"))
            if path.stem != "base":
                assert module != "numpy"
                assert (not module.startswith("rnnzoo.cells.")
                        or module == "rnnzoo.cells.base")


def test_no_code_asks_for_a_network_by_name():
    names = set(rnnzoo.list_models())
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Compare):
                constants = {c.value for c in [node.left, *node.comparators]
                             if isinstance(c, ast.Constant)}
                assert not names & {c for c in constants if isinstance(c, str)}, path


def loaded(backend, program):
    result = subprocess.run(
        [sys.executable, "-c", f"{program}; import sys; print(*sys.modules)"],
        capture_output=True, text=True, env={**os.environ, "KERAS_BACKEND": backend})
    assert result.returncode == 0, result.stderr
    return set(result.stdout.split())


def test_importing_rnnzoo_leaves_the_heavy_packages_alone():
    heavy = {"keras_tuner", "tensorflow_datasets", "matplotlib", "sklearn", "pydantic",
             "grpc", "rnnzoo.client"}
    ours = loaded("tensorflow", "import rnnzoo; rnnzoo.list_models()")
    # Keras itself looks for some of them.
    assert not heavy & (ours - loaded("tensorflow", "import keras"))


def test_on_jax_importing_rnnzoo_leaves_tensorflow_alone():
    pytest.importorskip("jax", reason="the JAX backend is optional")
    assert "tensorflow" not in loaded("jax", "import rnnzoo; rnnzoo.list_models()")


def test_the_public_names_are_sorted_and_there():
    assert rnnzoo.__all__ == sorted(rnnzoo.__all__)
    assert all(getattr(rnnzoo, name) for name in rnnzoo.__all__)
