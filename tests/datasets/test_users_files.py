"""Datasets made from files of the user's; those here are made up."""

import os
import tempfile
from pathlib import Path

import cases
import numpy as np
import pytest

from rnnzoo import datasets
from rnnzoo.datasets import real
from rnnzoo.datasets.real.tagged import sentences_of

NEWS = real.NewsTagged.FILE
LABELS = ("B-city", "I-city", "O")
WORDS = ("fly", "to", "new", "york", "from", "rome", "oslo", "bern")


def requests(rng, count, words, labels):
    """Made-up sentences, none twice: each has a word of its own."""
    return [[(f"{words[0]}{k}", labels[0]),
             *((str(w), str(v)) for w, v in zip(rng.choice(words, n),
                                                rng.choice(labels, n)))]
            for k, n in enumerate(rng.integers(4, 9, count))]


def write(path, sentences, rest=""):
    lines = ("".join(f"{w}\t{label}{rest}\n" for w, label in s) for s in sentences)
    path.write_text("\n".join(lines) + "\n")


def write_news(folder, count=50):
    labels = real.NewsTagged.LABELS
    write(folder / NEWS, requests(np.random.default_rng(1), count, WORDS, labels))


def write_atis(folder):
    sentences = requests(np.random.default_rng(2), 60, WORDS, LABELS)
    sentences[40][0] = ("<UNK>", "O")
    sentences[1][0] = ("<UNK>", "O")
    for part, rows in (("train", slice(0, 40)), ("fold1.train", slice(0, 30)),
                       ("fold1.valid", slice(30, 40)), ("test", slice(40, 60))):
        write(folder / f"mesnil.{part}.txt", sentences[rows], "\t<NOTABLE>")
    (folder / "mesnil.labels.txt").write_text("\n".join(LABELS))


def write_text(folder):
    rng = np.random.default_rng(3)
    words = list(rng.choice(WORDS, 300))
    text = " ".join(words[:150]) + "\n" + " ".join(words[150:]) + "\u00e9"
    (folder / "text.txt").write_text(text, "utf-8")


def write_series(folder, rows=100, rise=0.5, future=0.0):
    values = np.random.default_rng(4).normal(size=(rows, 2)) + rise * np.arange(
        rows)[:, None]
    values[rows * 7 // 10:] += future
    lines = ["load,wind,site", *(f"{a},{b},7" for a, b in values)]
    (folder / "series.csv").write_text("\n".join(lines))
    return np.hstack([values, np.full((rows, 1), 7)])


def case(builder, write_files, sizes):
    """TFDS' test case for a builder, on made-up files."""

    class Case(cases.Case):
        DATASET_CLASS = builder
        SPLITS = sizes

        @classmethod
        def setUpClass(cls):
            folder = tempfile.TemporaryDirectory()
            cls.addClassCleanup(folder.cleanup)
            cls.EXAMPLE_DIR = folder.name
            write_files(Path(folder.name))
            super().setUpClass()

    return Case


TestNewsTagged = case(real.NewsTagged, write_news,
                      {"train": 36, "validation": 4, "test": 10})
TestAtis = case(real.Atis, write_atis, {"train": 30, "validation": 10, "test": 20})
TestTextCharacters = case(real.TextCharacters, write_text,
                          {"train": 11, "validation": 2, "test": 2})
TestTextWords = case(real.TextWords, write_text,
                     {"train": 3, "validation": 1, "test": 1})
TestCsvSeries = case(real.CsvSeries, lambda folder: write_series(folder, 600),
                     {"train": 370, "validation": 10, "test": 70})


@pytest.fixture
def made(tmp_path):
    """Makes a dataset from files in `tmp_path`: its info, and rows by split."""

    def make(name, **options):
        builder = datasets.prepare(name, folder=tmp_path / "prepared", source=tmp_path,
                                   **options)
        return builder.info, {
            split: list(datasets.examples(builder, split).as_numpy_iterator())
            for split in builder.info.splits}

    return make


def read(info, rows):
    """Rows as tuples of `(word, label)`, by the names in the features."""
    x, y = (info.features[name].feature for name in "xy")
    return [tuple((x.int2str(i), y.int2str(j)) for i, j in zip(*row)) for row in rows]


def test_news_is_split_without_loss_and_validation_comes_from_training(tmp_path, made):
    write_news(tmp_path)
    sentences = list(map(tuple, sentences_of(tmp_path / NEWS, real.NewsTagged.LABELS)))
    info, rows = made("news_tagged")
    found = {split: read(info, rows[split]) for split in rows}
    vocabulary = info.features["x"].feature.names
    train = {word for s in found["train"] for word, _ in s}
    assert vocabulary == ["<padding>", "<unknown>", *sorted(train)]
    known = [tuple((w if w in train else "<unknown>", label) for w, label in s)
             for s in sentences]
    assert sorted(sum(found.values(), [])) == sorted(known)
    _, other = made("news_tagged", split_seed=3)
    _, again = made("news_tagged", split_seed=3)
    assert read(info, other["test"]) != found["test"]
    np.testing.assert_equal(other, again)


@pytest.mark.parametrize("name, write_files, options", [
    ("news_tagged", write_news, {"validation": False}),
    ("atis", write_atis, {"fold": None})])
def test_all_may_be_for_training_and_then_all_words_there_are_known(
        name, write_files, options, tmp_path, made):
    write_files(tmp_path)
    info, rows = made(name)
    whole, found = made(name, **options)
    assert sorted(found) == ["test", "train"]
    assert len(found["train"]) == len(rows["train"]) + len(rows["validation"])
    assert len(found["test"]) == len(rows["test"])
    words = {word for s in read(whole, found["train"]) for word, _ in s}
    assert whole.features["x"].feature.names[2:] == sorted(words - {"<unknown>"})
    assert len(words) > len(info.features["x"].feature.names)


def test_in_a_window_a_word_is_seen_with_those_before_it(tmp_path, made):
    write_news(tmp_path)
    _, sentences = made("news_tagged")
    info, rows = made("news_tagged", window=3)
    assert info.features["y"].names == list(real.NewsTagged.LABELS)
    expected = sorted((*x[max(0, t - 2):t + 1], -1, y[t])
                      for x, y in sentences["test"] for t in range(len(x)))
    assert sorted((*x, -1, y) for x, y in rows["test"]) == expected


def test_numbers_in_the_news_are_one_word(tmp_path, made):
    write_news(tmp_path)
    text = (tmp_path / NEWS).read_text().replace("fly", "").replace("fly", "")
    (tmp_path / NEWS).write_text(text)          # now the first words are numbers
    info, rows = made("news_tagged")
    assert all(s[0][0] == "<number>" for s in read(info, rows["test"]))


def test_folds_of_atis_share_the_test_and_differ_in_validation(tmp_path, made):
    write_atis(tmp_path)
    tests, validations = set(), set()
    for fold in (0, 1, 4):
        info, rows = made("atis", fold=fold)
        train, validation, test = (
            read(info, rows[split]) for split in ("train", "validation", "test"))
        assert len(validation) / (len(train) + len(validation)) in (0.2, 0.25)
        labels = [[label for _, label in sentence] for sentence in test]
        tests.add(str(sorted(labels)))
        validations.add(str(sorted(validation)))
    assert len(tests) == 1 and len(validations) == 3
    assert info.features["y"].feature.names == list(LABELS)
    assert "<UNK>" not in info.features["x"].feature.names
    assert any(s[0] == ("<unknown>", "O") for s in test)


def test_windows_of_a_text_follow_each_other(tmp_path, made):
    write_text(tmp_path)
    text = (tmp_path / "text.txt").read_text("utf-8")
    info, rows = made("text_characters", length=64)
    names = info.features["x"].feature.names
    alphabet = [None, None, *(
        chr(int(n[2:], 16)) if len(n) > 1 else n for n in names[2:])]
    assert alphabet[2:] == sorted(set(text[:-2 * (len(text) // 10)]))
    ids = {c: i for i, c in enumerate(alphabet)}
    tenth = len(text) // 10
    part = [ids.get(c, 1) for c in text[-tenth:]]
    found = sorted(rows["test"], key=lambda row: -len(row[0]))
    starts = range(0, tenth - 1, 64)
    expected = {(*part[s:s + 64][:tenth - 1 - s], None, *part[s + 1:s + 65])
                for s in starts}
    assert {(*x, None, *y) for x, y in found} == expected
    assert part[-1] == 1                        # e with an accent is not in training


def test_rare_words_are_unknown_where_this_is_asked_for(tmp_path, made):
    (tmp_path / "poem.txt").write_text("one two two three three three\n" * 10
                                       + "rare " + "three " * 30)
    info, rows = made("text_words", file="poem.txt", at_least=20)
    assert info.features["x"].feature.names == [
        "<padding>", "<unknown>", "three", "two"]
    info, _ = made("text_words", file="poem.txt")
    assert info.features["x"].feature.names[2:] == [
        "\\u000a", "one", "rare", "three", "two"]


def test_series_are_scaled_by_the_training_part_and_cut_within_parts(tmp_path, made):
    values = write_series(tmp_path)
    info, rows = made("csv_series", columns=["wind", "site"], targets=["load"],
                      horizon=3, window=5)
    mean, deviation = values[:70].mean(axis=0), values[:70].std(axis=0)
    deviation[2] = 1                            # the site never changes
    load, wind, site = ((values - mean) / deviation).T
    for split, start, end in (("train", 0, 70), ("validation", 70, 80),
                              ("test", 80, 100)):
        found = sorted((x[:, 0].tolist(), x[:, 1].tolist(), y[:, 0].tolist())
                       for x, y in rows[split])
        expected = sorted(
            (wind[t:t + 5].tolist(), site[t:t + 5].tolist(), load[t + 3:t + 8].tolist())
            for t in range(start, end - 8 + 1))
        np.testing.assert_allclose(np.array(found), np.array(expected), rtol=1e-5)
    assert info.metadata["mean"]["load"] == pytest.approx(mean[0])
    assert info.metadata["standard_deviation"]["site"] == 1


def test_the_future_of_a_series_does_not_change_its_training_part(tmp_path, made):
    options = {"columns": ["load"], "window": 5}
    write_series(tmp_path)
    _, before = made("csv_series", **options)
    write_series(tmp_path, future=1000)
    _, after = made("csv_series", **options)
    np.testing.assert_array_equal(before["train"], after["train"])
    assert np.max(after["test"]) > 10 > np.max(before["test"])


def test_all_columns_are_used_where_none_are_named_and_a_stride_skips(tmp_path, made):
    write_series(tmp_path)
    info, rows = made("csv_series", window=5, stride=5)
    assert info.features["x"].shape == info.features["y"].shape == (5, 3)
    assert [len(rows[split]) for split in rows] == [13, 1, 3]


@pytest.mark.parametrize("name, missing", [
    ("news_tagged", NEWS), ("atis", "mesnil.fold1.train.txt and no mesnil.fold1.valid"),
    ("text_words", "text.txt"), ("csv_series", "series.csv")])
def test_missing_files_are_named_with_what_belongs_there(
        name, missing, tmp_path, monkeypatch):
    monkeypatch.setenv("RNNZOO_DATA", str(tmp_path))
    with pytest.raises(FileNotFoundError, match=f"{name}: there is no {missing}") as e:
        datasets.prepare(name)
    assert str(tmp_path / name) in str(e.value)
    assert "Put" in str(e.value) and "UTF-8" in str(e.value) or "CSV" in str(e.value)


def test_the_environment_names_the_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("RNNZOO_DATA", str(tmp_path))
    (tmp_path / "news_tagged").mkdir()
    write_news(tmp_path / "news_tagged", 20)
    builder = datasets.prepare("news_tagged", folder=tmp_path / "prepared")
    assert builder.info.splits["test"].num_examples == 4
    words, labels = datasets.symbols(builder)
    assert words[:2] == ("<padding>", "<unknown>") and {"new", "york"} < set(words)
    assert labels == real.NewsTagged.LABELS


@pytest.mark.parametrize("name, options, message", [
    ("atis", {"fold": 5}, "at least 0 and at most 4; received 5"),
    ("atis", {"folt": 1}, "Unknown option 'folt'. Did you mean 'fold'"),
    ("atis", {"fold": "1"}, "at least 0 and at most 4; received '1'"),
    ("news_tagged", {"split_seed": -1}, "integer of at least 0; received -1"),
    ("news_tagged", {"validation": 0.1}, "`validation` is true or false; received 0.1"),
    ("news_tagged", {"window": 0}, "`window` is an integer of at least 1; received 0"),
    ("text_words", {"length": 0}, "`length` is an integer of at least 1; received 0"),
    ("csv_series", {"horizon": True}, "an integer of at least 1; received True"),
    ("csv_series", {"columns": ["wnd"]}, "Did you mean 'wind'"),
    ("csv_series", {"window": 30}, "10 are for validation, fewer than the window"),
    ("csv_series", {"columns": "wind"}, "`columns` is a list of names; received"),
    ("csv_series", {"targets": 3}, "`targets` is a list of names; received 3"),
    ("digits_rows", {}, "digits_rows: Unknown option 'source'. Accepted: none"),
])
def test_bad_options_are_refused(name, options, message, tmp_path, made):
    write_series(tmp_path)
    write_text(tmp_path)
    write_atis(tmp_path)
    with pytest.raises(ValueError, match=message):
        made(name, **options)


def test_bad_lines_are_named(tmp_path, made):
    (tmp_path / NEWS).write_text("news\tB-NEWSTYPE\ntoday B-DATE\n")
    with pytest.raises(ValueError, match=f"{NEWS}, line 2: received 'today B-DATE'"):
        made("news_tagged")
    write_series(tmp_path)
    path = tmp_path / "series.csv"
    path.write_text(path.read_text().replace(",7", ",north", 1))
    with pytest.raises(ValueError, match="row 1: there is no number in the column 'si"):
        made("csv_series")


@pytest.mark.parametrize("name, file, text, message", [
    ("news_tagged", NEWS, "", "too short: nothing is left for train"),
    ("news_tagged", NEWS, "caf\u00e9\tO", f"{NEWS} is not in UTF-8"),
    ("text_words", "text.txt", "caf\u00e9", "text.txt is not in UTF-8"),
    ("csv_series", "series.csv", "\u00b0C\n7", "series.csv is not in UTF-8"),
    ("csv_series", "series.csv", "", "series.csv is empty"),
    ("csv_series", "series.csv", "load", "of the 0 rows"),
    ("csv_series", "series.csv", "load,load\n1,2", "2 columns have the name 'load'"),
    ("csv_series", "series.csv", "load,wind\n1,2\n3", "row 2: there is no number in"),
    ("csv_series", "series.csv", "load\nnan", "row 1: there is no number in"),
])
def test_bad_files_are_refused(name, file, text, message, tmp_path, made):
    (tmp_path / file).write_text(text, "latin-1")
    with pytest.raises(ValueError, match=message):
        made(name)


@pytest.mark.parametrize("name, write_files, file", [
    ("news_tagged", write_news, NEWS), ("text_characters", write_text, "text.txt"),
    ("csv_series", lambda folder: write_series(folder, 600), "series.csv")])
def test_files_of_windows_are_read_as_others_are(
        name, write_files, file, tmp_path, made):
    write_files(tmp_path)
    plain, expected = made(name)
    text = (tmp_path / file).read_text("utf-8")
    (tmp_path / file).write_text(text, "utf-8-sig", newline="\r\n")
    info, rows = made(name)
    assert str(info.metadata) == str(plain.metadata)
    np.testing.assert_equal(rows, expected)


def test_a_column_that_is_constant_in_the_training_part_is_not_blown_up(tmp_path, made):
    (tmp_path / "series.csv").write_text("load\n" + "0.1\n" * 70 + "0.4\n" * 30)
    _, rows = made("csv_series", window=5)
    np.testing.assert_allclose(np.max(rows["train"]), 0, atol=1e-9)
    np.testing.assert_allclose(np.max(rows["test"]), 0.3, rtol=1e-6)


def test_names_tell_a_line_break_from_a_word_that_looks_like_its_name(tmp_path, made):
    (tmp_path / "text.txt").write_text("\\u000a\n" * 50)
    info, _ = made("text_words")
    assert info.features["x"].feature.names[2:] == ["\\u000a", "\\u005cu000a"]


def real_folder(name):
    folder = Path(os.environ.get("RNNZOO_DATA", "")) / name
    if "RNNZOO_DATA" not in os.environ or not folder.is_dir():
        pytest.skip(f"RNNZOO_DATA names no folder with {name} in it")
    return folder


def sizes(name, tmp_path, **options):
    builder = datasets.prepare(name, folder=tmp_path, source=real_folder(name),
                               **options)
    words = {split: sum(len(x) for x, _ in datasets.examples(builder, split))
             for split in builder.info.splits}
    counts = {k: v.num_examples for k, v in builder.info.splits.items()}
    return builder, counts, words


def test_the_authors_split_of_the_news_is_recovered(tmp_path):
    # 8,901 and 2,199 words: with these both published accuracies are exact fractions.
    _, counts, words = sizes("news_tagged", tmp_path)
    assert counts == {"train": 720, "validation": 80, "test": 200}
    assert words["train"] + words["validation"] == 8901 and words["test"] == 2199


@pytest.mark.parametrize("fold", [1, 3])
def test_atis_has_the_published_sizes(fold, tmp_path):
    builder, counts, words = sizes("atis", tmp_path, fold=fold)
    assert counts == {"train": 3983, "validation": 995, "test": 893}
    assert words["train"] + words["validation"] == 56_590 and words["test"] == 9198
    assert builder.info.features["y"].feature.num_classes == 127
