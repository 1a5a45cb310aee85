"""Words and their ids."""

import re
from collections import Counter

import numpy as np

PADDING, UNKNOWN = "<padding>", "<unknown>"


class Vocabulary:
    """Ids of words: 0 is padding, 1 every word that is not known, 2 and up the others.

    Args:
        words: those of the training part, as often as they occur.
        at_least: how often a word has to occur to be known.

    Attributes:
        words: by id; the known ones are in the order of Unicode.
    """

    def __init__(self, words, at_least=1):
        counts = Counter(words)
        known = {word for word in counts if counts[word] >= at_least}
        self.words = [PADDING, UNKNOWN, *sorted(known - {PADDING, UNKNOWN})]
        self._ids = {word: i for i, word in enumerate(self.words) if i}

    def ids(self, words):
        """The ids of some words."""
        return np.array([self._ids.get(word, 1) for word in words], "int32")

    @property
    def names(self):
        """The words as TFDS can write them down, without white space, all different."""
        return [re.sub(r"\s|\\(?=u[0-9a-f]{4})", lambda m: f"\\u{ord(m[0]):04x}", word)
                for word in self.words]
