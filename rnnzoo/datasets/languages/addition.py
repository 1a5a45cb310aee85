"""Addition as pupils write it: digits in, digits out."""

import numpy as np

from rnnzoo.datasets.problems import problem

BLANK, END, ZERO, PLUS, EQUALS = 1, 2, 3, 13, 14


@problem("tagging", length=3, longer=6,
         symbols=("blank", "end", *"0123456789", "+", "="))
def addition(n, length, rng, *, shortest=1):
    """The sum of two numbers of `shortest` to `length` digits each.

    The numbers of digits are uniform, and so are the numbers of so many digits; none
    but 0 itself begins with 0. `86+940=` is followed by as many blanks as the longer
    number has digits, and two more. To answer is "blank" up to and including "=", then
    the digits of the sum, the first one first, then "end" once or twice.

    Returns:
        x and y: ids 1, 2 for blank and end, 3 to 12 for 0 to 9, 13 and 14 for + and =;
        (n, 3 length + 4).

    Reference:
        W. Zaremba, I. Sutskever, "Learning to execute", arXiv 1410.4615, 2014.
    """
    rows = np.arange(n)
    sizes = rng.integers(shortest, length + 1, (2, n))
    # Digits stand in columns, the last digit first, beyond the first one 0.
    digits = rng.integers(10, size=(2, n, length + 1))
    digits *= np.arange(length + 1) < sizes[..., None]
    for number, size in zip(digits, sizes):
        number[rows, size - 1] = rng.integers(np.where(size > 1, 1, 0), 10)
    total = digits.sum(axis=0)
    for column in range(length):
        total[:, column + 1] += total[:, column] // 10
        total[:, column] %= 10
    longer = sizes.max(axis=0)
    answered = np.where(total[rows, longer] > 0, longer + 1, longer)
    x = np.zeros((n, 3 * length + 4), "int32")
    y = np.zeros(x.shape, "int32")
    step, equals = np.arange(x.shape[1]), sizes.sum(axis=0) + 1
    x[:] = np.where(step <= (equals + longer + 2)[:, None], BLANK, 0)
    y[:] = np.where(x, END, 0)
    y[step <= equals[:, None]] = BLANK
    for number, size, start in zip((*digits, total), (*sizes, answered),
                                   (0, sizes[0] + 1, equals + 1)):
        into = y if number is total else x
        for place in range(length + 1):         # from the first digit on
            has = place < size
            column = (start + place + 0 * size)[has]
            into[rows[has], column] = ZERO + number[rows[has], (size - 1 - place)[has]]
    x[rows, sizes[0]], x[rows, equals] = PLUS, EQUALS
    return x, y
