"""The README's table is that of the registry, and its programs run."""

import re
import runpy
from pathlib import Path

import numpy as np

import rnnzoo
from rnnzoo import recipes, registry, results

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()


def programs():
    return re.findall(r"```python\n(.*?)```", README, re.DOTALL)


def test_the_table_of_networks_is_that_of_the_registry():
    script = runpy.run_path(str(ROOT / "scripts" / "readme"))
    assert script["rendered"](README) == README


def test_the_first_lines_run():
    names = {"x": np.zeros((2, 3, 12), "float32"), "y": np.zeros((2, 3), int)}
    exec(programs()[0], names)
    assert names["model"].predict(names["x"], verbose=0).shape == (2, 3, 5)


def test_the_own_network_keeps_the_contract(monkeypatch, tmp_path):
    # What `register` adds goes again after the test.
    monkeypatch.setattr(registry, "_entries", dict(registry._entries))
    monkeypatch.setattr(rnnzoo.layers, "Leaky", None, raising=False)
    monkeypatch.setattr(rnnzoo.layers, "__all__", [*rnnzoo.layers.__all__])
    assert "is the file\n`leaky.py`" in README
    (cell,) = (p for p in programs() if "class LeakyCell" in p)
    (check,) = (p for p in programs() if "check_cell(lambda" in p)
    (tmp_path / "leaky.py").write_text(cell)
    monkeypatch.syspath_prepend(tmp_path)
    printed = []
    exec(check, {"print": printed.append})
    assert "leaky" in registry.list_models()
    (report,) = printed
    assert {f.outcome for f in report.findings} == {"ok"}, report


def test_the_lines_on_memories_run():
    (program,) = (p for p in programs() if "memory.recall" in p)
    names = {}
    exec(program, names)
    np.testing.assert_array_equal(names["found"].states, names["patterns"])


def test_the_lines_on_data_run():
    (program,) = (p for p in programs() if "datasets.sample" in p)
    names = {}
    exec(program, names)
    assert names["model"].predict(names["x"][:3], verbose=0).shape == (3, 2)


def test_the_figures_on_digits_are_those_of_the_measured_runs():
    recipe = recipes.load("digits_elman")
    rows = results.read(recipes.find(recipe.name).parent / "results.csv")
    scores = [100 * r.score for r in rows if r.recipe_hash == recipe.hash()]
    assert len(scores) == 5
    worst, mean = min(scores), np.mean(scores)
    sentence = f"at least {worst:.1f} % of the test digits, {mean:.1f} % on average"
    assert sentence in README


def test_ci_runs_the_test_command_of_the_readme():
    command = "scripts/test"
    assert f"```bash\n{command}\n```" in README
    assert (ROOT / ".ci" / "run").read_text().strip().endswith(f"exec {command}")
