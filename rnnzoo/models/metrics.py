"""How good an answer is, where Keras has no measure of it."""

import keras
from keras import ops


@keras.saving.register_keras_serializable("rnnzoo")
class NMSE(keras.metrics.Metric):
    """Mean squared error over the variance of the targets, averaged over the features.

    0 is perfect, and 1 is what the mean of the targets gives; it is 1 - R**2, and its
    root is the NRMSE. Masked steps do not count. Sums are kept in float64.

    Args:
        size: number of features.
        name: of the metric.
        dtype: of the result.
    """

    def __init__(self, size, name="nmse", dtype=None):
        super().__init__(name=name, dtype=dtype)
        self.size = size
        self.sums = self.add_variable((4, size), "zeros", dtype="float64", name="sums")

    def update_state(self, y_true, y_pred, sample_weight=None):
        y, p = ops.cast(y_true, "float64"), ops.cast(y_pred, "float64")
        counted = ops.ones_like(y)
        # Keras shows masks to metrics in this way only; its guide to masking names it.
        for weight in (sample_weight, getattr(y_pred, "_keras_mask", None)):
            if weight is not None:
                missing = len(y.shape) - len(weight.shape)
                counted = counted * ops.reshape(
                    ops.cast(weight, "float64"), (*ops.shape(weight), *[1] * missing))
        self.sums.assign_add(ops.stack([
            ops.sum(counted * v, axis=tuple(range(len(y.shape) - 1)))
            for v in (ops.ones_like(y), y, y * y, (y - p) ** 2)]))

    def result(self):
        count, total, squares, errors = ops.unstack(self.sums.value)
        spread = squares - ops.divide_no_nan(total * total, count)
        return ops.cast(ops.mean(errors / spread), self.dtype)

    def get_config(self):
        return {**super().get_config(), "size": self.size}
