"""Recurrent kernels of reservoirs, and input weights of one size.

Entry (i, j) is the weight from unit i to unit j.
"""

import numpy as np

from rnnzoo.errors import unknown
from rnnzoo.initializers.base import Drawn, Made, check_share, units_of

DISTRIBUTIONS = {
    "uniform": lambda random, shape: random.uniform(-1, 1, shape),
    "normal": lambda random, shape: random.normal(size=shape),
}


class Dense(Drawn):
    """Independent random weights between all units.

    Args:
        distribution: of the weights, "uniform" in [-1, 1] or "normal".
        seed: see `Drawn`.

    Reference:
        H. Jaeger, "The 'echo state' approach to analysing and training recurrent neural
        networks", GMD Report 148, 2001.
    """

    def __init__(self, distribution="uniform", seed=None):
        super().__init__(seed)
        if distribution not in DISTRIBUTIONS:
            raise ValueError(unknown("distribution", distribution, DISTRIBUTIONS))
        self.distribution = distribution

    def draw(self, random, shape):
        units_of(self, shape)
        return DISTRIBUTIONS[self.distribution](random, shape)


class Sparse(Dense):
    """Independent random weights; each unit hears the same number of others.

    That number is at least one, so there is always a loop, and a spectral radius that
    is not zero.

    Args:
        connectivity: share of the weights that are not zero, in (0, 1].
        distribution: see `Dense`.
        seed: see `Drawn`.

    Reference:
        H. Jaeger, "The 'echo state' approach to analysing and training recurrent neural
        networks", GMD Report 148, 2001.
    """

    def __init__(self, connectivity=0.1, distribution="uniform", seed=None):
        super().__init__(distribution, seed)
        check_share("connectivity", connectivity)
        self.connectivity = connectivity

    def draw(self, random, shape):
        weights = super().draw(random, shape)
        heard = max(1, round(self.connectivity * shape[0]))
        kept = random.random(shape).argpartition(heard - 1, axis=0)[:heard]
        sparse = np.zeros(shape)
        np.put_along_axis(sparse, kept, np.take_along_axis(weights, kept, 0), axis=0)
        return sparse


class Ring(Made):
    """Each unit hears the one before it, all by the same weight; nothing is drawn.

    Reference:
        A. Rodan, P. Tino, "Minimum complexity echo state network", IEEE Transactions on
        Neural Networks 22:131-144, 2011.
    """

    def make(self, shape):
        return np.roll(np.eye(units_of(self, shape)), 1, axis=1)


class CycleWithJumps(Made):
    """A ring, and links both ways between units some steps apart; nothing is drawn.

    Args:
        jump: number of steps between linked units, at least 2. Jumps start at unit 0,
            and one ends where the next begins; the last may be cut short.
        jump_weight: weight of these links; those of the ring are 1.

    Reference:
        A. Rodan, P. Tino, "Simple deterministically constructed cycle reservoirs with
        regular jumps", Neural Computation 24:1822-1852, 2012.
    """

    def __init__(self, jump=5, jump_weight=0.5):
        if jump < 2:
            raise ValueError(f"`jump` is at least 2 steps; received {jump!r}.")
        self.jump = jump
        self.jump_weight = jump_weight

    def make(self, shape):
        units = units_of(self, shape)
        weights = np.roll(np.eye(units), 1, axis=1)
        start = np.arange(0, units - units % self.jump, self.jump)
        end = (start + self.jump) % units
        weights[start, end] = weights[end, start] = self.jump_weight
        return weights


class DelayLine(Made):
    """A ring that is cut open: the input walks through and is gone; nothing is drawn.

    It has no loop, so its spectral radius is 0 and cannot be scaled: a cell takes it
    with `spectral_radius=None`.

    Args:
        weight: from each unit to the next.

    Reference:
        A. Rodan, P. Tino, "Minimum complexity echo state network", IEEE Transactions on
        Neural Networks 22:131-144, 2011.
    """

    def __init__(self, weight=0.9):
        self.weight = weight

    def make(self, shape):
        return self.weight * np.eye(units_of(self, shape), k=1)


class SmallWorld(Drawn):
    """Random weights between neighbours on a ring, and a few far ones.

    Neighbours are linked both ways, by two weights in [-1, 1]. Links are rewired as in
    the model of Watts and Strogatz.

    Args:
        connectivity: share of the weights that are not zero, in (0, 1]; each unit has
            at least one neighbour on either side.
        rewiring: probability that a link ends at a random unit instead, in [0, 1].
        seed: see `Drawn`.

    Reference:
        D. J. Watts, S. H. Strogatz, "Collective dynamics of 'small-world' networks",
        Nature 393:440-442, 1998.
    """

    def __init__(self, connectivity=0.1, rewiring=0.1, seed=None):
        super().__init__(seed)
        check_share("connectivity", connectivity)
        if not 0 <= rewiring <= 1:
            raise ValueError("`rewiring` is a probability, in [0, 1]; received "
                             f"{rewiring!r}.")
        self.connectivity = connectivity
        self.rewiring = rewiring

    def draw(self, random, shape):
        units = units_of(self, shape)
        linked = np.zeros(shape, bool)
        nearest = max(1, round(self.connectivity * units / 2))
        for distance in range(1, min(nearest, units // 2) + 1):
            unit = np.arange(units)
            linked[unit, (unit + distance) % units] = True
        linked |= linked.T
        for unit, end in np.argwhere(np.triu(linked, 1)):
            free = np.flatnonzero(~linked[unit])
            free = free[free != unit]
            if len(free) and random.random() < self.rewiring:
                other = random.choice(free)
                linked[unit, end] = linked[end, unit] = False
                linked[unit, other] = linked[other, unit] = True
        return np.where(linked, random.uniform(-1, 1, shape), 0)


class Signs(Drawn):
    """Weights of one size, 1, with random signs; or zeros beside them.

    Args:
        connectivity: probability of a weight not to be zero, in (0, 1].
        seed: see `Drawn`.

    Reference:
        A. Rodan, P. Tino, "Minimum complexity echo state network", IEEE Transactions on
        Neural Networks 22:131-144, 2011.
    """

    def __init__(self, connectivity=1.0, seed=None):
        super().__init__(seed)
        check_share("connectivity", connectivity)
        self.connectivity = connectivity

    def draw(self, random, shape):
        there = random.random(shape) < self.connectivity
        return np.where(there, random.choice([-1.0, 1.0], shape), 0)
