"""What is written about a network is there and complete; examples run.

That equations and shapes are the cell is in the contract.
"""

import doctest
import importlib
import inspect
import pkgutil

import pytest

import rnnzoo
from rnnzoo.registry import section
from rnnzoo.testing import PROPERTIES

NAMES = rnnzoo.list_models()
SECTIONS = ("Equations", "Symbols", "Args", "Reference")
MODULES = sorted(
    m.name for m in pkgutil.walk_packages(rnnzoo.__path__, "rnnzoo.")
    if not m.name.endswith("__main__"))


@pytest.mark.parametrize("name", NAMES)
def test_a_network_has_the_sections_in_their_order(name):
    cls = rnnzoo.info(name).cls
    assert vars(cls).get("__doc__"), "a registered class has a docstring of its own"
    places = [inspect.getdoc(cls).index(f"\n{title}:\n") for title in SECTIONS]
    assert places == sorted(places)
    assert all(section(cls, title) for title in SECTIONS)


@pytest.mark.parametrize("name", NAMES)
def test_args_are_those_of_the_constructor_in_their_order(name):
    cls = rnnzoo.info(name).cls
    own = [p.name for p in inspect.signature(cls.__init__).parameters.values()
           if p.name != "self" and p.kind is not p.VAR_KEYWORD]
    written = [line.partition(":")[0] for line in section(cls, "Args").splitlines()
               if not line.startswith(" ")]
    assert written == own


@pytest.mark.parametrize("property", PROPERTIES.values(), ids=PROPERTIES)
def test_a_property_says_in_one_line_what_holds(property):
    assert len(inspect.getdoc(property).splitlines()) == 1


@pytest.mark.parametrize("module", MODULES)
def test_examples_run(module):
    failed, _ = doctest.testmod(importlib.import_module(module))
    assert not failed
