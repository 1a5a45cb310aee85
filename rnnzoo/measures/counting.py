"""How far a network counts: a^n b^n and a^n b^n c^n, and nothing beside them."""

import numpy as np

BEGIN, END, FIRST = 1, 2, 3     # ids of the problems `anbn` and `anbncn`; FIRST is a
THRESHOLD = 0.01                # what a known symbol's probability is above
CHANGES = (-2, -1, 1, 2)        # of the count of one letter, in a near miss
AT_ONCE = 50                    # values of n that are read in one batch


def largest_n(model, letters, limit):
    """The largest n up to which a network knows a^n b^n, or a^n b^n c^n.

    It knows n if it accepts the word and rejects each of its near misses, in which one
    letter, not the first, occurs once or twice more or less often. Counting starts with
    n = 1: of the empty word there is nothing to count. Where n is drawn from 0 to 99,
    the chance that b follows a few a's is 1 in 100, the threshold itself: a network may
    count well and know no n, as it takes this chance for a little less.

    Args:
        model: a network for "generation", trained on the problem `anbn` or `anbncn`.
        letters: 2 or 3.
        limit: the largest n that is tried.

    Returns:
        The last n before the first that the network does not know: 0 to `limit`.

    Reference:
        G. Weiss, Y. Goldberg, E. Yahav, "On the practical computational power of finite
        precision RNNs for language recognition", ACL 2018. Near misses: ours.
    """
    changes = np.array([np.zeros(letters, int)] + [
        change * np.eye(letters, dtype=int)[letter]
        for letter in range(1, letters) for change in CHANGES])
    for first in range(1, limit + 1, AT_ONCE):
        n = np.arange(first, min(first + AT_ONCE, limit + 1))
        counts = n[:, None, None] + changes
        there = (counts >= 0).all(axis=-1)
        accepted = np.zeros(there.shape, bool)
        accepted[there] = accepts(model, counts[there])
        known = accepted[:, 0] & ~accepted[:, 1:].any(axis=1)
        if not known.all():
            return int(n[known.argmin()]) - 1
    return limit


def accepts(model, counts):
    """Whether a network accepts words in which every letter comes so many times.

    It does if each symbol of the word, and the end, has a probability above 0.01 when
    what comes before it was read.

    Args:
        model: as in `largest_n`.
        counts: of a, b, ... in each word, `(words, letters)`.

    Returns:
        A NumPy array of bool, `(words,)`.
    """
    ends = np.cumsum(counts, axis=1)[:, :, None]
    step = np.arange(ends.max() + 1)
    letter = FIRST + (step >= ends).sum(axis=1)
    size = ends[:, -1]
    y = np.where(step < size, letter, np.where(step == size, END, 0))
    x = np.where(y, np.insert(y[:, :-1], 0, BEGIN, axis=1), 0)
    p = model.predict(x, batch_size=len(x), verbose=0)
    p = np.take_along_axis(p, y[..., None], axis=-1)[..., 0]
    return ((p > THRESHOLD) | (y == 0)).all(axis=1)
