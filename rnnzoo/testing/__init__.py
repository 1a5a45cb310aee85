"""The contracts of cells and memories: what every network of the zoo must satisfy.

    report = rnnzoo.testing.check_cell(lambda **options: MyCell(5, **options))
    print(report)
    report.raise_for_failures()

    rnnzoo.testing.check_memory(lambda **options: MyMemory(24, **options))

A property is a public function of one of the modules below. Its name says what must
hold; it takes a `Subject`, or a `MemorySubject`, and raises an AssertionError where it
does not.
"""

import inspect
import re
from dataclasses import dataclass
from typing import NamedTuple

from rnnzoo import registry
from rnnzoo.cells import Cell
from rnnzoo.errors import unknown
from rnnzoo.memories import Memory
from rnnzoo.testing import (
    composition,
    documentation,
    keeping,
    remembering,
    sequences,
    training,
)
from rnnzoo.testing.memory import MemorySubject
from rnnzoo.testing.subject import Subject


def _properties(*modules):
    return {
        name: function
        for module in modules
        for name, function in vars(module).items()
        if inspect.isfunction(function) and function.__module__ == module.__name__
        and not name.startswith("_")
    }


PROPERTIES = _properties(composition, sequences, training, documentation)
MEMORY_PROPERTIES = _properties(remembering, keeping)


class Finding(NamedTuple):
    """What was found of one property: "ok", "failed" or "excepted", and why."""

    property: str
    outcome: str
    reason: str = ""


@dataclass(frozen=True)
class Report:
    """The findings on one network; printed, a table. False if a property failed.

    Attributes:
        cell: name of the class.
        findings: a `Finding` for each property.
    """

    cell: str
    findings: tuple

    @property
    def failed(self):
        """Names of the properties that do not hold."""
        return [f.property for f in self.findings if f.outcome == "failed"]

    def __bool__(self):
        return not self.failed

    def __str__(self):
        width = max(len(f.property) for f in self.findings)
        rows = (f"{f.property:{width}}  {f.outcome:8}  {f.reason}".rstrip()
                for f in self.findings)
        return "\n".join([self.cell, *rows])

    def raise_for_failures(self):
        """Raises an AssertionError that shows the table if a property failed."""
        if self.failed:
            raise AssertionError(str(self))


def check_cell(factory, *, exceptions=None):
    """Checks a cell against every property of the contract.

    Args:
        factory: gives a fresh cell with the options it is called with, some of `name`,
            `dtype`, `seed`, `dropout` and `recurrent_dropout`. The cell is one that
            reads `(batch, features)`.
        exceptions: property -> reason why it cannot hold, beside those that the
            registry has for the cell. An excepted property is not tried.

    Returns:
        A `Report`.

    Raises:
        TypeError: if the factory takes no options or makes no `Cell`, or always the
            same one.
        ValueError: for an exception to no property.
    """
    return _check(factory, Cell, Subject, PROPERTIES, exceptions, seed=1)


def check_memory(factory, *, exceptions=None):
    """Checks a memory against every property of its contract.

    Args:
        factory: gives a fresh memory with the options it is called with, some of
            `name`, `dtype` and, if it has one, `seed`. It holds three patterns easily.
        exceptions: property -> reason why it cannot hold, beside those that the
            registry has for the memory. An excepted property is not tried.

    Returns:
        A `Report`.

    Raises:
        TypeError: if the factory takes no options or makes no `Memory`, or always the
            same one.
        ValueError: for an exception to no property.
    """
    return _check(factory, Memory, MemorySubject, MEMORY_PROPERTIES, exceptions,
                  name="memory")


def _check(factory, kind, subject, properties, exceptions, **options):
    word = kind.__name__.lower()
    if isinstance(factory, kind):
        raise TypeError(f"`factory` is a function that makes {_plural(word)}, such as "
                        f"lambda **options: {type(factory).__name__}(..., **options); "
                        f"received a {word}, {factory!r}.")
    made = factory(**options)
    if not isinstance(made, kind):
        raise TypeError(f"`factory` gives a {kind.__module__.removesuffix('.base')}."
                        f"{kind.__name__}; received {made!r}.")
    if factory(**options) is made:
        raise TypeError(f"`factory` makes a fresh {word} at every call; this one gives "
                        f"the same again, {made!r}.")
    cls = type(made)
    exceptions = {**registered_exceptions(cls), **(exceptions or {})}
    for name in exceptions:
        if name not in properties:
            raise ValueError(unknown("property", name, properties))
    subject = subject(factory)
    return Report(cls.__name__, tuple(
        Finding(name, "excepted", exceptions[name]) if name in exceptions
        else _finding(function, name, subject) for name, function in properties.items()
    ))


def _plural(word):
    return word[:-1] + "ies" if word.endswith("y") else word + "s"


def registered_exceptions(cls):
    """The exceptions that the registry has for a class."""
    entry = registry.entry_of(cls)
    return dict(entry.exceptions) if entry else {}


def _finding(function, name, subject):
    try:
        function(subject)
    except AssertionError as error:
        return Finding(name, "failed", str(error))
    except Exception as error:                   # of any kind: it is another's cell
        text = " ".join(re.sub(r"\x1b\[\d*m", "", str(error)).split())    # colours
        return Finding(name, "failed", f"{type(error).__name__}: {text[:200]}")
    return Finding(name, "ok")
