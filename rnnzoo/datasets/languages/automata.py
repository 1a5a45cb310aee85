"""Random words of a finite automaton, of lengths that are chosen freely."""

import numpy as np

from rnnzoo.datasets.languages.words import none_of


class Automaton:
    """A deterministic automaton whose words can be drawn.

    Args:
        table: next state for each state and symbol, (states, symbols).
        final: whether a word may end, for each state.
        weights: of the transitions, like `table`; all 1 by default. A word is drawn in
            proportion to the product of its weights.
    """

    def __init__(self, table, final, weights=None):
        self.table = np.array(table)
        self.final = np.array(final, float)
        self.weights = np.ones(self.table.shape) if weights is None else weights

    def words(self, n, shortest, length, rng, uniform):
        """Draws words that begin in state 0.

        Args:
            n: how many.
            shortest: least number of symbols.
            length: greatest.
            rng: NumPy's random generator.
            uniform: whether all lengths that there are have the same chance; else a
                length has the weight of its words.

        Returns:
            Ids of the symbols from 1, filled up with 0: (n, length).
        """
        # Row r: the weight of all ways to end after r more symbols, over e**scale[r].
        mass = np.zeros((length + 1, len(self.table)))
        mass[0], scale = self.final, np.zeros(length + 1)
        for r in range(1, length + 1):
            mass[r] = (self.weights * mass[r - 1][self.table]).sum(axis=1)
            greatest = mass[r].max() or 1
            mass[r] /= greatest
            scale[r] = scale[r - 1] + np.log(greatest)
        there = np.flatnonzero(mass[shortest:, 0]) + shortest
        if not len(there):
            raise none_of(shortest, length)
        weight = np.log(mass[there, 0]) + scale[there]
        share = np.exp(weight - weight.max()) ** (not uniform)
        lengths = rng.choice(there, n, p=share / share.sum())
        words = np.zeros((n, length), "int32")
        state = np.zeros(n, int)
        for step in range(lengths.max()):
            rows = np.flatnonzero(step < lengths)
            after = self.table[state[rows]]
            chances = self.weights[state[rows]] * mass[
                lengths[rows, None] - step - 1, after]
            chances = np.cumsum(chances, axis=1)
            draw = rng.random(len(rows)) * chances[:, -1]
            symbol = (draw[:, None] >= chances).sum(axis=1)
            words[rows, step] = 1 + symbol
            state[rows] = self.table[state[rows], symbol]
        return words
