"""Modern Hopfield network: attention as an associative memory."""

import math

from keras import ops

from rnnzoo.memories.base import positive
from rnnzoo.memories.slots import Slotted
from rnnzoo.registry import register


@register(
    "modern_hopfield", family="memory", year=2020, tasks=(), readout="storage",
    example={"units": 24, "slots": 12},
    search={"beta": {"min": 0.1, "max": 10.0, "sampling": "log"}},
)
class ModernHopfieldMemory(Slotted):
    """Network of real-valued units that moves to the softmax mean of similar patterns.

    Choose it for patterns of real numbers, and for many of them: what can be told apart
    can be stored. A large `beta` recalls single patterns, a small one means of similar
    ones. One step is the attention of a transformer, the patterns being its keys and
    values. Layers that train it are `rnnzoo.layers.Hopfield` and its siblings.

    Equations:
        a = softmax(beta * x @ X.T)
        y = a @ X
        E = (-log(sum(exp(beta * x @ X.T), -1)) / beta + sum(x * x, -1) / 2
             + log(len(X)) / beta + max(sum(X * X, -1)) / 2)

    Storing:
        X = concatenate([X, P])

    Symbols:
        x  input     (batch, units)
        y  output    (batch, units)
        E  energy    (batch,)
        P  patterns  (patterns, units)
        X  stored    (count, units)

    Args:
        units: number of elements of a pattern.
        beta: inverse temperature.
        slots: number of patterns there is room for.
        max_steps: steps after which recall gives up.

    Reference:
        H. Ramsauer et al., "Hopfield networks is all you need", ICLR 2021
        (arXiv:2008.02217, 2020).
    """

    alphabet = cue_alphabet = None
    tolerance = 1e-5

    def __init__(self, units, *, beta=1.0, slots=1024, max_steps=100, **kwargs):
        super().__init__(units, slots=slots, max_steps=max_steps, **kwargs)
        positive(beta=beta)
        self.beta = beta

    def similarities(self, states):
        """Beta times the products with all slots; minus infinity for free ones."""
        products = self.beta * states @ ops.transpose(self.kept)
        return ops.where(self.used, products, -math.inf)

    def step(self, states):
        some = ops.any(self.used)
        shares = ops.softmax(ops.where(some, self.similarities(states), 0))
        return (ops.where(some, shares @ self.kept, states),)

    def measure(self, states):
        number = ops.maximum(ops.sum(ops.cast(self.used, states.dtype)), 1)
        longest = ops.max(ops.sum(ops.square(self.kept), axis=-1))
        similar = ops.where(ops.any(self.used), self.similarities(states), 0)
        return ((ops.log(number) - ops.logsumexp(similar, axis=-1)) / self.beta
                + (ops.sum(ops.square(states), axis=-1) + longest) / 2)
