"""What an export answers: its signatures, each a function of named tensors.

The batch comes first in every input and output, so that a server may put requests
together. Half floats are answered as float32, which every client can read.
"""

from typing import NamedTuple

import numpy as np
import tensorflow as tf

from rnnzoo.generation import ClosedLoop
from rnnzoo.models.streaming import Portable, Stepper

BEST = 5        # labels that `classify` names, if there are as many
UNKNOWN = "<unknown>"


class Signature(NamedTuple):
    """A question that a server answers.

    Attributes:
        summary: what it is for, in one sentence or two.
        function: tensors by name -> tensors by name.
        inputs: name -> `tf.TensorSpec`.
        example: name -> array of one row, to try it with.
        resources: tables that the function looks into.
    """

    summary: str
    function: object
    inputs: dict
    example: dict
    resources: tuple = ()


def of_network(network, labels=None, vocabulary=None):
    """Signatures of a `Network`.

    Args:
        network: from `rnnzoo.build`.
        labels: names of the labels, by id.
        vocabulary: the words, by id, of a network that labels texts.

    Returns:
        Name -> `Signature`, and why there is no `step`; empty if there is one.
    """
    (x,), task = network.inputs, network.task
    x = {"x": tf.TensorSpec(x.shape, x.dtype)}
    lengths = {"lengths": tf.TensorSpec((None,), "int32")}
    sequence = {"x": _example(network, x["x"].shape[1] or 2)}
    found = {
        "serving_default": Signature(
            "Answers to whole sequences.",
            lambda x: {"y": network(x, training=False)}, x, sequence),
        "with_lengths": Signature(
            "Answers to sequences that are padded at the end. What comes after a "
            "sequence's length changes nothing, and is answered by zeros.",
            lambda x, lengths: {"y": _up_to(network, x, lengths)}, x | lengths,
            sequence | {"lengths": np.array([sequence["x"].shape[1]], "int32")}),
    }
    if task.symbols and not task.predicts_input:
        found["classify"] = Signature(
            "The most probable labels, the best one first, and their probabilities.",
            lambda x: _best(network(x, training=False), labels), x, sequence)
    if vocabulary is not None:
        found["classify_text"] = _of_text(network, labels, vocabulary)
    try:
        stepper = Stepper(network)
    except ValueError as error:
        return found, str(error)
    found |= _of_stream(stepper)
    if _continues(network):
        found["generate"] = _generation(network)
    return found, ""


def of_memory(network):
    """Signatures of a `MemoryNetwork`: name -> `Signature`."""
    memory = network.memory
    sides = {name: tf.TensorSpec((None, width), memory.variable_dtype)
             for name, width in memory.sides.items()}
    example = {name: np.ones((1, spec.shape[1]), spec.dtype.as_numpy_dtype)
               for name, spec in sides.items()}
    first, *others = sides

    def recall(side):
        return Signature(
            f"What the memory settles into from cues `{side}`, in how many steps, and "
            "whether it came to rest.",
            lambda **cue: memory.recall(**cue)._asdict(), {side: sides[side]},
            {side: example[side]})

    return {
        "serving_default": Signature(
            "What the memory settles into from cues.",
            lambda **cue: {"y": network(cue[first], training=False)},
            {first: sides[first]}, {first: example[first]}),
        "recall": recall(first),
        "energy": Signature(
            "Energy of states.",
            lambda **states: {"energy": memory.energy(**states)}, sides, example),
        **{f"recall_from_{side}": recall(side) for side in others},
    }


def _example(network, steps):
    """An input of one row, as short to write down as can be."""
    if network.vocabulary_size:
        return 1 + np.arange(steps, dtype="int32")[None] % (network.vocabulary_size - 1)
    x = network.inputs[0]
    values = np.arange(steps * x.shape[-1]) % 5 / 4
    return values.reshape(1, steps, -1).astype(x.dtype)


# Whole sequences

def _up_to(network, x, lengths):
    """The network's answer where each row of `x` ends after its length."""
    valid = tf.sequence_mask(lengths, tf.shape(x)[1])
    if network.vocabulary_size:         # which masks id 0 itself
        y = network(tf.where(valid, x, 0), training=False)
    else:
        y = network.call(x, mask=valid, training=False)
    return tf.where(valid[..., None], y, 0) if network.task.per_step else y


def _best(y, labels):
    scores, ids = tf.math.top_k(y, min(BEST, y.shape[-1]))
    return {"labels": ids if labels is None else tf.gather(tf.constant(labels), ids),
            "scores": scores}


def _of_text(network, labels, vocabulary):
    unknown = vocabulary.index(UNKNOWN) if UNKNOWN in vocabulary else 0
    table = tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer(
        vocabulary[1:], range(1, len(vocabulary)), "string", "int32"), unknown)

    def classify_text(text):
        words = tf.strings.split(text)
        ids = words.with_flat_values(table.lookup(words.flat_values)).to_tensor()
        # Where no text has a word there is one step all the same, of padding.
        ids = tf.pad(ids, [[0, 0], [0, tf.cast(tf.shape(ids)[1] == 0, "int32")]])
        return _best(network(ids, training=False), labels)

    return Signature(
        "The most probable labels of texts, whose words stand between white space, the "
        "best one first, and their probabilities.",
        classify_text, {"text": tf.TensorSpec((None,), "string")},
        {"text": np.array([" ".join(vocabulary[-2:]).encode()])}, (table,))


# Steps

def _of_stream(stepper):
    (x,), portable = stepper.network.inputs, Portable(stepper)

    def step(x, **states):
        y, states = portable.step(x, states)
        return {"y": y, **states}

    def initial_state(streams):
        return portable.initial_state(tf.shape(streams)[0])

    start = portable.initial_state(1)
    return {
        "step": Signature(
            "The answer to the next step of each stream, and what is to be given back "
            "with the step after it, under the same names.", step,
            {"x": tf.TensorSpec((None, *x.shape[2:]), x.dtype),
             **{k: tf.TensorSpec((None, *v.shape[1:]), v.dtype)
                for k, v in start.items()}},
            {"x": _example(stepper.network, 1)[:, 0],
             **{k: v.numpy() for k, v in start.items()}}),
        "initial_state": Signature(
            "What is to be given with the first step of each stream. A stream is any "
            "number.",
            initial_state, {"streams": tf.TensorSpec((None,), "float32")},
            {"streams": np.zeros(1, "float32")}),
    }


# Closed loops

def _continues(network):
    """Whether the network can read its own answers."""
    if network.task.name == "generation":
        return network.vocabulary_size == network.output_size
    return (network.task.name == "forecasting"
            and network.inputs[0].shape[-1] >= network.output_size)


def _generation(network):
    loop, (x,) = ClosedLoop(network), network.inputs
    x = tf.TensorSpec((None, None, *x.shape[2:]), x.dtype)
    rows = tf.TensorSpec((None,), "int32")
    example = _example(network, 2)

    def symbols(x, steps, temperature, seed):
        steps = tf.reduce_max(steps)
        # A row draws the same, whatever rows and however many steps come with it.
        chances = tf.map_fn(
            lambda seed: tf.random.stateless_uniform((steps,), tf.stack([seed, 0])),
            seed, fn_output_signature=tf.TensorSpec((None,), "float32"))
        return {"y": loop.trace(x, chances, temperature)}

    def values(x, steps):
        shape = tf.shape(x)[0], tf.reduce_max(steps), 0
        return {"y": loop.trace(x, tf.zeros(shape, x.dtype), 1.0)}

    def values_beside(x, inputs):
        return {"y": loop.trace(x, inputs, 1.0)}

    about = "Goes on with each sequence by reading its own answers"
    if network.task.symbols:
        return Signature(
            f"{about}, for as many steps as any row asks for. Temperature 0 takes the "
            "most probable symbol; 1 draws by the network's probabilities, and the "
            "same with the same seed.",
            symbols, {"x": x, "steps": rows, "seed": rows,
                      "temperature": tf.TensorSpec((None,), "float32")},
            {"x": example, "steps": np.array([3], "int32"),
             "seed": np.array([1], "int32"), "temperature": np.ones(1, "float32")})
    others = x.shape[-1] - network.output_size
    if not others:
        return Signature(
            f"{about}, for as many steps as any row asks for.",
            values, {"x": x, "steps": rows},
            {"x": example, "steps": np.array([3], "int32")})
    return Signature(
        f"{about}, beside which it reads `inputs`, the other features of these steps.",
        values_beside,
        {"x": x, "inputs": tf.TensorSpec((None, None, others), x.dtype)},
        {"x": example, "inputs": np.ones((1, 2, others), x.dtype.as_numpy_dtype)})
