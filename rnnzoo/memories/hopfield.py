"""Hopfield network: memories are the valleys of an energy."""

from typing import NamedTuple

import keras
from keras import ops

from rnnzoo.errors import unknown
from rnnzoo.memories import rules, settling
from rnnzoo.memories.coupled import Coupled
from rnnzoo.registry import register

UPDATES = ("asynchronous", "synchronous", "stochastic")


@register(
    "hopfield", family="memory", year=1982, tasks=(), readout="storage",
    example={"units": 24},
    search={"rule": list(rules.RULES)},
)
class HopfieldMemory(Coupled):
    """Network of units with two values that falls into the nearest of its memories.

    Choose it for patterns of -1 and 1 that arrive with wrong bits or with bits missing
    (0). The Hebbian rule is the classic, and can forget; "storkey" holds more, and
    "pseudo_inverse" the most. One unit after another (asynchronous), energy never rises
    and recall always ends; all at once (synchronous) is faster, and may end in a cycle
    of two states, which is reported as not converged.

    Equations:
        h = x @ (W - diag(diag(W))) - t
        y = where(h == 0, x, sign(h))
        E = -sum(x * (x @ (W - diag(diag(W)))), -1) / 2 + x @ t

    Storing:
        W = W + (X.T @ X - len(X) * eye(units)) / units

    Storing (rule="pseudo_inverse"):
        for p in X:
            r = p - W @ p
            W = W + outer(r, r) / (r @ r)

    Storing (rule="storkey"):
        for p in X:
            L = outer(W @ p, p) - W
            W = W + (outer(p, p) - L - L.T) / units
            W = W - diag(diag(W))

    Symbols:
        x  input       (batch, units)  states; 0 in a cue is an unknown bit
        y  output      (batch, units)
        E  energy      (batch,)
        X  patterns    (patterns, units)
        W  kernel      (units, units)
        t  thresholds  (units,)

    Args:
        units: number of elements of a pattern.
        rule: "hebbian", "pseudo_inverse" or "storkey".
        update: "asynchronous" (in random order, sweep after sweep, until one changes
            nothing), "synchronous", or "stochastic" (asynchronous, at a temperature,
            for `max_steps` sweeps).
        threshold: a number, or one for each unit.
        temperature: of the stochastic update, in units of the field `h`.
        max_steps: sweeps, or synchronous steps, after which recall gives up.
        seed: integer that governs order and noise.

    Reference:
        J. J. Hopfield, "Neural networks and physical systems with emergent collective
        computational abilities", PNAS 79:2554-2558, 1982.
    """

    def __init__(self, units, *, rule="hebbian", update="asynchronous", threshold=0.0,
                 temperature=0.1, max_steps=100, seed=None, **kwargs):
        super().__init__(units, rule=rule, threshold=threshold, max_steps=max_steps,
                         **kwargs)
        if update not in UPDATES:
            raise ValueError(unknown("update", update, UPDATES))
        if not temperature > 0:
            raise ValueError("`temperature` is positive; for none take "
                             f'update="asynchronous". Received {temperature!r}.')
        self.update = update
        self.temperature = temperature
        self.seed = seed
        self._orders = settling.orders(self.units, seed)
        if update == "stochastic":
            self.seed_generator = keras.random.SeedGenerator(seed)

    @property
    def descends(self):
        return self.update == "asynchronous"

    @property
    def restless(self):
        return self.update == "stochastic"

    def step(self, states):
        return (settling.answer(self.field(states), states),)

    def draw(self, states):
        if self.update == "synchronous":
            return None
        # The same orders in every recall: it depends on the cue alone, noise apart.
        drawn = {"orders": ops.convert_to_tensor(self._orders)}
        if self.restless:
            shape = ops.shape(ops.transpose(states[0]))
            drawn["key"] = settling.key(shape, self.seed_generator)
        return drawn

    def advance(self, states, k, drawn):
        if drawn is None:
            return self.step(*states)
        course = _Course(rules.without_diagonal(ops.convert_to_tensor(self.kernel)),
                         self.thresholds[:, None])
        noise = None
        if self.restless:
            noise = self.temperature / 2 * settling.noise(drawn["key"], k)
        order = ops.take(drawn["orders"], k % settling.ORDERS, axis=0)
        states = settling.sweep(course, ops.transpose(states[0]), order, noise)
        return (ops.transpose(states),)


class _Course(NamedTuple):
    """What a sweep needs: one matrix product gives the fields of a block."""

    kernel: object
    thresholds: object
    size = 64

    def start(self, states):
        return self.thresholds

    def fields(self, chosen, states, thresholds):
        rows = ops.take(self.kernel, chosen, axis=0)
        before = rows @ states - ops.take(thresholds, chosen, axis=0)
        earlier = ops.tril(ops.take(rows, chosen, axis=1))
        return lambda change: before + earlier @ change

    def carry(self, thresholds, chosen, change):
        return thresholds
