"""The equations and symbols of a docstring, read and run in NumPy."""

import ast
import inspect
import re

import keras
import numpy as np
from keras import ops

from rnnzoo.registry import arguments, section


def _softmax(v):
    e = np.exp(v - v.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def _split(v, parts):
    return np.split(v, parts, axis=-1)


# Written down anew, so that a cell is not compared with the functions it uses.
ACTIVATIONS = {
    "linear": lambda v: v,
    "tanh": np.tanh,
    "sigmoid": lambda v: 1 / (1 + np.exp(-v)),
    "relu": lambda v: np.maximum(v, 0),
    "softplus": lambda v: np.log1p(np.exp(v)),
    "softsign": lambda v: v / (1 + abs(v)),
    "exponential": np.exp,
    "softmax": _softmax,
}

FUNCTIONS = ACTIVATIONS | {"split": _split} | {
    name: getattr(np, name) for name in (
        "abs", "argmax", "clip", "concatenate", "cos", "cumsum", "einsum", "exp",
        "log", "matmul", "maximum", "mean", "minimum", "ones_like", "pi", "reshape",
        "roll", "sign", "sin", "sqrt", "stack", "sum", "transpose", "where",
        "zeros_like")
} | {"norm": np.linalg.norm}

GIVEN = ("input", "state", "output")


class Symbol:
    """A line of `Symbols:`: what a letter stands for.

    Attributes:
        role: "input", "state", "output", or the attribute of the cell it stands for.
        shape: as it is written, or None.
    """

    def __init__(self, role, shape=None, *_):
        self.role = role
        self.shape = shape if shape and shape.startswith("(") else None


class Docstring:
    """What the docstring says of one cell, for the arguments that this cell has.

    A section such as `Equations (reset_after=False):` takes the place of `Equations:`
    in cells with these arguments; one of `Symbols` replaces single lines.

    Attributes:
        equations: the code.
        symbols: letter -> `Symbol`.
    """

    def __init__(self, cell):
        self.cell = cell
        cls = type(cell)
        self.equations, self.symbols = section(cls, "Equations"), {}
        assert self.equations, f"{cls.__name__} has no section `Equations:`"
        self._read_symbols("Symbols")
        assert self.symbols, f"{cls.__name__} has no section `Symbols:`"
        for condition, wanted in variants(cls).items():
            if all(_word(getattr(cell, k)) == v for k, v in wanted.items()):
                code = section(cls, f"Equations ({condition})")
                self.equations = code or self.equations
                self._read_symbols(f"Symbols ({condition})")

    def _read_symbols(self, title):
        for line in section(type(self.cell), title).splitlines():
            if not line.startswith(" "):
                letter, *columns = re.split(r" {2,}", line.strip())
                assert columns, f"no role, two spaces off, in {title}: {line}"
                self.symbols[letter] = Symbol(*columns)

    def shape(self, symbol, **sizes):
        """The shape of a symbol, in numbers."""
        cell = self.cell
        sizes |= {k: getattr(cell, k) for k in ("output_size", *arguments(type(cell)))}
        return eval(symbol.shape, {"__builtins__": {}}, sizes)

    def run(self, x, states):
        """One step in float64: the output and the list of new states."""
        cell = self.cell
        names = {name: getattr(cell, name) for name in arguments(type(cell))}
        names |= {k: np.array(v) for k, v in names.items() if isinstance(v, list)}
        names |= FUNCTIONS | dict(zip(cell.states, map(_double, states)))
        for letter, symbol in self.symbols.items():
            if symbol.role == "input":
                names[letter] = _double(x)
            elif symbol.role not in GIVEN:
                names[letter] = _value(getattr(cell, symbol.role))
        exec(self.equations, {"__builtins__": {}}, names)
        (y,) = (k for k, symbol in self.symbols.items() if symbol.role == "output")
        return names[y], [names[name] for name in cell.states]


def variants(cls, sections="Equations|Symbols"):
    """Condition, as it is written -> constructor arguments, for every such section."""
    titles = re.findall(rf"^(?:{sections}) \((.+)\):$", inspect.getdoc(cls) or "",
                        re.MULTILINE)
    return {title: {k.arg: ast.literal_eval(k.value)
                    for k in ast.parse(f"dict({title})", mode="eval").body.keywords}
            for title in titles}


def _word(value):
    return keras.activations.serialize(value) if callable(value) else value


def _value(attribute):
    if not callable(attribute):
        return _double(attribute)
    name = keras.activations.serialize(attribute)
    if isinstance(name, str) and name in ACTIVATIONS:
        return ACTIVATIONS[name]
    return lambda v: ops.convert_to_numpy(attribute(ops.convert_to_tensor(v)))


def _double(value):
    return np.asarray(ops.convert_to_numpy(value), "float64")
