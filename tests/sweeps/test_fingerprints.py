"""What a search was begun with is known again."""

import numpy as np
import pytest
import tensorflow as tf

from rnnzoo.sweeps import fingerprints
from rnnzoo.sweeps.fingerprints import checksum
from rnnzoo.sweeps.hypermodels import HyperRecipe

X = np.arange(40.0).reshape(20, 2)


def rows(x=X):
    return tf.data.Dataset.from_tensor_slices((x, x[:, 0]))


def test_data_of_a_recipe_that_change_are_noticed(recipe, tmp_path):
    hypermodel = HyperRecipe(recipe)
    before = hypermodel.checksum()
    assert before == HyperRecipe(recipe).checksum()
    path = tmp_path / "search.json"
    fingerprints.agree(path, {"data": {"checksum": before}})
    with pytest.raises(ValueError, match="checksum was .* and is 'other' now"):
        fingerprints.agree(path, {"data": {"checksum": "other"}})


def test_arrays_are_known_by_content_shape_and_type():
    found = {checksum([x]) for x in (X, X + 1, X.T, X.reshape(2, 20), X.astype(int))}
    assert len(found) == 5 and checksum([X]) in found
    assert checksum([X, None]) == checksum([X.copy(), None])


def test_a_shuffled_dataset_is_the_same_and_one_with_another_row_is_not():
    shuffled = rows().shuffle(20).batch(8)
    assert checksum([shuffled]) == checksum([shuffled])
    changed = X.copy()
    changed[-1, -1] += 1
    assert checksum([rows(changed).shuffle(20).batch(8)]) != checksum([shuffled])
    assert checksum([rows().batch(4)]) != checksum([rows().batch(8)])


def test_of_a_dataset_that_is_drawn_anew_the_form_counts():
    def drawn(x, y):
        return x + tf.random.uniform([], dtype=x.dtype), y

    assert checksum([rows().map(drawn)]) == checksum([rows().map(drawn)])
    assert checksum([rows().map(drawn).batch(4)]) != checksum([rows().map(drawn)])


def test_what_can_be_read_once_only_is_refused():
    with pytest.raises(ValueError, match="no generator"):
        checksum([iter([X])])
