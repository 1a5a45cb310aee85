"""The memory under test, patterns to store in it, cues and states to start from."""

import json
from functools import cached_property
from typing import NamedTuple

import numpy as np

from rnnzoo.testing.subject import numbers


class Recalled(NamedTuple):
    """What recall gave, in NumPy: states of all sides, steps, whether it converged."""

    states: tuple
    steps: object
    converged: object


class MemorySubject:
    """The memories that a factory makes, all holding the same patterns.

    Attributes:
        factory: what `check_memory` was given.
        number: of the patterns.
    """

    number, rows, wrong = 3, 6, 2

    def __init__(self, factory):
        self.factory = factory
        self.sides = factory().sides

    def draw(self, number):
        """Patterns of -1 and 1, one array a side, as different as chance makes them."""
        random = np.random.default_rng(number)
        return tuple(min((random.choice([-1.0, 1.0], (number, n)).astype("float32")
                          for _ in range(200)), key=_overlap)
                     for n in self.sides.values())

    @cached_property
    def patterns(self):
        return self.draw(self.number)

    @cached_property
    def cues(self):
        """The patterns with a few wrong elements each."""
        random = np.random.default_rng(1)
        cues = tuple(p.copy() for p in self.patterns)
        for side in cues:
            for cue in side:
                cue[random.choice(len(cue), self.wrong, replace=False)] *= -1
        return cues

    @cached_property
    def states(self):
        """States that have nothing to do with the patterns."""
        random = np.random.default_rng(2)
        letters = self.memory.cue_alphabet
        return tuple((random.choice([-1, 1], (self.rows, n)) if letters
                      else random.uniform(-0.9, 0.9, (self.rows, n))).astype("float32")
                     for n in self.sides.values())

    def make(self, **options):
        """A memory of the factory with these options, and the patterns in it."""
        memory = self.factory(**options)
        memory.store(*self.patterns)
        return memory

    @cached_property
    def memory(self):
        return self.make()

    def rebuilt(self):
        """The memory made anew from its configuration as JSON, with equal weights."""
        config = json.loads(json.dumps(self.memory.get_config()))
        memory = type(self.memory).from_config(config)
        memory.build()
        memory.built = True
        memory.set_weights(self.memory.get_weights())
        return memory

    def recall(self, memory, *cues):
        found = numbers(tuple(memory.recall(*cues)))
        return Recalled(found[:-2], *found[-2:])


def _overlap(patterns):
    """The largest overlap of two patterns."""
    products = np.abs(patterns @ patterns.T)
    return (products - np.diag(np.diag(products))).max()
