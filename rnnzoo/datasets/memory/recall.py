"""Which value went with the key?"""

import numpy as np

from rnnzoo.datasets.problems import problem

KEYS = tuple("abcdefghijklmnopqrstuvwxyz")
VALUES = tuple("0123456789")
ASK = 1


@problem("classification", length=6, most=26, longer=20,
         symbols=("?", *KEYS, *VALUES), labels=VALUES)
def associative_recall(n, length, rng, *, shortest=1):
    """Associative recall: pairs of a letter and a digit, then a letter that was there.

    `c9k8j3?k` is answered by 8. There are `shortest` to `length` pairs, the letters of
    a sequence differ, the digits are uniform. Chance is 1/10.

    Returns:
        x: ids 1 for "?", 2 to 27 for letters, 28 to 37 for digits,
        (n, 2 length + 2). y: the digit, (n,).

    Reference:
        J. Ba et al., "Using fast weights to attend to the recent past", NIPS 2016. As a
        recall of the item that followed: A. Graves, G. Wayne, I. Danihelka, "Neural
        Turing machines", arXiv 1410.5401, 2014, section 4.3.
    """
    counts = rng.integers(shortest, length + 1, n)
    rows, step = np.arange(n), np.arange(2 * length)
    keys = np.argsort(rng.random((n, len(KEYS))), axis=1)[:, :length]
    values = rng.integers(10, size=(n, length))
    asked = rng.integers(counts)
    x = np.zeros((n, 2 * length + 2), "int32")
    x[:, 0:-2:2], x[:, 1:-2:2] = 2 + keys, 28 + values
    x[:, :-2] *= step < 2 * counts[:, None]
    x[rows, 2 * counts] = ASK
    x[rows, 2 * counts + 1] = 2 + keys[rows, asked]
    return x, values[rows, asked].astype("int32")
