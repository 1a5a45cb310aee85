"""Dyck languages: brackets that match, of one or several kinds."""

import numpy as np

from rnnzoo.datasets.languages.words import (
    VERDICTS,
    multiples,
    to_continue,
    verdicts,
)
from rnnzoo.datasets.problems import problem

PAIRS = ("(", ")", "[", "]", "{", "}", "<", ">")


def dyck(n, length, rng, *, kinds, shortest=2):
    """Well-formed words of brackets (Dyck words), to be continued.

    Lengths are uniform among the even numbers from `shortest` to `length`; of the words
    of a length in one kind of bracket all are equally likely; kinds are uniform. An
    open bracket may always follow; of the closing ones only that which matches.

    Returns:
        x: begin and the word; y: the word and end. Ids 1, 2 for begin and end, then
        3, 4 for ( ), 5, 6 for [ ], and so on; (n, length + 1).

    Reference:
        M. Suzgun et al., "LSTM networks can perform dynamic counting", Workshop on Deep
        Learning and Formal Languages, ACL 2019. Words are drawn as in D. B. Arnold,
        M. R. Sleep, "Uniform random generation of balanced parenthesis strings", ACM
        Transactions on Programming Languages and Systems 2:122-128, 1980.
    """
    return to_continue(_words(n, length, rng, kinds, shortest))


def labelled_dyck(n, length, rng, *, kinds, shortest=2):
    """Are the brackets well-formed?

    Half of the words are, of `shortest` to `length` brackets, drawn as in `dyck`. In
    half of the others one bracket, chosen at random, has become another one, which
    always breaks them. In the rest two brackets have changed places, drawn at random
    among those that break the word: to count the brackets of each kind is not enough.

    Returns:
        x: ids 1, 2 for ( ), 3, 4 for [ ], and so on, (n, length). y: 1 for well-formed
        words, 0 for others, (n,).

    Reference:
        S. Das, C. L. Giles, G. Z. Sun, "Learning context-free grammars: capabilities
        and limitations of a recurrent neural network with an external stack memory",
        Conference of the Cognitive Science Society, 1992; wrong words are our choice.
    """
    y = verdicts(n, rng)
    x = _words(n, length, rng, kinds, shortest)
    sizes = np.count_nonzero(x, axis=1)
    wrong = np.flatnonzero(y == 0)
    rows = wrong[::2]
    place, moved = rng.integers(sizes[rows]), rng.integers(1, 2 * kinds, len(rows))
    x[rows, place] = 1 + (x[rows, place] - 1 + moved) % (2 * kinds)
    rows = wrong[1::2]
    while len(rows):
        places = rng.integers(sizes[rows], size=(2, len(rows)))
        swapped = x[rows]
        swapped[np.arange(len(rows)), places] = x[rows, places[::-1]]
        matching = _match(swapped)
        x[rows[~matching]] = swapped[~matching]
        rows = rows[matching]
    return x, y


for kinds in (1, 2, 4):
    symbols = PAIRS[:2 * kinds]
    problem("generation", name=f"dyck_{kinds}", fixed={"kinds": kinds}, length=40,
            least=2, longer=160, symbols=("begin", "end", *symbols))(dyck)
    problem("classification", name=f"dyck_{kinds}_labelled", fixed={"kinds": kinds},
            length=40, least=2, longer=160, symbols=symbols,
            labels=VERDICTS)(labelled_dyck)


def _words(n, length, rng, kinds, shortest):
    lengths = 2 * multiples(n, 2, shortest, length, rng)
    words = np.zeros((n, length), "int32")
    rows, depth = np.arange(n), np.zeros(n, int)
    opened = np.zeros((n, length // 2 + 1), "int32")    # the stacks of open brackets
    for step in range(lengths.max()):
        rest = np.maximum(lengths - step, 1)
        chance = (depth + 2) * (rest - depth) / (2 * rest * (depth + 1))
        opens = rng.random(n) < chance
        kind = np.where(opens, rng.integers(kinds, size=n), opened[rows, depth])
        depth += np.where(opens, 1, -1)
        opened[rows, depth] = np.where(opens, kind, opened[rows, depth])
        symbol = 2 * kind + np.where(opens, 1, 2)
        words[:, step] = np.where(step < lengths, symbol, 0)
        depth = np.where(step < lengths, depth, 0)
    return words


def _match(words):
    """Whether the brackets of each word match, (n,)."""
    rows, depth = np.arange(len(words)), np.zeros(len(words), int)
    opened = np.zeros((len(words), words.shape[1] + 1), int)    # kinds, from depth 1
    right = np.ones(len(words), bool)
    for symbol in words.T:
        kind, opens = (symbol + 1) // 2, symbol % 2 == 1
        closes = (symbol > 0) & ~opens
        right &= ~closes | (opened[rows, depth] == kind)        # no kind is 0
        depth = np.maximum(depth + opens - closes, 0)
        opened[rows, depth] = np.where(opens, kind, opened[rows, depth])
    return right & (depth == 0)
