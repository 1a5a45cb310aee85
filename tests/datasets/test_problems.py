"""What holds for every problem: form, seeds, splits, documentation, errors."""

import inspect

import numpy as np
import pytest

import rnnzoo
from rnnzoo import datasets
from rnnzoo.datasets import problems
from rnnzoo.datasets.splits import splits
from rnnzoo.models import checks

NAMES = problems.names()
VERDICTS = [n for n in NAMES if datasets.info(n).labels == ("rejected", "accepted")]


def rows_of(x):
    """The sequences, without padding."""
    if x.dtype.kind == "i":
        return [row[:np.count_nonzero(row)].tobytes() for row in x]
    return [row.tobytes() for row in x]


def steps(x):
    return x.shape[1] * np.ones(len(x)) if x.ndim == 3 else np.count_nonzero(x, axis=1)


@pytest.mark.parametrize("name", NAMES)
def test_the_same_seed_draws_the_same_bits(name):
    one, again, other = (datasets.sample(name, 5, seed=s) for s in (3, 3, 4))
    assert all(a.tobytes() == b.tobytes() for a, b in zip(one, again))
    assert one[0].tobytes() != other[0].tobytes()


@pytest.mark.parametrize("name", NAMES)
def test_a_network_of_the_stated_kind_takes_the_data(name):
    problem = datasets.info(name)
    x, y = datasets.sample(name, 20, seed=1)
    network = rnnzoo.build("elman", units=1, **problem.network)
    checks.check(network, x, y)
    for ids, of in ((problem.ids, x), (problem.target_ids, y)):
        assert of.dtype == np.int32 if ids else of.dtype.kind == "f"


def test_the_names_of_ids_are_known_of_prepared_data_too(tmp_path):
    for name, found in {
        "parity": (("padding", "0", "1"), ("even", "odd")),
        "reversal": (datasets.info("reversal").ids,) * 2,
        "narma10": (None, None),
        "digits_rows": (None, None),
    }.items():
        options = {} if name == "digits_rows" else {"size": 30, "length": 12}
        builder = datasets.prepare(name, folder=tmp_path, **options)
        assert datasets.symbols(builder) == found


@pytest.mark.parametrize("name", [n for n in NAMES if datasets.info(n).ids])
def test_padding_comes_last_and_has_no_targets(name):
    x, y = datasets.sample(name, 50, seed=2)
    assert (np.diff(x != 0) <= (x[:, :-1] != 0)).all()
    assert x[:, 0].all()
    if y.ndim > 1:
        np.testing.assert_array_equal(x == 0, y == 0)


@pytest.mark.parametrize("name", NAMES)
def test_no_sequence_is_in_two_splits(name):
    found = splits(datasets.info(name), size=60)
    assert [len(x) for x, _ in found.values()][:3] == [60, 6, 6]
    sets = [set(rows_of(x)) for x, _ in found.values()]
    assert len(set.union(*sets)) == sum(map(len, sets))
    assert ("longer" in found) == (datasets.info(name).longer is not None)
    if "longer" in found:
        assert steps(found["longer"][0]).mean() > 1.5 * steps(found["train"][0]).mean()


@pytest.mark.parametrize("name", VERDICTS)
def test_half_of_the_words_are_accepted_and_every_split_has_both_kinds(name):
    assert datasets.sample(name, 301)[1].sum() == 150
    for _, y in splits(datasets.info(name)).values():
        assert 0.25 < y.mean() < 0.75


@pytest.mark.parametrize("name", NAMES)
def test_the_smallest_length_has_no_empty_sequence(name):
    problem = datasets.info(name)
    x, y = problem.sample(20, problem.least)
    assert steps(x).min() >= 1 and np.isfinite(x).all() and np.isfinite(y).all()


def test_splits_come_from_sample():
    x, y = splits(datasets.info("adding"), length=9, size=20)["longer"]
    sample = datasets.sample("adding", 2, 36, seed=1)
    np.testing.assert_array_equal(x, sample[0])
    np.testing.assert_array_equal(y, sample[1])


def test_too_few_sequences_for_three_splits_are_refused():
    with pytest.raises(ValueError, match="too few different sequences of length 2"):
        splits(datasets.info("anbn"), length=2)


@pytest.mark.parametrize("name", NAMES)
def test_a_problem_is_defined_and_has_a_source(name):
    problem = datasets.info(name)
    assert problem.summary.endswith((".", "?"))
    assert "\nReturns:\n" in problem.description
    assert problem.reference
    assert all(f"`{option}" in problem.description for option in problem.options)
    assert problem.task in str(problem) and problem.summary in str(problem)


def test_the_index_names_every_dataset():
    assert all(f"`{name}`" in inspect.getdoc(datasets) for name in datasets.names())


@pytest.mark.parametrize("arguments, message", [
    (["ading", 3], "Did you mean 'adding'"),
    (["csv_series", 3], "not drawn are for `rnnzoo.datasets.prepare`"),
    (["adding", 0], "`n` is an integer of at least 1; received 0"),
    (["adding", 3, 1], "`length` is an integer of at least 2; received 1"),
    (["adding", 3, 9.0], "`length` is an integer of at least 2; received 9.0"),
    (["adding", 3, 9, -1], "`seed` is an integer of at least 0; received -1"),
    (["digit_bitmaps", 3, 9], "at least 35 and at most 35; received 9"),
])
def test_bad_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        datasets.sample(*arguments)


@pytest.mark.parametrize("name, option, message", [
    ("copy", {"shortst": 3}, "copy: Unknown option 'shortst'. Did you mean 'shortest'"),
    ("copy", {"shortest": 21}, "at least 1 and at most 20; received 21"),
    ("bipolar_patterns", {"corruption": 1.1}, "a number of at least 0 and at most 1"),
    ("anbncn", {"length": 20, "shortest": 19}, "no words of 19 to 20 symbols"),
    ("tomita_5", {"length": 4, "shortest": 5}, "at least 1 and at most 4"),
    ("superimposed_sines", {"count": 9}, "an integer of at least 1 and at most 8"),
])
def test_bad_options_are_refused(name, option, message):
    with pytest.raises(ValueError, match=message):
        datasets.sample(name, 3, **option)
    with pytest.raises(ValueError, match=message):
        datasets.prepare(name, **option)
