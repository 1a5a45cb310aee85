"""Ridge regression that keeps every digit of its rows."""

import numpy as np
from keras import ops

from rnnzoo.readouts.base import wide, zeros
from rnnzoo.readouts.ridge import NOTHING, Ridge


class QR(Ridge):
    """`Ridge` from a triangular factor of the rows, in the place of sums of products.

    Sums of products lose half of the digits. That shows where features are nearly
    dependent and the penalty is tiny, as of a reservoir in float64 that has to go on
    with a series by itself. The factor loses none, and takes several times as long.

    Args:
        ridge: see `Ridge`.

    Reference:
        G. H. Golub, "Numerical methods for solving linear least squares problems",
        Numerische Mathematik 7:206-216, 1965.
    """

    adds_up = False

    def build(self, features, outputs):
        """Makes room for the factor of rows `[1, features, targets]`."""
        self.width = features
        self.factor = zeros(1 + features + outputs, 1 + features + outputs)
        self.candidates = zeros(len(self.ridge), features + 1, outputs)
        self.errors = zeros(len(self.ridge))

    def reset(self):
        self.factor.assign(ops.zeros_like(self.factor))

    def learn(self, x, y, weights):
        x = ops.pad(wide(x), [[0, 0], [1, 0]], constant_values=1.0)
        rows = ops.concatenate([x, wide(y)], axis=1) * ops.sqrt(wide(weights))[:, None]
        _, factor = ops.qr(ops.concatenate([self.factor, rows]))
        self.factor.assign(factor)
        return factor[0, 0] ** 2

    def solve(self, epochs=1):
        factor = ops.convert_to_numpy(self.factor) / np.sqrt(epochs)
        ones, x, y = np.split(factor, [1, 1 + self.width], axis=1)
        rows = ones[0, 0] ** 2
        if not rows > 0:
            raise ValueError(NOTHING)
        # Below the first row, which determines the bias, are rows less their mean.
        left, scales, right = np.linalg.svd(x[1:], full_matrices=False)
        if min(self.ridge) == 0 and scales[-1] <= scales[0] * np.finfo(float).eps:
            raise ValueError(
                "The features do not determine a readout with ridge=0: they are "
                "dependent. Give more data, fewer units or a `ridge` above 0.")
        shared = left.T @ y[1:]
        kernels = [right.T @ ((scales / (scales**2 + p))[:, None] * shared)
                   for p in self.ridge]
        self.candidates.assign(np.stack([
            np.vstack([k, (y[0] - x[0] @ k) / ones[0, 0]]) for k in kernels]))
        self.errors.assign(ops.zeros_like(self.errors))
        losses = [np.sum((x[1:] @ k - y[1:]) ** 2) for k in kernels]
        return np.array(losses) / rows / y.shape[1]
