"""Memory problems against a reader that takes them step by step."""

import re

import numpy as np
import pytest
from words import drawn

from rnnzoo import datasets

LETTERS = set("abcdefgh")


@pytest.mark.parametrize("name, answer, constant, error", [
    ("adding", np.sum, 1, 1 / 6), ("multiplication", np.prod, 1 / 4, 7 / 144),
])
def test_the_two_marked_numbers_make_the_answer(name, answer, constant, error):
    x, y = datasets.sample(name, 20_000, 11)
    for (numbers, marks), (target,) in zip(np.moveaxis(x[:200], 2, 1), y):
        first, second = np.flatnonzero(marks == 1)
        assert first < 5 <= second and np.isin(marks, (0, 1)).all()
        np.testing.assert_allclose(target, answer(numbers[[first, second]]), rtol=1e-6)
    np.testing.assert_allclose(np.mean((y - constant) ** 2), error, rtol=0.05)
    assert (x[..., 1].mean(axis=0) > 0.1).all()     # every step is marked at times


@pytest.mark.parametrize("name, starts", [
    ("temporal_order", (10, 50)), ("temporal_order_3", (10, 33, 66))])
def test_the_class_is_the_order_of_the_marks(name, starts):
    classes = set()
    for read, label in drawn(name, 300, 100):
        text = "".join(read[1:-1])
        assert (read[0], read[-1], len(read)) == ("begin", "end", 100)
        assert re.fullmatch("[abcdXY]*", text)
        assert "".join(re.findall("[XY]", text)) == label
        for match, start in zip(re.finditer("[XY]", text), starts):
            assert start <= match.start() + 1 < start + 10
        classes.add(label)
    assert len(classes) == 2 ** len(starts)


@pytest.mark.parametrize("name, step", [("copy", 1), ("reversal", -1)])
def test_what_was_read_is_written_at_go(name, step):
    counts = set()
    for read, said in drawn(name, 300, 6):
        go = read.index("go")
        assert read[go + 1:] == ["blank"] * go and set(read[:go]) <= LETTERS
        assert said == ["blank"] * (go + 1) + read[:go][::step]
        counts.add(go)
    assert counts == {1, 2, 3, 4, 5, 6}


def test_bits_are_written_after_the_end():
    counts = set()
    for x, y in zip(*datasets.sample("copy_bits", 200, 5)):
        bits, (start, end) = x[:, :8], x[:, 8:].T
        assert start.tolist() == [1] + [0] * 11 and end.sum() == 1
        count = int(end.argmax()) - 1
        np.testing.assert_array_equal(y[count + 2:2 * count + 2], bits[1:count + 1])
        assert not y[:count + 2].any() and not y[2 * count + 2:].any()
        assert not bits[count + 1:].any() and np.isin(bits, (0, 1)).all()
        counts.add(count)
    assert counts == {1, 2, 3, 4, 5}


def test_ten_symbols_are_kept_over_the_blanks():
    for read, said in drawn("copy_memory", 50, 30):
        assert len(read) == 30 + 2 * 10 and set(read[:10]) <= LETTERS
        assert read[10:] == ["blank"] * 29 + ["go"] + ["blank"] * 10
        assert said == ["blank"] * 40 + read[:10]


def test_what_was_read_is_written_so_many_times():
    times = set()
    for read, said in drawn("repeat_copy", 300, 4):
        stop = next(i for i, symbol in enumerate(read) if symbol not in LETTERS)
        count = int(read[stop].removesuffix(" times"))
        assert said == ["blank"] * (stop + 1) + read[:stop] * count + ["end"]
        assert read[stop + 1:] == ["blank"] * (stop * count + 1)
        times.add(count)
    assert times == set(range(1, 11))


def test_longer_sequences_to_repeat_have_more_symbols():
    for read, _ in drawn("repeat_copy", 100, 9, shortest=5):
        assert 5 <= sum(symbol in LETTERS for symbol in read) <= 9


def test_the_value_of_the_key_is_recalled():
    counts, asked = set(), set()
    for read, label in drawn("associative_recall", 300, 5):
        *pairs, mark, key = read
        assert mark == "?" and len(set(pairs[::2])) == len(pairs) // 2
        assert dict(zip(pairs[::2], pairs[1::2]))[key] == label
        counts.add(len(pairs) // 2)
        asked.add((pairs[::2].index(key), len(pairs) // 2))
    assert counts == {1, 2, 3, 4, 5}
    assert asked == {(place, count) for count in counts for place in range(count)}
