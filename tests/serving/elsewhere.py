"""Exports are asked outside this process: by C++, by TensorFlow alone, by OpenVINO.

Questions are path of an export -> signature -> input -> array, and answers likewise. A
question to "stream" is explained in `serve.cc` and `bare.py`.
"""

import pickle
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import tensorflow as tf
from tensorflow.core.framework.attr_value_pb2 import NameAttrList

import rnnzoo

HERE = Path(__file__).parent
RNG = np.random.default_rng(0)

SERIES = {"units": 4, "task": "forecasting", "input_shape": (None, 3), "output_size": 2}
# Every registered network, and what else there is to a network.
NETWORKS = {
    **{name: (name, SERIES if rnnzoo.info(name).tasks else rnnzoo.info(name).example)
       for name in rnnzoo.list_models()},
    "stacked": ("gru", SERIES | {"layers": 2, "trainable_initial_state": True}),
    "embedded": ("lstm", {"units": 4, "task": "tagging", "output_size": 3,
                          "vocabulary_size": 6, "embedding": 5}),
    "with a readout": ("esn", SERIES | {"readout": "ridge", "washout": 2}),
}
STREAMS = [name for name, (kind, _) in NETWORKS.items() if rnnzoo.info(kind).tasks]


def network(name):
    """One of the `NETWORKS`, with something in it."""
    kind, arguments = NETWORKS[name]
    model = rnnzoo.build(kind, seed=1, **arguments)
    if name not in STREAMS:
        model.fit(*_patterns(model.memory).values(), verbose=0)
    elif "readout" in arguments:
        x = RNG.normal(size=(4, 20, 3)).astype("float32")
        model.fit(x, x[..., :2], verbose=0)
    for weight in model.weights:        # biases and initial states are zero at first
        if weight.trainable:
            weight.assign(weight + RNG.normal(0, 0.1, weight.shape))
    return model


def questions(model):
    """Signature -> inputs, and the model's own answers to them."""
    if not model.entry.tasks:
        return _of_memory(model)
    x = (RNG.integers(0, 6, (2, 20)).astype("int32") if model.vocabulary_size
         else RNG.normal(size=(2, 20, 3)).astype("float32"))
    y = model(x).numpy()
    return ({"serving_default": {"x": x}, "stream": {"x": x.swapaxes(0, 1)}},
            {"serving_default": {"y": y}, "stream": {"y": y.swapaxes(0, 1)}})


def _of_memory(model):
    sides = _patterns(model.memory)
    (side, cue), *_ = sides.items()
    cue = {side: np.where(np.arange(cue.shape[1]) < 1, -cue, cue)}
    return ({"serving_default": cue, "recall": cue, "energy": sides},
            {"serving_default": {"y": model(*cue.values()).numpy()},
             "recall": model.memory.recall(**cue)._asdict(),
             "energy": {"energy": model.memory.energy(**sides)}})


def _patterns(memory):
    """Two patterns of signs for each side, the second one opposite to the first."""
    signs = {name: np.where(np.arange(width) % 3, 1, -1).astype("float32")
             for name, width in memory.sides.items()}
    return {name: np.stack([sign, -sign]) for name, sign in signs.items()}


def by_python(reader, questions):
    """Answers of a process without rnnzoo; `reader` is one of `bare.py`."""
    done = subprocess.run([sys.executable, "-P", HERE / "bare.py", reader],
                          input=pickle.dumps(questions), capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    return pickle.loads(done.stdout)


def compiled(folder):
    """The program of `serve.cc`, with the libraries of the installed TensorFlow."""
    program = Path(folder) / "serve"
    library = tf.sysconfig.get_lib()
    subprocess.run(
        ["g++", "-O1", "-w", *tf.sysconfig.get_compile_flags(), HERE / "serve.cc",
         # Nothing names what registers the operations, so it would be left out.
         "-Wl,--no-as-needed", *tf.sysconfig.get_link_flags(),
         "-l:libtensorflow_cc.so.2", f"-Wl,-rpath,{library}", "-o", program],
        check=True)
    return program


def by_program(program, questions, threads=1):
    """Answers of the program of `serve.cc`, where no Python runs."""
    with tempfile.TemporaryDirectory() as folder:
        files = {path: [f"{folder}/{k}.questions", f"{folder}/{k}.answers"]
                 for k, path in enumerate(questions)}
        for path, asked in questions.items():
            with tf.io.TFRecordWriter(files[path][0]) as writer:
                for signature, values in asked.items():
                    writer.write(_packed(signature, values))
        words = [word for path in questions for word in (path, *files[path])]
        done = subprocess.run([program, str(threads), *words], env={}, text=True,
                              capture_output=True)
        assert done.returncode == 0, done.stderr
        return {path: dict(_unpacked(record.numpy())
                           for record in tf.data.TFRecordDataset(files[path][1]))
                for path in questions}


def _packed(signature, values):
    record = NameAttrList(name=signature)
    for name, value in values.items():
        record.attr[name].tensor.CopyFrom(tf.make_tensor_proto(value))
    return record.SerializeToString()


def _unpacked(record):
    record = NameAttrList.FromString(record)
    return record.name, {name: tf.make_ndarray(value.tensor)
                         for name, value in record.attr.items()}
