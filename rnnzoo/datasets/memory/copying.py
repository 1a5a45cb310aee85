"""Read symbols, then write them down: once, later, or again and again."""

import numpy as np

from rnnzoo.datasets.problems import problem

LETTERS = tuple("abcdefgh")
BLANK, GO, END = 1, 2, 2


@problem("tagging", length=20, longer=50, symbols=("blank", "go", *LETTERS))
def copy(n, length, rng, *, shortest=1):
    """Copying: read `shortest` to `length` symbols, and write them at the word "go".

    The number of symbols is uniform, the symbols are uniform in a to h. Every word of
    the input is answered: "blank" until "go" has been read, then the symbols. This is
    `copy_bits` with one of eight symbols, 3 bits, a step.

    Returns:
        x: the symbols, go, and a blank for each symbol; y: a blank for each symbol and
        for go, then the symbols. Ids 1 to 10 for blank, go, a to h; (n, 2 length + 1).

    Reference:
        A. Graves, G. Wayne, I. Danihelka, "Neural Turing machines", arXiv 1410.5401,
        2014, section 4.1.
    """
    counts = rng.integers(shortest, length + 1, n)[:, None]
    symbols = rng.integers(3, 11, (n, length), dtype="int32")
    return recited(symbols, counts)


@problem("forecasting", length=20, longer=120)
def copy_bits(n, length, rng, *, shortest=1):
    """Copying of vectors of eight random bits, as Neural Turing Machines learnt it.

    Every step has ten channels: eight bits, a flag for the start and one for the end. A
    sequence is the start, `shortest` to `length` vectors (uniform), the end, and as
    many steps of silence, in which the vectors are to be written. Before, the target
    is 0, and so it is in the silence that fills up shorter sequences. Without memory
    the best answer to a bit is 1/2.

    Returns:
        x: bits and flags, (n, 2 length + 2, 10). y: bits, (n, 2 length + 2, 8).

    Reference:
        A. Graves, G. Wayne, I. Danihelka, "Neural Turing machines", arXiv 1410.5401,
        2014, section 4.1.
    """
    counts = rng.integers(shortest, length + 1, n)
    bits = rng.integers(2, size=(n, length, 8)).astype("float32")
    bits *= (np.arange(length) < counts[:, None])[..., None]
    x = np.zeros((n, 2 * length + 2, 10), "float32")
    x[:, 1:length + 1, :8] = bits
    x[:, 0, 8] = 1
    x[np.arange(n), counts + 1, 9] = 1
    y = np.zeros((n, 2 * length + 2, 8), "float32")
    rows, places = np.nonzero(np.arange(length) < counts[:, None])
    y[rows, places + counts[rows] + 2] = bits[rows, places]
    return x, y


@problem("tagging", length=100, longer=400, symbols=("blank", "go", *LETTERS),
         limits={"count": (1, 1000)})
def copy_memory(n, length, rng, *, count=10):
    """The copying memory problem: keep ten symbols while `length` steps pass.

    `count` symbols, uniform in a to h, then `length` blanks of which the last is the
    word "go", then `count` blanks. To answer is "blank" up to and including go, then
    the symbols. Without memory the best mean cross entropy is count ln(8) / (length +
    2 count).

    Returns:
        x and y: ids 1 to 10 for blank, go, a to h; (n, length + 2 count).

    Reference:
        S. Hochreiter, J. Schmidhuber, "Long short-term memory", Neural Computation
        9:1735-1780, 1997; in the form of M. Arjovsky, A. Shah, Y. Bengio, "Unitary
        evolution recurrent neural networks", ICML 2016.
    """
    symbols = rng.integers(3, 11, (n, count), dtype="int32")
    blanks = np.full((n, length + count), BLANK, "int32")
    x, y = np.hstack([symbols, blanks]), np.hstack([blanks, symbols])
    x[:, count + length - 1] = GO
    return x, y


@problem("tagging", length=10, longer=20,
         symbols=("blank", "end", *LETTERS, *(f"{k} times" for k in range(1, 11))))
def repeat_copy(n, length, rng, *, shortest=1):
    """Repeated copying: write what was read as many times as the last word says.

    `shortest` to `length` symbols, uniform in a to h, then one of the words "1 times"
    to "10 times", then blanks. To answer is "blank" while these are read, then the
    symbols so many times, then "end".

    Returns:
        x and y: ids 1 to 20 for blank, end, a to h, 1 times to 10 times;
        (n, 11 length + 2).

    Reference:
        A. Graves, G. Wayne, I. Danihelka, "Neural Turing machines", arXiv 1410.5401,
        2014, section 4.2.
    """
    counts = rng.integers(shortest, length + 1, n)[:, None]
    times = rng.integers(1, 11, (n, 1))
    symbols = rng.integers(3, 11, (n, length), dtype="int32")
    step = np.arange(11 * length + 2)
    written = step - counts - 1
    read = np.take_along_axis(symbols, step % counts, axis=1)
    said = np.take_along_axis(symbols, written % counts, axis=1)
    end = times * counts
    x = np.select([step < counts, step == counts, written <= end],
                  [read, 10 + times, BLANK])
    y = np.select([written < 0, written < end, written == end], [BLANK, said, END])
    return x.astype("int32"), y.astype("int32")


def recited(symbols, counts, backwards=False):
    """`(x, y)` of a sequence that is read, and then written at the word "go".

    Args:
        symbols: ids, (n, longest).
        counts: how many of them are read, (n, 1).
        backwards: whether the last is written first.
    """
    step = np.arange(2 * symbols.shape[1] + 1)
    written = step - counts - 1
    said = np.take_along_axis(
        symbols, (counts - 1 - written if backwards else written) % counts, axis=1)
    read = np.take_along_axis(symbols, step % counts, axis=1)
    x = np.select([step < counts, step == counts, written < counts], [read, GO, BLANK])
    y = np.select([written < 0, written < counts], [BLANK, said])
    return x.astype("int32"), y.astype("int32")
