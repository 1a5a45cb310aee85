"""What somebody chooses has to be."""

import numpy as np


def number(owner, name, value, least, most=None, whole=True):
    """Refuses what is no number, no whole one, or not within the limits.

    Args:
        owner: the dataset, for the message.
        name: of the option.
        value: what was received.
        least: the smallest number that is accepted.
        most: the greatest; None if there is none.
        whole: whether it has to be an integer.

    Raises:
        ValueError: says what was received and what is accepted.
    """
    kinds = (int, np.integer) if whole else (int, float, np.number)
    if (not isinstance(value, kinds) or isinstance(value, bool)
            or not least <= value <= (value if most is None else most)):
        raise ValueError(
            f"{owner}: `{name}` is {'an integer' if whole else 'a number'} of at least "
            f"{least}" + f" and at most {most}" * (most is not None)
            + f"; received {value!r}.")


def flag(owner, name, value):
    """Refuses what is neither true nor false; arguments are those of `number`."""
    if not isinstance(value, bool):
        raise ValueError(f"{owner}: `{name}` is true or false; received {value!r}.")
