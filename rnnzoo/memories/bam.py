"""Bidirectional associative memory: pairs, recalled from either side."""

from keras import ops

from rnnzoo.memories import settling
from rnnzoo.memories.pairs import Pairs
from rnnzoo.registry import register


@register(
    "bam", family="memory", year=1987, tasks=(), readout="storage",
    example={"units": (24, 20)},
)
class BAMMemory(Pairs):
    """Two layers that ask each other until they agree on a stored pair.

    Choose it to link patterns of -1 and 1 of two kinds, such as names and pictures, and
    to find the one from a damaged copy of the other. Every matrix is stable: from any
    cue the layers settle. What no pair speaks for is 0, unknown.

    Equations:
        c = x @ W
        z = where(c == 0, b, sign(c))
        d = z @ W.T
        y = where(d == 0, x, sign(d))
        E = -sum(x @ W * b, -1)

    Storing:
        W = W + A.T @ B

    Symbols:
        x  input   (batch, units[0])  states of side a
        b  other   (batch, units[1])  states of side b
        y  output  (batch, units[0])
        z  answer  (batch, units[1])
        E  energy  (batch,)
        A  patterns  (patterns, units[0])
        B  partners  (patterns, units[1])
        W  kernel  (units[0], units[1])

    Args:
        units: numbers of elements of the patterns of side a and of side b.
        max_steps: ways there and back after which recall gives up.

    Reference:
        B. Kosko, "Bidirectional associative memories", IEEE Transactions on Systems,
        Man, and Cybernetics 18:49-60, 1988; "Adaptive bidirectional associative
        memories", Applied Optics 26:4947-4960, 1987.
    """

    def __init__(self, units, *, max_steps=100, **kwargs):
        super().__init__(units, max_steps=max_steps, **kwargs)

    def step(self, a, b):
        b = settling.answer(a @ self.matrix, b)
        return settling.answer(b @ ops.transpose(self.matrix), a), b

    def measure(self, a, b):
        return -ops.sum(a @ self.matrix * b, axis=-1)
