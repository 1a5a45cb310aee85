"""What stands between the data and the first recurrent layer."""

import keras
from keras import ops

from rnnzoo.layers.carrying import carried


@keras.saving.register_keras_serializable("rnnzoo")
class OneHot(keras.layers.Layer):
    """Symbols as unit vectors; symbol 0 is padding and is masked.

    Args:
        vocabulary_size: number of symbols, padding included.

    Call arguments:
        x: integers `(batch, time)` in `[0, vocabulary_size)`.

    Returns:
        `(batch, time, vocabulary_size)`.
    """

    def __init__(self, vocabulary_size, **kwargs):
        super().__init__(**kwargs)
        self.vocabulary_size = vocabulary_size
        self.supports_masking = True

    def carried_states(self, batch_size):
        return {}

    def call(self, x):
        return ops.one_hot(x, self.vocabulary_size, dtype=self.compute_dtype)

    def compute_mask(self, x, mask=None):
        return ops.not_equal(x, 0)

    def compute_output_shape(self, input_shape):
        return (*input_shape, self.vocabulary_size)

    def get_config(self):
        return {**super().get_config(), "vocabulary_size": self.vocabulary_size}


@keras.saving.register_keras_serializable("rnnzoo")
class ContextWindow(keras.layers.Layer):
    """Each step beside its neighbours: `left` steps before and `right` steps after.

    Beyond the ends of a sequence, and where it is masked, the neighbours are zero, so
    that padding changes nothing.

    Args:
        left: number of steps before.
        right: number of steps after.

    Call arguments:
        x: `(batch, time, features)`.
        mask: boolean `(batch, time)` or None.

    Returns:
        `(batch, time, (left + 1 + right) * features)`, the earliest step first.
    """

    def __init__(self, left, right, **kwargs):
        super().__init__(**kwargs)
        if left < 0 or right < 0:
            raise ValueError("`context` is (left, right), two numbers of steps that "
                             f"are not negative; received {(left, right)}.")
        self.left, self.right = left, right
        self.supports_masking = True

    def build(self, input_shape):
        self.features = input_shape[-1]

    def carried_states(self, batch_size):
        """The steps before the first one, for a sequence that comes in pieces."""
        if self.right:
            raise ValueError(f"{self.name} cannot run step by step: it shows each step "
                             f"the {self.right} after it, which a stream does not have "
                             f"yet; use context=({self.left}, 0).")
        return {"past": ops.zeros((batch_size, self.left, self.features),
                                  self.compute_dtype)}

    def call(self, x, mask=None):
        if mask is not None:
            x = ops.where(mask[..., None], x, ops.zeros_like(x))
        time, before = ops.shape(x)[1], carried(self)
        if before is None:
            padded = ops.pad(x, [[0, 0], [self.left, self.right], [0, 0]])
        else:
            padded = ops.concatenate([before["past"], x], axis=1)
            before["past"] = padded[:, time:]
        return ops.concatenate(
            [padded[:, k:k + time] for k in range(self.left + 1 + self.right)], axis=-1)

    def compute_output_shape(self, input_shape):
        *steps, features = input_shape
        return (*steps, (self.left + 1 + self.right) * features)

    def get_config(self):
        return {**super().get_config(), "left": self.left, "right": self.right}
