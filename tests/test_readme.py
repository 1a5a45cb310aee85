"""The README's table is that of the registry, and its programs run."""

import re
import runpy
from pathlib import Path

import numpy as np

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


def test_the_own_network_keeps_the_contract(monkeypatch):
    from rnnzoo import registry, testing

    monkeypatch.setattr(registry, "_entries", dict(registry._entries))
    names = {"__name__": "readme"}
    exec(programs()[1], names)
    assert "leaky" in registry.list_models()
    report = testing.check_cell(lambda **options: names["LeakyCell"](4, **options))
    unproven = {"file_class_and_entry_agree_in_name"}     # it has no file
    assert set(report.failed) <= unproven, report


def test_ci_runs_the_test_command_of_the_readme():
    command = "scripts/test"
    assert f"```bash\n{command}\n```" in README
    assert (ROOT / ".ci" / "run").read_text().strip().endswith(f"exec {command}")
