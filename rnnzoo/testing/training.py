"""Properties of a cell in training: gradients, ways to run it, dtypes, randomness."""

import numpy as np
import tensorflow as tf
from keras import tree

from rnnzoo import recurrence
from rnnzoo.testing.sequences import EMPTY, GAPPED, LEFT, RIGHT
from rnnzoo.testing.subject import assert_equal, numbers, raw

POLICIES = {"float64": 1e-5, "float16": 2e-2, "bfloat16": 1e-1,
            "mixed_float16": 2e-2, "mixed_bfloat16": 1e-1}


def every_weight_gets_a_finite_gradient_that_is_not_zero(subject):
    """All that is trainable has a part in the outputs, and training can move it."""
    *_, (_, *gradients) = subject.differentiate(subject.layer())
    for weight, gradient in zip(subject.cell.trainable_weights, gradients):
        assert np.isfinite(gradient).all(), f"{weight.name} has a gradient not finite"
        assert np.any(gradient), f"{weight.name} has no gradient"


def fast_path_and_plain_loop_agree(subject):
    """Values and gradients, masked, with dropout, under `tf.function`."""
    objection = recurrence.objection(subject.make())
    assert not objection, f"the fast path cannot serve the cell: {objection}"
    cell = subject.make(dropout=0.2, **_recurrent_dropout(subject, 0.2))
    mask = tf.constant([RIGHT, LEFT, GAPPED, EMPTY])
    # Prepared once: both paths are to start from the same projection and dropout.
    z, constants = cell.prepare(tf.constant(subject.x), training=True)
    states = subject.states(cell)

    def run(z, constants, states):
        read = [v for v in tree.flatten((z, constants, states)) if v.dtype.is_floating]
        with tf.GradientTape() as tape:
            tape.watch(read)
            y, last = recurrence.recur(cell, z, states, constants, mask=mask,
                                       training=True)
            loss = subject.loss([y, *last])
        return y, last, tape.gradient(loss, [*read, *raw(cell.trainable_weights)],
                                      unconnected_gradients="zero")

    found = {}
    for path in ("plain", "fast"):
        with recurrence.using(path):
            found[path] = numbers(tf.function(run, autograph=False)(
                z, constants, states))
    (y, last, gradients), wanted = found["fast"], found["plain"]
    assert_equal([y, *last], [wanted[0], *wanted[1]], "values")
    assert_equal(gradients, wanted[2], "gradients", 1e-4)


def unrolled_and_looped_agree(subject):
    """Values and gradients, the steps written out or not."""
    found = subject.differentiate(subject.layer(unroll=True))
    assert_equal(found, subject.looped, "the unrolled loop", 1e-4)


def jit_gives_the_same_numbers(subject):
    """The recurrence under XLA, as `fit` does it, and the whole layer under XLA."""
    with recurrence.using("compiled"):
        found = subject.differentiate(subject.layer(), graph=True)
    assert_equal(found, subject.looped, "the compiled recurrence", 1e-4)
    layer = subject.layer()
    whole = tf.function(lambda x: layer(x), autograph=False, jit_compile=True)
    y, *last = numbers(whole(subject.longer))
    assert_equal([y, last], subject.looped[:2], "the layer under XLA")


def computes_in_the_dtype_it_was_told(subject):
    """Output, states and precision are those of the policy, mixed ones included."""
    wanted = numbers(subject.cell(subject.x[:, 0], subject.states()))
    for policy, tolerance in POLICIES.items():
        cell = subject.make(dtype=policy)
        y, states = cell(subject.x[:, 0], subject.states(cell))
        floats = [s for s, spec in zip(states, cell.state_specs.values())
                  if spec.dtype is None]
        for value in (y, *floats):
            assert value.dtype.name == cell.compute_dtype, (
                f"{policy}: a step gives {value.dtype.name}")
        assert_equal(numbers([y, states]), wanted, policy, tolerance)
    with recurrence.using("fast"):
        cell = subject.make(dtype="mixed_bfloat16")
        found = subject.differentiate(subject.layer(cell, dtype="mixed_bfloat16"))
    assert_equal(found[2], subject.looped[2], "gradients in mixed_bfloat16", 1e-1)
    _assert_float64_throughout(subject)


def _assert_float64_throughout(subject):
    """A change too small for float32 must show in float64, in proportion."""
    cell = subject.make(dtype="float64")
    x, states = subject.x[:, 0].astype("float64"), subject.states(cell)

    def change(step):
        there, here = cell(x + step, states)[0], cell(x, states)[0]
        return numbers(there - here) / step

    assert_equal(change(1e-9), change(1e-6), "the slope of a step in float64", 1e-3)


def same_seed_same_bits(subject):
    """The seed alone governs initial weights, dropout and noise."""
    options = {"dropout": 0.4, **_recurrent_dropout(subject, 0.4)}

    def run(seed):
        cell = subject.factory(seed=seed, **options)
        y, last = subject.run(cell=cell, training=True)
        return [*cell.get_weights(), y, *last]

    first, second, other = run(7), run(7), run(8)
    assert all(np.array_equal(a, b) for a, b in zip(first, second)), (
        "one seed gave two results")
    assert not all(np.array_equal(a, b) for a, b in zip(first, other)), (
        "two seeds gave one result")


def dropout_acts_in_training_only_and_alike_at_every_step(subject):
    """Off outside training; in it the same features are dropped at all steps."""
    options = {"dropout": 0.5, **_recurrent_dropout(subject, 0.5)}
    cell = subject.make(**options)
    assert_equal(subject.run(cell=cell), subject.run(), "outside training")
    x = tf.constant(subject.x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        z, _ = cell.prepare(x, training=True)
        loss = subject.loss(tree.flatten(z))
    kept = numbers(tape.gradient(loss, x)) != 0
    assert 0 < kept.mean() < 1, f"a share of {kept.mean():.2g} of the input is kept"
    assert (kept == kept[:, :1]).all(), "the features dropped differ between steps"


def _recurrent_dropout(subject, rate):
    """The option, where the cell has what it acts on."""
    has = hasattr(subject.cell, "recurrent_kernel")
    return {"recurrent_dropout": rate} if has else {}
