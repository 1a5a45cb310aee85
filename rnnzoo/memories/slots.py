"""What memories share that keep the patterns themselves: rows to keep them in."""

from keras import ops

from rnnzoo.memories.base import NEAR, Memory, whole


class Slotted(Memory):
    """Memory that keeps its patterns, each in a slot; free slots are masked.

    Args:
        units: number of elements of a pattern.
        slots: number of patterns there is room for.
        **kwargs: those of `Memory`.
    """

    def __init__(self, units, *, slots, **kwargs):
        super().__init__(**kwargs)
        self.units = whole(units)
        self.slots = whole(slots, "slots")

    def build(self, input_shape=None):
        super().build(input_shape)
        self.patterns = self.weight("patterns", self.slots, self.units)

    @property
    def room(self):
        return self.slots

    def write(self, patterns):
        place = ops.arange(self.slots) - ops.convert_to_tensor(self.count)
        number = ops.shape(patterns)[0]
        new = ops.take(patterns, ops.clip(place, 0, number - 1), axis=0)
        here = (place >= 0) & (place < number)
        self.patterns.assign(ops.where(here[:, None], new, self.kept))

    def erase(self, patterns):
        place = ops.arange(self.slots)

        def drop(k, kept):
            stored, count = kept
            same = ops.all(ops.abs(stored - patterns[k]) <= NEAR, axis=-1)
            same = same & (place < count)
            found = ops.any(same)
            first = ops.where(found, ops.cast(ops.argmax(same), "int32"), self.slots)
            # Those behind it move up.
            moved = ops.minimum(place + ops.cast(place >= first, "int32"),
                                self.slots - 1)
            return (ops.take(stored, moved, axis=0),
                    count - ops.cast(found, "int32"))

        count = ops.convert_to_tensor(self.count)
        stored, left = ops.fori_loop(0, ops.shape(patterns)[0], drop,
                                     (self.kept, count))
        self.patterns.assign(stored)
        return count - left

    @property
    def kept(self):
        """What is in all slots, `(slots, units)`."""
        return ops.convert_to_tensor(self.patterns)

    @property
    def used(self):
        """Which slots hold a pattern, `(slots,)`."""
        return ops.arange(self.slots) < ops.convert_to_tensor(self.count)
