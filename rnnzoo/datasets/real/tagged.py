"""Sentences with a label for every word: requests for news, and for flights."""

import numpy as np
import tensorflow_datasets as tfds

from rnnzoo.datasets import checks
from rnnzoo.datasets.builders import FileBuilder
from rnnzoo.datasets.real.reading import read
from rnnzoo.datasets.real.vocabulary import UNKNOWN, Vocabulary


class Tagged(FileBuilder, skip_registration=True):
    """Sentences from files: a word, a tab and its label a line, and an empty line."""

    def features(self):
        symbols = tfds.features.ClassLabel
        return (tfds.features.Sequence(symbols()), tfds.features.Sequence(symbols()))

    def encoded(self, parts, labels):
        """Ids of words and labels; the words are those of the part `train`.

        Args:
            parts: name -> sentences, lists of `(word, label)`.
            labels: all of them, in the order of their ids.
        """
        vocabulary = Vocabulary(w for sentence in parts["train"] for w, _ in sentence)
        x, y = (self.info.features[name] for name in "xy")
        x.feature.names = vocabulary.names
        getattr(y, "feature", y).names = list(labels)
        ids = {label: i for i, label in enumerate(labels)}
        return {
            name: ([vocabulary.ids(word for word, _ in s) for s in sentences],
                   [np.array([ids[label] for _, label in s]) for s in sentences])
            for name, sentences in parts.items()}


class NewsTagged(Tagged):
    """Spoken requests for news, every word labelled with its part in the request.

    1,000 English sentences of 2 to 29 words, 11,100 words in all, with nine labels: O,
    and B- (begins) and I- (goes on) of KEYWORDS, NEWSTYPE, PROVIDER and SECTION.

    There are 800 sentences for training and 200 for the test. By default they are those
    of the author's experiment, which follow from his program; with `split_seed` they
    are drawn. Every tenth sentence of the 800 is for validation. Accuracy is published
    over all words, O included: 0.9513 on the test.

    x are words: 0 is padding, 1 any word that is not among the training sentences, 2
    and up are the words there in alphabetical order, where all that have only digits
    are one. y are labels: 0 is O, 1 to 8 the others in alphabetical order. The names
    are in the features.

    Options:
        source: folder of the file.
        split_seed: integer to draw a split by; None for the author's.
        validation: whether there is such a part; else all 800 are for training.
        window: number of words that a label follows from, the last of them being its
            own; the author's is 3. Each is then an x, and y a single label. None for
            whole sentences.

    Reference:
        X. Yuan, "Recurrent net", eric-yuan.me/rnn1, 2015, and
        github.com/xingdi-eric-yuan/recurrent-net-version-1.
    """

    FILE = "news_tagged_data.txt"
    MANUAL_DOWNLOAD_INSTRUCTIONS = f"""
        Put the file {FILE} there, as it is in the folder dataset of
        github.com/xingdi-eric-yuan/recurrent-net-version-1: UTF-8, a word, a tab and
        its label a line, an empty line after each sentence.
    """
    LABELS = ("O", *(f"{place}-{name}" for place in "BI" for name in
                     ("KEYWORDS", "NEWSTYPE", "PROVIDER", "SECTION")))

    @classmethod
    def files(cls, split_seed, validation, window):
        if split_seed is not None:
            checks.number(cls.name, "split_seed", split_seed, 0)
        if window is not None:
            checks.number(cls.name, "window", window, 1)
        checks.flag(cls.name, "validation", validation)
        return [cls.FILE]

    def features(self):
        x, y = super().features()
        return x, y.feature if self.options.get("window") else y

    def read(self, folder, split_seed=None, validation=True, window=None):
        path = folder / self.FILE
        sentences = [[("<number>" if word.isdecimal() else word, label)
                      for word, label in sentence]
                     for sentence in sentences_of(path, self.LABELS)]
        if split_seed is None:
            order = shuffled_by_libcpp(len(sentences))
        else:
            order = np.random.default_rng(split_seed).permutation(len(sentences))
        trained = len(order) * 4 // 5
        rows = {"train": order[:trained], "test": order[trained:]}
        if validation:
            rows["validation"] = order[9:trained:10]
            rows["train"] = np.delete(order[:trained], slice(9, None, 10))
        parts = {name: [sentences[row] for row in rows[name]] for name in rows}
        encoded = self.encoded(parts, self.LABELS)
        if window is None:
            return encoded
        return {name: windows(*encoded[name], window) for name in encoded}


class Atis(Tagged):
    """Air travel requests (ATIS), every word labelled with the slot it fills.

    4,978 sentences for training and 893 for the test, 127 labels, as Mesnil prepared
    them: digits are the word DIGIT, words seen once are <UNK>. Of the training
    sentences 20 % are for validation; there are five such folds, of which the author's
    fold 1 is published and the others are drawn by their number. Published is the F1
    score of slots: 93 to 95 % on the test for recurrent networks.

    x are words: 0 is padding, 1 is <UNK> and any word that is not in the training part
    of the fold, 2 and up are the words there in alphabetical order. y are labels, in
    the order of mesnil.labels.txt. The names are in the features.

    Options:
        source: folder of the files.
        fold: 0 to 4; None to train on all 4,978, with nothing left for validation.

    Reference:
        G. Mesnil et al., "Using recurrent neural networks for slot filling in spoken
        language understanding", IEEE/ACM Transactions on Audio, Speech, and Language
        Processing 23:530-539, 2015.
    """

    MANUAL_DOWNLOAD_INSTRUCTIONS = """
        Put the files mesnil.train.txt (4,978 sentences), mesnil.test.txt (893) and
        mesnil.labels.txt (127) there, and for fold 1 mesnil.fold1.train.txt (3,983) and
        mesnil.fold1.valid.txt (995): UTF-8, a word, a tab and its label a line, further
        columns are not read, an empty line after each sentence; in mesnil.labels.txt a
        label a line. They say in text what is in the author's atis.pkl and
        atis.fold1.pkl.gz, which github.com/chsasank/ATIS.keras has; see also
        github.com/mesnilgr/is13.
    """
    PUBLISHED = 1

    @classmethod
    def files(cls, fold):
        if fold is not None:
            checks.number(cls.name, "fold", fold, 0, 4)
        parts = (["train", "test"] if fold != cls.PUBLISHED
                 else ["fold1.train", "fold1.valid", "test"])
        return [f"mesnil.{part}.txt" for part in (*parts, "labels")]

    def read(self, folder, fold=PUBLISHED):
        *paths, labels = (folder / name for name in self.files(fold))
        labels = read(labels).split()
        *known, test = (list(sentences_of(path, labels)) for path in paths)
        parts = dict(zip(("train", "validation"), known)) | {"test": test}
        if fold not in (None, self.PUBLISHED):
            order = np.random.default_rng(fold).permutation(len(known[0]))
            shuffled = [known[0][row] for row in order]
            count = len(shuffled) // 5
            parts |= {"train": shuffled[count:], "validation": shuffled[:count]}
        for sentences in parts.values():
            for sentence in sentences:
                sentence[:] = [(UNKNOWN if word == "<UNK>" else word, label)
                               for word, label in sentence]
        return self.encoded(parts, labels)


def sentences_of(path, labels):
    """Reads the sentences of a file as lists of `(word, label)`.

    Raises:
        ValueError: a line has no label, or one that is not among `labels`; names it.
    """
    sentence = []
    for number, line in enumerate(read(path).split("\n"), 1):
        if line.strip():
            word, _, rest = line.partition("\t")
            label = rest.partition("\t")[0].strip()
            if label not in labels:
                raise ValueError(
                    f"{path}, line {number}: received {line!r}; accepted is a word, a "
                    f"tab and one of the {len(labels)} labels, {', '.join(labels)}.")
            sentence.append((word, label))
        elif sentence:
            yield sentence
            sentence = []
    if sentence:
        yield sentence


def windows(sentences, labels, length):
    """Every word behind those before it, `length` at most in all, and its label."""
    rows = [(ids[max(0, t + 1 - length):t + 1], label)
            for ids, own in zip(sentences, labels) for t, label in enumerate(own)]
    return [ids for ids, _ in rows], [label for _, label in rows]


def shuffled_by_libcpp(count):
    """The order in which `std::random_shuffle` of Apple's library leaves 0, 1, 2, ...

    It takes bits from a Mersenne twister that always starts from the seed 5489.
    """
    draw, order = np.random.RandomState(5489), list(range(count))
    for first in range(count - 1):
        bits = (count - first - 1).bit_length()
        while True:
            other = int.from_bytes(draw.bytes(4), "little") & ((1 << bits) - 1)
            if other < count - first:
                break
        order[first], order[first + other] = order[first + other], order[first]
    return order
