"""Layers that take up a sequence where they left off, for streams and closed loops."""

from contextlib import contextmanager
from contextvars import ContextVar

_states = ContextVar("states", default=None)


@contextmanager
def carrying(states):
    """Within it, layers that remember start from these states and leave their last.

    A layer whose output at one step needs other steps has `carried_states(batch_size)`:
    name -> tensor, what it remembers before the first step. It raises ValueError if the
    steps it needs are still to come. One that needs none may have it too, and returns
    an empty dictionary.

    Args:
        states: name of the layer -> name of the state -> tensor; changed in place.
    """
    token = _states.set(states)
    try:
        yield
    finally:
        _states.reset(token)


def carried(layer):
    """States of a layer, to be read and written; None where none are carried."""
    return (_states.get() or {}).get(layer.name)
