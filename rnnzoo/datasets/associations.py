"""What a memory stores, and the cues it is asked by, drawn anew for every seed."""

from types import SimpleNamespace

import numpy as np
import tensorflow as tf

from rnnzoo.datasets import problems


class Associations:
    """A problem of the associative family, in the place of a prepared TFDS dataset.

    The split `train` has each pattern, or pair of patterns, once and without damage;
    `test` has cues, and what they should call. Both follow from the seed.

    Args:
        name: of the problem.
        seed: integer that governs patterns and cues.
        size: number of cues; by default one for each pattern.
        **options: `length`, and those of the problem.

    Raises:
        ValueError: the problem is none of patterns, or does not have an option.
    """

    def __init__(self, name, seed, *, size=None, **options):
        problem = problems.info(name)
        if "corruption" not in problem.options:
            found = [n for n in problems.names()
                     if "corruption" in problems.info(n).options]
            raise ValueError(f"A memory stores the patterns of {', '.join(found)}; "
                             f"{name} has none. Choose another data.dataset.")
        x, y = problem.sample(problem.size, seed=seed, **{**options, "corruption": 0})
        count = len(np.unique(x, axis=0))
        cues, answers = problem.sample(size or count, seed=seed, **options)
        alone = x.shape[-1] == y.shape[-1] and np.array_equal(x[:, 0], y)
        self.name = name
        self.info = SimpleNamespace(splits={
            "train": y[:count] if alone else (x[:count, 0], y[:count]),
            "test": (cues[:, 0], answers)})

    def examples(self, split):
        """The rows of a split, or of `split[:1]`, as `datasets.examples` has them."""
        split, part, _ = split.partition("[:1]")
        rows = tf.data.Dataset.from_tensor_slices(self.info.splits[split])
        return rows.take(1) if part else rows
