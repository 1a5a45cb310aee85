"""Recall of 1,000 cues in 1,000 units, beside the formulas in NumPy and PyTorch.

    python benchmarks/memories.py [repetitions]

prints a table and writes it to `memories.csv` beside this file. All have the same
connections and cues and end in the same states; repetitions alternate, and medians are
compared. Needs the extra "benchmarks".
"""

import csv
import sys
import time
from pathlib import Path
from statistics import median

import numpy as np
import torch

import rnnzoo

UNITS = CUES = 1000
PATTERNS = 50
DAMAGE = 0.1


def problem():
    """Stored patterns and damaged copies of them."""
    random = np.random.default_rng(0)
    patterns = random.choice([-1.0, 1.0], (PATTERNS, UNITS)).astype("float32")
    cues = patterns[random.integers(0, PATTERNS, CUES)]
    wrong = random.random(cues.shape) < DAMAGE
    return patterns, np.where(wrong, -cues, cues)


def hebbian(patterns):
    kernel = patterns.T @ patterns / UNITS
    np.fill_diagonal(kernel, 0)
    return kernel.astype("float32")


def synchronous_numpy(x, kernel):
    while True:
        field = x @ kernel
        new = np.where(field == 0, x, np.sign(field))
        if np.array_equal(new, x):
            return new
        x = new


def synchronous_torch(x, kernel):
    while True:
        field = x @ kernel
        new = torch.where(field == 0, x, torch.sign(field))
        if torch.equal(new, x):
            return new
        x = new


def asynchronous_numpy(x, kernel, order=np.random.default_rng(0).permutation(UNITS)):
    x = np.asfortranarray(x)
    while True:
        before = x.copy()
        for unit in order:
            field = x @ kernel[unit]
            x[:, unit] = np.where(field == 0, x[:, unit], np.sign(field))
        if np.array_equal(x, before):
            return x


def asynchronous_torch(x, kernel, order=np.random.default_rng(0).permutation(UNITS)):
    x = x.clone()
    while True:
        before = x.clone()
        for unit in order:
            field = x @ kernel[unit]
            x[:, unit] = torch.where(field == 0, x[:, unit], torch.sign(field))
        if torch.equal(x, before):
            return x


def modern_numpy(x, patterns):
    while True:
        scores = x @ patterns.T
        shares = np.exp(scores - scores.max(-1, keepdims=True))
        new = shares / shares.sum(-1, keepdims=True) @ patterns
        if np.abs(new - x).max() <= 1e-5:
            return new
        x = new


def modern_torch(x, patterns):
    while True:
        new = torch.softmax(x @ patterns.T, -1) @ patterns
        if (new - x).abs().max() <= 1e-5:
            return new
        x = new


def measured(name, arguments, formulas, repetitions):
    """Median seconds of each library; asserts that all recall the same."""
    patterns, cues = problem()
    model = rnnzoo.build(name, UNITS, seed=0, **arguments)
    model.fit(patterns, verbose=0)
    constant = patterns if name == "modern_hopfield" else hebbian(patterns)
    numpy, pytorch = formulas
    tensors = torch.from_numpy(cues), torch.from_numpy(constant)
    runs = {"rnnzoo": lambda: model.predict(cues, verbose=0),
            "numpy": lambda: numpy(cues, constant),
            "torch": lambda: pytorch(*tensors).numpy()}
    first, *others = [run() for run in runs.values()]
    assert all(np.abs(first - other).max() < 1e-3 for other in others)
    seconds = {library: [] for library in runs}
    for _ in range(repetitions):
        for library, run in runs.items():
            start = time.perf_counter()
            run()
            seconds[library].append(time.perf_counter() - start)
    return {library: median(s) for library, s in seconds.items()}


def main(repetitions):
    settings = {
        "synchronous": ("hopfield", {"update": "synchronous"},
                        (synchronous_numpy, synchronous_torch)),
        "asynchronous": ("hopfield", {"update": "asynchronous"},
                         (asynchronous_numpy, asynchronous_torch)),
        "modern": ("modern_hopfield", {"slots": PATTERNS},
                   (modern_numpy, modern_torch)),
    }
    rows = [("recall", "rnnzoo s", "numpy s", "torch s", "rnnzoo/numpy",
             "rnnzoo/torch")]
    for kind, (name, arguments, formulas) in settings.items():
        s = measured(name, arguments, formulas, repetitions)
        rows.append((kind, *(f"{v:.4f}" for v in s.values()),
                     f"{s['rnnzoo'] / s['numpy']:.2f}",
                     f"{s['rnnzoo'] / s['torch']:.2f}"))
    for row in rows:
        print("  ".join(f"{v:>12}" for v in row))
    with open(Path(__file__).with_suffix(".csv"), "w", newline="") as file:
        csv.writer(file).writerows(rows)


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 9)
