"""Many reservoirs at once, where candidates differ in their scales only.

They share what is drawn, so that a step of all of them takes one product:

    h = (1 - leak_rate) * h + gain * f(input_scaling * (x @ W)
                                       + spectral_radius * (h @ U) + bias_scaling * b)

with h of shape (candidates * batch, units). But for rounding, `EchoStateCell` and
`Ridge` compute the same, one by one.
"""

import functools
import inspect
from numbers import Real

import keras
import numpy as np
import tensorflow as tf

from rnnzoo.cells import EchoStateCell
from rnnzoo.models import build
from rnnzoo.sweeps.endings import repeated

SCALES = ("spectral_radius", "input_scaling", "bias_scaling", "leak_rate", "gain")
SHARED = ("units", "task", "input_shape", "output_size", "connectivity", "activation",
          "recurrent_initializer", "kernel_initializer", "bias_initializer", "use_bias",
          "washout", "dtype", "readout", "batch_size", "epochs")
DEFAULTS = {name: parameter.default for name, parameter in
            inspect.signature(EchoStateCell).parameters.items() if name in SCALES}
# Of means over the rows, `(candidates, outputs)` or `(outputs,)`.
MEASURES = {"loss": lambda squared, absolute, variance: squared,
            "mean_absolute_error": lambda squared, absolute, variance: absolute,
            "nmse": lambda squared, absolute, variance: squared / variance}
ROWS = 2**15        # of the states of all candidates, that are kept at once


def suit(space, objective):
    """Whether all networks of a space are one reservoir, scaled in several ways.

    Args:
        space: `Space`.
        objective: name of it, or `keras_tuner.Objective`.
    """
    measure = str(getattr(objective, "name", objective)).removeprefix("val_")
    entry, *others = space.entries.values()
    if others or not issubclass(entry.cls, EchoStateCell):
        return False
    searched = {dimension.argument for dimension in space.dimensions}
    arguments = {**space.given, **space.fixed[entry.name]}
    scales = [arguments[name] for name in (*SCALES, "ridge")
              if name in arguments and name not in searched]
    return (searched <= {*SCALES, "ridge"} and arguments["task"] == "forecasting"
            and {*arguments} <= {*SCALES, *SHARED, "ridge"}
            and all(isinstance(scale, Real) for scale in scales)
            and arguments.get("readout", "ridge") == "ridge"
            and measure in MEASURES)


class Reservoirs:
    """Reservoirs that share all but their scales, and linear readouts of them.

    Args:
        **arguments: of `build`, without scales; `name` and `seed` are among them.
    """

    def __init__(self, **arguments):
        self.network = build(**arguments, spectral_radius=1.0)
        (layer,) = (v for v in self.network.layers if hasattr(v, "cell"))
        self.cell = layer.cell
        self.dtype = layer.compute_dtype
        self.states = tf.function(self._states, autograph=False, jit_compile=True)
        self.sums = tf.function(self._sums, autograph=False)
        self.judged = tf.function(self._judged, autograph=False)

    def scores(self, candidates, train, validation, measure):
        """How good the readouts are that candidates learn.

        Args:
            candidates: list of dictionaries, of scales and "ridge".
            train: batches `(x, y)`, of `(batch, time, features)` each.
            validation: such batches.
            measure: one of `MEASURES`.

        Returns:
            A number for each candidate.
        """
        scales = self._scales(candidates)
        penalties = np.array([candidate["ridge"] for candidate in candidates])
        readouts = _solved(penalties, *self._total(self.sums, train, scales))
        count, *sums = self._total(self.judged, validation, scales, *readouts)
        mean, square, *errors = (v / count for v in sums)
        return MEASURES[measure](*errors, square - mean**2).mean(axis=-1).tolist()

    def left(self, candidates, x):
        """What `measures.echo_state_check` has of every candidate.

        Args:
            candidates: as for `scores`.
            x: `(1, time, features)`.
        """
        scales = self._scales(candidates)
        x = repeated(x)
        h = np.random.default_rng(0).uniform(-1, 1, (2, self.cell.units))
        start = np.repeat(h[None], len(candidates), 0)
        _, end = self.states(np.repeat(x, 2, 0).astype(self.dtype),
                             tf.constant(start, self.dtype), scales)
        before, after = (np.linalg.norm(v[:, 0] - v[:, 1], axis=-1)
                         for v in (start, end.numpy()))
        return (after / before).tolist()

    def _scales(self, candidates):
        """Name -> `(candidates, 1, 1)`."""
        rows = [{**DEFAULTS, **candidate} for candidate in candidates]
        for row in rows:
            row["gain"] = row["leak_rate"] if row["gain"] is None else row["gain"]
        return {name: tf.constant([[[row[name]]] for row in rows], self.dtype)
                for name in SCALES}

    def _total(self, function, batches, scales, *arguments):
        """Sums that a function has of the pieces of all batches, as NumPy."""
        parts = (function(*piece, *arguments) for x, y in batches
                 for piece in self._pieces(x, y, scales))
        return [v.numpy() for v in functools.reduce(
            lambda total, part: [a + b for a, b in zip(total, part)], parts)]

    def _pieces(self, x, y, scales):
        """States, targets and whether they count, `(candidates, rows, ...)` a piece."""
        x, y = (tf.cast(v, self.dtype) for v in (x, y))
        candidates, (batch, time) = len(scales["gain"]), x.shape[:2]
        h = tf.zeros((candidates, batch, self.cell.units), self.dtype)
        steps = max(1, ROWS // (candidates * batch))
        counts = np.broadcast_to(np.arange(time)[:, None] >= self.network.washout,
                                 (time, batch))
        for t in range(0, time, steps):
            features, h = self.states(x[:, t:t + steps], h, scales)
            piece = tf.transpose(y[:, t:t + steps], (1, 0, 2))
            yield (features, tf.reshape(piece, (-1, y.shape[-1])),
                   counts[t:t + steps].reshape(-1).astype("float64"))

    def _states(self, x, h, scales):
        """All states, `(candidates, time * batch, units)`, and the last ones."""
        cell = self.cell
        z = tf.transpose(x @ cell.kernel, (1, 0, 2))

        def step(h, z):
            product = tf.reshape(h, (-1, cell.units)) @ cell.recurrent_kernel
            total = (scales["input_scaling"] * z + scales["bias_scaling"] * cell.bias
                     + scales["spectral_radius"] * tf.reshape(product, h.shape))
            h = (1 - scales["leak_rate"]) * h + scales["gain"] * cell.activation(total)
            return h, h

        last, states = keras.ops.scan(step, h, z)
        states = tf.transpose(states, (1, 0, 2, 3))
        return tf.reshape(states, (h.shape[0], -1, cell.units)), last

    def _sums(self, features, y, counted):
        """What `Ridge` keeps of rows: of every candidate X'X and X'Y."""
        x = tf.pad(tf.cast(features, "float64"), [[0, 0], [0, 0], [0, 1]],
                   constant_values=1.0)
        weighted = counted[:, None] * x
        return (tf.matmul(weighted, x, transpose_a=True),
                tf.matmul(weighted, tf.cast(y, "float64")[None], transpose_a=True))

    def _judged(self, features, y, counted, kernels, biases):
        """Sums over rows: 1, the targets, their squares, and of every candidate the
        squares and the absolute values of the errors."""
        y = tf.cast(y, "float64")
        wrong = tf.cast(features, "float64") @ kernels + biases - y
        return [tf.reduce_sum(counted[:, None] * v, axis=-2) for v in (
            tf.ones_like(y), y, y * y, wrong * wrong, tf.abs(wrong))]


def _solved(penalties, gram, cross):
    """Kernels `(candidates, units, outputs)` and biases `(candidates, 1, outputs)`."""
    rows = gram[:, -1:, -1:]
    x_mean, y_mean = gram[:, -1:, :-1] / rows, cross[:, -1:] / rows
    covariance = gram[:, :-1, :-1] - rows * x_mean.mT * x_mean
    shared = cross[:, :-1] - rows * x_mean.mT * y_mean
    penalties = penalties[:, None, None]
    try:
        kernels = tf.linalg.cholesky_solve(tf.linalg.cholesky(
            covariance + penalties * np.eye(covariance.shape[-1])), shared).numpy()
    except tf.errors.InvalidArgumentError:
        # Rounding has turned eigenvalues negative, as they cannot be.
        values, vectors = np.linalg.eigh(covariance)
        kernels = vectors @ (vectors.mT @ shared
                             / (np.maximum(values, 0)[..., None] + penalties))
    return kernels, y_mean - x_mean @ kernels
