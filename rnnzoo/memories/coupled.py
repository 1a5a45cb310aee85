"""What Hopfield networks share whose units hear each other: a kernel and its rule."""

import numpy as np
from keras import ops

from rnnzoo.memories import rules
from rnnzoo.memories.base import Memory, whole


class Coupled(Memory):
    """Memory with a connection between any two units, made by one of the `rules`.

    Args:
        units: number of elements of a pattern.
        rule: name of the rule.
        threshold: a number, or one for each unit.
        **kwargs: those of `Memory`.
    """

    def __init__(self, units, *, rule, threshold, **kwargs):
        super().__init__(**kwargs)
        self.units = whole(units)
        self.rule = rule
        self._rule = rules.get(rule)
        self.threshold = threshold
        if np.shape(threshold) not in ((), (units,)):
            raise ValueError("`threshold` is a number, or one for each of the "
                             f"{units} units; received shape {np.shape(threshold)}.")

    @property
    def capacity(self):
        return self._rule.capacity(self.units)

    def build(self, input_shape=None):
        super().build(input_shape)
        self.kernel = self.weight("kernel", self.units, self.units)

    def write(self, patterns):
        kernel = ops.convert_to_tensor(self.kernel)
        self.kernel.assign(self._rule.store(kernel, patterns))

    def erase(self, patterns):
        kernel = ops.convert_to_tensor(self.kernel)
        self.kernel.assign(self._rule.forget(kernel, patterns))
        return ops.shape(patterns)[0]

    @property
    def thresholds(self):
        """The threshold of each unit, `(units,)`."""
        value = ops.convert_to_tensor(self.threshold, self.variable_dtype)
        return ops.broadcast_to(value, (self.units,))

    def field(self, states):
        """What each unit hears from the others, less its threshold."""
        kernel = ops.convert_to_tensor(self.kernel)
        # The diagonal, sliced out, as every runtime can.
        own = ops.reshape(kernel, (-1,))[::self.units + 1] * states
        return states @ kernel - own - self.thresholds

    def measure(self, states):
        return -ops.sum(states * (self.field(states) - self.thresholds), axis=-1) / 2
