"""Dense associative memory: deeper, narrower valleys, and so many more of them."""

import math
from typing import NamedTuple

from keras import ops

from rnnzoo.errors import unknown
from rnnzoo.memories import settling
from rnnzoo.memories.base import Capacity
from rnnzoo.memories.slots import Slotted
from rnnzoo.registry import register

INTERACTIONS = ("polynomial", "exponential")
UPDATES = ("asynchronous", "synchronous")
TINY = 1e-30        # so that an empty memory pulls nowhere


@register(
    "dense_hopfield", family="memory", year=2016, tasks=(), readout="storage",
    aliases=("dense_associative_memory",),
    example={"units": 24, "slots": 12},
    search={"interaction": list(INTERACTIONS), "degree": {"min": 2, "max": 6}},
)
class DenseHopfieldMemory(Slotted):
    """Hopfield network whose energy counts high powers of the overlap with a pattern.

    Choose it for patterns of -1 and 1 that are more than a Hopfield network holds: with
    a power n, about `N ** (n - 1)`. `degree=2` is the Hopfield network itself.

    A unit takes its value of lower energy. The other one would change its product with
    each pattern by 2 or by -2, and so two matrix products tell this of all units.

    Equations:
        m = x @ X.T
        up, same, down = (m + 2) ** degree, m**degree, (m - 2) ** degree
        h = (up - down) @ X + x * sum(2 * same - up - down, -1, keepdims=True)
        y = where(h == 0, x, sign(h))
        E = -sum((m / units) ** degree, -1)

    Equations (interaction="exponential"):
        m = x @ X.T
        up, same, down = exp(m + 2), exp(m), exp(m - 2)
        h = (up - down) @ X + x * sum(2 * same - up - down, -1, keepdims=True)
        y = where(h == 0, x, sign(h))
        E = -log(sum(same, -1))

    Storing:
        X = concatenate([X, P])

    Symbols:
        x  input     (batch, units)  -1 and 1
        y  output    (batch, units)
        E  energy    (batch,)  of the exponential, the logarithm, which is finite
        P  patterns  (patterns, units)
        X  stored    (count, units)

    Args:
        units: number of elements of a pattern.
        interaction: "polynomial" or "exponential".
        degree: power of the polynomial.
        update: "asynchronous" (in random order, sweep after sweep, until one changes
            nothing) or "synchronous".
        slots: number of patterns there is room for.
        max_steps: sweeps, or synchronous steps, after which recall gives up.
        seed: integer that governs the order.

    Reference:
        D. Krotov, J. J. Hopfield, "Dense associative memory for pattern recognition",
        NIPS 2016. Exponential: M. Demircigil et al., "On a model of associative memory
        with huge storage capacity", Journal of Statistical Physics 168:288-299, 2017.
    """

    cue_alphabet = (-1, 1)

    def __init__(self, units, *, interaction="polynomial", degree=3,
                 update="asynchronous", slots=1024, max_steps=100, seed=None, **kwargs):
        super().__init__(units, slots=slots, max_steps=max_steps, **kwargs)
        if interaction not in INTERACTIONS:
            raise ValueError(unknown("interaction", interaction, INTERACTIONS))
        if update not in UPDATES:
            raise ValueError(unknown("update", update, UPDATES))
        if not isinstance(degree, int) or degree < 2:
            raise ValueError("`degree` is an integer of at least 2; received "
                             f"{degree!r}.")
        self.interaction = interaction
        self.degree = degree
        self.update = update
        self.seed = seed
        self._orders = settling.orders(self.units, seed)

    @property
    def descends(self):
        return self.update == "asynchronous"

    @property
    def capacity(self):
        units, n = self.units, self.degree
        if self.interaction == "exponential":
            limit = 2.0 ** min(units / 2, 1000)
            return Capacity(limit, "the exponential interaction holds 2^(N / 2) = "
                                   f"{limit:.4g} patterns of N = {units} units")
        odd = math.prod(range(2 * n - 3, 1, -2))
        limit = units ** (n - 1) / (2 * odd * math.log(max(units, 2)))
        return Capacity(limit, (
            f"the polynomial interaction of degree n = {n} holds N^(n-1) / "
            f"(2 (2n-3)!! ln N) = {limit:.4g} patterns of N = {units} units without "
            "wrong bits"))

    def interact(self, products, axis=-1):
        """How the energy is shared by the patterns, were each product 2 larger, or not,
        or 2 smaller; in a unit of its own for each row."""
        used = ops.cast(self.used, products.dtype)
        used = used if axis == -1 else used[:, None]
        if self.interaction == "exponential":
            products = ops.where(used > 0, products, -math.inf)
            largest = ops.max(products, axis=axis, keepdims=True)
            same = ops.exp(products - ops.where(largest > -math.inf, largest, 0))
            return math.exp(2) * same, same, math.exp(-2) * same
        powers = [((products + c) / self.units) ** self.degree for c in (2, 0, -2)]
        return [used * power for power in powers]

    def pull(self, products, axis=-1):
        """The two terms of the field: slopes, and what holds a unit where it is."""
        up, same, down = self.interact(products, axis)
        scale = ops.sum(ops.abs(same), axis=axis, keepdims=True) + TINY
        hold = ops.sum(2 * same - up - down, axis=axis, keepdims=True)
        return (up - down) / scale, hold / scale

    def step(self, states):
        slopes, hold = self.pull(states @ ops.transpose(self.kept))
        field = slopes @ self.kept + hold * states
        return (settling.answer(field, states),)

    def measure(self, states):
        products = states @ ops.transpose(self.kept)
        if self.interaction == "exponential":
            return -ops.logsumexp(
                ops.where(self.used, products, -math.inf), axis=-1)
        return -ops.sum((products / self.units) ** self.degree, axis=-1)

    def draw(self, states):
        if self.update == "asynchronous":
            # The same orders in every recall: it depends on the cue alone.
            return ops.convert_to_tensor(self._orders)

    def advance(self, states, k, drawn):
        if drawn is None:
            return self.step(*states)
        course = _Course(self, ops.transpose(self.kept))
        order = ops.take(drawn, k % settling.ORDERS, axis=0)
        return (ops.transpose(
            settling.sweep(course, ops.transpose(states[0]), order)),)


class _Course(NamedTuple):
    """What a sweep needs: the products of states and patterns are carried along."""

    memory: object
    columns: object
    size = 4

    def start(self, states):
        return ops.transpose(self.columns) @ states

    def fields(self, chosen, states, products):
        columns = ops.take(self.columns, chosen, axis=0)[:, :, None]
        old = ops.take(states, chosen, axis=0)

        def fields(change):
            moved = ops.cumsum(columns * change[:, None], axis=0)
            earlier = moved - columns * change[:, None]
            slopes, hold = self.memory.pull(products + earlier, axis=1)
            return ops.sum(columns * slopes, axis=1) + hold[:, 0] * old

        return fields

    def carry(self, products, chosen, change):
        return products + ops.transpose(ops.take(self.columns, chosen, axis=0)) @ change
