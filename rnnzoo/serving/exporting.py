"""Versions of a SavedModel: traced to run anywhere, proved, and written at once."""

from numbers import Integral

import keras
import numpy as np
import tensorflow as tf

from rnnzoo import files, recurrence
from rnnzoo.models import Network
from rnnzoo.models.memory import MemoryNetwork
from rnnzoo.serving import formats, kit, signatures


def export(model, directory, version=None, *, format="tf_saved_model", labels=None,
           vocabulary=None):
    """Writes a version of a network to serve.

    Its signatures take and return tensors by name, the batch first: `serving_default`
    answers to whole sequences, `with_lengths` to padded ones, `step` and
    `initial_state` to streams, `classify` by labels, `classify_text` so to texts, and
    `generate` goes on with sequences. Those of a memory are `serving_default`, `recall`
    and `energy`. A network that cannot run step by step is written without `step`, and
    it is printed why.

    Other formats hold `initial_state` and `step` only, for streams on small machines:
    "litert" as signatures of the file `model.tflite`, "onnx" as the files
    `initial_state.onnx` and `step.onnx`. In ONNX no output can have the name of an
    input; what `step` returns for the state `lstm_h` is `new_lstm_h`. Before they are
    kept they are run, and compared with the network.

    Args:
        model: a network from `rnnzoo.build`.
        directory: the folder of the versions, text or path; made if missing. A server
            expects all versions in it to be of one format.
        version: number of the version, by default the next one.
        format: "tf_saved_model", "litert" or "onnx".
        labels: names of the labels that `classify` answers, in the order of their ids;
            by default it answers the ids.
        vocabulary: of a network that labels texts, the words in the order of their ids,
            the first for padding. Words that are not among them are "<unknown>", if
            that is one of them, else padding.

    Returns:
        The path of the version's folder.

    Raises:
        ValueError: the model is no network of the zoo, the version is no positive
            integer, the format is unknown or cannot hold the network, or the labels or
            words are not as many as the network's.
        ImportError: the packages of the format are not installed.
        FileExistsError: the version is there already; it is left as it is.
        ArithmeticError: the network gives other answers step by step than as a whole,
            which is a defect of its cell.
    """
    if version is not None and (
            isinstance(version, bool) or not isinstance(version, Integral)
            or version < 1):
        raise ValueError(f"`version` is a positive integer; received {version!r}.")
    if getattr(model, "arguments", None) is None:
        raise ValueError(f"`export` takes a network made by rnnzoo.build; received "
                         f"{model!r}. Others are written by keras' own model.export.")
    formats.check(format)
    names = _checked(model, labels, vocabulary)
    if isinstance(model, MemoryNetwork):
        found, objection = signatures.of_memory(model), ""
    else:
        found, objection = signatures.of_network(model, *names)
    if format != "tf_saved_model":
        if "step" not in found:
            raise ValueError(
                f'The format "{format}" holds single steps, and {model.name!r} takes '
                f'none: {objection or "it is a memory"}. The format "tf_saved_model" '
                "holds it.")
        found = {name: found[name] for name in ("serving_default", *formats.STREAM)}

    def write(folder):
        module = tf.Module()
        # Of Keras' own variables a copy would be saved, which no signature looks into:
        # Python's loader fills both, the server's only the copy.
        module.kept = [*(variable.value for variable in model.variables),
                       *(s.resources for s in found.values())]
        # What a server runs must not depend on where, and within what, it was written.
        with recurrence.using("plain"):
            served = {name: _traced(signature) for name, signature in found.items()}
        if "step" in served:
            _compare(model, served, formats.of_functions(served))
        if format == "tf_saved_model":
            tf.saved_model.save(module, str(folder), served)
            kit.warm_up(folder, model.name, found)
            kit.describe(folder, model.name, found, served, objection)
        else:
            run = formats.write(format, folder, module, served)
            _compare(model, served, run, f' in the format "{format}"')

    folder = files.write_folder(directory, write, version)
    if objection:
        print(f"{folder} serves whole sequences only: {objection}")
    return folder


def _checked(model, labels, vocabulary):
    """Labels and words as lists of text, or None."""
    labelling = (isinstance(model, Network) and model.task.symbols
                 and not model.task.predicts_input)
    sizes = (model.output_size, model.vocabulary_size or 0) if labelling else (0, 0)
    options = {"labels": labels, "vocabulary": vocabulary}
    for (option, given), size in zip(options.items(), sizes):
        if given is not None and len(given) != size:
            raise ValueError(
                f"`{option}` are names by id, for networks that label sequences or "
                f"steps. {model.name!r} takes {size} of them; received {len(given)}.")
    return [None if given is None else [str(name) for name in given]
            for given in options.values()]


def _traced(signature):
    """The graph of a signature, a function of tensors by name."""
    return tf.function(
        lambda values: signature.function(**_refusing(values, signature.inputs)),
        autograph=False,
        input_signature=[{name: tf.TensorSpec(spec.shape, spec.dtype, name)
                          for name, spec in signature.inputs.items()}],
    ).get_concrete_function()


def _refusing(values, specs):
    """The values, as a graph that refuses others; most operations would stretch them.
    """
    values = {name: tf.ensure_shape(values[name], spec.shape)
              for name, spec in specs.items()}
    (first, value), *others = values.items()
    checks = [tf.debugging.assert_equal(
        tf.shape(other)[0], tf.shape(value)[0],
        f"`{name}` needs as many rows as `{first}`.") for name, other in others]
    with tf.control_dependencies(checks):
        return {name: tf.identity(value) for name, value in values.items()}


def _compare(network, served, ask, where=""):
    """Asserts that steps give what the whole gives, to a digit for each byte.

    `ask` takes the name of a signature and arrays by name, and returns such arrays.
    """
    (x,), draw = network.inputs, np.random.default_rng(0)
    shape = (2, x.shape[1] or 6, *x.shape[2:])
    if network.vocabulary_size:
        values = draw.integers(network.vocabulary_size, size=shape, dtype="int32")
    else:
        values = draw.normal(size=shape).astype(x.dtype)
    whole = served["serving_default"]({"x": tf.constant(values)})["y"].numpy()
    states, answers = ask("initial_state", streams=np.zeros(2, "float32")), []
    for now in values.swapaxes(0, 1):
        states = ask("step", x=now, **states)
        answers.append(states.pop("y"))
    steps = np.stack(answers, axis=1) if network.task.per_step else answers[-1]
    largest = max(1, np.nanmax(np.abs(whole), initial=0), *(
        float(keras.ops.max(keras.ops.abs(w))) for w in network.trainable_variables))
    allowed = largest * 0.1 ** tf.as_dtype(network.compute_dtype).size
    if not np.allclose(steps, whole, rtol=0, atol=allowed, equal_nan=True):
        raise ArithmeticError(
            f"Step by step{where} {network.name!r} gives other answers than as a "
            f"whole, by up to {np.nanmax(np.abs(steps - whole)):.3g} where "
            f"{allowed:.3g} would be rounding. rnnzoo.testing.check_cell tells what is "
            "wrong with a cell.")
