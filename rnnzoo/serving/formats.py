"""Streams for runtimes other than TensorFlow: its signatures as LiteRT and ONNX.

Each is made by its converter, and answers through its own runtime.
"""

import importlib.util
import tempfile
import warnings
from contextlib import contextmanager

import tensorflow as tf

from rnnzoo.errors import unknown

STREAM = ("initial_state", "step")
# Format -> the packages that it needs besides TensorFlow.
PACKAGES = {"tf_saved_model": (), "litert": (), "onnx": ("tf2onnx", "onnxruntime")}
OPSET = 17      # what ONNX's runtimes have known since 2022


def check(format):
    """Refuses a format that is unknown, or whose packages are missing."""
    if format not in PACKAGES:
        raise ValueError(unknown("format", format, PACKAGES))
    for package in PACKAGES[format]:
        if importlib.util.find_spec(package) is None:
            raise ImportError(f'The format "{format}" needs {package}: '
                              f"pip install rnnzoo[{format}]")


def write(format, folder, module, served):
    """Writes the signatures of a stream.

    Args:
        format: "litert" or "onnx".
        folder: to write into.
        module: `tf.Module` that holds the variables of the graphs.
        served: name -> concrete function.

    Returns:
        What asks the files: the name of a signature and arrays by name -> arrays by
        name, those of states as `step` takes them.

    Raises:
        ValueError: the converter refuses.
    """
    stream = {name: served[name] for name in STREAM}
    converted = {"litert": _litert, "onnx": _onnx}[format]
    with _refusals(
            f'The converter to "{format}" refuses this network. Those that compute in '
            'float32 are taken: build it with dtype="float32", and give it the weights '
            "with set_weights(model.get_weights())."):
        return converted(folder, module, stream)


def in_litert(function, module):
    """A function as LiteRT runs it, in memory, with the weights that it has now.

    Args:
        function: concrete function, from tensors by name to tensors by name.
        module: `tf.Module` that holds its variables.

    Returns:
        A function from arrays by name to arrays by name.

    Raises:
        ValueError: the converter refuses.
    """
    with _refusals("LiteRT does not take a step of this network."):
        content = tf.lite.TFLiteConverter.from_concrete_functions(
            [function], module).convert()
        return _interpreter(content).get_signature_runner()


def of_functions(served):
    """What asks concrete functions, as `write` returns it for files."""
    def ask(signature, **values):
        found = served[signature]({k: tf.constant(v) for k, v in values.items()})
        return {name: value.numpy() for name, value in found.items()}

    return ask


@contextmanager
def _refusals(message):
    """Raises a ValueError with this message where a converter refuses."""
    try:
        yield
    except OSError:                 # a full disk is no refusal
        raise
    except Exception as error:      # of many kinds, by converters of other packages
        raise ValueError(f"{message} The converter says: {error}") from error


def _litert(folder, module, stream):
    with tempfile.TemporaryDirectory() as aside:
        tf.saved_model.save(module, aside, stream)
        content = tf.lite.TFLiteConverter.from_saved_model(
            aside, signature_keys=list(stream)).convert()
    (folder / "model.tflite").write_bytes(content)
    interpreter = _interpreter(content)
    runners = {name: interpreter.get_signature_runner(name) for name in stream}
    return lambda signature, **values: runners[signature](**values)


def _interpreter(content):
    with warnings.catch_warnings(action="ignore"):  # of a package to come in its place
        return tf.lite.Interpreter(model_content=content)


def _onnx(folder, module, stream):
    import onnxruntime
    import tf2onnx

    sessions = {}
    for name, function in stream.items():
        ((specs,), _) = function.structured_input_signature
        inputs = list(specs)

        def renamed(*values, function=function, inputs=inputs):
            outputs = function(dict(zip(inputs, values)))
            return {f"new_{k}" if k in inputs else k: v for k, v in outputs.items()}

        file = str(folder / f"{name}.onnx")
        tf2onnx.convert.from_function(
            tf.function(renamed, autograph=False), list(specs.values()), opset=OPSET,
            output_path=file)
        sessions[name] = onnxruntime.InferenceSession(
            file, providers=["CPUExecutionProvider"])

    def ask(signature, **values):
        session = sessions[signature]
        names = [output.name.removeprefix("new_") for output in session.get_outputs()]
        return dict(zip(names, session.run(None, values)))

    return ask
