"""Recipes: everything one training run needs, as a YAML file that is checked first."""

import re
from pathlib import Path

import pydantic
import yaml

from rnnzoo.errors import unknown
from rnnzoo.recipes.schema import Data, Recipe, Target, Training

PACKAGE = Path(__file__).parent.parent


def folder():
    """Where the recipes are that come with rnnzoo, with the table of their results.

    After a plain install it is in the package, otherwise beside it, in the checkout.
    """
    inside = PACKAGE / "zoo_configs"
    return inside if inside.is_dir() else PACKAGE.parent / "zoo_configs"


def names():
    """Sorted names of the recipes that come with rnnzoo."""
    return sorted(path.stem for path in folder().glob("*.yaml"))


def load(recipe, overrides=()):
    """Reads, changes and checks a recipe.

    Args:
        recipe: a name from `names()`, or the path of a `.yaml` file.
        overrides: texts such as `"training.epochs=3"`; values are YAML.

    Returns:
        The resolved `Recipe`.

    Raises:
        FileNotFoundError: there is no such recipe.
        ValueError: the file or an override does not fit; file, key and what is
            accepted are named.
    """
    path = find(recipe)
    try:
        content = yaml.load(path.read_text(), Loader=_Loader)
    except yaml.YAMLError as error:
        raise ValueError(f"{path} is not YAML: {error}") from error
    if not isinstance(content, dict):
        keys = ", ".join(Recipe.model_fields)
        raise ValueError(f"{path}: a recipe is a mapping with the keys {keys}.")
    content.setdefault("name", path.stem)
    for override in overrides:
        _change(content, override)
    try:
        return Recipe.model_validate(content)
    except pydantic.ValidationError as error:
        lines = [f"{path}: {_explain(item)}" for item in error.errors()]
        raise ValueError("\n".join(lines)) from error


def find(recipe):
    """The path of a recipe, by its name or by its path."""
    path = Path(recipe)
    if path.suffix not in (".yaml", ".yml"):
        if recipe not in names():
            accepted = [*names(), "the path of a .yaml file"]
            raise FileNotFoundError(unknown("recipe", str(recipe), accepted))
        path = folder() / f"{recipe}.yaml"
    if not path.is_file():
        raise FileNotFoundError(f"There is no recipe file {path.absolute()}.")
    return path


class _Loader(yaml.SafeLoader):
    """YAML as people write it: 1e-3 is a number, a repeated key a mistake."""

    def construct_mapping(self, node, deep=False):
        keys = [key.value for key, _ in node.value]
        for key in {key for key in keys if keys.count(key) > 1}:
            raise yaml.constructor.ConstructorError(
                None, None, f"the key {key!r} is given twice", node.start_mark
            )
        return super().construct_mapping(node, deep)


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"[-+]?\d+(\.\d*)?[eE][-+]?\d+$"),
    list("-+0123456789"),
)


def _change(content, override):
    path, equals, value = override.partition("=")
    *sections, key = path.split(".")
    for section in sections:
        content = content.setdefault(section, {}) if isinstance(content, dict) else None
    if not (equals and key and isinstance(content, dict)):
        raise ValueError(
            f"cannot apply {override!r}: write section.key=value, "
            "for instance training.epochs=3"
        )
    try:
        content[key] = yaml.load(value, Loader=_Loader)
    except yaml.YAMLError as error:
        raise ValueError(f"cannot apply {override!r}: {error}") from error


def _explain(error):
    *sections, key = error["loc"] or ("recipe",)
    place = ".".join(map(str, error["loc"]))
    if error["type"] == "extra_forbidden":
        models = {"data": Data, "training": Training, "target": Target}
        accepted = models[sections[0]] if sections else Recipe
        return f"{'.'.join(sections)}: " * bool(sections) + unknown(
            "key", key, accepted.model_fields
        )
    if error["type"] == "missing":
        return f"{place} is missing"
    message = error["msg"].replace("Input should be", "accepted is")
    return f"{place}: received {error['input']!r}; {message}"
