"""The list of networks: what each is called, what it is and what it needs."""

import inspect
import json
import re
import textwrap
from dataclasses import dataclass, field
from fnmatch import fnmatch
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from types import MappingProxyType

from rnnzoo.errors import unknown

WEIGHTS = Path(__file__).parent / "weights"
TASKS = ("classification", "tagging", "regression", "forecasting", "generation")

_entries = {}
_followers = []


@dataclass(frozen=True)
class Entry:
    """All that the library knows about one network.

    Attributes:
        name: the word `build` takes.
        cls: the class that computes it.
        family: group it is listed under.
        year: of the defining paper.
        aliases: other words for it.
        tasks: what `build` can train it for.
        readout: how `fit` trains it, unless `build` is told otherwise.
        head: argument of the class that, when given, asks for a head of the network's
            own; None where a head is there always, or never.
        example: smallest constructor arguments, for tests and documentation.
        search: argument -> range, as plain data (`{"min": 16, "max": 512}` or a list).
        symbols: constructor arguments where the output stands for symbols, for networks
            with a head of their own; it should be logits.
        below: constructor arguments of such a network under another one.
        exceptions: property of the contract -> reason why it cannot hold here.
    """

    name: str
    cls: type
    family: str
    year: int
    aliases: tuple = ()
    tasks: tuple = TASKS
    readout: str = "gradient"
    head: str | None = None
    example: MappingProxyType = field(default_factory=dict)
    search: MappingProxyType = field(default_factory=dict)
    symbols: MappingProxyType = field(default_factory=dict)
    below: MappingProxyType = field(default_factory=dict)
    exceptions: MappingProxyType = field(default_factory=dict)

    @property
    def arguments(self):
        """Constructor arguments of the class: name -> `inspect.Parameter`."""
        return arguments(self.cls)

    def has_own_head(self, given):
        """Whether, given these arguments, it computes its own output.

        Such a network has the argument `output_size`.
        """
        if self.head is None:
            return "output_size" in self.arguments
        return bool(given.get(self.head))

    @property
    def layer(self):
        """Where its layer is: that made from a cell, or else the class itself."""
        if self.cls.__name__.endswith("Cell"):
            return f"rnnzoo.layers.{layer_name(self.cls)}"
        return f"{self.cls.__module__.rpartition('.')[0]}.{self.cls.__name__}"

    @property
    def weights(self):
        """Trained weights that come along: name -> file of what is known of them."""
        found = sorted((WEIGHTS / self.name).glob("*.json"))
        return {path.stem: path for path in found}

    @property
    def summary(self):
        return inspect.cleandoc(self.cls.__doc__).partition("\n")[0]

    @property
    def reference(self):
        return " ".join(section(self.cls, "Reference").split())

    def __str__(self):
        aliases = f" (also: {', '.join(self.aliases)})" if self.aliases else ""
        heading = f"{self.name}{aliases} - {self.family} family, {self.year}"
        return "\n".join([
            heading,
            "=" * len(heading),
            inspect.cleandoc(self.cls.__doc__),
            "",
            f"Call: rnnzoo.build({self.name!r}, ...) or "
            f"{self.layer}({_signature(self.arguments)})",
            f"Learns by: {self.readout}",
            f"Tasks: {', '.join(self.tasks) or 'storing and recalling patterns'}",
            *(f"Weights: build({self.name!r}, weights={name!r}), "
              f"{json.loads(path.read_text())['summary']}"
              for name, path in self.weights.items()),
        ])


def register(name, *, family, year, **facts):
    """Class decorator that adds a network to the zoo.

    Args:
        name: new word for `build`; the class is named after it.
        family: group it is listed under.
        year: of the defining paper.
        **facts: the other attributes of `Entry`.

    Raises:
        ValueError: if the name or an alias is taken.
    """

    def add(cls):
        frozen = {k: MappingProxyType(v) if isinstance(v, dict) else v
                  for k, v in facts.items()}
        entry = Entry(name, cls, family, year, **frozen)
        for word in (name, *entry.aliases):
            if word in _words():
                raise ValueError(
                    f"A network named {word!r} is registered already, by "
                    f"{_words()[word].cls.__module__}. Choose another name."
                )
        _entries[name] = entry
        for function in _followers:
            function(entry)
        return cls

    return add


def follow(function):
    """Calls a function with every entry: those that are there, and those to come."""
    _followers.append(function)
    for entry in _entries.values():
        function(entry)


def info(name):
    """The `Entry` of a network; printed, it is the network's card.

    Raises:
        ValueError: if no network or alias has this name; lists the nearest ones.
    """
    _plug_ins()
    if name not in _words():
        raise ValueError(unknown("network", name, _words()))
    return _words()[name]


def entry_of(cls):
    """The `Entry` that computes with this class; None if there is none."""
    return next((entry for entry in _entries.values() if entry.cls is cls), None)


def list_models(pattern="*", *, family=None, task=None):
    """Names of the registered networks, sorted.

    Args:
        pattern: shell-style wildcard, for instance `"*lstm*"`.
        family: only this family.
        task: only networks that can be trained for this task.

    Raises:
        ValueError: if the family or task is unknown.
    """
    _plug_ins()
    families = {entry.family for entry in _entries.values()}
    if family is not None and family not in families:
        raise ValueError(unknown("family", family, families))
    if task is not None and task not in TASKS:
        raise ValueError(unknown("task", task, TASKS))
    return sorted(
        name for name, entry in _entries.items()
        if fnmatch(name, pattern)
        and family in (None, entry.family)
        and (task is None or task in entry.tasks)
    )


def arguments(cls):
    """Constructor arguments of a class and its bases, down to Keras' own.

    Returns:
        A dictionary from name to `inspect.Parameter`, in the order of the signatures.
    """
    found = {}
    for owner in cls.__mro__:
        if owner.__module__.startswith("keras."):
            break
        if "__init__" in vars(owner):
            own = inspect.signature(vars(owner)["__init__"]).parameters.values()
            for p in list(own)[1:]:
                if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY):
                    found.setdefault(p.name, p)
    return found


def section(cls, title):
    """One section of a class' docstring, dedented; empty if there is none."""
    text = inspect.getdoc(cls) or ""
    match = re.search(rf"^{re.escape(title)}:\n((?:[ \t]+.*\n|\n)*)", text + "\n",
                      re.MULTILINE)
    return textwrap.dedent(match.group(1)).strip() if match else ""


def layer_name(cls):
    """`Jordan` for `JordanCell`: what the layer made from a cell is called."""
    return cls.__name__.removesuffix("Cell")


def _words():
    return {word: entry for entry in _entries.values()
            for word in (entry.name, *entry.aliases)}


@cache
def _plug_ins():
    """Imports the modules that other packages name under the entry point "rnnzoo"."""
    for point in entry_points(group="rnnzoo"):
        point.load()


def _signature(parameters):
    return ", ".join(
        p.name if p.default is p.empty else f"{p.name}={p.default!r}"
        for p in parameters.values()
    )
