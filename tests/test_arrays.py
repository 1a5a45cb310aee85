"""Arrays given to `fit`, `evaluate` and `predict` as datasets."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from rnnzoo.models.arrays import as_datasets

X = np.arange(10.0).reshape(5, 2, 1)
LABELS = np.arange(5)


def read(dataset):
    return [[v.numpy() for v in batch] for batch in dataset]


def test_batches_hold_the_rows_in_order_floats_as_keras_takes_them():
    options = as_datasets({"x": X, "y": LABELS, "batch_size": 2, "verbose": 0})
    (x, y), *_, (last, _) = batches = read(options.pop("x"))
    assert options == {"verbose": 0} and len(batches) == 3
    np.testing.assert_array_equal(x, X[:2])
    np.testing.assert_array_equal(y, LABELS[:2])
    np.testing.assert_array_equal(last, X[4:])
    assert (x.dtype, y.dtype) == ("float32", LABELS.dtype)


def test_every_epoch_has_an_order_of_its_own_that_the_global_seed_governs():
    def two_epochs():
        keras.utils.set_random_seed(7)
        data = as_datasets({"x": np.arange(20), "batch_size": 20}, shuffle=True)["x"]
        return [list(read(data)[0][0]) for _ in range(2)]

    first, second = two_epochs()
    assert first != second
    assert sorted(first) == sorted(second) == list(range(20))
    assert two_epochs() == [first, second]
    plain = as_datasets({"x": np.arange(20), "shuffle": False}, shuffle=True)["x"]
    assert list(read(plain)[0][0]) == list(range(20))


def test_validation_data_have_batches_of_their_own():
    later = as_datasets({"x": X, "y": LABELS, "batch_size": 5,
                         "validation_data": (X, LABELS, None),
                         "validation_batch_size": 3})["validation_data"]
    assert [len(x) for x, _ in read(later)] == [3, 2]


def test_no_dataset_tunes_itself():
    assert as_datasets({"x": X})["x"].options().autotune.enabled is False


@pytest.mark.parametrize("options", [
    {"x": tf.constant(X)}, {"x": None}, {"x": X, "sample_weight": LABELS},
    {"x": X, "validation_split": 0.2}, {"x": X, "steps_per_epoch": 1},
    {"x": X, "shuffle": "batch"}, {"x": {"a": X}}])
def test_all_else_is_left_to_keras(options):
    assert as_datasets(options) is options
