"""The ten digits as small pictures."""

import numpy as np

from rnnzoo.datasets.associative.bipolar import damaged
from rnnzoo.datasets.problems import problem

# Seven rows of five pixels for each digit, side by side.
ROWS = """
.###. ..#.. .###. .###. ...#. ##### ..##. ##### .###. .###.
#...# .##.. #...# #...# ..##. #.... .#... ....# #...# #...#
#..## ..#.. ....# ....# .#.#. ####. #.... ...#. #...# #...#
#.#.# ..#.. ...#. ..##. #..#. ....# ####. ..#.. .###. .####
##..# ..#.. ..#.. ....# ##### ....# #...# .#... #...# ....#
#...# ..#.. .#... #...# ...#. #...# #...# .#... #...# ...#.
.###. .###. ##### .###. ...#. .###. .###. .#... .###. .##..
"""
BITMAPS = np.array([[2 * (pixel == "#") - 1 for row in digit for pixel in row]
                    for digit in zip(*map(str.split, ROWS.split("\n")[1:-1]))],
                   "float32")


@problem("regression", length=35, least=35, most=35, size=1000,
         limits={"corruption": (0, 1)})
def digit_bitmaps(n, length, rng, *, corruption=0.1):
    """The digits 0 to 9 as bitmaps of 7 x 5 pixels, to be recalled from damaged ones.

    Unlike random patterns they resemble each other, so that a Hebbian memory confuses
    them. Every cue is one of them, in turn, in which the share `corruption` of the
    pixels, chosen at random, has changed sign. `length` is the number of pixels.

    Returns:
        x: the cues, pixels +1 and -1, (n, 1, 35): a sequence of one step. y: the
        digits without damage, (n, 35). Row i belongs to the digit i % 10.

    Reference:
        The usual test of associative memories, as in S. Haykin, "Neural networks: a
        comprehensive foundation", 2nd edition, 1999, section 14.7; drawn anew.
    """
    y = BITMAPS[np.arange(n) % len(BITMAPS)]
    return damaged(y, corruption, rng)[:, None], y
