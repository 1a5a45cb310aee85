"""What every associative memory shares: storing, the loop of recall, configuration."""

from numbers import Integral, Real
from typing import NamedTuple

import keras
from keras import ops

from rnnzoo.configuration import Configured

NEAR = 1e-2     # what is no farther from a pattern, in any element, is the pattern


class Recall(NamedTuple):
    """What a memory answers to cues.

    Attributes:
        states: what was recalled, `(batch, units)`.
        steps: number of steps that changed something, `(batch,)`.
        converged: whether another step would change nothing, `(batch,)`.
    """

    states: object
    steps: object
    converged: object


class Capacity(NamedTuple):
    """How many patterns a memory holds, and the rule that says so, in words."""

    patterns: float
    rule: str


class Memory(Configured, keras.layers.Layer):
    """A network that stores patterns and, from a cue, settles into one of them.

    A subclass keeps each constructor argument in an attribute of the same name, makes
    its weights in `build` by `weight`, says what its `capacity` is, and defines

    - `write(*patterns)` and `erase(*patterns)`: put patterns `(batch, units)` into the
      weights, or take them out again, the second returning how many;
    - `step(*states)`: the tuple of what the states become, all units at once;
    - `measure(*states)`: their energy, `(batch,)`.

    Where one step of recall is something else than all units at once it also defines
    `advance(states, k, drawn)`, the step with number `k`; `drawn` is what was random,
    given by `draw(states)` before the first step. Where recall works on something else
    than the states, `enter` and `leave` are the ways in and out. Storing, settling
    until nothing changes, saving, serving and `rnnzoo.build` follow from these.

    Memories compute in the dtype of their weights: what settles should not be disturbed
    by rounding. What is recalled has the compute dtype.

    Args:
        max_steps: steps after which recall gives up.
        tolerance: largest change of an element that counts as none.
        **kwargs: Keras' `name`, `dtype`.

    Attributes:
        alphabet: values of a pattern's elements; None for any real number.
        cue_alphabet: values of a cue's elements.
        descends: whether energy never rises along recall.
        restless: whether recall takes all its steps, because noise goes on.
    """

    alphabet = (-1, 1)
    cue_alphabet = (-1, 0, 1)
    descends = True
    restless = False
    tolerance = 0.0

    def __init__(self, *, max_steps, **kwargs):
        kwargs.pop("trainable", None)       # there is nothing that a gradient trains
        super().__init__(autocast=False, **kwargs)
        self.max_steps = whole(max_steps, "max_steps")

    @property
    def sides(self):
        """Name -> width of what is put in and comes out."""
        return {"x": self.units}

    @property
    def capacity(self):
        """The `Capacity`; None where nothing that can be counted limits it."""

    @property
    def room(self):
        """How many patterns can be stored at all; None for any number."""

    def weight(self, name, *shape, initializer="zeros", dtype=None):
        """Adds a weight that storing changes, and no gradient."""
        return self.add_weight(name=name, shape=shape, initializer=initializer,
                               dtype=dtype, trainable=False, autocast=False,
                               aggregation="only_first_replica")

    def build(self, input_shape=None):
        self.count = self.weight("count", dtype="int32")

    # What a memory is for

    def store(self, *patterns):
        """Adds patterns, one `(batch, width)` a side, to those that are stored."""
        patterns = self._received(patterns)
        self.write(*patterns)
        self.count.assign(self.count + ops.shape(patterns[0])[0])

    def forget(self, *patterns):
        """Takes stored patterns out again.

        Raises:
            NotImplementedError: if storing cannot be undone here.
        """
        gone = self.erase(*self._received(patterns))
        self.count.assign(self.count - gone)

    def recall(self, x):
        """Lets the memory settle from cues `(batch, units)`; returns a `Recall`."""
        states, steps, converged = self.settle(self._received((x,)))
        return Recall(ops.cast(states[0], self.compute_dtype), steps, converged)

    def energy(self, *states, **sides):
        """Energy of states, one `(batch, width)` a side, in order or by name."""
        states = states or [sides[name] for name in self.sides]
        return self.measure(*self._received(states))

    def stable(self, *patterns):
        """Whether a step leaves the patterns where they are, `(batch,)`."""
        patterns = self._received(patterns)
        return ops.logical_not(differ(self.step(*patterns), patterns, NEAR))

    def call(self, cues):
        return self.recall(cues).states

    def compute_output_shape(self, input_shape):
        return input_shape

    # How recall proceeds

    def enter(self, *states):
        """States as recall works on them; `leave` takes them back."""
        return states

    def leave(self, *states):
        return states

    def draw(self, states):
        """All that is random in one recall."""
        return None         # AutoGraph cannot read a body without a statement

    def advance(self, states, k, drawn):
        """The states after step `k` of recall; steps are counted from 0."""
        return self.step(*states)

    def settle(self, states):
        """Takes steps until no row of the batch changes.

        A row that is back where it was two steps ago has entered a cycle, which the
        synchronous dynamics of symmetric weights may; it is left there, not converged.

        Returns:
            The states, the steps of each row and whether it converged.
        """
        states = self.enter(*states)
        drawn = self.draw(states)

        def body(k, states, before, steps, going, converged):
            new = self.advance(states, k, drawn)
            changed = going & differ(new, states, self.tolerance)
            steps = steps + ops.cast(changed, "int32")
            if self.restless:
                return k + 1, new, states, steps, going, converged
            new = tuple(ops.where(changed[:, None], n, s) for n, s in zip(new, states))
            # Where energy never rises nothing comes back.
            moving = changed if self.descends else (
                changed & differ(new, before, self.tolerance))
            return k + 1, new, states, steps, moving, converged | going & ~changed

        steps = ops.zeros_like(states[0][:, 0], dtype="int32")
        going = ops.equal(steps, 0)
        nowhere = tuple(ops.full_like(s, float("inf")) for s in states)
        _, states, _, steps, _, converged = ops.while_loop(
            lambda k, states, before, steps, going, converged: ops.any(going), body,
            (0, states, nowhere, steps, going, ~going),
            maximum_iterations=self.max_steps)
        states = self.leave(*states)
        return states, steps, self.stable(*states) if self.restless else converged

    def trace(self, *cues, steps=None):
        """All states on the way from the cues, and their energies.

        Args:
            *cues: one `(batch, width)` a side.
            steps: how many; by default until no row changes, or `max_steps`.

        Returns:
            A list of tuples of states, and a tensor `(steps + 1, batch)`.
        """
        path = [self._received(cues)]
        states = self.enter(*path[0])
        drawn = self.draw(states)
        for k in range(steps or self.max_steps):
            new = self.advance(states, k, drawn)
            if not steps and not ops.any(differ(new, states, self.tolerance)):
                break
            states = new
            path.append(self.leave(*states))
        return path, ops.stack([self.measure(*states) for states in path])

    def _received(self, values):
        """Values of all sides, or of those there are, as tensors of the weights' dtype.

        Raises:
            ValueError: if their number or a width is not the memory's.
        """
        if not self.built:
            self.build()
            self.built = True
        sides = list(self.sides.items())[:len(values)]
        shapes = [tuple(getattr(v, "shape", ops.shape(v))) for v in values]
        if len(values) > len(self.sides) or any(
                len(s) != 2 or s[1] != width for s, (_, width) in zip(shapes, sides)):
            wanted = ", ".join(f"{n} (batch, {width})" for n, width in sides)
            raise ValueError(f"{type(self).__name__} takes {wanted}; received shapes "
                             f"{', '.join(map(str, shapes))}.")
        return tuple(ops.cast(v, self.variable_dtype) for v in values)


def differ(new, old, tolerance):
    """Rows in which any element of any side has moved farther than the tolerance."""
    moved = [ops.any(ops.abs(n - o) > tolerance, axis=-1) for n, o in zip(new, old)]
    return ops.any(ops.stack(moved), axis=0)


def whole(value, name="units"):
    """Checks a number of things; NumPy's integers become Python's.

    Raises:
        ValueError: if it is no positive integer.
    """
    if isinstance(value, bool) or not isinstance(value, Integral) or value < 1:
        raise ValueError(f"`{name}` is a positive integer; received {value!r}.")
    return int(value)


def positive(**numbers):
    """Raises ValueError for a number that is not positive."""
    for name, value in numbers.items():
        if not isinstance(value, Real) or not value > 0:
            raise ValueError(f"`{name}` is positive; received {value!r}.")
