"""Names, aliases, cards and plug-ins."""

import subprocess
import sys
import textwrap

import pytest

import rnnzoo
from rnnzoo.cells import Cell
from rnnzoo.registry import TASKS


def test_names_are_listed_by_pattern_family_and_task():
    assert rnnzoo.list_models("*lstm*") == ["lstm"]
    assert rnnzoo.list_models(family="simple") == ["elman", "jordan"]
    assert set(rnnzoo.list_models(task="tagging")) <= set(rnnzoo.list_models())


@pytest.mark.parametrize("arguments, message", [
    ({"family": "simpel"}, "'simple'"), ({"task": "tagged"}, "'tagging'")])
def test_an_unknown_filter_is_answered_with_the_nearest(arguments, message):
    with pytest.raises(ValueError, match=message):
        rnnzoo.list_models(**arguments)


@pytest.mark.parametrize("alias", ["srn", "simple_rnn"])
def test_an_alias_is_the_network(alias):
    assert rnnzoo.info(alias) is rnnzoo.info("elman")


@pytest.mark.parametrize("name", rnnzoo.list_models())
def test_a_card_says_what_it_is_by_whom_and_how_it_learns(name):
    entry = rnnzoo.info(name)
    card = str(entry)
    for part in (entry.summary, "Equations:", "Args:", "units", entry.readout,
                 str(entry.year)):
        assert part in card
    assert str(entry.year) in entry.reference and set(entry.tasks) <= set(TASKS)


def test_entries_are_frozen():
    with pytest.raises(AttributeError):
        rnnzoo.info("elman").name = "other"
    with pytest.raises(TypeError):
        rnnzoo.info("elman").example["units"] = 3


@pytest.mark.parametrize("name, aliases", [("elman", ()), ("other", ("srn",))])
def test_a_second_registration_of_a_word_is_an_error(name, aliases):
    class OtherCell(Cell):
        """Not registered."""

    with pytest.raises(ValueError, match="registered already"):
        rnnzoo.register(name, family="simple", year=2000, aliases=aliases)(OtherCell)
    assert "other" not in rnnzoo.list_models()


def test_another_package_adds_a_network_by_entry_point(tmp_path):
    (tmp_path / "other_nets.py").write_text(textwrap.dedent('''
        import rnnzoo
        from rnnzoo.cells import ElmanCell

        @rnnzoo.register("mine", family="simple", year=2026, example={"units": 3})
        class MineCell(ElmanCell):
            """A cell from elsewhere."""
    '''))
    info = tmp_path / "other_nets-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: other-nets\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[rnnzoo]\nmine = other_nets\n")
    program = textwrap.dedent(f"""
        import sys; sys.path.insert(0, {str(tmp_path)!r})
        import keras, rnnzoo
        assert "mine" in rnnzoo.list_models()
        model = rnnzoo.build("mine", task="tagging", input_shape=(None, 2),
                             output_size=2, units=3)
        print(type(rnnzoo.layers.Mine(3)).__name__, model.name)
    """)
    result = subprocess.run([sys.executable, "-c", program], capture_output=True,
                            text=True)
    assert result.stdout == "Mine mine\n", result.stderr
