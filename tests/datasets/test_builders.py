"""Every problem is a TFDS dataset that passes TFDS' own test."""

import dataclasses
from unittest import mock

import tensorflow_datasets as tfds

from rnnzoo import datasets
from rnnzoo.datasets import problems

SIZE = 40


def case(problem):
    """TFDS' test case for a problem, with few sequences."""
    sizes = {"train": SIZE, "validation": SIZE // 10, "test": SIZE // 10}
    if problem.longer:
        sizes["longer"] = SIZE // 10

    class Case(tfds.testing.DatasetBuilderTestCase):
        DATASET_CLASS = tfds.builder_cls(problem.name)
        SPLITS = sizes
        EXAMPLE_DIR = "."       # nothing is read from it

        def setUp(self):
            small = dataclasses.replace(problem, size=SIZE)
            patch = mock.patch.object(self.DATASET_CLASS, "problem", small)
            patch.start()
            self.addCleanup(patch.stop)
            super().setUp()

    Case.__name__ = Case.__qualname__ = f"Test_{problem.name}"
    return Case


globals().update({f"Test_{name}": case(datasets.info(name))
                  for name in problems.names()})
