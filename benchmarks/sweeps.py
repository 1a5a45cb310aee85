"""Many reservoirs at once beside one by one, in one run.

    python -m benchmarks.sweeps [repetitions]

prints a table and writes it to `sweeps.csv` beside this file. 64 candidates differ in
spectral radius, input scaling and penalty; each learns NARMA10 from some series and is
judged on as many others. One by one they are the weights of one network, which is
fitted and evaluated by Keras; neither way compiles anything in the measured time.
Repetitions alternate, and medians are compared.
"""

import csv
import sys
import time
from pathlib import Path
from statistics import median

import numpy as np

import rnnzoo
from rnnzoo import datasets
from rnnzoo.sweeps.reservoirs import Reservoirs

CANDIDATES, UNITS = 64, 200
SETTINGS = [(1, 2000, "float32"), (1, 2000, "float64")]
ARGUMENTS = {"name": "esn", "units": UNITS, "task": "forecasting", "washout": 100,
             "input_shape": (None, 1), "output_size": 1, "seed": 0}


def drawn():
    random = np.random.default_rng(0)
    return [{"spectral_radius": random.uniform(0.1, 1.0), "leak_rate": 1.0,
             "input_scaling": 10 ** random.uniform(-2, 0), "bias_scaling": 0.2,
             "ridge": 10 ** random.uniform(-6, -2)} for _ in range(CANDIDATES)]


def at_once(candidates, train, validation, dtype):
    reservoirs = Reservoirs(**ARGUMENTS, dtype=dtype)
    return lambda: reservoirs.scores(candidates, [train], [validation], "nmse")


def one_by_one(candidates, train, validation, dtype):
    model = rnnzoo.build(**ARGUMENTS, dtype=dtype, spectral_radius=1.0)
    cell = next(layer.cell for layer in model.layers if hasattr(layer, "cell"))
    weights = cell.kernel, cell.recurrent_kernel, cell.bias
    values = [weight.numpy() for weight in weights]
    scales = "input_scaling", "spectral_radius", "bias_scaling"

    def score(candidate):
        for weight, value, name in zip(weights, values, scales):
            weight.assign(candidate[name] * value)
        model.rule.readout.ridge = [candidate["ridge"]]
        model.fit(*train, batch_size=len(train[0]), verbose=0)
        return model.evaluate(*validation, batch_size=len(train[0]), verbose=0,
                              return_dict=True)["nmse"]

    return lambda: [score(candidate) for candidate in candidates]


def main(repetitions=5):
    rows, candidates = [], drawn()
    for series, steps, dtype in SETTINGS:
        x, y = (v.astype(dtype) for v in datasets.sample(
            "narma10", 2 * series, length=steps, seed=0))
        data = (x[:series], y[:series]), (x[series:], y[series:])
        ways = [way(candidates, *data, dtype) for way in (one_by_one, at_once)]
        np.testing.assert_allclose(*(way() for way in ways), rtol=1e-2)
        times = [[], []]
        for _ in range(repetitions):
            for way, found in zip(ways, times):
                began = time.perf_counter()
                way()
                found.append(time.perf_counter() - began)
        single, many = map(median, times)
        rows.append({"candidates": CANDIDATES, "units": UNITS, "series": series,
                     "steps": steps, "dtype": dtype, "one by one s": round(single, 3),
                     "at once s": round(many, 3), "ratio": round(single / many, 1)})
        print("  ".join(f"{k} {v}" for k, v in rows[-1].items()), flush=True)
    with open(Path(__file__).with_suffix(".csv"), "w", newline="") as file:
        table = csv.DictWriter(file, rows[0], lineterminator="\n")
        table.writeheader()
        table.writerows(rows)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
