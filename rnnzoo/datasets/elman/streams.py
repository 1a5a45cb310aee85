"""Streams in which structure shows in where a predictor errs."""

import numpy as np

from rnnzoo.datasets.problems import problem

LETTERS = tuple("bdgaiu")
SYLLABLES = ("ba", "dii", "guuu")


@problem("generation", length=3000, size=100, symbols=("0", "1"))
def temporal_xor(n, length, rng):
    """Temporal XOR: after two random bits comes their exclusive or, and so on.

    Every third bit can be known, the others cannot: the best accuracy is 2/3, the
    smallest mean cross entropy 2/3 ln 2 = 0.462.

    Returns:
        x: the bits from the first, ids 1 and 2 for 0 and 1; y: the next bits. Both
        (n, length).

    Reference:
        J. L. Elman, "Finding structure in time", Cognitive Science 14:179-211, 1990.
    """
    triples = rng.integers(2, size=(n, length // 3 + 1, 3), dtype="int32")
    triples[..., 2] = triples[..., 0] ^ triples[..., 1]
    stream = 1 + triples.reshape(n, -1)[:, :length + 1]
    return stream[:, :-1], stream[:, 1:]


@problem("generation", length=1000, size=100, symbols=LETTERS)
def letters(n, length, rng):
    """The letters of the syllables ba, dii and guuu, drawn with equal chances.

    A consonant cannot be known, the vowels after it can. The smallest mean cross
    entropy is ln(3) / 3 = 0.366, log2(3) / 3 = 0.528 bits a letter.

    Returns:
        x: the letters from the first, ids 1 to 6 for b, d, g, a, i, u; y: the next
        letters. Both (n, length).

    Reference:
        J. L. Elman, "Finding structure in time", Cognitive Science 14:179-211, 1990.
    """
    table = np.zeros((3, 4), "int32")
    for row, syllable in zip(table, SYLLABLES):
        row[:len(syllable)] = [1 + LETTERS.index(letter) for letter in syllable]
    stream = table[rng.integers(3, size=(n, length // 2 + 1))].reshape(n, -1)
    order = np.argsort(stream == 0, axis=1, kind="stable")      # closes the gaps
    stream = np.take_along_axis(stream, order, axis=1)
    return stream[:, :length], stream[:, 1:length + 1]
