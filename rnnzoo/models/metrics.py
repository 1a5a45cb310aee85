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
        y, p = (ops.reshape(ops.cast(v, "float64"), (-1, self.size))
                for v in (y_true, y_pred))
        w = ops.ones_like(y[:, :1])
        if sample_weight is not None:
            missing = len(y_true.shape) - 1 - len(sample_weight.shape)
            w = ops.reshape(ops.broadcast_to(
                ops.reshape(ops.cast(sample_weight, "float64"),
                            (*ops.shape(sample_weight), *[1] * missing)),
                ops.shape(y_true)[:-1]), (-1, 1))
        self.sums.assign_add(ops.stack([
            ops.sum(w * v, axis=0) for v in (ops.ones_like(y), y, y * y, (y - p) ** 2)]))

    def result(self):
        count, total, squares, errors = ops.unstack(self.sums.value)
        spread = squares - total * total / ops.maximum(count, 1)
        return ops.cast(ops.mean(errors / spread), self.dtype)

    def get_config(self):
        return {**super().get_config(), "size": self.size}
