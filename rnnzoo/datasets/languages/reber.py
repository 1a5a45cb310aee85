"""Reber's grammar, alone and embedded in a longer dependency."""

import numpy as np

from rnnzoo.datasets.languages.automata import Automaton
from rnnzoo.datasets.problems import problem

LETTERS = tuple("BTSXPVE")
GRAMMAR = {             # node -> the two letters that may come, and where they lead
    "begin": {"B": "1"},
    "1": {"T": "2", "P": "3"},
    "2": {"S": "2", "X": "4"},
    "3": {"T": "3", "V": "5"},
    "4": {"X": "3", "S": "6"},
    "5": {"P": "4", "V": "6"},
    "6": {"E": "end"},
    "end": {},
}


def embedded(grammar):
    """The grammar between two letters that are the same, both T or both P."""
    whole = {"start": {"B": "which"}, "which": {"T": "T begin", "P": "P begin"}}
    for side in "TP":
        for node, arrows in grammar.items():
            whole[f"{side} {node}"] = {a: f"{side} {b}" for a, b in arrows.items()}
        whole[f"{side} end"] = {side: "close"}
    return {**whole, "close": {"E": "end"}, "end": {}}


def automaton(grammar):
    """The `Automaton` of a grammar in which all arrows of a node are equally likely."""
    nodes = list(grammar)
    table = np.zeros((len(nodes), len(LETTERS)), int)
    weights = np.zeros(table.shape)
    for row, arrows in enumerate(grammar.values()):
        for letter, node in arrows.items():
            table[row, LETTERS.index(letter)] = nodes.index(node)
            weights[row, LETTERS.index(letter)] = 1 / len(arrows)
    return Automaton(table, [node == "end" for node in nodes], weights)


AUTOMATA = {"alone": automaton(GRAMMAR), "embedded": automaton(embedded(GRAMMAR))}


@problem("generation", name="reber", fixed={"form": "alone"}, length=30, least=5,
         longer=100, size=5000, symbols=LETTERS)
@problem("generation", name="embedded_reber", fixed={"form": "embedded"}, length=30,
         least=9, longer=100, size=5000, symbols=LETTERS)
def reber(n, length, rng, *, form, shortest=5):
    """Strings of the Reber grammar (of the embedded one), to be continued.

    At every node of the grammar both arrows are equally likely; strings that are not of
    `shortest` to `length` letters are left out. In the embedded grammar the second
    letter, T or P, comes again as the last but one: a network has to remember it.

    Returns:
        x: the string without its last letter, y: without its first, both
        (n, length - 1). Ids 1 to 7 for B, T, S, X, P, V, E.

    Reference:
        A. S. Reber, "Implicit learning of artificial grammars", Journal of Verbal
        Learning and Verbal Behavior 6:855-863, 1967. As a task: A. Cleeremans, D.
        Servan-Schreiber, J. L. McClelland, "Finite state automata and simple recurrent
        networks", Neural Computation 1:372-381, 1989; S. Hochreiter, J. Schmidhuber,
        "Long short-term memory", Neural Computation 9:1735-1780, 1997, experiment 1.
    """
    words = AUTOMATA[form].words(n, shortest, length, rng, uniform=False)
    y = words[:, 1:]
    return np.where(y, words[:, :-1], 0), y
