import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from functools import partial
from pathlib import Path

import pytest
import yaml

from rnnzoo import recipes

ROOT = Path(__file__).parent.parent
SMALL = {
    "summary": "A small one.",
    "network": {"name": "elman", "task": "tagging", "output_size": 3, "units": 4,
                "input_shape": [None, 2]},
    "data": {"dataset": "digits_rows", "batch_size": 8},
    "training": {"epochs": 2},
}


@pytest.fixture
def small(tmp_path):
    path = tmp_path / "small.yaml"
    path.write_text(yaml.safe_dump(SMALL))
    return path


@pytest.mark.parametrize("name", recipes.names())
def test_every_recipe_of_the_zoo_is_valid_and_read_back_from_its_text(name, tmp_path):
    recipe = recipes.load(name)
    assert recipe.name == name
    (tmp_path / "recipe.yaml").write_text(recipe.text())
    again = recipes.load(tmp_path / "recipe.yaml")
    assert again == recipe
    assert again.hash() == recipe.hash()
    assert again.build_arguments() == recipe.build_arguments()


def test_only_stated_arguments_reach_build(small):
    arguments = recipes.load(small, ["network.decay=0.5"]).build_arguments()
    expected = SMALL["network"] | {"input_shape": (None, 2), "decay": 0.5, "seed": 0}
    assert arguments == expected


@pytest.mark.parametrize(("override", "read"), [
    ("training.epochs=3", lambda recipe: recipe.training.epochs == 3),
    ("training.patience=null", lambda recipe: recipe.training.patience is None),
    ("network.learning_rate=1e-3", lambda r: r.network.learning_rate == 0.001),
    ("network.context=[1, 2]", lambda recipe: recipe.network.context == (1, 2)),
    ("seed=5", lambda recipe: recipe.seed == 5),
    ("summary=a=b", lambda recipe: recipe.summary == "a=b"),
    ("target={metric: f1, at_most: 2, source: none}",
     lambda recipe: recipe.target.reached(2) and not recipe.target.reached(2.1)),
])
def test_every_value_can_be_replaced(small, override, read):
    assert read(recipes.load(small, [override]))


@pytest.mark.parametrize(("override", "message"), [
    ("training.epoch=3", "training: Unknown key 'epoch'. Did you mean 'epochs'?"),
    ("trainin.epochs=3", "Unknown key 'trainin'. Did you mean 'training'?"),
    ("training.epochs='3'", "training.epochs: received '3'"),
    ("training.epochs=0", "training.epochs: received 0"),
    ("training.epochs=2.0", "training.epochs: received 2.0"),
    ("network.units=yes", "network.units: received True"),
    ("network.dropout=.nan", "network.dropout: received nan"),
    ("network.task=labels", "'classification', 'tagging'"),
    ("network.input_shape=[x]", "network.input_shape.0: received 'x'"),
    ("data=null", "data: received None"),
    ("name=../x", "name: received '../x'"),
    ("network.seed=1", "the seed is a key of the recipe"),
    ("seed=-1", "seed: received -1"),
    ("target={metric: a, source: b}", "one of at_least and at_most"),
    ("target={metric: a, at_least: 1}", "target.source is missing"),
    ("network.name.x=3", "write section.key=value"),
    ("training.epochs", "write section.key=value"),
    ("training.epochs=[3", "cannot apply 'training.epochs=[3'"),
])
def test_a_wrong_value_is_answered_with_key_and_what_is_accepted(
    small, override, message
):
    with pytest.raises(ValueError) as caught:
        recipes.load(small, [override])
    assert message in str(caught.value)


@pytest.mark.parametrize(("text", "message"), [
    ("", "a recipe is a mapping"),
    ("a: [1", "is not YAML"),
    ("seed: 1\nseed: 2", "'seed' is given twice"),
    ("seed: 1", "network is missing"),
    ("seed: {1: 2, [3]: 4}", "is not YAML"),
    ("b: !!python/object/apply:os.getcwd []", "is not YAML"),
])
def test_a_broken_file_is_named(tmp_path, text, message):
    path = tmp_path / "broken.yaml"
    path.write_text(text)
    with pytest.raises(ValueError) as caught:
        recipes.load(path)
    assert str(path) in str(caught.value) and message in str(caught.value)


def test_an_unknown_recipe_is_answered_with_the_nearest_name(tmp_path):
    with pytest.raises(FileNotFoundError, match="Did you mean 'digits_elman'"):
        recipes.load("digit_elman")
    with pytest.raises(FileNotFoundError, match="no recipe file.*none.yaml"):
        recipes.load(tmp_path / "none.yaml")


def test_seeds_share_a_hash_and_nothing_else_does(small):
    first = recipes.load(small).hash()
    assert recipes.load(small, ["seed=1"]).hash() == first
    assert recipes.load(small, ["training.epochs=3"]).hash() != first
    assert recipes.load(small, ["network.decay=0.5"]).hash() != first


@pytest.mark.parametrize("options", [[], ["--editable"]], ids=["plain", "editable"])
def test_recipes_are_found_from_anywhere_after_an_install(tmp_path, options):
    source, environment = tmp_path / "source", tmp_path / "environment"
    kept_out = shutil.ignore_patterns(".git", ".venv", "runs", "build", "*.egg-info")
    shutil.copytree(ROOT, source, ignore=kept_out)
    venv.create(environment)
    python = environment / "bin" / "python"
    paths = {"base": environment, "platbase": environment}
    packages = Path(sysconfig.get_path("purelib", vars=paths))
    for dependency in Path(sysconfig.get_path("purelib")).iterdir():
        if "rnnzoo" not in dependency.name:
            (packages / dependency.name).symlink_to(dependency)
    clean = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    run = partial(subprocess.run, cwd=tmp_path, env=clean, text=True)
    run([sys.executable, "-m", "pip", "--python", python, "install", "--quiet",
         "--ignore-installed", "--no-deps", "--no-index", "--no-build-isolation",
         *options, source], check=True)
    # The command names the file that it has read.
    done = run(["environment/bin/rnnzoo", "train", "digits_elman", "training.epoch=1"],
               stderr=subprocess.PIPE)
    found = (source if options else packages / "rnnzoo") / "zoo_configs"
    assert f"rnnzoo: {found}/digits_elman.yaml: training: Unknown" in done.stderr
    assert done.returncode == 2
