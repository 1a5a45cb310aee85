"""How what a problem draws is dealt to the splits of a TFDS dataset."""

import itertools

import numpy as np

SEED, SEED_LONGER = 0, 1


def splits(problem, length=None, size=None, **options):
    """Rows of a problem for each split: name -> `(x, y)`.

    The first three are one draw: of every ten different sequences with the same label
    (with any target, where there is one a step), in the order of their first
    appearance, the second is for validation, the third for the test and the rest is
    for training. So no sequence is in two splits, though one may occur several times
    in its own where there are few. In the split `longer` the length is greater than in
    all of these.

    Args:
        problem: a `Problem`.
        length: of the sequences; by default the problem's.
        size: number of sequences for training; by default the problem's. Each other
            split has a tenth of it.
        **options: of the problem.

    Raises:
        ValueError: there are too few different sequences of this length.
    """
    length, size = length or problem.length, size or problem.size
    sizes = {"train": size, "validation": size // 10, "test": size // 10}
    for drawn in (int(1.4 * size) << k for k in range(6)):
        x, y = problem.sample(drawn, length, SEED, **options)
        rows = deal(x, y)
        if all(len(rows[split]) >= count for split, count in sizes.items()):
            break
    else:
        raise ValueError(f"{problem.name}: there are too few different sequences of "
                         f"length {length} for three splits; choose a greater length.")
    found = {split: (x[rows[split][:count]], y[rows[split][:count]])
             for split, count in sizes.items()}
    longer = longer_length(problem, length)
    if longer:
        if "shortest" in problem.options:
            options = {**options, "shortest": length + 1}
        found["longer"] = problem.sample(size // 10, longer, SEED_LONGER, **options)
    return found


def longer_length(problem, length):
    """The length in the split `longer`; None if there is no such split."""
    if problem.longer is None:
        return None
    longer = length * problem.longer // problem.length
    longer = min(longer, problem.most or longer)
    return longer if longer > length else None


def deal(x, y):
    """Row numbers of each split, so that equal rows of `x` go to the same one."""
    labels = y if y.ndim == 1 else np.zeros(len(y), int)
    numbers = {label: itertools.count() for label in set(labels.tolist())}
    dealt, rows = {}, {"train": [], "validation": [], "test": []}
    for row, label in enumerate(labels.tolist()):
        key = x[row].tobytes()
        if key not in dealt:
            place = next(numbers[label]) % 10
            dealt[key] = {1: "validation", 2: "test"}.get(place, "train")
        rows[dealt[key]].append(row)
    return rows
