"""Reservoirs beside reservoirpy's, in one run: their states, and `fit` of a readout.

    python -m benchmarks.reservoirs [repetitions]

prints a table and writes it to `reservoirs.csv` beside this file. Both libraries have
the same sizes and connectivity; each works in its usual precision, float32 here and
float64 there. Repetitions alternate, and medians are compared. Needs the extra
"benchmarks".
"""

import csv
import sys
import time
from pathlib import Path
from statistics import median

import numpy as np
import tensorflow as tf
from reservoirpy.nodes import Reservoir, Ridge

import rnnzoo
from rnnzoo import recurrence
from rnnzoo.layers import EchoState

FEATURES = 3
SETTINGS = [(1, 8000, 500), (1, 8000, 1000), (1, 8000, 2000),
            (32, 1000, 500), (32, 1000, 1000)]


def states(x, units):
    layer = EchoState(units, seed=0, return_sequences=True)
    run = tf.function(layer, autograph=False)
    reservoir = Reservoir(units, sr=0.9, seed=0)
    here = tf.constant(x, "float32")
    # One series is the faster without the axis of the batch.
    there = x[0] if len(x) == 1 else x
    return lambda: run(here).numpy(), lambda: reservoir.run(there)


def fit(x, units):
    x, y = x[:, :-1], x[:, 1:]
    model = rnnzoo.build("esn", units, task="forecasting", ridge=1e-6, seed=0,
                         input_shape=(None, FEATURES), output_size=FEATURES)
    theirs = Reservoir(units, sr=0.9, seed=0) >> Ridge(ridge=1e-6)
    here = [v.astype("float32") for v in (x, y)]
    there = (x[0], y[0]) if len(x) == 1 else (x, y)
    return (lambda: model.fit(*here, batch_size=len(x), verbose=0),
            lambda: theirs.fit(*there))


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
    rows = []
    for what in (states, fit):
        for series, steps, units in SETTINGS:
            x = np.random.default_rng(0).normal(size=(series, steps, FEATURES))
            with recurrence.on_this_machine():
                here, there = seconds(what(x, units), repetitions)
            rows.append({
                "what": what.__name__, "series": series, "steps": steps, "units": units,
                "rnnzoo s": round(here, 3), "reservoirpy s": round(there, 3),
                "ratio": round(there / here, 1)})
            print("  ".join(f"{k} {v}" for k, v in rows[-1].items()), flush=True)
    with open(Path(__file__).with_suffix(".csv"), "w", newline="") as file:
        table = csv.DictWriter(file, rows[0])
        table.writeheader()
        table.writerows(rows)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
