"""Tomita's seven regular languages over 0 and 1."""

import numpy as np

from rnnzoo.datasets.languages.automata import Automaton
from rnnzoo.datasets.languages.words import VERDICTS, verdicts
from rnnzoo.datasets.problems import problem

# Next state on 0 and on 1 for each state, and the states in which a word is accepted.
AUTOMATA = {
    1: ([(1, 0), (1, 1)], {0}),
    2: ([(2, 1), (0, 2), (2, 2)], {0}),
    3: ([(0, 1), (2, 0), (3, 4), (2, 1), (4, 4)], {0, 1, 3}),
    4: ([(1, 0), (2, 0), (3, 0), (3, 3)], {0, 1, 2}),
    5: ([(2, 1), (3, 0), (0, 3), (1, 2)], {0}),
    6: ([(2, 1), (0, 2), (1, 0)], {0}),
    7: ([(0, 1), (2, 1), (2, 3), (4, 3), (4, 4)], {0, 1, 2, 3}),
}


def tomita(n, length, rng, *, grammar, shortest=1):
    """Is the word of Tomita's language?

        1  only ones
        2  10 again and again
        3  no odd run of ones before an odd run of zeros
        4  no three zeros in a row
        5  an even number of zeros and an even number of ones
        6  the numbers of ones and zeros differ by a multiple of three
        7  zeros, ones, zeros, ones, each any number of times

    Half of the words are. Lengths are uniform among those from `shortest` to `length`
    of which there are words with the verdict; words of one length and verdict are all
    equally likely. Networks are trained on short words and tested on longer ones.

    Returns:
        x: ids 1 and 2 for 0 and 1, (n, length). y: 1 for words of the language, 0 for
        others, (n,).

    Reference:
        M. Tomita, "Dynamic construction of finite-state automata from examples using
        hill-climbing", Conference of the Cognitive Science Society, 1982. As a task: C.
        L. Giles et al., "Learning and extracting finite state automata with
        second-order recurrent neural networks", Neural Computation 4:393-405, 1992.
    """
    table, accepting = AUTOMATA[grammar]
    y = verdicts(n, rng)
    x = np.zeros((n, length), "int32")
    for verdict in (0, 1):
        final = [(state in accepting) == verdict for state in range(len(table))]
        rows = y == verdict
        if rows.any():
            x[rows] = Automaton(table, final).words(
                rows.sum(), shortest, length, rng, uniform=True)
    return x, y


for number in AUTOMATA:
    problem("classification", name=f"tomita_{number}", fixed={"grammar": number},
            length=12, least=4, longer=50, size=2000, symbols=("0", "1"),
            labels=VERDICTS)(tomita)
