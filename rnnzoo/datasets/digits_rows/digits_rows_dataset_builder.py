"""The digits of scikit-learn as sequences: nothing is downloaded."""

import collections

import numpy as np
import tensorflow_datasets as tfds
from sklearn.datasets import load_digits


class Builder(tfds.core.GeneratorBasedBuilder):
    """Images of 8 x 8 pixels as 8 steps of 8 brightnesses in 0..1, and their digit.

    The splits are fixed and stratified: in the order of the source, of every ten
    images of a digit two are for the test, one is for validation, seven for training.
    """

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "First."}

    def _info(self):
        return self.dataset_info_from_configs(
            features=tfds.features.FeaturesDict({
                "x": tfds.features.Tensor(shape=(8, 8), dtype=np.float32),
                "y": tfds.features.ClassLabel(num_classes=10),
            }),
            supervised_keys=("x", "y"),
            homepage="https://archive.ics.uci.edu/dataset/80",
        )

    def _split_generators(self, _):
        images, labels = load_digits(return_X_y=True)
        split = {0: "test", 1: "test", 2: "validation"}
        rows = collections.defaultdict(list)
        seen = collections.Counter()
        for row, label in enumerate(labels):
            rows[split.get(seen[label] % 10, "train")].append(row)
            seen[label] += 1
        x = (images / 16).astype(np.float32).reshape(-1, 8, 8)
        return {
            name: self._generate_examples(x, labels, rows[name])
            for name in ("train", "validation", "test")
        }

    def _generate_examples(self, x, y, rows):
        for row in rows:
            yield row, {"x": x[row], "y": y[row]}
