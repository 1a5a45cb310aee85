"""Languages against recognisers that are written in another way than the generators."""

import itertools
import re
from collections import Counter

import numpy as np
import pytest
from words import drawn, words

from rnnzoo import datasets

FROM_4 = "(?:XT*VP)*(?:S|XT*VV)"
REBER = f"B(?:TS*X{FROM_4}|PT*V(?:P{FROM_4}|V))E"
TOMITA = {
    1: lambda word: re.fullmatch("1*", word),
    2: lambda word: re.fullmatch("(10)*", word),
    3: lambda word: not re.search("(^|0)(11)*1(00)*0(1|$)", word),
    4: lambda word: "000" not in word,
    5: lambda word: word.count("0") % 2 == word.count("1") % 2 == 0,
    6: lambda word: (word.count("0") - word.count("1")) % 3 == 0,
    7: lambda word: re.fullmatch("0*1*0*1*", word),
}


def counted(word, letters):
    """Whether a word is a^k b^k ..., by what it must look like for its length."""
    k = len(word) // len(letters)
    return word == "".join(letter * k for letter in letters)


def balanced(word, pairs=("()", "[]", "{}", "<>")):
    """Whether brackets match: matching pairs are taken out until nothing changes."""
    while (shorter := re.sub("|".join(map(re.escape, pairs)), "", word)) != word:
        word = shorter
    return not word


def assert_equally_frequent(counts, kinds):
    """No kind is further from its share than five standard deviations."""
    total, share = sum(counts.values()), 1 / kinds
    assert len(counts) == kinds
    deviation = np.sqrt(total * share * (1 - share))
    assert max(abs(n - total * share) for n in counts.values()) <= 5 * deviation


@pytest.mark.parametrize("name, letters", [("anbn", "ab"), ("anbncn", "abc")])
def test_words_to_count_have_every_length_equally_often(name, letters):
    found = Counter(words(name, 4000, 7 * len(letters)))
    assert all(counted(word, letters) for word in found)
    assert_equally_frequent(found, 8)       # k is 0 to 7


@pytest.mark.parametrize("name, letters", [
    ("anbn_labelled", "ab"), ("anbncn_labelled", "abc")])
def test_counting_verdicts_are_those_of_a_recogniser(name, letters):
    kinds, counts = Counter(), set()
    for read, verdict in drawn(name, 2000, 18):
        word = "".join(read)
        assert (verdict == "accepted") == counted(word, letters)
        in_order = list(word) == sorted(word)
        equal = len({word.count(letter) for letter in letters}) == 1
        kinds[in_order, equal] += 1
        counts.add(tuple(word.count(letter) for letter in letters))
    # Of the wrong words half have wrong counts, and half a wrong order.
    assert kinds[True, True] == 1000 and kinds[False, False] == 0
    assert 400 < kinds[True, False] < 600
    for place in range(len(letters)):           # any letter may be the wrong one
        assert (*(3 + (other == place) for other in range(len(letters))),) in counts


@pytest.mark.parametrize("kinds", [1, 2, 4])
def test_brackets_match(kinds):
    found = list(words(f"dyck_{kinds}", 500, 24))
    assert all(map(balanced, found))
    assert {len(word) for word in found} == set(range(2, 25, 2))
    assert len(set("".join(found))) == 2 * kinds


@pytest.mark.parametrize("name, words_of_length_6", [("dyck_1", 5), ("dyck_2", 40)])
def test_brackets_of_a_length_are_equally_likely(name, words_of_length_6):
    found = Counter(words(name, 8000, 6, shortest=6))
    assert_equally_frequent(found, words_of_length_6)


@pytest.mark.parametrize("kinds", [1, 2, 4])
def test_bracket_verdicts_are_those_of_a_recogniser(kinds):
    misplaced, crossed = 0, 0
    for read, verdict in drawn(f"dyck_{kinds}_labelled", 1000, 16):
        word = "".join(read)
        assert (verdict == "accepted") == balanced(word)
        moved = verdict == "rejected" and all(
            word.count(a) == word.count(b) for a, b in ("()", "[]", "{}", "<>"))
        misplaced += moved
        alike = re.sub(r"[\[{<]", "(", re.sub(r"[\]}>]", ")", word))
        crossed += moved and balanced(alike)
    assert misplaced == 250         # of half of the wrong words the numbers are right
    assert (crossed > 50) == (kinds > 1)        # and some only have the wrong kinds


@pytest.mark.parametrize("number", TOMITA)
def test_tomitas_verdicts_are_those_of_a_recogniser(number):
    accepts = TOMITA[number]
    for read, verdict in drawn(f"tomita_{number}", 500, 30):
        assert (verdict == "accepted") == bool(accepts("".join(read)))


@pytest.mark.parametrize("number", TOMITA)
def test_tomitas_words_of_a_length_are_equally_likely(number):
    found = {"accepted": Counter(), "rejected": Counter()}
    for read, verdict in drawn(f"tomita_{number}", 6000, 6, shortest=6):
        found[verdict]["".join(read)] += 1
    all_words = list(map("".join, itertools.product("01", repeat=6)))
    accepted = sum(bool(TOMITA[number](word)) for word in all_words)
    assert_equally_frequent(found["accepted"], accepted)
    assert_equally_frequent(found["rejected"], 64 - accepted)


def test_tomitas_lengths_are_equally_frequent():
    rows = list(drawn("tomita_4", 4000, 8))
    accepted = Counter(len(read) for read, verdict in rows if verdict == "accepted")
    assert_equally_frequent(accepted, 8)


def test_parity_is_that_of_the_ones():
    for read, label in drawn("parity", 300, 20):
        assert label == ("odd" if read.count("1") % 2 else "even")


def strings(name, n, length, **options):
    for read, said in drawn(name, n, length, **options):
        assert read[1:] == said[:-1]
        yield "".join([*read, said[-1]])


def test_reber_strings_are_of_the_grammar():
    assert all(re.fullmatch(REBER, s) for s in strings("reber", 1000, 40))


def test_embedded_reber_strings_remember_their_second_letter():
    found = list(strings("embedded_reber", 1000, 40))
    assert all(re.fullmatch(f"B([TP]){REBER}\\1E", s) for s in found)
    assert 0.4 < np.mean([s[1] == "T" for s in found]) < 0.6


def test_at_every_node_of_reber_both_ways_are_equally_likely():
    # The number of free choices is that of the letters but B, E and those after them.
    found = Counter(strings("reber", 20_000, 200))
    for string, choices in (("BTXSE", 3), ("BPVVE", 3), ("BTSXSE", 4), ("BPTVVE", 4)):
        np.testing.assert_allclose(found[string] / 20_000, 0.5**choices, rtol=0.1)


def test_long_reber_strings_are_drawn_where_only_these_are_asked_for():
    lengths = [len(s) for s in strings("reber", 200, 60, shortest=41)]
    assert 41 <= min(lengths) and max(lengths) <= 60


def test_sums_are_right():
    sizes = set()
    for read, said in drawn("addition", 2000, 4):
        text, answer = "".join(read), "".join(said)
        a, b, blanks = re.fullmatch(r"(\d+)\+(\d+)=((?:blank)+)", text).groups()
        wait, digits, ends = re.fullmatch(
            r"((?:blank)+)(\d+)((?:end)+)", answer).groups()
        assert int(a) + int(b) == int(digits)
        assert all(str(int(number)) == number for number in (a, b, digits))
        assert len(wait) == 5 * (len(a) + len(b) + 2)
        assert len(blanks) == 5 * (max(len(a), len(b)) + 2)
        sizes.add((len(a), len(b)))
    assert len(sizes) == 16


def test_long_sums_have_long_numbers_only():
    for read, _ in drawn("addition", 100, 30, shortest=21):
        a, _, b = "".join(read).partition("=")[0].partition("+")
        assert 21 <= len(a) <= 30 and 21 <= len(b) <= 30


def test_words_far_longer_than_floats_can_count_are_drawn():
    x, y = datasets.sample("tomita_4", 4, 3000, shortest=2500)
    for row, verdict in zip(x, y):
        word = "".join("_01"[i] for i in row if i)
        assert len(word) >= 2500 and ("000" not in word) == verdict
