"""The recurrence engine: the only loop over time, and the choice of how it is run.

    z, constants = cell.prepare(x)
    for t in range(time):
        y[t], states = cell(z[t], states, context=constants, product=matmul)

Five ways compute just this, with the same values and gradients. `plain` is the loop as
it stands, differentiated by the framework. `fast` takes out of the backward loop all
that need not be in it (`tapped.py`, `backward.py`). `compiled` is `fast` with the
recurrence, and only the recurrence, under XLA. `frozen` is that without what a gradient
needs, for kernels that do not learn (`frozen.py`). `whole` is to answer: all is under
XLA, what prepares the loop too, some of it within the loop (`projecting.py`,
`adding.py`). What a gradient needs of long sequences is kept in segments
(`segments.py`); lengths that vary are few shapes (`rungs.py`); two cores take half the
rows each (`halves.py`).
"""

from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple

import keras
from keras import ops, tree

from rnnzoo.errors import unknown
from rnnzoo.recurrence.generic import Unservable, scanned, single, unrolled

PATHS = ("auto", "plain", "fast", "compiled", "frozen", "whole")

_asked = ContextVar("path", default="auto")
_here = ContextVar("here", default=False)


class Path(NamedTuple):
    """A way to run the loop, and why it was chosen."""

    name: str
    reason: str


@contextmanager
def using(path):
    """Within it recurrences take this path, for comparisons and measurements.

    A cell that the path cannot serve takes the plain one all the same.

    Raises:
        ValueError: if the path is none of `PATHS`.
    """
    if path not in PATHS:
        raise ValueError(unknown("path", path, PATHS))
    token = _asked.set(path)
    try:
        yield
    finally:
        _asked.reset(token)


@contextmanager
def on_this_machine():
    """Within it graphs are made to be run on this machine, none to be exported.

    So recurrences may be compiled outside training too.
    """
    token = _here.set(True)
    try:
        yield
    finally:
        _here.reset(token)


def has_frozen_kernels(cell):
    """Whether some kernel of a built cell does not learn."""
    return any(len(w.shape) == 2 and not w.trainable for w in cell.weights)


def choose(*, training, frozen=False, unroll=False, eagerly=False, steps=None):
    """The `Path` that a recurrence takes on this machine, if its cell can take it.

    Args:
        training: whether gradients may be asked for.
        frozen: whether the cell `has_frozen_kernels`.
        unroll: whether the steps are to be written out.
        eagerly: whether operations run at once.
        steps: their number, None if it is known only when the graph runs.
    """
    if keras.backend.backend() != "tensorflow":
        return Path("plain", f"{keras.backend.backend()} compiles and differentiates "
                             "the plain loop well by itself")
    if _asked.get() != "auto":
        return Path(_asked.get(), f'asked for by using("{_asked.get()}")')
    if unroll:
        return Path("plain", "unroll=True asks for the steps to be written out")
    from rnnzoo.recurrence import tensorflow

    here = not training and _here.get()
    return Path(*tensorflow.best_path(
        training, eagerly, forgets=frozen and (training or here),
        whole=here and tensorflow.is_worth_compiling(steps)))


def run(cell, x, states, context=None, *, mask=None, unroll=False, training=False,
        **options):
    """Prepares sequences for a cell and runs it over them.

    Args:
        cell: a built `Cell`.
        x: `(batch, time, features)`, or a nest of such tensors.
        states: list of the states before the first step.
        context: nest of tensors `(batch, ...)`, for cells that take it.
        mask, unroll, training: as for `recur`.
        **options: further ones of `recur`.

    Returns:
        What `recur` returns.
    """
    path = _path(cell, x, unroll, training)
    if path.name != "whole":
        z, constants = cell.prepare(x, context, training)
        return recur(cell, z, states, constants, mask=mask, unroll=unroll,
                     training=training, **options)
    from rnnzoo.recurrence import tensorflow

    def run_prepared(x, states, context, mask):
        reader, z, constants = tensorflow.prepared(cell, x, states, context, training)
        return recur(reader, z, states, constants, mask=mask, unroll=unroll,
                     training=training, **options)

    return tensorflow.as_one(run_prepared, x, states, context, mask)


def recur(cell, z, states, constants, *, mask=None, go_backwards=False, unroll=False,
          zero_output_for_mask=False, training=False):
    """Runs a cell over time.

    Args:
        cell: a built `Cell`.
        z, constants: what `cell.prepare` returned, tensors `(batch, time, ...)`.
        states: list of the states before the first step.
        mask: boolean `(batch, time)` or None. A masked step leaves the states alone.
        go_backwards: whether to start at the end; outputs come in the order computed.
        unroll: whether to write the steps out instead of looping.
        zero_output_for_mask: whether a masked step shows zeros instead of the output
            before it.
        training: whether gradients will be asked for.

    Returns:
        Outputs `(batch, time, ...)` and the list of last states.
    """
    if unroll and tree.flatten(z)[0].shape[1] == 1:
        return single(cell, z, list(states), constants, mask)
    path = _path(cell, z, unroll, training)
    z = tree.map_structure(lambda v: ops.swapaxes(v, 0, 1), z)
    mask = None if mask is None else ops.swapaxes(ops.cast(mask, "bool"), 0, 1)
    if go_backwards:
        z = tree.map_structure(lambda v: ops.flip(v, 0), z)
        mask = None if mask is None else ops.flip(mask, 0)
    try:
        y, states = _loop(path.name, unroll)(cell, z, list(states), constants, mask)
    except Unservable:
        y, states = _loop("plain", unroll)(cell, z, list(states), constants, mask)
    if mask is not None:
        if not zero_output_for_mask:
            y = hold(y, mask)
        else:
            y = ops.where(_like(mask, y), y, ops.zeros_like(y))
    return ops.swapaxes(y, 0, 1), states


def objection(cell):
    """Why a built cell cannot take the fast path; empty if it can.

    Only a cell that reads one tensor and no context can be asked; of others it is found
    out when they run.
    """
    from rnnzoo.recurrence import tensorflow

    return tensorflow.objection(cell)


def hold(y, mask):
    """At masked steps the last unmasked output, zeros before the first.

    Args:
        y: outputs `(time, batch, ...)`.
        mask: boolean `(time, batch)`.
    """
    time, batch = ops.shape(mask)[0], ops.shape(mask)[1]
    steps = ops.arange(time)[:, None]
    seen = ops.cumsum(ops.cast(mask, "int32"), axis=0)
    unmasked_steps = ops.sort(ops.where(mask, steps, steps + time), axis=0)
    last = ops.take_along_axis(unmasked_steps, ops.maximum(seen - 1, 0), axis=0) % time
    rows = ops.reshape(y, (-1, *y.shape[2:]))
    held = ops.take(rows, last * batch + ops.arange(batch), axis=0)
    return ops.where(_like(seen > 0, y), held, ops.zeros_like(held))


def _path(cell, sequences, unroll, training):
    return choose(training=training, frozen=has_frozen_kernels(cell), unroll=unroll,
                  eagerly=_eagerly(), steps=tree.flatten(sequences)[0].shape[1])


def _eagerly():
    if keras.backend.backend() != "tensorflow":
        return False
    import tensorflow as tf

    return tf.executing_eagerly()


def _like(mask, v):
    """The mask with as many axes as `v`."""
    missing = len(v.shape) - len(mask.shape)
    return ops.reshape(mask, (*ops.shape(mask), *[1] * missing))


def _loop(path, unroll):
    if unroll:
        return unrolled
    if keras.backend.backend() != "tensorflow":
        return scanned
    from rnnzoo.recurrence import tensorflow

    return getattr(tensorflow, path)
