"""Ridge regression from sums that grow with every batch, but not in size."""

import warnings

import numpy as np
from keras import ops
from scipy import linalg

from rnnzoo.readouts.base import Readout, wide, with_ones, zeros

NOTHING = ("There is nothing to learn a readout from: every step is masked, washed out "
           "or of weight 0. Give longer sequences, or a shorter washout.")


class Ridge(Readout):
    """Linear regression with a penalty on the squared kernel, not on the bias.

    It minimises `sum_i w_i |y_i - x_i @ kernel - bias|**2 + penalty |kernel|**2`. Of
    the data only the sums `X'X` and `X'Y` are kept, in float64, however many there are.
    The penalty belongs to the data of one epoch: to see them again changes nothing.

    Args:
        ridge: a penalty or several, none negative. Of several, the one with the
            smallest squared error on the validation data is taken.

    Raises:
        ValueError: if there is no penalty, or one is negative or no number.

    Reference:
        A. E. Hoerl, R. W. Kennard, "Ridge regression: biased estimation for
        nonorthogonal problems", Technometrics 12:55-67, 1970.
    """

    def __init__(self, ridge=1e-6):
        try:
            self.ridge = [float(p) for p in np.atleast_1d(ridge)]
        except (TypeError, ValueError):
            self.ridge = []
        if not self.ridge or not all(0 <= p < np.inf for p in self.ridge):
            raise ValueError("`ridge` is a penalty that is not negative, or a list of "
                             f"such; received {ridge!r}.")

    adds_up = True

    @property
    def several(self):
        return len(self.ridge) > 1

    def build(self, features, outputs):
        """Makes room for the sums over rows of these widths."""
        with_bias = features + 1            # as if a last feature were 1 in every row
        self.gram = zeros(with_bias, with_bias, summed=True)
        self.cross = zeros(with_bias, outputs, summed=True)
        self.squares = zeros(outputs, summed=True)
        self.candidates = zeros(len(self.ridge), with_bias, outputs)
        self.errors = zeros(len(self.ridge), summed=True)

    def reset(self):
        """Forgets all data."""
        for sums in (self.gram, self.cross, self.squares):
            sums.assign(ops.zeros_like(sums))

    def learn(self, x, y, weights):
        """Adds rows to the sums.

        Args:
            x: features `(rows, features)`.
            y: targets `(rows, outputs)`.
            weights: `(rows,)`, none negative.

        Returns:
            The weight of all rows so far.
        """
        x, y, weights = with_ones(x), wide(y), wide(weights)[:, None]
        weighted = ops.transpose(weights * x)
        self.gram.assign_add(weighted @ x)
        self.cross.assign_add(weighted @ y)
        self.squares.assign_add(ops.sum(weights * y * y, axis=0))
        return self.gram[-1, -1]

    def solve(self, epochs=1):
        """Finds kernel and bias for every penalty.

        Args:
            epochs: how many times the data were seen.

        Returns:
            The mean squared error on the data, for every penalty.

        Raises:
            ValueError: if there are no data, or too few for so small a penalty.
        """
        gram, cross, squares = (ops.convert_to_numpy(sums) / epochs
                                for sums in (self.gram, self.cross, self.squares))
        rows = gram[-1, -1]
        if not rows > 0:
            raise ValueError(NOTHING)
        x_mean, y_mean = gram[-1, :-1] / rows, cross[-1] / rows
        covariance = gram[:-1, :-1] - rows * np.outer(x_mean, x_mean)
        shared = cross[:-1] - rows * np.outer(x_mean, y_mean)
        kernels = [_solved(covariance, shared, p) for p in self.ridge]
        found = np.stack([np.vstack([k, y_mean - x_mean @ k]) for k in kernels])
        self.candidates.assign(found)
        self.errors.assign(ops.zeros_like(self.errors))
        fits = [np.sum(squares) - np.sum(w * (2 * cross - gram @ w)) for w in found]
        return np.maximum(fits, 0) / rows / cross.shape[1]

    def judge(self, x, y, weights):
        """Adds the squared errors of every candidate on rows of validation data."""
        wrong = ops.matmul(with_ones(x), self.candidates) - wide(y)
        self.errors.assign_add(
            ops.sum(wide(weights)[:, None] * wrong * wrong, axis=(1, 2)))

    def best(self):
        """Number of the candidate with the smallest error since `solve`."""
        return int(np.argmin(ops.convert_to_numpy(self.errors)))

    def weights(self, number=0):
        """Kernel `(features, outputs)` and bias `(outputs,)` of a candidate."""
        found = ops.convert_to_numpy(self.candidates)[number]
        return found[:-1], found[-1]


def _solved(covariance, shared, penalty):
    penalised = covariance + penalty * np.eye(len(covariance))
    try:
        with warnings.catch_warnings():
            # With a penalty an imprecise solution is still one of small error.
            action = "ignore" if penalty else "error"
            warnings.simplefilter(action, linalg.LinAlgWarning)
            return linalg.solve(penalised, shared, assume_a="pos")
    except (linalg.LinAlgError, linalg.LinAlgWarning) as error:
        if not penalty:
            raise ValueError(
                "The features do not determine a readout with ridge=0: the condition "
                f"number of their covariance is {np.linalg.cond(penalised):.1e}. Give "
                "more data, fewer units or a `ridge` above 0.") from error
    # Rounding has turned the smallest eigenvalues negative, as they cannot be.
    values, vectors = linalg.eigh(covariance)
    return vectors @ (vectors.T @ shared / (np.maximum(values, 0) + penalty)[:, None])
