"""Properties of what is written about a cell: equations, shapes, names."""

import inspect
from itertools import cycle
from pathlib import Path

from rnnzoo.registry import arguments, entry_of, layer_name
from rnnzoo.testing.equations import Docstring, variants
from rnnzoo.testing.subject import assert_equal, numbers, shake

OTHER_ACTIVATIONS = ("sigmoid", "softplus", "softsign", "relu")


def the_docstrings_equations_are_the_cell(subject):
    """Run in NumPy, they give outputs and states; with other activations as well."""
    for cell in _variants(subject, OTHER_ACTIVATIONS):
        docstring, states = Docstring(cell), subject.states(cell)
        for t in range(2):
            x = subject.x[:, t]
            wanted = docstring.run(x, states)
            y, states = cell(x, states)
            assert_equal(numbers([y, states]), wanted,
                         f"step {t}{_named(cell, subject)}")


def the_docstrings_shapes_are_the_cell(subject):
    """Every weight and state is under `Symbols:` and has the shape given there."""
    for cell in _variants(subject):
        docstring, x = Docstring(cell), subject.x[:, 0]
        y, states = cell(x, subject.states(cell))
        states = dict(zip(cell.states, states))
        symbols = docstring.symbols
        roles = [symbol.role for symbol in symbols.values()]
        unnamed = [w.name for w in cell.weights if w.name not in roles]
        unnamed += [s for s in states if s not in symbols or symbols[s].role != "state"]
        assert not unnamed, f"not under Symbols: {', '.join(unnamed)}"
        for letter, symbol in symbols.items():
            value = {"input": x, "output": y, "state": states.get(letter)}.get(
                symbol.role, getattr(cell, symbol.role, None))
            assert value is not None, f"{letter}: the cell has no {symbol.role!r}"
            if callable(value):
                continue
            assert symbol.shape, f"{letter}: {symbol.role} has no shape"
            written = docstring.shape(symbol, batch=len(x), features=x.shape[1])
            assert tuple(value.shape) == written, (
                f"{letter} is {tuple(value.shape)}, not {symbol.shape} = {written}")


def file_class_and_entry_agree_in_name(subject):
    """`jordan.py`, `JordanCell`, "jordan"; without an entry, the class ends in Cell."""
    cls = type(subject.cell)
    assert cls.__name__.endswith("Cell"), f"{cls.__name__} does not end in Cell"
    entry = entry_of(cls)
    if entry:
        file = Path(inspect.getfile(cls)).stem
        assert file == entry.name, f"{entry.name!r} is in {file}.py"
        assert layer_name(cls).lower() == entry.name.replace("_", ""), (
            f"{entry.name!r} is the class {cls.__name__}")


def _variants(subject, activations=()):
    """The cell, and one for every condition in its docstring.

    Args:
        activations: names; if there are any, each comes with other activations too.
    """
    cls = type(subject.cell)
    yield subject.cell
    for options in [{}, *variants(cls).values()]:
        for changed in ([{}, _others(cls, activations)] if activations else [{}]):
            if changed or options:
                config = subject.cell.get_config()
                cell = cls.from_config(config | changed | options)
                cell.build((None, subject.features))
                shake(cell)
                yield cell


def _others(cls, activations):
    """Another activation for each argument that is one, no two neighbours alike."""
    names = [a for a in arguments(cls) if a.endswith("activation")]
    return dict(zip(names, cycle(activations)))


def _named(cell, subject):
    """The arguments in which a cell differs from the one under test."""
    config, usual = cell.get_config(), subject.cell.get_config()
    return "".join(f", {k}={v!r}" for k, v in config.items()
                   if k != "name" and v != usual.get(k))
