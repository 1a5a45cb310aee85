"""TFDS' own test of a builder."""

import functools
from unittest import mock

import tensorflow_datasets as tfds


class Case(tfds.testing.DatasetBuilderTestCase):
    """TFDS' test case, whose builders make the dataset of a split once.

    It asks for each four times, and to make one takes longer than all else it does.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        once = functools.cache(cls.DATASET_CLASS.as_dataset)
        cls.enterClassContext(mock.patch.object(
            cls.DATASET_CLASS, "as_dataset", lambda builder, split: once(builder, split)
        ))
