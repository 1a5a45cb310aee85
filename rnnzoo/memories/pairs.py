"""What bidirectional memories share: two sides, and the connections between them."""

from statistics import NormalDist
from typing import NamedTuple

from keras import ops

from rnnzoo.memories.base import Capacity, Memory, whole


class PairRecall(NamedTuple):
    """What a memory of pairs answers to cues.

    Attributes:
        a: what was recalled of side a, `(batch, units[0])`.
        b: what was recalled of side b, `(batch, units[1])`.
        steps: number of ways there and back that changed something, `(batch,)`.
        converged: whether another one would change nothing, `(batch,)`.
    """

    a: object
    b: object
    steps: object
    converged: object


class Pairs(Memory):
    """Memory of pairs `(a, b)`: the sum of their outer products.

    Args:
        units: numbers of elements of the patterns of side a and of side b.
        **kwargs: those of `Memory`.
    """

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        if not isinstance(units, (list, tuple)) or len(units) != 2:
            raise ValueError("`units` is a pair, the widths of side a and of side b; "
                             f"received {units!r}.")
        self.units = tuple(map(whole, units))

    @property
    def sides(self):
        return dict(zip("ab", self.units))

    @property
    def capacity(self):
        """By the noise that the other pairs are, a sum of which is nearly normal.

        It agrees with counts of pairs that are stable to the last bit: 8 of 100 x 100
        units, 13 of 200 x 200, 31 of 500 x 500, 4 of 200 x 50.
        """
        smaller, both = min(self.units), sum(self.units)
        limit = 1 + smaller / NormalDist().inv_cdf(1 - 0.02 / both) ** 2
        return Capacity(limit, (
            f"{self.units[0]} x {self.units[1]} units hold {limit:.3g} pairs to the "
            "last bit, 1 + min(n, p) / z^2 with z the normal quantile of 0.02 / (n + p)"
            "; the often quoted min(n, p) is far too high"))

    def build(self, input_shape=None):
        super().build(input_shape)
        self.kernel = self.weight("kernel", *self.units)

    @property
    def matrix(self):
        """The connections, `(units[0], units[1])`."""
        return ops.convert_to_tensor(self.kernel)

    def write(self, a, b):
        self.kernel.assign(self.matrix + ops.transpose(a) @ b)

    def erase(self, a, b):
        self.kernel.assign(self.matrix - ops.transpose(a) @ b)
        return ops.shape(a)[0]

    def recall(self, a=None, b=None):
        """Lets both sides settle from cues for one of them, or for both.

        Args:
            a: `(batch, units[0])`, or None where nothing is known of it.
            b: `(batch, units[1])`, or None.

        Returns:
            A `PairRecall`.
        """
        rows = ops.shape(b if a is None else a)[0]
        unknown = [ops.zeros((rows, n), self.variable_dtype) for n in self.units]
        cues = [u if cue is None else cue for cue, u in zip((a, b), unknown)]
        (a, b), steps, converged = self.settle(self._received(cues))
        return PairRecall(ops.cast(a, self.compute_dtype),
                          ops.cast(b, self.compute_dtype), steps, converged)

    def call(self, a):
        return self.recall(a).b

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.units[1])
