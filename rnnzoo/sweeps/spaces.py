"""What is searched over, as plain data: arguments and their ranges.

A range is a list of choices, or `{"min": 16, "max": 512}` with an optional `step` and
`sampling`: "linear", or "log" for values that differ by factors, the step among them.
Anything else is one value, which then is not searched over.
"""

import contextlib
import inspect
import json
from dataclasses import dataclass

from rnnzoo import registry
from rnnzoo.cells.base import RULES
from rnnzoo.errors import unknown
from rnnzoo.models import build

# What is searched over beside the arguments that the network itself suggests.
PENALTY = {"ridge": {"min": 1e-10, "max": 1.0, "sampling": "log"}}
COMMON = {
    "gradient": {"learning_rate": {"min": 1e-4, "max": 3e-2, "sampling": "log"},
                 "global_clipnorm": {"min": 0.1, "max": 10.0, "sampling": "log"},
                 "batch_size": [16, 32, 64, 128]},
    "ridge": PENALTY,
    "qr": PENALTY,
    "rls": PENALTY,
    "lms": {"learning_rate": {"min": 1e-4, "max": 1e-1, "sampling": "log"}},
}
OF_FIT = ("batch_size", "epochs")
OF_DATA = ("name", "task", "input_shape", "vocabulary_size", "output_size", "seed",
           "weights")
BOUNDS = ("min", "max", "step", "sampling")
SAMPLINGS = ("linear", "log")


@dataclass(frozen=True)
class Dimension:
    """One thing that varies.

    Attributes:
        name: the hyperparameter's.
        argument: of `build` or of the training that it is a value of.
        range: list of choices, or bounds.
        networks: those that have it; where there are others, it depends on the choice.
    """

    name: str
    argument: str
    range: list | dict
    networks: tuple

    def ask(self, hp):
        """The value that KerasTuner's hyperparameters have for it."""
        if isinstance(self.range, list):
            return self._choice(hp)
        low, high, step = (self.range.get(key) for key in ("min", "max", "step"))
        whole = all(isinstance(v, int) for v in (low, high, step or 1))
        value = (hp.Int if whole else hp.Float)(
            self.name, low, high, step, self.range.get("sampling", "linear"))
        return readable(value)

    def _choice(self, hp):
        # KerasTuner takes choices of one scalar type; floats it rounds on their way
        # between processes, and then does not find them again; of truths it makes 0, 1.
        if {type(value) for value in self.range} in ({int}, {str}):
            return hp.Choice(self.name, self.range)
        text = hp.Choice(self.name, [json.dumps(value) for value in self.range])
        return text and json.loads(text)


def readable(value):
    """The value itself; of a float, four digits, which is what is tried."""
    return float(f"{value:.4g}") if isinstance(value, float) else value


class Space:
    """All dimensions of a search, and the values that are given.

    Args:
        network: name of the network, unless `search` has several under "network".
        given: arguments of `build`, and `batch_size` and `epochs`.
        search: argument -> range; it extends and replaces what the networks suggest.

    Raises:
        ValueError: there is no such network or argument, or a range is none.
    """

    def __init__(self, network, given, search):
        search = dict(search)
        chosen = search.pop("network", network)
        self.entries = {entry.name: entry for entry in map(
            registry.info, chosen if isinstance(chosen, list) else [chosen])}
        self.given = given
        for entry in self.entries.values():
            if not entry.tasks:
                raise ValueError(f"{entry.name!r} is a memory: it stores what it is "
                                 "given at once, and no validation data tell which of "
                                 "two is better. Search over networks with a task.")
        _check(search, self.entries.values())
        self.dimensions, self.fixed = [], {name: {} for name in self.entries}
        for argument, ranges in self._ranges(search).items():
            self._add(argument, ranges)

    def _ranges(self, search):
        """Argument -> network -> range."""
        found = {}
        for name, entry in self.entries.items():
            readout = self.given.get("readout") or entry.readout
            own = {**self._suggested(entry, search), **COMMON[readout], **search}
            for argument, values in own.items():
                if _takes(entry, argument):
                    found.setdefault(argument, {})[name] = values
        return found

    def _suggested(self, entry, search):
        """What the network suggests beside the search, and its task allows."""
        found = {}
        for argument, values in entry.search.items():
            if argument in search:
                continue
            if isinstance(values, list):
                values = [v for v in values if self._is_allowed(entry, argument, v)]
            if len(values) > 1:
                found[argument] = values
        return found

    def _is_allowed(self, entry, argument, value):
        given = {k: v for k, v in self.given.items()
                 if _takes(entry, k) and k not in OF_FIT}
        try:
            build(entry.name, **{"units": 1, **given, argument: value})
        except ValueError:
            return False
        return True

    def _add(self, argument, ranges):
        groups = {}
        for name, values in ranges.items():
            groups.setdefault(json.dumps(values), []).append(name)
        for text, names in groups.items():
            values = json.loads(text)
            if _varies(values):
                of = f" of {' and '.join(names)}" if len(groups) > 1 else ""
                self.dimensions.append(
                    Dimension(argument + of, argument, values, tuple(names)))
            else:
                for name in names:
                    self.fixed[name][argument] = values

    def values(self, hp):
        """What KerasTuner's hyperparameters stand for.

        Returns:
            The network's name, and all its arguments with `batch_size` and `epochs`.
        """
        names = list(self.entries)
        name = hp.Choice("network", names) if len(names) > 1 else names[0]
        entry, asked = self.entries[name], {}
        for dimension in self.dimensions:
            with self._scope(hp, dimension):
                value = dimension.ask(hp)
            if name in dimension.networks:
                asked[dimension.argument] = value
        given = {k: v for k, v in self.given.items() if _takes(entry, k)}
        return name, {**given, **self.fixed[name], **asked}

    def _scope(self, hp, dimension):
        if len(dimension.networks) == len(self.entries):
            return contextlib.nullcontext()
        return hp.conditional_scope("network", list(dimension.networks))

    def plain(self):
        """All that it consists of, as plain data."""
        return {"network": ", ".join(self.entries), **self.given,
                **{f"range of {d.name}": d.range for d in self.dimensions},
                **{f"{argument} of {name}": value for name, values in self.fixed.items()
                   for argument, value in values.items()}}


def _takes(entry, argument):
    return (argument in OF_FIT or argument.endswith(RULES)
            or argument in {**inspect.signature(build).parameters, **entry.arguments})


def _varies(values):
    return isinstance(values, (list, dict))


def _check(search, entries):
    for argument, values in search.items():
        if argument in OF_DATA or not any(_takes(entry, argument) for entry in entries):
            known = {*OF_FIT, *inspect.signature(build).parameters, "network",
                     *(name for entry in entries for name in entry.arguments)}
            accepted = known - {*OF_DATA, "cell_arguments"}
            raise ValueError(f"search: {unknown('argument', argument, accepted)}")
        place = f"search.{argument}: received {values!r}"
        if isinstance(values, dict):
            _check_bounds(place, values)
        elif values == []:
            raise ValueError(f"{place}; a list has at least one choice.")


def _check_bounds(place, values):
    for key in values:
        if key not in BOUNDS:
            raise ValueError(f"{place}. {unknown('key', key, BOUNDS)}")
    sampling = values.get("sampling", "linear")
    if sampling not in SAMPLINGS:
        raise ValueError(f"{place}. {unknown('sampling', sampling, SAMPLINGS)}")
    numbers = [values.get("min"), values.get("max"), values.get("step", 2)]
    if not all(type(v) in (int, float) for v in numbers) or numbers[0] >= numbers[1]:
        raise ValueError(f"{place}; accepted are two numbers, the min below the max, "
                         "and for the step a third.")
    if sampling == "log" and (numbers[0] <= 0 or numbers[2] <= 1):
        raise ValueError(f"{place}; of a logarithmic range the min is above 0, and the "
                         "step, a factor, above 1.")
    if numbers[2] <= 0:
        raise ValueError(f"{place}; the step is above 0.")
