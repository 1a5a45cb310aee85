"""Spans against hand-made cases and against the rules of conlleval.pl, line by line."""

import numpy as np
import pytest

from rnnzoo import measures

NAMES = ("O", "B-from", "I-from", "B-to", "I-to", "B-on-day", "I-on-day")


def ids(text):
    return [NAMES.index(name) for name in text.split()]


def f1(true, predicted):
    return measures.conlleval_f1([ids(true)], [ids(predicted)], NAMES)


@pytest.mark.parametrize("true, predicted, expected", [
    ("O B-to I-to O", "O B-to I-to O", 1.0),
    ("O B-to I-to O", "O B-to O O", 0.0),           # the end is wrong
    ("O B-to I-to O", "O B-from I-from O", 0.0),    # the type is wrong
    ("B-to O B-from O", "B-to O O O", 2 / 3),
    ("B-to O B-from O", "O O O O", 0.0),
    ("O O", "O O", 0.0),                            # nothing to find
    ("B-to I-to", "I-to I-to", 1.0),                # I after nothing begins a span
    ("O B-to I-to", "O I-to I-to", 1.0),            # and so does I after O
    ("B-from B-to", "B-from I-to", 1.0),            # and I of another type
    ("B-to B-to", "B-to I-to", 0.0),                # but not I of the same
    ("B-to I-to I-to", "B-to B-to I-to", 0.0),      # B always does
    ("B-on-day I-on-day", "B-on-day I-on-day", 1.0),
])
def test_a_span_is_right_with_its_type_and_both_ends(true, predicted, expected):
    assert f1(true, predicted) == pytest.approx(expected)


def test_a_span_ends_with_its_sentence():
    true = [ids("O B-to"), ids("I-to O")]
    assert measures.conlleval(true, true, NAMES)[0].true == 2
    assert measures.conlleval_f1(true, [ids("O B-to"), ids("O O")],
                                 NAMES) == pytest.approx(2 / 3)


def test_scores_of_types_count_the_spans_of_each():
    true = [ids("B-to I-to O B-from"), ids("B-to O O")]
    predicted = [ids("B-to I-to B-from I-from"), ids("B-to B-to I-to")]
    score, by_type = measures.conlleval(true, predicted, NAMES)
    assert score == pytest.approx((2 / 4, 2 / 3, 4 / 7, 3, 4))
    assert by_type == {"from": (0, 0, 0, 1, 1), "on-day": (0, 0, 0, 0, 0),
                       "to": pytest.approx((2 / 3, 1, 4 / 5, 2, 3))}


def ends(before, now):
    """Whether a span ends between two labels; the subroutine endOfChunk."""
    (place, kind), (now_place, now_kind) = before, now
    return ((place, now_place) in {("B", "B"), ("B", "O"), ("I", "B"), ("I", "O")}
            or place != "O" and kind != now_kind)


def starts(before, now):
    """Whether a span starts between two labels; the subroutine startOfChunk."""
    (place, kind), (now_place, now_kind) = before, now
    return ((place, now_place) in {("B", "B"), ("I", "B"), ("O", "B"), ("O", "I")}
            or now_place != "O" and kind != now_kind)


def line_by_line(true, predicted):
    """Right, true and predicted spans, with no list of spans, as the program has it."""
    right = found = proposed = 0
    inside, last = False, (("O", ""), ("O", ""))
    lines = [line for sentence in zip(true, predicted)
             for line in [*zip(*sentence), (0, 0)]]
    for line in lines:
        now = tuple(tuple(NAMES[i].partition("-")[::2]) for i in line)
        over = [ends(*pair) for pair in zip(last, now)]
        if inside and all(over):
            right, inside = right + 1, False
        elif inside and (any(over) or now[0][1] != now[1][1]):
            inside = False
        begun = [starts(*pair) for pair in zip(last, now)]
        inside = inside or all(begun) and now[0][1] == now[1][1]
        found, proposed = found + begun[0], proposed + begun[1]
        last = now
    return right, found, proposed


def test_random_labels_are_counted_as_the_program_counts_them():
    rng = np.random.default_rng(0)
    for _ in range(200):
        true = [rng.integers(0, len(NAMES), n) for n in rng.integers(1, 9, 5)]
        predicted = [np.where(rng.random(len(t)) < 0.7, t, rng.permutation(t))
                     for t in true]
        right, found, proposed = line_by_line(true, predicted)
        score = measures.conlleval(true, predicted, NAMES)[0]
        assert score == pytest.approx((right / max(proposed, 1), right / max(found, 1),
                                       2 * right / (found + proposed or 1),
                                       found, proposed))


def test_labels_of_another_kind_and_lengths_that_differ_are_refused():
    with pytest.raises(ValueError, match="'S-to'"):
        measures.conlleval_f1([[0]], [[0]], ["O", "S-to"])
    with pytest.raises(ValueError, match="Sentence 1"):
        measures.conlleval_f1([[0], [0, 1]], [[0], [0]], NAMES)
