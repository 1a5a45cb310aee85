import dataclasses
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from rnnzoo import recipes, results

ROW = results.Result(
    task="tagging", network="elman", recipe="r", recipe_hash="0a", seed=0,
    metric="f1", validation=0.1 + 0.2, score=1 / 3, target=None, outcome="",
    parameters=7, seconds=0.1, versions='a "1", b 2',
)


def test_rows_are_read_as_they_were_written(tmp_path):
    path = tmp_path / "new" / "results.csv"
    rows = [ROW, dataclasses.replace(ROW, seed=1, target=0.3, outcome="met"),
            dataclasses.replace(ROW, seed=2, validation=None)]
    for row in rows:
        results.append(path, row)
    assert results.read(path) == rows


def test_the_columns_are_the_agreed_ones(tmp_path):
    results.append(tmp_path / "results.csv", ROW)
    assert (tmp_path / "results.csv").read_text().splitlines()[0] == (
        "task,network,recipe,recipe_hash,seed,metric,validation,score,target,outcome,"
        "parameters,seconds,versions"
    )


def test_a_row_that_is_there_is_not_written_again(tmp_path):
    for _ in range(2):
        results.append(tmp_path / "results.csv", ROW)
    assert results.read(tmp_path / "results.csv") == [ROW]


def test_processes_lose_no_row_of_each_other(tmp_path):
    rows = [dataclasses.replace(ROW, seed=seed) for seed in range(30)]
    with ProcessPoolExecutor(3) as pool:
        list(pool.map(partial(results.append, tmp_path / "results.csv"), rows))
    read = results.read(tmp_path / "results.csv")
    assert sorted(row.seed for row in read) == list(range(30))


def test_another_table_is_refused_and_kept(tmp_path):
    path = tmp_path / "results.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(ValueError, match="no results table.*Move it away"):
        results.append(path, ROW)
    assert path.read_text() == "a,b\n1,2\n"


def targets():
    found = {name: recipes.load(name) for name in recipes.names()}
    return {name: recipe for name, recipe in found.items() if recipe.target}


@pytest.mark.parametrize("name", targets())
def test_seeds_of_a_recipe_as_it_is_now_say_whether_its_target_is_met(name):
    recipe = targets()[name]
    rows = results.read(recipes.find(name).parent / "results.csv")
    # Rows of the recipe as it was before a change prove nothing about it now.
    rows = [r for r in rows if (r.recipe, r.recipe_hash) == (name, recipe.hash())]
    readme = (Path(__file__).parent.parent / "README.md").read_text()
    unfinished = readme.partition("Not run with 5 seeds yet:")[2].partition(".\n")[0]
    assert (len({row.seed for row in rows}) >= 5) != (f"`{name}`" in unfinished)
    for row in rows:
        assert (row.metric, row.target) == (recipe.metric, recipe.target.value)
        assert row.outcome == ("met" if recipe.target.reached(row.score) else "missed")


@pytest.mark.parametrize("name", ["digits_elman", "narma10_esn"])
def test_every_seed_of_what_a_newcomer_runs_first_reaches_its_target(name):
    rows = results.read(recipes.find(name).parent / "results.csv")
    assert {row.outcome for row in rows if row.recipe == name} == {"met"}
