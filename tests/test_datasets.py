import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
import tensorflow_datasets as tfds
from sklearn.datasets import load_digits

from rnnzoo import datasets
from rnnzoo.datasets.real import DigitsRows

SIZES = {"train": 1248, "validation": 181, "test": 368}


class DigitsRowsTest(tfds.testing.DatasetBuilderTestCase):
    DATASET_CLASS = DigitsRows
    SPLITS = SIZES
    EXAMPLE_DIR = str(Path(__file__).parent)  # nothing is read from it


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    return datasets.prepare("digits_rows", folder=tmp_path_factory.mktemp("data"))


def rows_of(batches):
    return [(x.tobytes(), int(y)) for x, y in batches.unbatch().as_numpy_iterator()]


def test_the_splits_are_the_digits_of_scikit_learn_once_each(digits):
    images, labels = load_digits(return_X_y=True)
    rows = (images / 16).astype("float32").reshape(-1, 8, 8)
    found = [
        row for split in SIZES
        for row in rows_of(datasets.batches(datasets.examples(digits, split), 100))
    ]
    assert sorted(found) == sorted((x.tobytes(), int(y)) for x, y in zip(rows, labels))


def test_batches_do_not_tune_themselves(digits):
    rows = datasets.examples(digits, "validation")
    epochs, _ = datasets.epochs(rows, 100, 0, 0, 2)
    for batches in (datasets.batches(rows, 100), epochs):
        assert batches.options().autotune.enabled is False


def test_the_splits_hold_every_digit_in_the_same_proportion(digits):
    counts = [
        np.bincount([y for _, y in rows_of(datasets.examples(digits, split).batch(9))])
        for split in SIZES
    ]
    assert np.ptp(counts[2] / np.sum(counts, axis=0)) < 0.01


def test_an_epoch_has_every_row_once_in_an_order_of_its_own(digits):
    rows = datasets.examples(digits, "validation")
    batches, steps = datasets.epochs(rows, 50, 3, 0, 2)
    assert batches.cardinality() == 2 * steps == 8
    order = rows_of(batches)
    first, second = order[:181], order[181:]
    assert sorted(first) == sorted(second) == sorted(rows_of(rows.batch(181)))
    assert first != second


def test_the_order_follows_from_seed_and_epoch_alone(digits):
    def order(seed, first, last, global_seed):
        tf.random.set_seed(global_seed)
        rows = datasets.examples(digits, "validation")
        return rows_of(datasets.epochs(rows, 50, seed, first, last)[0])

    whole = order(3, 0, 4, global_seed=1)
    assert order(3, 2, 4, global_seed=2) == whole[2 * 181:]
    assert order(4, 0, 4, global_seed=1) != whole


def words(epochs, of):
    """Epochs of made-up sentences, a word of which occurs as often as its id says."""
    ids = np.random.default_rng(0).permutation(np.repeat(np.arange(of), np.arange(of)))
    rows = tf.data.Dataset.from_tensor_slices((ids.reshape(-1, 5), ids.reshape(-1, 5)))
    batches, _ = datasets.epochs(rows, 7, 3, *epochs, word_dropout=2)
    return list(batches.unbatch().as_numpy_iterator())


def test_rare_words_are_dropped_in_proportion():
    x, y = (np.concatenate(v) for v in zip(*words((0, 300), of=10)))
    assert set(x[x != y]) == {1}
    for count in range(2, 10):
        share, expected = np.mean(x[y == count] == 1), 2 / (2 + count)
        spread = np.sqrt(expected * (1 - expected) / np.sum(y == count))
        assert abs(share - expected) < 4 * spread


def test_which_words_are_dropped_follows_from_seed_and_epoch_alone():
    whole = words((0, 4), of=10)
    np.testing.assert_array_equal(words((2, 4), of=10), whole[len(whole) // 2:])
    first, second = whole[:9], whole[9:18]
    dropped = [sorted((*y, *x) for x, y in epoch) for epoch in (first, second)]
    assert dropped[0] != dropped[1]


def test_fit_makes_exactly_the_steps_that_there_are(digits):
    rows = datasets.examples(digits, "validation")
    batches, steps = datasets.epochs(rows, 50, seed=3, first=1, last=4)
    model = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(10)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss)
    model.fit(batches, validation_data=datasets.batches(rows, 50), initial_epoch=1,
              epochs=4, steps_per_epoch=steps, shuffle=False, verbose=0)
    assert model.optimizer.iterations == 3 * steps


def test_sequences_of_a_batch_are_padded_to_the_longest():
    lengths = tf.data.Dataset.from_tensor_slices([1, 3, 2])
    rows = lengths.map(lambda n: (tf.ones((n, 2)), n))
    x, y = next(iter(datasets.batches(rows, 3)))
    np.testing.assert_array_equal(np.sum(x, axis=(1, 2)), [2, 6, 4])
    assert x.shape == (3, 3, 2) and y.shape == (3,)


def test_unknown_datasets_and_splits_are_answered_with_the_nearest(digits):
    with pytest.raises(ValueError, match="Did you mean 'digits_rows'"):
        datasets.prepare("digit_rows")
    with pytest.raises(ValueError, match="Did you mean 'validation'"):
        datasets.examples(digits, "valid")


def test_an_empty_split_is_refused(digits, monkeypatch):
    monkeypatch.setattr(type(digits.info.splits["test"]), "num_examples", 0)
    with pytest.raises(ValueError, match="test split of digits_rows has no examples"):
        datasets.examples(digits, "test")


def test_processes_prepare_the_same_data_at_the_same_time(tmp_path):
    script = (
        "import sys; from rnnzoo import datasets as d; input('ready');"
        "b = d.prepare('digits_rows', folder=sys.argv[1]);"
        "print(len(d.examples(b, 'test')))"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    both = [subprocess.Popen(command, text=True, **pipes) for _ in range(2)]
    for process in both:
        process.stdout.read(len("ready"))
    for process in both:
        process.stdin.write("\n")
        process.stdin.flush()
    outputs = [process.communicate()[0].split()[-1] for process in both]
    assert outputs == ["368", "368"]
