"""How rnnzoo says no: what was received, what is accepted, and the nearest match."""

import difflib


def unknown(what, received, accepted):
    """Message for a name that is not among the `accepted` ones.

    Args:
        what: the kind of thing, for instance `"network"`.
        received: the word that was given.
        accepted: the words that would do.
    """
    accepted = sorted(accepted)
    lower = {name.lower(): name for name in accepted}
    near = [lower[name] for name in
            difflib.get_close_matches(str(received).lower(), lower, n=3)]
    hint = f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
    return f"Unknown {what} {received!r}.{hint} Accepted: {', '.join(accepted)}."
