"""Published figures of echo state networks, ten seeds each, beside what rnnzoo reaches.

    python benchmarks/reservoir_figures.py

prints a table and writes it to `reservoir_figures.csv` beside this file.
"""

import csv
from pathlib import Path

import keras
import numpy as np

import rnnzoo
from rnnzoo import datasets, measures

SEEDS = range(10)
WASHOUT = 200


def narma10(units, seed):
    """NMSE on 2,000 unseen steps after 2,000 of training."""
    u, y = datasets.sample("narma10", 2, 2000 + WASHOUT, seed=seed)
    model = rnnzoo.build(
        "esn", units, task="forecasting", input_shape=(None, 1), output_size=1,
        input_scaling=0.1, bias_scaling=0.2, washout=WASHOUT, ridge=1e-9,
        dtype="float64", seed=seed)
    model.fit(u[:1], y[:1], verbose=0)
    return model.evaluate(u[1:], y[1:], verbose=0, return_dict=True)["nmse"]


def mackey_glass(units, seed):
    """NRMSE84 over 50 runs as in GMD Report 148: 3,000 steps, 1,000 of them washout.

    Jaeger's leaking rate is 0.9, his gain 0.44, and a bias of 0.2 enters by weights of
    up to 0.14.
    """
    def series(n, length, seed):
        return np.tanh(datasets.sample("mackey_glass_17", n, length, seed=seed)[0] - 1)

    x, runs = series(1, 3001, seed), series(50, 1084, 1000 + seed)
    model = rnnzoo.build(
        "esn", units, task="forecasting", input_shape=(None, 1), output_size=1,
        spectral_radius=0.79, leak_rate=0.44 * 0.9, gain=0.44, connectivity=0.0125,
        input_scaling=0.56, bias_scaling=0.2 * 0.14, washout=1000, readout="qr",
        ridge=2e-14, dtype="float64", seed=seed)
    model.fit(x[:, :-1], x[:, 1:], verbose=0)
    y = rnnzoo.generate(model, runs[:, :1000], 84)
    return measures.nrmse_at(runs[:, 1000:], y, 84, variance=x.var())


def memory_capacity(units, seed):
    """Memory capacity of linear units, over delays up to twice their number."""
    x = np.random.default_rng(seed).uniform(-0.5, 0.5, (1, 6000, 1))
    model = rnnzoo.build(
        "esn", units, task="forecasting", input_shape=(None, 1), output_size=1,
        activation="linear", bias_scaling=0.0, spectral_radius=0.9, connectivity=1.0,
        dtype="float64", seed=seed)
    states = keras.Model(model.inputs, model.get_layer("y").input)
    return measures.memory_capacity(states.predict(x, verbose=0)[0], x[0], 2 * units)


FIGURES = [         # name, function, units, published, source
    ("NARMA10 NMSE", narma10, 50, 0.166, "Rodan and Tino 2011"),
    ("NARMA10 NMSE", narma10, 100, 0.096, "Rodan and Tino 2011"),
    ("NARMA10 NMSE", narma10, 200, 0.0425, "Rodan and Tino 2011"),
    ("Mackey-Glass 17 NRMSE84", mackey_glass, 400, 0.00028, "Jaeger 2001"),
    ("memory capacity, linear", memory_capacity, 50, 50, "bound, Jaeger 2001"),
]
DIVERGED = 0.1


def main():
    rows = []
    for name, function, units, published, source in FIGURES:
        found = np.array([function(units, seed) for seed in SEEDS])
        rows.append({
            "figure": name, "units": units, "mean": np.mean(found),
            "standard deviation": np.std(found), "median": np.median(found),
            "published": published, "source": source,
            "diverging": np.mean(found > DIVERGED) if function is mackey_glass else ""})
        print("  ".join(f"{k} {v:.4g}" if isinstance(v, float) else f"{k} {v}"
                        for k, v in rows[-1].items()), flush=True)
    with open(Path(__file__).with_suffix(".csv"), "w", newline="") as file:
        table = csv.DictWriter(file, rows[0])
        table.writeheader()
        table.writerows(rows)


if __name__ == "__main__":
    main()
