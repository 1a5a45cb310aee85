"""The states of reservoirs, beside reservoirpy's, in one run.

    python -m benchmarks.reservoirs [repetitions]

Both libraries have the same sizes and connectivity; each works in its usual precision,
float32 here and float64 there. Repetitions alternate, and medians are compared. Needs
the extra "benchmarks".
"""

import sys
import time
from statistics import median

import numpy as np
import tensorflow as tf
from reservoirpy.nodes import Reservoir

from rnnzoo import recurrence
from rnnzoo.layers import EchoState

FEATURES = 3
SETTINGS = [(1, 8000, 500), (1, 8000, 1000), (1, 8000, 2000),
            (32, 1000, 500), (32, 1000, 1000)]


def ours(x, units):
    layer = EchoState(units, seed=0, return_sequences=True)
    run = tf.function(layer, autograph=False)
    x = tf.constant(x, "float32")
    return lambda: run(x).numpy()


def theirs(x, units):
    reservoir = Reservoir(units, sr=0.9, seed=0)
    # One series is the faster without the axis of the batch.
    return lambda: reservoir.run(x[0] if len(x) == 1 else x)


def seconds(functions, repetitions):
    """The median time of each function, after a first call that prepares it."""
    times = [[] for _ in functions]
    for function in functions:
        function()
    for _ in range(repetitions):
        for function, found in zip(functions, times):
            start = time.perf_counter()
            function()
            found.append(time.perf_counter() - start)
    return [median(found) for found in times]


def main(repetitions=5):
    print("series  steps  units  rnnzoo s  reservoirpy s  ratio")
    for series, steps, units in SETTINGS:
        x = np.random.default_rng(0).normal(size=(series, steps, FEATURES))
        with recurrence.on_this_machine():
            a, b = seconds([ours(x, units), theirs(x, units)], repetitions)
        print(f"{series:6}  {steps:5}  {units:5}  {a:8.3f}  {b:13.3f}  {b / a:5.1f}",
              flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
