"""What memories share that keep the patterns themselves: rows to keep them in."""

from keras import ops

from rnnzoo.memories.base import NEAR, Memory, width


class Slotted(Memory):
    """Memory that keeps its patterns, each in a slot; free slots are masked.

    Args:
        units: number of elements of a pattern.
        slots: number of patterns there is room for.
        **kwargs: those of `Memory`.
    """

    def __init__(self, units, *, slots, **kwargs):
        super().__init__(**kwargs)
        self.units = width(units)
        self.slots = width(slots, "slots")

    def build(self, input_shape=None):
        super().build(input_shape)
        self.patterns = self.weight("patterns", self.slots, self.units)

    @property
    def room(self):
        return self.slots

    def write(self, patterns):
        place = ops.arange(self.slots) - self.count
        number = ops.shape(patterns)[0]
        new = ops.take(patterns, ops.clip(place, 0, number - 1), axis=0)
        here = (place >= 0) & (place < number)
        self.patterns.assign(ops.where(here[:, None], new, self.patterns))

    def erase(self, patterns):
        found = self.same(patterns)
        # Of a pattern that is stored twice, one copy goes, and the others move up.
        gone = ops.any(ops.one_hot(ops.argmax(found, axis=1), self.slots, dtype="bool")
                       & found, axis=0)
        order = ops.argsort(ops.cast(gone, "int32"))
        self.patterns.assign(ops.take(self.patterns, order, axis=0))

    def same(self, patterns):
        """Which slot holds which pattern, `(patterns, slots)`."""
        apart = ops.abs(patterns[:, None] - ops.convert_to_tensor(self.patterns))
        return ops.all(apart <= NEAR, axis=-1) & self.used

    @property
    def used(self):
        """Which slots hold a pattern, `(slots,)`."""
        return ops.arange(self.slots) < self.count
