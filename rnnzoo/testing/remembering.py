"""Properties of a memory: what it stores, recalls, forgets, and how it settles."""

import numpy as np
import tensorflow as tf

from rnnzoo.memories.base import NEAR
from rnnzoo.testing.subject import assert_equal, numbers

POLICIES = {"float64": 1e-5, "mixed_float16": 1e-2, "mixed_bfloat16": 1e-2}


def stored_patterns_are_fixed_points(subject):
    """At low load, recall starts from a pattern and ends there."""
    found = subject.recall(subject.memory, *subject.patterns)
    assert_equal(found.states, subject.patterns, "recalled from the patterns", NEAR / 2)
    assert found.converged.all(), "recall from a pattern did not converge"
    stable = numbers(subject.memory.stable(*subject.patterns))
    assert stable.all(), "`stable` denies a pattern that recall leaves alone"


def recall_cleans_a_damaged_cue(subject):
    """From a pattern with a few wrong elements, recall ends in the pattern."""
    found = subject.recall(subject.memory, *subject.cues)
    assert_equal(found.states, subject.patterns, "recalled from damaged cues", NEAR / 2)


def one_side_recalls_all(subject):
    """A memory of pairs finds either side from the other."""
    memory, names = subject.memory, list(subject.memory.sides)
    if len(names) == 1:
        return
    for name, cue in zip(names, subject.cues):
        found = memory.recall(**{name: cue})
        states = numbers(tuple(found[:len(names)]))
        assert_equal(states, subject.patterns, f"recalled from side {name}", NEAR / 2)


def energy_never_rises_along_recall(subject):
    """From any states, wherever the memory promises it."""
    if not subject.memory.descends:
        return
    _, energies = subject.memory.trace(*subject.states)
    energies = numbers(energies).astype("float64")
    rise = np.diff(energies, axis=0).max(initial=0)
    scale = 1 + np.abs(energies).max()
    assert rise <= 1e-5 * scale, f"energy rises by {rise:.2g}"


def what_has_converged_stays(subject):
    """Recall from where recall converged takes no step, and changes nothing."""
    found = subject.recall(subject.memory, *subject.states)
    states = tuple(s[found.converged] for s in found.states)
    if not len(states[0]):
        return
    again = subject.recall(subject.memory, *states)
    assert_equal(again.states, states, "recalled again", NEAR / 2)
    assert again.converged.all(), "what had converged did not converge again"


def storing_in_parts_is_storing_at_once(subject):
    """Memories add, in any number of calls."""
    parts = subject.factory()
    for k in range(subject.number):
        parts.store(*(p[k:k + 1] for p in subject.patterns))
    assert_equal(_content(parts), _content(subject.memory), "the weights")


def the_count_is_the_number_of_stored_patterns(subject):
    """It follows storing and forgetting."""
    memory = subject.make()
    assert int(memory.count) == subject.number, f"it is {int(memory.count)}"
    if _forgets(memory, [p[:1] for p in subject.patterns]):
        assert int(memory.count) == subject.number - 1, "not less after forgetting"


def forgetting_undoes_storing(subject):
    """What is stored later goes without a trace; or the memory says why it cannot."""
    memory, more = subject.make(), subject.draw(2)
    memory.store(*more)
    if _forgets(memory, more):
        assert_equal(_content(memory), _content(subject.memory),
                     "the weights after forgetting")


def an_empty_memory_leaves_cues_alone(subject):
    """It knows nothing, converges, and its answer holds no NaN."""
    memory = subject.factory()
    found = subject.recall(memory, *subject.cues)
    assert found.converged.all(), "recall did not converge"
    for states, cue in zip(found.states, subject.cues):
        assert np.isfinite(states).all(), "not finite"
        if memory.alphabet is None or memory.cue_alphabet is not None:
            assert_equal(states, cue, "recalled from nothing")


def batch_rows_do_not_mix(subject):
    """Another row in the batch leaves the others alone."""
    changed = tuple(s.copy() for s in subject.states)
    for s in changed:
        s[0] *= -1
    found = subject.recall(subject.memory, *changed)
    wanted = subject.recall(subject.memory, *subject.states)
    assert_equal([s[1:] for s in (*found.states, found.steps)],
                 [s[1:] for s in (*wanted.states, wanted.steps)],
                 "rows beside a changed one")


def any_batch(subject):
    """One graph serves batches of every size."""
    memory = subject.memory
    run = tf.function(lambda *cues: memory.recall(*cues), autograph=False,
                      input_signature=[tf.TensorSpec((None, n))
                                       for n in memory.sides.values()])
    wanted = subject.recall(memory, *subject.states)
    for rows in (1, 4):
        found = numbers(tuple(run(*(s[:rows] for s in subject.states))))
        assert_equal(found[:-2], [s[:rows] for s in wanted.states], f"{rows} rows")


def jit_gives_the_same_numbers(subject):
    """Recall and energy under XLA."""
    memory, states = subject.memory, subject.states

    def both(*states):
        # Without the steps: one more may be due to rounding.
        return tuple(memory.recall(*states)[:-2]), memory.energy(*states)

    found = tf.function(both, autograph=False, jit_compile=True)(*states)
    assert_equal(numbers(found), numbers(both(*states)), "under XLA", 1e-4)


def computes_in_the_dtype_it_was_told(subject):
    """What is recalled has the policy's dtype; in float64 all of it is that precise."""
    wanted = subject.recall(subject.memory, *subject.cues).states
    for policy, tolerance in POLICIES.items():
        memory = subject.make(dtype=policy)
        called = memory(subject.cues[0])        # within Keras' scopes
        assert called.dtype.name == memory.compute_dtype, (
            f"{policy}: a call gives {called.dtype.name}")
        found = memory.recall(*subject.cues)
        for states in found[:len(memory.sides)]:
            assert states.dtype.name == memory.compute_dtype, (
                f"{policy}: recall gives {states.dtype.name}")
        assert_equal(numbers(tuple(found[:len(memory.sides)])), wanted, policy,
                     tolerance)
    memory = subject.make(dtype="float64")
    for value in (memory.energy(*subject.states), *memory.step(*(
            tf.constant(s, "float64") for s in subject.states))):
        assert value.dtype.name == "float64", f"float64: {value.dtype.name} within"


def same_seed_same_bits(subject):
    """Two memories made alike recall alike, to the bit."""
    first, second = (
        subject.recall(subject.make(), *subject.states) for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(
        (*first.states, first.steps), (*second.states, second.steps))), (
        "one seed gave two results")


def _content(memory):
    """The weights, but for the count, which has a property of its own."""
    return [numbers(w) for w in memory.weights if w is not memory.count]


def _forgets(memory, patterns):
    """Forgets, or returns False where the memory says why it cannot."""
    try:
        memory.forget(*patterns)
    except NotImplementedError as error:
        assert str(error), "forgetting is refused without a reason"
        return False
    return True
