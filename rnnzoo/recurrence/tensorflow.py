"""The loops on TensorFlow, and when to compile them."""

import tensorflow as tf
from keras import ops, tree

from rnnzoo.recurrence import adding, halves, projecting
from rnnzoo.recurrence.frozen import runner
from rnnzoo.recurrence.generic import Unservable, keep
from rnnzoo.recurrence.tapped import tapped

STEPS_WORTH_COMPILING = 50     # to answer: fewer are run before XLA has begun


def is_worth_compiling(steps):
    """Whether answers to sequences of so many steps, None if unknown, come sooner."""
    return steps is not None and steps >= STEPS_WORTH_COMPILING


def best_path(training, eagerly, forgets, whole):
    """Name of the best path here, and the reason.

    Args:
        training: whether gradients may be asked for.
        eagerly: whether operations run at once.
        forgets: whether the loop is to be compiled without keeping what they need.
        whole: whether all is to be compiled so.
    """
    if not training and not forgets and not whole:
        return "plain", "no gradient is needed, so nothing is kept for one"
    if eagerly:
        return "plain", "eager execution: a step at a time; tf.function is faster"
    uncompiled = "fast" if training else "plain"
    if tf.distribute.has_strategy():
        return uncompiled, "XLA cannot be nested in the replicas of a strategy"
    if tf.config.list_physical_devices("GPU"):
        return uncompiled, "a GPU runs the operations of a step without XLA"
    if forgets:
        return "frozen", "on a CPU, XLA fuses a step; nothing is kept for a gradient"
    if whole:
        return "whole", "on a CPU, XLA fuses a step, and what comes before and after"
    return "compiled", "on a CPU, XLA fuses the small operations of a step"


def objection(cell):
    """Why a built cell cannot take the fast path; empty if it can."""

    @tf.function(autograph=False)
    def one_step():
        features = cell.get_build_config()["input_shape"][-1]
        z, constants = cell.prepare(tf.zeros((1, 1, features)), training=True)
        z = tree.map_structure(lambda v: ops.swapaxes(v, 0, 1), z)
        fast(cell, z, cell.get_initial_state(1), constants, None)

    try:
        one_step.get_concrete_function()
    except Unservable as reason:
        return str(reason)
    return ""


def plain(cell, z, states, constants, mask):
    """The loop as it stands, differentiated by TensorFlow."""
    time = length(z)
    # Reading an array, unlike slicing, has a gradient of the size of what is read.
    arrays = tree.map_structure(
        lambda v: tf.TensorArray(v.dtype, size=time, clear_after_read=False).unstack(v),
        z if mask is None else (z, mask))

    def step(t, states):
        now = tree.map_structure(lambda array: array.read(t), arrays)
        z_t, valid = (now, None) if mask is None else now
        y, new = cell(z_t, states, context=constants, product=ops.matmul)
        return y, keep(valid, new, states)

    def body(t, states, outputs):
        y, states = step(t, states)
        return t + 1, states, outputs.write(t, y)

    y, _ = step(0, states)
    outputs = tf.TensorArray(y.dtype, size=time, element_shape=y.shape)
    _, states, outputs = tf.while_loop(
        lambda t, *_: t < time, body, (0, states, outputs), maximum_iterations=time)
    return outputs.stack(), states


def fast(cell, z, states, constants, mask):
    """The loop with the kernels' gradients taken out of it."""
    return tapped(cell, z, states, constants, mask)


def compiled(cell, z, states, constants, mask):
    """`fast`, with the loops and nothing else under XLA."""
    return tapped(cell, z, states, constants, mask, jit_compile=True)


def frozen(cell, z, states, constants, mask):
    """`compiled`, and nothing is kept for a gradient until one is asked for."""
    return tapped(cell, z, states, constants, mask, jit_compile=True,
                  forgetting=runner(cell))


def whole(cell, z, states, constants, mask):
    """`frozen`, within what is compiled already; see `as_one`."""
    return tapped(cell, z, states, constants, mask, jit_compile=True,
                  forgetting=runner(cell), within=True)


def prepared(cell, x, states, context, training):
    """What `whole` runs over a sequence, prepared in a graph.

    Returns:
        The cell, or one that answers as it does and sooner; `z` and constants for it.
    """
    z, constants = cell.prepare(x, context, training)
    if training:
        return cell, z, constants
    if projecting.is_worth_it(cell, z, states, constants):
        reader = projecting.Projecting(cell)
        return reader, *reader.prepare(x, context)
    return adding.within(cell, z, constants)


def as_one(run, *arguments):
    """What `run` returns of tensors `(batch, ...)`, by one function under XLA.

    Around a loop that is compiled by itself, the few operations that prepare and turn
    its tensors take as long as a short sequence does.
    """
    run = tf.function(run, autograph=False, jit_compile=True)
    rows = tree.flatten(arguments)[0].shape[0]
    if halves.are_worth_it(rows, forgetting=True):
        run = halves.rows(run)
    return run(*arguments)


def length(z):
    """Number of steps, a Python integer where it is known.

    Raises:
        ValueError: if it is known to be 0. A length of 0 that shows only when the
            graph runs is an `InvalidArgumentError` there.
    """
    first = tree.flatten(z)[0]
    no_steps = "A sequence needs at least one step; received one of length 0."
    if first.shape[0] == 0:
        raise ValueError(no_steps)
    if first.shape[0] is not None:
        return first.shape[0]
    time = tf.shape(first)[0]
    with tf.control_dependencies([tf.debugging.assert_positive(time, no_steps)]):
        return tf.identity(time)
