"""How long a single step takes: exported, by `rnnzoo.Stream`, and by `predict`.

    python -m benchmarks.serving [steps]

prints a table and writes it to `serving.csv` beside this file: an LSTM of 64 units at
batch 1, its states given back at every step. The program in C++ loads the export as
TensorFlow Serving does: on one thread, and on as many as TensorFlow chooses, which hand
so small a step on to each other. Needs a compiler, g++.
"""

import csv
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import tensorflow as tf

import rnnzoo
from tests.serving import elsewhere

FEATURES = 3
FIRST = 100     # steps that prepare
PREDICTIONS = 200


def in_cpp(program, path, x, threads):
    found = elsewhere.by_program(
        program, {str(path): {"stream": {"x": x}}}, threads)[str(path)]["stream"]
    return found["y"], found["seconds"]


def in_python(path, x):
    loaded = tf.saved_model.load(str(path))
    step, states = loaded.signatures["step"], loaded.signatures["initial_state"](
        streams=tf.zeros(1))
    answers, seconds = [], []
    for now in map(tf.constant, x):
        start = time.perf_counter()
        states = step(x=now, **states)
        seconds.append(time.perf_counter() - start)
        answers.append(states.pop("y").numpy())
    return np.stack(answers), seconds


def by_stream(model, x):
    stream, answers, seconds = rnnzoo.Stream(model), [], []
    for now in x:
        start = time.perf_counter()
        y = stream.step(now)
        seconds.append(time.perf_counter() - start)
        answers.append(y)
    return np.stack(answers), seconds


def by_predict(model, x):
    seconds = []
    for now in x[:PREDICTIONS + FIRST]:
        start = time.perf_counter()
        model.predict(now[:, None], verbose=0)
        seconds.append(time.perf_counter() - start)
    return seconds


def main(steps):
    model = rnnzoo.build("lstm", 64, task="forecasting", input_shape=(None, FEATURES),
                         output_size=1, seed=0)
    x = np.random.default_rng(0).normal(size=(steps, 1, FEATURES)).astype("float32")
    with tempfile.TemporaryDirectory() as folder:
        path = rnnzoo.export(model, Path(folder) / "lstm")
        program = elsewhere.compiled(folder)
        answers, seconds = {}, {}
        for name, threads in (("C++, one thread", 1), ("C++, TensorFlow's threads", 0)):
            answers[name], seconds[name] = in_cpp(program, path, x, threads)
        answers["Python"], seconds["Python"] = in_python(path, x)
        answers["rnnzoo.Stream"], seconds["rnnzoo.Stream"] = by_stream(model, x)
    wanted = model.predict(x.swapaxes(0, 1), verbose=0).swapaxes(0, 1)
    assert all(np.abs(y - wanted).max() < 1e-4 for y in answers.values())
    seconds["predict"] = by_predict(model, x)
    medians = {name: np.median(s[FIRST:]) for name, s in seconds.items()}
    rows = [("one step", "median us", "p99 us", "predict/this")]
    rows += [(name, f"{1e6 * medians[name]:.1f}",
              f"{1e6 * np.percentile(s[FIRST:], 99):.1f}",
              f"{medians['predict'] / medians[name]:.0f}")
             for name, s in seconds.items()]
    for row in rows:
        print("  ".join(f"{v:>25}" for v in row))
    with open(Path(__file__).with_suffix(".csv"), "w", newline="") as file:
        csv.writer(file).writerows(rows)


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 10_000)
