"""Readouts that learn row by row, and so can follow what changes in a stream."""

import math
import warnings
from numbers import Real

from keras import ops

from rnnzoo.readouts.base import Readout, wide, with_ones, zeros


class Online(Readout):
    """Linear readout that learns from one row after the other.

    A subclass defines `start(size)`, what is remembered of past rows before the first,
    and `update(memory, x, weight)`, which returns the gain, by which the error of the
    row corrects the solution, and the new memory.
    """

    def build(self, features, outputs):
        """Makes room for the solution and the memory of rows of these widths."""
        self.solution = zeros(features + 1, outputs)
        self.memory = zeros(*self.start(features + 1).shape)
        self.squares, self.rows = zeros(), zeros()

    def reset(self):
        """Forgets all data."""
        self.memory.assign(self.start(self.solution.shape[0]))
        for sums in (self.solution, self.squares, self.rows):
            sums.assign(ops.zeros_like(sums))

    def learn(self, x, y, weights):
        """Learns from rows in their order; one of weight 0 is as if it were not there.

        Args:
            x: features `(rows, features)`.
            y: targets `(rows, outputs)`.
            weights: `(rows,)`, none negative.

        Returns:
            The weight of all rows since the last `solve`.
        """
        x, y, weights = with_ones(x), wide(y), wide(weights)

        def body(t, carry):
            solution, memory, squares = carry
            error = y[t] - ops.matmul(x[t], solution)
            gain, new = self.update(memory, x[t], weights[t])
            return (solution + ops.outer(gain, error),
                    ops.where(weights[t] > 0, new, memory),
                    squares + weights[t] * ops.sum(error * error))

        learned = (self.solution, self.memory, self.squares)
        found = ops.fori_loop(0, ops.shape(x)[0], body, tuple(v.value for v in learned))
        for variable, value in zip(learned, found):
            variable.assign(value)
        self.rows.assign_add(ops.sum(weights))
        return ops.convert_to_tensor(self.rows)

    def solve(self, epochs=1):
        """The mean squared error of the rows since the last time, in a list.

        It is that of every row before it was learned.

        Warns:
            UserWarning: if the solution has grown beyond all numbers.
        """
        rows = float(self.rows.numpy()) * self.solution.shape[1]
        error = float(self.squares.numpy()) / max(rows, 1e-300)
        self.squares.assign(0.0)
        self.rows.assign(0.0)
        if not math.isfinite(error):
            warnings.warn("The readout has diverged: its error is no number any more. "
                          "Use a smaller learning_rate for LMS, a larger ridge for RLS "
                          "or smaller features.", stacklevel=2)
        return [error]

    def weights(self, number=0):
        """Kernel `(features, outputs)` and bias `(outputs,)`."""
        found = ops.convert_to_numpy(self.solution)
        return found[:-1], found[-1]


class RLS(Online):
    """Recursive least squares: after every row the ridge regression of all so far.

    The bias is penalised like the kernel. Every row costs the square of the features.

    Args:
        ridge: penalty on the squared weights, above 0.
        forgetting: factor in (0, 1] by which past rows count less at every step.

    Raises:
        ValueError: for a number out of its range.

    Reference:
        S. Haykin, "Adaptive filter theory", 4th ed., Prentice Hall, 2002, chapter 9.
    """

    def __init__(self, ridge=1e-6, forgetting=1.0):
        if not isinstance(ridge, Real) or not 0 < ridge < math.inf:
            raise ValueError("`ridge` is one number above 0 for RLS; received "
                             f"{ridge!r}.")
        if not 0 < forgetting <= 1:
            raise ValueError(f"`forgetting` is in (0, 1]; received {forgetting!r}.")
        self.ridge = ridge
        self.forgetting = forgetting

    def start(self, size):
        return ops.eye(size, dtype="float64") / self.ridge

    def update(self, memory, x, weight):
        """`memory` is the inverse of the weighted sum `X'X`."""
        seen = ops.matmul(memory, x)
        gain = weight * seen / (self.forgetting + weight * ops.dot(x, seen))
        return gain, (memory - ops.outer(gain, seen)) / self.forgetting


class LMS(Online):
    """Least mean squares: every row moves the weights down the slope of its error.

    Args:
        learning_rate: length of the step, above 0; below 2 over the mean squared length
            of a row of features, or the weights grow without end.

    Raises:
        ValueError: if the learning rate is not above 0.

    Reference:
        B. Widrow, M. E. Hoff, "Adaptive switching circuits", IRE WESCON Convention
        Record 4:96-104, 1960.
    """

    def __init__(self, learning_rate=0.01):
        if not isinstance(learning_rate, Real) or not 0 < learning_rate < math.inf:
            raise ValueError("`learning_rate` is a number above 0 for LMS; received "
                             f"{learning_rate!r}.")
        self.learning_rate = learning_rate

    def start(self, size):
        return ops.zeros(0, "float64")

    def update(self, memory, x, weight):
        return self.learning_rate * weight * x, memory
