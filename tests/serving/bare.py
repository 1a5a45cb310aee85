"""A program that answers questions by exports where neither rnnzoo nor Keras is there.

    python bare.py READER < questions > answers

Questions are pickled: path -> signature -> input -> array, and so are answers. A
question to "stream" has `x` with time first: it is answered by `initial_state` and one
`step` after the other, which are given back their states.
"""

import pickle
import sys
from pathlib import Path

import numpy as np


def of_tensorflow(path):
    import tensorflow as tf

    loaded = tf.saved_model.load(path)

    def ask(signature, **values):
        found = loaded.signatures[signature](**{
            name: tf.constant(value) for name, value in values.items()})
        return {name: value.numpy() for name, value in found.items()}

    return ask


def of_openvino(path):
    """Of a SavedModel, `serving_default`: OpenVINO looks at no other signature."""
    import openvino

    path, models = Path(path), {}

    def loaded(signature):
        file = path / f"{signature}.onnx"
        model = openvino.Core().read_model(file if file.exists() else path)
        # Compiling adds further names, and on some machines rounds to bfloat16.
        names = [output.any_name for output in model.outputs]
        return names, openvino.compile_model(
            model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})

    def ask(signature, **values):
        if signature not in models:
            models[signature] = loaded(signature)
        names, model = models[signature]
        # In ONNX the state that follows cannot have the name of the one before.
        return {name.removeprefix("new_"): value for name, value in
                zip(names, model(values, share_outputs=False).values())}

    return ask


# Name -> how it loads an export, and what is not to be importable.
READERS = {"tensorflow": (of_tensorflow, ["rnnzoo", "keras"]),
           "openvino": (of_openvino, ["rnnzoo", "keras", "tensorflow"])}


def stream(ask, x):
    states, answers = ask("initial_state", streams=np.zeros(x.shape[1], "float32")), []
    for now in x:
        states = ask("step", x=now, **states)
        answers.append(states.pop("y"))
    return {"y": np.stack(answers)}


if __name__ == "__main__":
    load, hidden = READERS[sys.argv[1]]
    sys.modules.update(dict.fromkeys(hidden))
    answers = {}
    for path, asked in pickle.load(sys.stdin.buffer).items():
        ask = load(path)
        answers[path] = {
            signature: (stream(ask, **values) if signature == "stream"
                        else ask(signature, **values))
            for signature, values in asked.items()}
    pickle.dump(answers, sys.stdout.buffer)
