"""The digits of scikit-learn as sequences: nothing is downloaded."""

import collections

import numpy as np
import tensorflow_datasets as tfds
from sklearn.datasets import load_digits

from rnnzoo.datasets.builders import Builder


class DigitsRows(Builder):
    """Handwritten digits, read row by row.

    Images of 8 x 8 pixels as 8 steps of 8 brightnesses in 0..1, and their digit: the
    1,797 images of scikit-learn's `load_digits`.

    The splits are fixed and stratified: in the order of the source, of every ten
    images of a digit two are for the test, one is for validation, seven for training.

    Reference:
        E. Alpaydin, C. Kaynak, "Optical recognition of handwritten digits", UCI Machine
        Learning Repository, 1998, https://archive.ics.uci.edu/dataset/80.
    """

    def features(self):
        return (tfds.features.Tensor(shape=(8, 8), dtype=np.float32),
                tfds.features.ClassLabel(num_classes=10))

    def rows(self, folder):
        images, labels = load_digits(return_X_y=True)
        split = {0: "test", 1: "test", 2: "validation"}
        rows = collections.defaultdict(list)
        seen = collections.Counter()
        for row, label in enumerate(labels):
            rows[split.get(seen[label] % 10, "train")].append(row)
            seen[label] += 1
        x = (images / 16).astype(np.float32).reshape(-1, 8, 8)
        return {name: (x[rows[name]], labels[rows[name]], rows[name])
                for name in ("train", "validation", "test")}
