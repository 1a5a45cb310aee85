"""Networks that come trained: weights by name, with the arguments of `build`.

In `weights/<network>/`, `<name>.json` says what a network is and how it was trained,
and `<name>.npz` has its weights in their order. `scripts/ship` makes both from a run.
"""

import json

import numpy as np

from rnnzoo.configuration import plain, revived
from rnnzoo.errors import unknown

# Arguments of `build` that change nothing of what is computed from trained weights.
LEARNING = ("dropout", "global_clipnorm", "learning_rate", "optimizer", "seed")


def load(entry, name, stated, build):
    """Builds the network that trained weights belong to, and gives it these weights.

    Args:
        entry: `registry.Entry` of the network.
        name: of the weights.
        stated: arguments of `build` that were given, by name.
        build: the function.

    Raises:
        ValueError: there are no such weights, or they belong to other arguments.
    """
    if name not in entry.weights:
        accepted = entry.weights or ["none"]
        raise ValueError(unknown(f"weights of {entry.name!r}", name, accepted))
    path = entry.weights[name]
    arguments = json.loads(path.read_text())["arguments"]
    fixed = {argument: p.default for argument, p in entry.arguments.items()} | arguments
    for argument, value in stated.items():
        if argument not in fixed:
            raise ValueError(f"{entry.name!r}: {unknown('argument', argument, fixed)}")
        if argument not in LEARNING and plain(value) != fixed[argument]:
            raise ValueError(
                f"The weights {name!r} of {entry.name!r} belong to {argument}="
                f"{fixed[argument]!r}; received {value!r}. Leave it out.")
    network = build(**{k: revived(v) for k, v in arguments.items()} | {
        k: v for k, v in stated.items() if k in LEARNING})
    with np.load(path.with_suffix(".npz")) as saved:
        network.set_weights([saved[str(k)] for k in range(len(saved.files))])
    return network
