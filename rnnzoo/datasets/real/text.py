"""A text of the user's, to be continued: character by character or word by word."""

import re

import tensorflow_datasets as tfds

from rnnzoo.datasets import checks
from rnnzoo.datasets.builders import FileBuilder
from rnnzoo.datasets.real.reading import read
from rnnzoo.datasets.real.vocabulary import Vocabulary


class Text(FileBuilder, skip_registration=True):
    """A text cut into windows; `symbols` cuts a text into its symbols."""

    MANUAL_DOWNLOAD_INSTRUCTIONS = """
        Put a text in UTF-8 there, named text.txt or as the option `file` says.
    """

    def features(self):
        symbols = tfds.features.ClassLabel
        return (tfds.features.Sequence(symbols()), tfds.features.Sequence(symbols()))

    @classmethod
    def files(cls, file, length, at_least):
        checks.number(cls.name, "length", length, 1)
        checks.number(cls.name, "at_least", at_least, 1)
        return [file]

    def read(self, folder, file="text.txt", length=100, at_least=1):
        text = self.symbols(read(folder / file))
        tenth = len(text) // 10
        if tenth < 2:
            raise ValueError(f"{folder / file} is too short to be split: it has "
                             f"{len(text)} symbols, at least 20 are needed.")
        parts = {"train": text[:-2 * tenth], "validation": text[-2 * tenth:-tenth],
                 "test": text[-tenth:]}
        vocabulary = Vocabulary(parts["train"], at_least)
        for name in "xy":
            self.info.features[name].feature.names = vocabulary.names
        return {name: _windows(vocabulary.ids(part), length)
                for name, part in parts.items()}


class TextCharacters(Text):
    """A text to be continued character by character.

    The first 80 % are for training, the next 10 % for validation, the last 10 % for the
    test. Each part is cut into windows that follow each other; the last one may be
    shorter. No window reaches into another part.

    x are characters, y the next ones: 0 is padding, 1 a character that the training
    part does not have (or too rarely), 2 and up are its characters in the order of
    Unicode. The names are in the features; there white space is written as its number,
    such as \\u0020.

    Options:
        source: folder of the file.
        file: its name, by default text.txt.
        length: of a window.
        at_least: how often a character has to occur in the training part.

    Reference:
        J. L. Elman, "Finding structure in time", Cognitive Science 14:179-211, 1990.
    """

    @staticmethod
    def symbols(text):
        return list(text)


class TextWords(Text):
    """A text to be continued word by word.

    The first 80 % are for training, the next 10 % for validation, the last 10 % for the
    test. Each part is cut into windows that follow each other; the last one may be
    shorter. No window reaches into another part.

    Words are what white space separates; a line break is a word. x are words, y the
    next ones: 0 is padding, 1 a word that the training part does not have (or too
    rarely), 2 and up are its words in the order of Unicode. The names are in the
    features; there the line break is written as its number, \\u000a.

    Options:
        source: folder of the file.
        file: its name, by default text.txt.
        length: of a window.
        at_least: how often a word has to occur in the training part.

    Reference:
        T. Mikolov et al., "Recurrent neural network based language model", Interspeech
        2010.
    """

    @staticmethod
    def symbols(text):
        return re.findall(r"\n|\S+", text)


def _windows(ids, length):
    starts = range(0, len(ids) - 1, length)
    return ([ids[s:min(s + length, len(ids) - 1)] for s in starts],
            [ids[s + 1:s + length + 1] for s in starts])
