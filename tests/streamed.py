"""What is read step by step in tests: a network, features, and padded symbols."""

import numpy as np

import rnnzoo

RNG = np.random.default_rng(0)
X = RNG.normal(size=(4, 7, 3)).astype("float32")
IDS = RNG.integers(1, 6, (4, 7))
IDS[0, :3] = IDS[1, 4:] = IDS[2, [1, 4, 6]] = IDS[3] = 0


def network(name="elman", **changes):
    model = rnnzoo.build(name, **{"task": "forecasting", "input_shape": (None, 3),
                                  "output_size": 3, "units": 4, "seed": 1, **changes})
    for weight in model.weights:        # biases and initial states are zero at first
        if weight.dtype.startswith(("float", "bfloat")):
            weight.assign(weight + RNG.normal(0, 0.1, weight.shape))
    return model


def of_symbols(name="elman", **changes):
    return network(name, **{"input_shape": None, "vocabulary_size": 6,
                            "task": "tagging", "embedding": 5, **changes})
