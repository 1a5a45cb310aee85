"""Patterns and cues are looked at before a memory gets them: shape, alphabet, NaN."""

import keras
import numpy as np

from rnnzoo.errors import unknown
from rnnzoo.pipelines import is_dataset


def check(memory, sides, alphabet):
    """Checks arrays of patterns or cues.

    Args:
        memory: a `Memory`.
        sides: name of a side -> its array, tensor, list or pandas object; None is left.
        alphabet: values that the elements may have; None for any real number.

    Returns:
        The sides, as arrays of the memory's dtype.

    Raises:
        ValueError: if one does not fit; the message says what would.
    """
    sides = {name: _array(name, v) for name, v in sides.items() if v is not None}
    for name, v in sides.items():
        _check_form(memory, name, v)
        if not np.isfinite(v).all():
            raise ValueError(_no_number(name))
        if not _spelled(v, alphabet):
            raise ValueError(_wrong_alphabet(name, alphabet, np.unique(v)))
    rows = {len(v) for v in sides.values()}
    if len(rows) > 1:
        raise ValueError("A pair has two sides; received " + " and ".join(
            f"{len(v)} of side {name}" for name, v in sides.items()) + ".")
    return {name: v.astype(memory.variable_dtype, copy=False)
            for name, v in sides.items()}


def to_store(memory, x, y):
    """What `fit` was given, checked; generators are left alone."""
    if is_dataset(x):
        parts = x.element_spec if isinstance(x.element_spec, tuple) else (0,)
        _check_number(memory, len(parts))
        return _checked_dataset(memory, x, [memory.alphabet] * 2), y
    if _generates(x):
        return x, y
    _check_number(memory, sum(v is not None for v in (x, y)))
    x, *y = check(memory, dict(zip(memory.sides, (x, y))), memory.alphabet).values()
    return x, y[0] if y else None


def cues(memory, x):
    """What `predict` was given, checked; generators are left alone."""
    if is_dataset(x):
        return _checked_dataset(memory, x, [memory.cue_alphabet])
    if _generates(x):
        return x
    side = next(iter(memory.sides))
    return check(memory, {side: x}, memory.cue_alphabet)[side]


def sides(memory, given, named, alphabet, least=None):
    """Arrays by the name of their side, checked: at least so many of them, or all."""
    names = list(memory.sides)
    for name in named:
        if name not in names:
            raise ValueError(unknown("side", name, names))
    found = {**dict(zip(names, given)), **named}
    found = {n: found[n] for n in names if found.get(n) is not None}
    if len(given) > len(names) or len(found) < (least or len(names)):
        raise ValueError(f'"{memory.name}" takes '
                         f"{(' or ' if least else ' and ').join(names)}; received "
                         f"{len(given) + len(named)} arrays.")
    return check(memory, found, alphabet)


def check_room(memory, wanted):
    """Refuses more patterns than a memory of a given size stores."""
    room = memory.room
    if room is not None and wanted > room:
        raise ValueError(
            f"{wanted} patterns do not fit into {room} slots; {room} is the most "
            f"that is stored. Build it with slots={wanted}, or forget some.")


def _checked_dataset(memory, dataset, alphabets):
    """A dataset with the same checks in it: of shapes now, of values as it is read.

    Args:
        memory: a `Memory`.
        dataset: of batches of what `fit` takes.
        alphabets: for each part of a batch.
    """
    import tensorflow as tf

    if int(dataset.cardinality()) == 0:
        raise ValueError("The dataset is empty; at least one batch is needed.")
    spec = dataset.element_spec
    names = list(memory.sides) if len(memory.sides) > 1 else ["x", "y"]
    widths = [*memory.sides.values()] * 2
    parts = spec if isinstance(spec, tuple) else (spec,)
    if not all(hasattr(part, "shape") for part in parts):
        raise ValueError("A dataset for a memory gives arrays or tuples of them; "
                         f"received {spec}.")
    for name, part, width in zip(names, parts, widths):
        _check_shape(memory, name, tuple(part.shape), width)

    def assert_values(*batch):
        asserts = []
        for name, v, alphabet in zip(names, batch, alphabets):
            v = tf.cast(v, memory.variable_dtype)
            asserts.append(tf.debugging.Assert(
                tf.reduce_all(tf.math.is_finite(v)), [_no_number(name)]))
            if alphabet:
                letters = tf.constant(alphabet, v.dtype)
                good = tf.reduce_all(tf.reduce_any(v[..., None] == letters, axis=-1))
                if 0 in alphabet:
                    good &= ~(tf.reduce_any(v == 0) & tf.reduce_any(v > 0)
                              & tf.reduce_all(v >= 0))
                asserts.append(tf.debugging.Assert(
                    good, [_wrong_alphabet(name, alphabet)]))
        with tf.control_dependencies(asserts):
            batch = tf.nest.map_structure(tf.identity, batch)
        return batch if len(batch) > 1 else batch[0]

    return dataset.map(assert_values)


def _generates(x):
    return isinstance(x, keras.utils.PyDataset) or hasattr(x, "__next__")


def _check_number(memory, given):
    """Whether so many arrays are the sides of the memory."""
    if given == len(memory.sides):
        return
    if len(memory.sides) > 1:
        raise ValueError(f'"{memory.name}" stores pairs: fit(a, b), or a dataset of '
                         f"pairs. Sides received: {given}.")
    raise ValueError(f'"{memory.name}" stores single patterns: fit(x). For pairs build '
                     f'"bam". Sides received: {given}.')


def _array(name, v):
    if is_dataset(v) or isinstance(v, dict):
        raise ValueError(f"{name} is a {type(v).__name__}; an array is needed here.")
    if hasattr(v, "to_numpy"):
        return v.to_numpy()
    return keras.ops.convert_to_numpy(v)


def _check_form(memory, name, v):
    if v.dtype.kind not in "biuf":
        raise ValueError(f"{name} holds {v.dtype}; memories take real numbers.")
    _check_shape(memory, name, v.shape, memory.sides[name])
    if not len(v):
        raise ValueError(f"{name} has shape {v.shape}; at least one row is needed.")


def _check_shape(memory, name, shape, width):
    if len(shape) != 2 or shape[1] not in (None, width):
        hint = f" For a single row give {name}[None]." if shape == (width,) else ""
        raise ValueError(f"{name} has shape {shape}; this {memory.name} memory takes "
                         f"(batch, {width}).{hint}")


def _spelled(v, alphabet):
    """Whether all elements are letters; and not 0 and 1, where 0 means unknown."""
    if alphabet is None:
        return True
    no_letters = (0 in alphabet and (v == 0).any() and (v > 0).any()
                  and not (v < 0).any())
    # Letter by letter, which is many times faster than np.isin.
    return np.logical_or.reduce([v == a for a in alphabet]).all() and not no_letters


def _no_number(name):
    return f"{name} holds numbers that are NaN or infinite; remove or replace them."


def _wrong_alphabet(name, alphabet, received=None):
    letters = "-1 and 1" + (", and 0 for unknown" if 0 in alphabet else "")
    some = "" if received is None else " such as " + ", ".join(
        f"{v:g}" for v in received[:3])
    return (f"{name} holds values{some}; this memory takes {letters}. Convert 0 and 1 "
            f"by 2 * {name} - 1.")
