"""The list of problems: data that a function of NumPy draws, any number, any length."""

import inspect
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from rnnzoo.datasets import checks
from rnnzoo.errors import unknown

_problems = {}


@dataclass(frozen=True)
class Problem:
    """All that the library knows about one problem.

    Attributes:
        name: the word `sample`, recipes and TFDS take.
        task: what `rnnzoo.build` is told a network has to do.
        draw: `draw(n, length, rng, **options)` returns the arrays `(x, y)`.
        length: of the sequences, where none is asked for; the longest, where lengths
            differ.
        least: the smallest length there is.
        most: the greatest; None if there is none.
        longer: the length in the TFDS split `longer`; None if there is no such split.
        size: number of sequences in the TFDS split `train`.
        symbols: names of the input ids 1, 2, ...; None where the input is real.
        labels: names of the target ids 0, 1, ...; None where the targets are real, or
            are symbols of the input.
        limits: option -> (least, most) of its values; those of `shortest` are its
            default and the length.
        version: of the TFDS data, which follow from it and the options.
    """

    name: str
    task: str
    draw: partial
    length: int
    least: int = 1
    most: int | None = None
    longer: int | None = None
    size: int = 10_000
    symbols: tuple | None = None
    labels: tuple | None = None
    limits: dict = field(default_factory=dict)
    version: str = "1.0.0"

    @property
    def family(self):
        """The package that it is in."""
        return self.draw.func.__module__.split(".")[2]

    @property
    def description(self):
        return inspect.getdoc(self.draw.func)

    @property
    def summary(self):
        return self.description.partition("\n")[0]

    @property
    def reference(self):
        return " ".join(self.description.partition("\nReference:\n")[2].split())

    @property
    def options(self):
        """Names of what can be chosen beside the length, with the defaults."""
        parameters = list(inspect.signature(self.draw).parameters.values())[3:]
        return {p.name: p.default for p in parameters
                if p.name not in self.draw.keywords}

    @property
    def ids(self):
        """Names of the input ids, padding included; None where the input is real."""
        return self.symbols and ("padding", *self.symbols)

    @property
    def target_ids(self):
        """Names of the target ids; None where the targets are real."""
        return self.labels or self.ids

    @property
    def network(self):
        """The arguments of `rnnzoo.build` that the data call for."""
        x, y = self.sample(1)
        arguments = {"task": self.task}
        if self.ids:
            arguments["vocabulary_size"] = len(self.ids)
        else:
            arguments["input_shape"] = (None, x.shape[-1])
        targets = self.target_ids
        arguments["output_size"] = len(targets) if targets else y.shape[-1]
        return arguments

    def sample(self, n, length=None, seed=0, **options):
        """`(x, y)`; see `rnnzoo.datasets.sample`."""
        length = self.length if length is None else length
        self.check(length, **options)
        checks.number(self.name, "n", n, 1)
        checks.number(self.name, "seed", seed, 0)
        return self.draw(n, length, np.random.default_rng(seed), **options)

    def check(self, length, **options):
        """Refuses a length and options that the problem does not have.

        Raises:
            ValueError: says what was received and what is accepted.
        """
        checks.number(self.name, "length", length, self.least, self.most)
        for option, value in options.items():
            if option not in self.options:
                accepted = ["length", *self.options]
                raise ValueError(f"{self.name}: " + unknown("option", option, accepted))
            default = self.options[option]
            limits = self.limits.get(option, (default, length))     # of `shortest`
            checks.number(self.name, option, value, *limits,
                          whole=isinstance(default, int))

    def __str__(self):
        heading = f"{self.name} - {self.task}, {self.family} family"
        return "\n".join([heading, "=" * len(heading), self.description])


def problem(task, *, name=None, fixed=None, **facts):
    """Function decorator that adds a problem to the list.

    Args:
        task: what a network has to do.
        name: of the problem; by default that of the function.
        fixed: values of options that make the problem what it is.
        **facts: the other attributes of `Problem`.
    """

    def add(draw):
        word = name or draw.__name__
        _problems[word] = Problem(word, task, partial(draw, **fixed or {}), **facts)
        return draw

    return add


def names():
    """The names of all problems, sorted."""
    return sorted(_problems)


def info(name):
    """The `Problem` of this name; printed, it is the definition.

    Raises:
        ValueError: if there is none; lists the nearest ones.
    """
    if name not in _problems:
        raise ValueError(unknown("problem", name, _problems) + " Data that are "
                         "not drawn are for `rnnzoo.datasets.prepare`.")
    return _problems[name]


def sample(name, n, length=None, seed=0, **options):
    """Draws sequences of a problem.

    Args:
        name: of the problem; `info(name)` explains it.
        n: how many sequences.
        length: of each sequence, where lengths differ of the longest; by default the
            problem's own.
        seed: integer that governs every draw: same seed, same bits.
        **options: of the problem; `print(info(name))` explains them.

    Returns:
        The arrays `x` and `y`. Real input has the shape (n, length, features), symbols
        are integers of the shape (n, length), filled up with 0 where a sequence is
        shorter. Targets are as the problem's task has them.

    Raises:
        ValueError: for an unknown name or option, with the nearest ones, and for
            numbers out of range.
    """
    return info(name).sample(n, length, seed, **options)
