"""What a search was begun with, so that it never goes on as another one."""

import hashlib
import itertools
import json

import numpy as np
import tensorflow as tf

from rnnzoo import files

AT_MOST = 100_000       # rows of a dataset that are read


def agree(path, facts, write=True):
    """Compares facts with those that are on disk, and adds what is not there yet.

    Args:
        path: of the JSON file.
        facts: plain data; subject -> name -> value. Subjects may come later.
        write: whether to add.

    Raises:
        ValueError: something has changed; says what.
    """
    facts = json.loads(json.dumps(facts))
    known = json.loads(path.read_text()) if path.exists() else {}
    changes = [
        f"{name} was {_said(known[subject], name)} and is {_said(values, name)} now"
        for subject, values in facts.items() if subject in known
        for name in {**known[subject], **values}
        if known[subject].get(name) != values.get(name)]
    if changes:
        raise ValueError(f"The search in {path.parent} was another one: "
                         f"{'; '.join(changes)}. Give it the same values, and it goes "
                         "on; or begin another in another folder, by out.")
    if write and not facts.keys() <= known.keys():
        with files.replacing(path) as aside:
            aside.write_text(json.dumps(known | facts, indent=1) + "\n")


def checksum(values):
    """A text that follows from what arrays and datasets hold.

    Of a `tf.data.Dataset` its form counts, and the first 100,000 rows, whatever their
    order, as it may be shuffled; but of one that has other rows each time, as where
    they are drawn at random, its form only.

    Args:
        values: list of arrays, of `tf.data.Dataset`, or None.

    Raises:
        ValueError: a value is something else, which cannot be read more than once.
    """
    found = hashlib.sha256()
    for value in values:
        if isinstance(value, tf.data.Dataset):
            form = value.element_spec, int(value.cardinality())
            rows = _rows(value)
            found.update(repr((form, rows if rows == _rows(value) else None)).encode())
        elif value is not None:
            value = np.ascontiguousarray(value)
            if value.dtype == object:
                raise ValueError("Every trial reads the data anew: give `search` "
                                 "arrays or a tf.data.Dataset, no generator.")
            found.update(repr((value.shape, value.dtype)).encode())
            found.update(value.tobytes())
    return found.hexdigest()


def _rows(dataset):
    """Sum of the checksums of the rows, which is the same in any order."""
    found = 0
    rows = itertools.chain.from_iterable(
        zip(*map(np.atleast_1d, tf.nest.flatten(batch)))
        for batch in dataset.as_numpy_iterator())
    for row in itertools.islice(rows, AT_MOST):
        text = b"".join(np.ascontiguousarray(part).tobytes() for part in row)
        found += int.from_bytes(hashlib.sha256(text).digest())
    return found % 2**256


def _said(values, name):
    return repr(values[name]) if name in values else "not there"
