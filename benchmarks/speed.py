"""Training, answering and stepping beside Keras' own layers and PyTorch, in one run.

    python -m benchmarks.speed [repetitions]

prints a table and writes it to `speed.csv` beside this file. A row is one network at
one size: milliseconds for a training step (of a `fit` of 50, with Adam and a dense
layer on top), for the answer to a batch, of ten, and for one step of a stream, of 50,
dense layer included. Repetitions alternate between the peers, and medians are compared:
of rnnzoo and of Keras the better of `jit_compile` on and off, and PyTorch in a bare
loop. Streams are `rnnzoo.Stream`, from arrays to arrays; beside it stand, from tensors
to tensors, Keras' cells in the lightest call that TensorFlow has, and PyTorch's cells.
Keras has no Jordan network: in its place stands our cell, in Keras' own `RNN` or alone.
`floor` is the time of the matrix products of a training step alone. Last come long
sequences, each peer in a process of its own, with its peak memory. Needs the extra
"benchmarks".
"""

import csv
import subprocess
import sys
import time
from functools import cache, partial
from pathlib import Path
from statistics import geometric_mean, median

import keras
import numpy as np
import tensorflow as tf
import torch

import rnnzoo
from rnnzoo import cells, layers, recurrence
from rnnzoo.pipelines import ahead

STEPS, ANSWERS, OUTPUTS = 50, 10, 8
SHORT = 4       # times as many repetitions of what takes milliseconds
REST = 0.4      # seconds after which threads of the peer before wait no longer
SIZES = [(32, 100, 32, 64), (8, 400, 16, 32), (1, 1000, 8, 32), (32, 100, 32, 256),
         (128, 50, 64, 128)]
LONG = [(8, 2_000, 16, 64), (8, 10_000, 16, 64)]
GATES = {"elman": 1, "gru": 3, "lstm": 4, "jordan": 1}
OURS = {"elman": layers.Elman, "gru": layers.GRU, "lstm": layers.LSTM,
        "jordan": partial(layers.Jordan, output_size=OUTPUTS)}
KERAS = {"elman": keras.layers.SimpleRNN, "gru": keras.layers.GRU,
         "lstm": keras.layers.LSTM}
TORCH = {"elman": torch.nn.RNN, "gru": torch.nn.GRU, "lstm": torch.nn.LSTM}
TORCH_CELLS = {"elman": torch.nn.RNNCell, "gru": torch.nn.GRUCell,
               "lstm": torch.nn.LSTMCell}
TAGGER = "tagger"   # embedding, dropout, an LSTM of 200 units: a network of ATIS' size


def keras_layer(name, units):
    if name == "jordan":
        cell = cells.JordanCell(units, output_size=OUTPUTS)
        return keras.layers.RNN(cell, return_sequences=True)
    return KERAS[name](units, return_sequences=True)


def our_layer(name, units):
    return OURS[name](units, return_sequences=True)


def model(layer, features, jit=False):
    x = keras.Input((None, features))
    found = keras.Model(x, keras.layers.Dense(OUTPUTS)(layer(x)))
    found.compile("adam", "mse", jit_compile=jit)
    return found


def batches(x, y, size):
    rows = tf.data.Dataset.from_tensor_slices((x, y))
    return ahead(rows.batch(size, drop_remainder=True))


def both(by_keras, name, units):
    """Two peers of rnnzoo and two of Keras, from a layer and from `jit_compile`."""
    return {f"{peer} jit" if jit else peer: by_keras(layer(name, units), jit)
            for peer, layer in (("rnnzoo", our_layer), ("keras", keras_layer))
            for jit in (False, True)}


class Torch(torch.nn.Module):
    def __init__(self, name, features, units):
        super().__init__()
        self.recurrent = TORCH[name](features, units, batch_first=True)
        self.dense = torch.nn.Linear(units, OUTPUTS)

    def forward(self, x):
        return self.dense(self.recurrent(x)[0])


# What is timed: a function for each peer

def training(name, batch, length, features, units):
    x, y = (np.random.default_rng(0).normal(size=(STEPS * batch, length, width))
            .astype("float32") for width in (features, OUTPUTS))

    data = batches(x, y, batch)

    def by_keras(layer, jit):
        fitted = model(layer, features, jit)
        return lambda: fitted.fit(data, shuffle=False, verbose=0)

    peers = both(by_keras, name, units)
    if name in TORCH:
        network = Torch(name, features, units)
        adam = torch.optim.Adam(network.parameters())
        pairs = list(zip(*(torch.tensor(v).split(batch) for v in (x, y))))

        def fit():
            for now, wanted in pairs:
                adam.zero_grad()
                torch.nn.functional.mse_loss(network(now), wanted).backward()
                adam.step()

        peers["torch"] = fit
    if units == 256 and name in TORCH:
        peers["floor"] = products(GATES[name], batch, length, features, units)
    return peers, STEPS


def products(gates, batch, length, features, units):
    """Those of `STEPS` training steps of a recurrence with one recurrent kernel."""
    kernel, recurrent = (tf.random.normal((n, gates * units)) * 1e-3
                         for n in (features, units))
    x, h = tf.random.normal((length * batch, features)), tf.zeros((batch, units))

    @tf.function(jit_compile=True)
    def one(x, h):
        def step(t, h, wide):
            wide = wide + h @ recurrent
            return t + 1, wide @ tf.transpose(recurrent), wide

        z = x @ kernel
        _, h, _ = tf.while_loop(lambda t, *_: t < length, step, (0, h, z[:batch]))
        rows = tf.tile(h, (length, 1))
        return (h, tf.matmul(rows, z, transpose_a=True),
                tf.matmul(x, z, transpose_a=True))

    return lambda: [one(x, h) for _ in range(STEPS)][-1][0].numpy()


def answering(name, batch, length, features, units):
    x = np.random.default_rng(0).normal(size=(batch, length, features))
    x = tf.constant(x, "float32")

    def by_keras(layer, jit):
        run = tf.function(layer, autograph=False, jit_compile=jit)
        return lambda: [run(x).numpy() for _ in range(ANSWERS)]

    peers = both(by_keras, name, units)
    if name in TORCH:
        layer, there = TORCH[name](features, units, batch_first=True), torch.tensor(
            x.numpy())
        peers["torch"] = torch.inference_mode()(
            lambda: [layer(there) for _ in range(ANSWERS)])
    return peers, ANSWERS


def stepping(name, batch, length, features, units):
    x = np.random.default_rng(0).normal(size=(1, features)).astype("float32")
    own_head = name == "jordan"

    @cache
    def stream():
        return rnnzoo.Stream(rnnzoo.build(
            name, units, task="forecasting", input_shape=(None, features),
            output_size=OUTPUTS))

    def ours():
        for _ in range(STEPS):
            stream().step(x)

    def by_keras(jit):
        cell, dense = keras_layer(name, units).cell, keras.layers.Dense(OUTPUTS)
        cell.build((1, features))
        states = cell.get_initial_state(1)
        states = states if isinstance(states, list) else [states]
        given = tf.constant(x)

        @cache
        def step():
            def one(x, states):
                y, states = cell(x, states)
                return y if own_head else dense(y), states

            # The lightest call that TensorFlow has: it looks for no other graph to run.
            return tf.function(one, jit_compile=jit).get_concrete_function(
                given, states)

        def steps():
            now = states
            for _ in range(STEPS):
                y, now = step()(given, now)
            return y.numpy()

        return steps

    peers = {"rnnzoo": ours, "keras": by_keras(False), "keras jit": by_keras(True)}
    if name in TORCH_CELLS:
        cell = TORCH_CELLS[name](features, units)
        dense, given = torch.nn.Linear(units, OUTPUTS), torch.tensor(x)

        @torch.inference_mode()
        def steps():
            states = None
            for _ in range(STEPS):
                states = cell(given, states)
                dense(states[0] if isinstance(states, tuple) else states)

        peers["torch"] = steps
    return peers, STEPS


def tagging(name, batch, length, features, units):
    draw = np.random.default_rng(0)
    x, y = (draw.integers(1, n, (STEPS * batch, length)) for n in (900, 127))
    data = batches(x, y, batch)

    def by_keras(layer, jit):
        ids = keras.Input((None,), dtype="int32")
        embedded = keras.layers.Embedding(900, features, mask_zero=True)(ids)
        hidden = layer(keras.layers.Dropout(0.5)(embedded))
        answer = keras.layers.Dense(127, "softmax")(keras.layers.Dropout(0.5)(hidden))
        fitted = keras.Model(ids, answer)
        fitted.compile("adam", "sparse_categorical_crossentropy", jit_compile=jit)
        return lambda: fitted.fit(data, shuffle=False, verbose=0)

    return both(by_keras, "lstm", units), STEPS


# Tables

def measured(what, name, size, repetitions):
    peers, count = what(name, *size)
    first, times = {}, {peer: [] for peer in peers}
    for peer, run in peers.items():
        start = time.perf_counter()
        run()
        first[peer] = time.perf_counter() - start
    for _ in range(repetitions):
        for peer, run in peers.items():
            time.sleep(REST)
            start = time.perf_counter()
            run()
            times[peer].append((time.perf_counter() - start) / count * 1000)
    ms = {peer: median(found) for peer, found in times.items()}
    ours, theirs = (min(ms[p] for p in (peer, f"{peer} jit") if p in ms)
                    for peer in ("rnnzoo", "keras"))
    row = dict(zip(("batch", "time", "features", "units"), size))
    return {"what": what.__name__, "network": name, **row,
            **{f"{p} ms": round(ms[p], 3) if p in ms else "" for p in
               ("rnnzoo", "rnnzoo jit", "keras", "keras jit", "torch", "floor")},
            "over keras": round(theirs / ours, 2),
            "over torch": round(ms["torch"] / ours, 2) if "torch" in ms else "",
            "of floor": round(ms["floor"] / ours, 2) if "floor" in ms else "",
            "first s": round(first["rnnzoo"], 2),
            "keras jit first s": round(first["keras jit"], 2)}


def long(peer, batch, length, features, units):
    """In a process of its own: seconds of a training step, and peak memory in MB."""
    layer = our_layer if peer == "rnnzoo" else keras_layer
    x, y = (np.random.default_rng(0).normal(size=(batch, length, width))
            .astype("float32") for width in (features, OUTPUTS))
    # Of two lengths, one model would be traced for any.
    first, fitted = (
        model(layer("lstm", units), features, peer == "keras jit") for _ in range(2))
    first.train_on_batch(x[:, :10], y[:, :10])
    before = peak()
    fitted.train_on_batch(x, y)
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        fitted.train_on_batch(x, y)
        seconds.append(time.perf_counter() - start)
    print(f"result {median(seconds):.3f} {peak() - before:.0f}")


def peak():
    """Most memory that this process ever had, in MB; of Linux, not of its parent."""
    (line,) = (v for v in Path("/proc/self/status").read_text().splitlines()
               if v.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def long_sequences(size):
    row = {"network": "lstm", **dict(zip(("batch", "time", "features", "units"), size))}
    for peer in ("rnnzoo", "keras", "keras jit"):
        answer = subprocess.run(
            [sys.executable, "-m", "benchmarks.speed", "long", peer, *map(str, size)],
            capture_output=True, text=True, check=True).stdout
        seconds, peak = answer.split("result ")[1].split()
        row |= {f"{peer} s": float(seconds), f"{peer} MB": int(peak)}
    return row


def shown(row):
    print("  ".join(f"{k} {v}" for k, v in row.items() if v != ""), flush=True)
    return row


def written(rows, path):
    with open(path, "w", newline="") as file:
        table = csv.DictWriter(file, rows[0])
        table.writeheader()
        table.writerows(rows)


def main(repetitions=5):
    rows, path = [], Path(__file__).with_suffix(".csv")
    with recurrence.on_this_machine():
        for what, often in ((training, 1), (answering, SHORT), (stepping, SHORT)):
            for name in GATES:
                for size in SIZES:
                    rows.append(shown(measured(what, name, size, often * repetitions)))
                    written(rows, path)
        rows.append(shown(measured(tagging, TAGGER, (32, 20, 100, 200), repetitions)))
    written(rows, path)
    written([shown(long_sequences(size)) for size in LONG],
            Path(__file__).with_name("long_sequences.csv"))
    for what in ("training", "answering", "stepping"):
        small = [row["over keras"] for row in rows
                 if row["what"] == what and row["units"] <= 64]
        print(f"{what}, up to 64 units: {geometric_mean(small):.2f} times Keras")


if __name__ == "__main__":
    command, *arguments = sys.argv[1:] or ["5"]
    if command == "long":
        long(arguments[0], *map(int, arguments[1:]))
    else:
        main(int(command))
