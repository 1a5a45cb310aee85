"""How patterns become connections: the rules of Hopfield networks.

A rule is a class with `store(kernel, patterns)` and `forget(kernel, patterns)`, which
return the new kernel, and `capacity(units)`. Each adds to what is stored already.
"""

import math

from keras import ops

from rnnzoo.errors import unknown
from rnnzoo.memories.base import Capacity

DEPENDENT = 1e-8    # share of a pattern outside the span of others that counts as none


class Hebbian:
    """Units that agree in a pattern are connected: the sum of outer products.

    Reference:
        J. J. Hopfield, "Neural networks and physical systems with emergent collective
        computational abilities", PNAS 79:2554-2558, 1982. The capacity: D. J. Amit,
        H. Gutfreund, H. Sompolinsky, Physical Review Letters 55:1530-1533, 1985;
        R. J. McEliece et al., IEEE Transactions on Information Theory 33:461-482, 1987.
    """

    def store(self, kernel, patterns):
        return kernel + without_diagonal(ops.transpose(patterns) @ patterns
                                         / patterns.shape[-1])

    def forget(self, kernel, patterns):
        return 2 * kernel - self.store(kernel, patterns)

    def capacity(self, units):
        exact = units / (2 * math.log(units)) if units > 1 else 0
        return Capacity(0.138 * units, (
            f"the Hebbian rule holds 0.138 N = {0.138 * units:.4g} patterns of N = "
            f"{units} units with a few wrong bits, N / (2 ln N) = {exact:.3g} without"))


class PseudoInverse:
    """Projects onto the span of the patterns, so that each is left where it is.

    The diagonal belongs to the projection, so it is kept, but no unit hears itself.

    Reference:
        L. Personnaz, I. Guyon, G. Dreyfus, "Information storage and retrieval in
        spin-glass like neural networks", Journal de Physique Lettres 46:359-365, 1985.
        Without the diagonal: I. Kanter, H. Sompolinsky, Physical Review A 35:380-392,
        1987.
    """

    def store(self, kernel, patterns):
        def add(k, kernel):
            x = patterns[k]
            outside = x - ops.matmul(kernel, x)
            # Once more, against rounding.
            outside = outside - ops.matmul(kernel, outside)
            length = ops.sum(outside**2)
            new = length > DEPENDENT * x.shape[0]
            scale = ops.where(new, 1 / ops.where(new, length, 1), 0)
            return kernel + ops.outer(outside, outside) * scale

        return ops.fori_loop(0, ops.shape(patterns)[0], add, kernel)

    def forget(self, kernel, patterns):
        raise NotImplementedError(
            "The pseudo-inverse rule keeps the span of the patterns, not the patterns; "
            "which smaller span is left without one cannot be told. Build a new memory "
            "and store the others.")

    def capacity(self, units):
        return Capacity(units - 1, f"the pseudo-inverse rule holds N - 1 = {units - 1} "
                                   f"patterns of N = {units} units")


class Storkey:
    """Adds of a pattern what the network does not say already.

    Reference:
        A. J. Storkey, R. Valabregue, "The basins of attraction of a new Hopfield
        learning rule", Neural Networks 12:869-876, 1999.
    """

    def store(self, kernel, patterns):
        def add(k, kernel):
            x = patterns[k]
            local = ops.outer(ops.matmul(kernel, x), x) - kernel
            change = ops.outer(x, x) - local - ops.transpose(local)
            return kernel + without_diagonal(change) / x.shape[0]

        return ops.fori_loop(0, ops.shape(patterns)[0], add, kernel)

    def forget(self, kernel, patterns):
        raise NotImplementedError(
            "What the Storkey rule adds for a pattern depends on those before it and "
            "shapes what it adds for those after it, so it cannot be taken out again. "
            "Build a new memory and store the others.")

    def capacity(self, units):
        limit = units / math.sqrt(2 * math.log(units)) if units > 1 else 0
        return Capacity(limit, f"the Storkey rule holds N / sqrt(2 ln N) = {limit:.4g} "
                               f"patterns of N = {units} units")


RULES = {"hebbian": Hebbian, "pseudo_inverse": PseudoInverse, "storkey": Storkey}


def get(name):
    """The rule of this name.

    Raises:
        ValueError: if there is none.
    """
    if name not in RULES:
        raise ValueError(unknown("rule", name, RULES))
    return RULES[name]()


def without_diagonal(matrix):
    """The matrix with zeros on its diagonal."""
    units = ops.arange(matrix.shape[0])
    # Of plain comparisons, which other runtimes know too, unlike diagonals.
    return ops.where(units[:, None] == units, 0, matrix)
