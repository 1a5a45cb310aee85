"""The README's tables and figures are those of their sources, and its programs run."""

import re
import runpy
from pathlib import Path

import numpy as np

import rnnzoo
from rnnzoo import registry

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()


def programs():
    return re.findall(r"```python\n(.*?)```", README, re.DOTALL)


def test_tables_and_figures_are_those_of_registry_and_csv_files():
    script = runpy.run_path(str(ROOT / "scripts" / "readme"))
    assert script["rendered"](README) == README


def test_there_is_no_measured_figure_outside_of_what_is_written_from_csv_files():
    prose = re.sub(r"<!-- (\w+): .*?<!-- end of \1 -->|```.*?```", "", README,
                   flags=re.DOTALL)
    assert not re.findall(r"\d ?(?:%|±|×|times|\w*seconds|minutes).*", prose)


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


def test_ci_runs_the_test_command_of_the_readme():
    command = "scripts/test"
    assert f"```bash\n{command}\n```" in README
    assert (ROOT / ".ci" / "run").read_text().strip().endswith(f"exec {command}")
