"""What stands between the last recurrent layer and what is learned from it."""

import keras
from keras import ops


@keras.saving.register_keras_serializable("rnnzoo")
class Washout(keras.layers.Layer):
    """Masks the first steps of every sequence, in which the initial state still shows.

    Args:
        steps: how many unmasked steps, not negative.

    Call arguments:
        x: `(batch, time, features)`.

    Returns:
        The same `x`.

    Raises:
        ValueError: if `steps` is no such number.
    """

    def __init__(self, steps, **kwargs):
        super().__init__(**kwargs)
        if not isinstance(steps, int) or steps < 0:
            raise ValueError("A washout is a number of steps that is not negative; "
                             f"received {steps!r}.")
        self.steps = steps
        self.supports_masking = True

    def call(self, x):
        return ops.copy(x)      # the mask of the same tensor would not be set anew

    def carried_states(self, batch_size):
        """Nothing: what it masks only matters to the loss."""
        return {}

    def compute_mask(self, x, mask=None):
        if mask is None:
            mask = ops.ones_like(x[..., 0], "bool")
        return ops.logical_and(mask, ops.cumsum(ops.cast(mask, "int32"), axis=1)
                               > self.steps)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "steps": self.steps}


@keras.saving.register_keras_serializable("rnnzoo")
class MeanOfSteps(keras.layers.GlobalAveragePooling1D):
    """Mean of the unmasked steps, and a mask of the sequences that have none.

    Of such a sequence, as of one shorter than the washout, it is the mean of all steps,
    which is some number at least; the mask keeps it from loss and metrics.
    """

    def call(self, x, mask=None):
        if mask is not None:
            mask = ops.logical_or(mask, ~ops.any(mask, axis=1, keepdims=True))
        return super().call(x, mask)

    def compute_mask(self, x, mask=None):
        return None if mask is None else ops.any(mask, axis=1)


class Features(keras.layers.Layer):
    """What enters the output kernel of a recurrent layer's cell, instead of its output.

    Args:
        recurrent: a `Recurrent` that returns sequences, whose cell has an
            `output_kernel`.
    """

    def __init__(self, recurrent, **kwargs):
        super().__init__(dtype=recurrent.dtype_policy, **kwargs)
        self.recurrent = recurrent
        self.supports_masking = True

    def call(self, sequences, mask=None, training=False):
        return self.recurrent.features(sequences, mask, training)

    def compute_mask(self, sequences, mask=None):
        return self.recurrent.compute_mask(sequences, mask)

    def compute_output_shape(self, sequences_shape):
        return (*sequences_shape[:2], self.recurrent.cell.output_kernel.shape[0])


class Counted(keras.layers.Layer):
    """1 where something counts, 0 where it is masked."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True

    def call(self, x, mask=None):
        if mask is None:
            return ops.ones_like(x[..., 0], "float32")
        return ops.cast(mask, "float32")

    def compute_output_shape(self, input_shape):
        return input_shape[:-1]


@keras.saving.register_keras_serializable("rnnzoo")
def probabilities(scores):
    """Scores that linear regression gives to symbols, cut at 0 and made to sum to 1."""
    positive = ops.maximum(scores, keras.config.epsilon())
    return positive / ops.sum(positive, axis=-1, keepdims=True)
