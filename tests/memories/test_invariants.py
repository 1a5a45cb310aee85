"""What is proved of memories holds for any patterns; capacities are the measured."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import rnnzoo
from rnnzoo.memories import (
    BAMMemory,
    ContinuousBAMMemory,
    ContinuousHopfieldMemory,
    DenseHopfieldMemory,
    HopfieldMemory,
    ModernHopfieldMemory,
)

N, P = 9, 7     # an odd and an even number: ties happen and do not
ROWS = 8
few = settings(max_examples=12, deadline=None, derandomize=True)


def bits(*shape):
    return arrays("float32", shape, elements=st.sampled_from([-1.0, 1.0]))


def reals(*shape):
    return arrays("float32", shape, elements=st.floats(-2, 2, width=16))


def graph(memory, *widths):
    """Recall and energies along it, compiled once for all examples."""
    return tf.function(memory.recall, autograph=False, input_signature=[
        tf.TensorSpec((None, n)) for n in widths])


def assert_descends(memory, *cues, slack=1e-5):
    _, energies = memory.trace(*cues)
    energies = np.asarray(energies, "float64")
    assert (np.diff(energies, axis=0) <= slack * (1 + abs(energies[:-1]))).all()


ASYNCHRONOUS = HopfieldMemory(N, threshold=[0.1 * k for k in range(N)], seed=1)
ASYNCHRONOUS.build()
ASYNCHRONOUS.built = True


@few
@given(reals(N, N), bits(ROWS, N))
def test_asynchronous_energy_never_rises_whatever_the_symmetric_kernel(w, cues):
    w = w + w.T
    np.fill_diagonal(w, 0)
    ASYNCHRONOUS.kernel.assign(w)
    assert_descends(ASYNCHRONOUS, cues)
    found = ASYNCHRONOUS.recall(cues)
    assert np.asarray(found.converged).all()
    # By hand: no unit of a state that recall ends in wants to change.
    x = np.asarray(found.states, "float64")
    fields = x @ w.astype("float64") - 0.1 * np.arange(N)
    assert (x * fields >= -1e-4).all()


@few
@given(bits(3, N), bits(ROWS, N), st.sampled_from(["polynomial", "exponential"]))
def test_dense_energy_never_rises(patterns, cues, interaction):
    memory = DenseHopfieldMemory(N, interaction=interaction, slots=4, seed=1)
    memory.store(patterns)
    assert_descends(memory, cues)


@few
@given(reals(4, N), reals(ROWS, N), st.floats(0.1, 20))
def test_modern_energy_never_rises(patterns, cues, beta):
    memory = ModernHopfieldMemory(N, beta=beta, slots=6)
    memory.store(patterns)
    assert_descends(memory, cues, slack=1e-4)


@few
@given(bits(4, N), reals(ROWS, N), st.sampled_from(["hebbian", "storkey",
                                                    "pseudo_inverse"]))
def test_continuous_energy_never_rises(patterns, cues, rule):
    memory = ContinuousHopfieldMemory(N, rule=rule, gain=20.0, max_steps=30)
    memory.store(patterns)
    assert_descends(memory, np.clip(cues / 2, -1, 1))


BAM = BAMMemory((N, P))
BAM.build()
BAM.built = True


@few
@given(reals(N, P), bits(ROWS, N), bits(ROWS, P))
def test_every_bam_matrix_settles(matrix, a, b):
    BAM.kernel.assign(matrix)
    assert_descends(BAM, a, b)
    found = BAM.recall(a, b)
    assert np.asarray(found.converged).all()
    a, b = np.asarray(found.a, "float64"), np.asarray(found.b, "float64")
    assert (b * (a @ matrix) >= -1e-4).all() and (a * (b @ matrix.T) >= -1e-4).all()


@few
@given(reals(N, P), reals(ROWS, N), reals(ROWS, P), st.floats(0.05, 1.0))
def test_every_continuous_bam_matrix_settles(matrix, a, b, time_step):
    memory = ContinuousBAMMemory((N, P), gain=3.0, time_step=time_step, max_steps=30)
    memory.build()
    memory.built = True
    memory.kernel.assign(8 * matrix)
    assert_descends(memory, np.clip(a / 2, -1, 1), np.clip(b / 2, -1, 1))


@few
@given(st.integers(2, 24), st.randoms(use_true_random=False))
def test_the_pseudo_inverse_keeps_up_to_n_minus_1_patterns(units, random):
    patterns = np.array([[random.choice([-1.0, 1.0]) for _ in range(units)]
                         for _ in range(units - 1)], "float32")
    memory = HopfieldMemory(units, rule="pseudo_inverse")
    for part in np.array_split(patterns, 2):
        memory.store(part)
    projection = np.linalg.pinv(patterns.astype("float64")) @ patterns
    np.testing.assert_allclose(memory.kernel, projection, atol=1e-4)
    np.testing.assert_array_equal(memory.recall(patterns).states, patterns)


@few
@given(st.integers(0, 10**6))
def test_high_gain_is_the_discrete_network(seed):
    random = np.random.default_rng(seed)
    patterns = random.choice([-1.0, 1.0], (3, 40)).astype("float32")
    cues = random.choice([-1.0, 1.0], (ROWS, 40)).astype("float32")
    graded = ContinuousHopfieldMemory(40, gain=200.0, max_steps=5000)
    discrete = HopfieldMemory(40)
    for memory in (graded, discrete):
        memory.store(patterns)
    found = np.asarray(graph(graded, 40)(cues).states)
    corners = np.sign(found)
    at_corners = (np.abs(found) > 0.99).all(axis=1)
    assert at_corners.mean() > 0.7
    np.testing.assert_array_equal(
        discrete.step(corners[at_corners])[0], corners[at_corners])


@few
@given(reals(5, N), reals(ROWS, N), st.floats(0.1, 5))
def test_one_modern_step_is_attention(patterns, queries, beta):
    memory = ModernHopfieldMemory(N, beta=beta, slots=9, max_steps=1)
    memory.store(patterns)
    attention = keras.layers.Attention(use_scale=False)
    wanted = attention([beta * queries[None], patterns[None], patterns[None]])[0]
    np.testing.assert_allclose(memory.recall(queries).states, wanted, atol=1e-4)


def test_degree_2_is_the_hopfield_network():
    random = np.random.default_rng(0)
    patterns = random.choice([-1.0, 1.0], (3, 24)).astype("float32")
    cues = random.choice([-1.0, 1.0], (50, 24)).astype("float32")
    dense = DenseHopfieldMemory(24, degree=2, update="synchronous")
    classic = HopfieldMemory(24, update="synchronous")
    for memory in (dense, classic):
        memory.store(patterns)
    np.testing.assert_array_equal(
        dense.recall(cues).states, classic.recall(cues).states)


# Settling

@pytest.mark.parametrize("rule", ["hebbian", "pseudo_inverse"])
def test_a_sweep_is_one_unit_after_another_and_none_hears_itself(rule):
    """Against a loop in NumPy that asks one unit at a time, in the same order."""
    random = np.random.default_rng(0)
    memory = HopfieldMemory(150, rule=rule, seed=3, max_steps=1)
    memory.store(random.choice([-1.0, 1.0], (30, 150)).astype("float32"))
    cues = random.choice([-1.0, 1.0], (5, 150)).astype("float32")
    kernel, x = np.array(memory.kernel.numpy(), "float64"), cues.astype("float64")
    np.fill_diagonal(kernel, 0)
    order = np.asarray(memory.draw((cues,))["orders"])[0]
    # The last block overlaps the one before it.
    for unit in (*order[:128], *order[-64:]):
        field = x @ kernel[:, unit]
        x[:, unit] = np.where(abs(field) > 1e-6, np.sign(field), x[:, unit])
    np.testing.assert_array_equal(memory.recall(cues).states, x)


def test_a_dense_sweep_gives_each_unit_in_turn_its_value_of_lower_energy():
    """Against both energies of each unit, in NumPy, in the same order."""
    random = np.random.default_rng(0)
    memory = DenseHopfieldMemory(22, slots=30, seed=3, max_steps=1)
    patterns = random.choice([-1.0, 1.0], (30, 22))
    memory.store(patterns.astype("float32"))
    x = random.choice([-1.0, 1.0], (20, 22))
    found = memory.recall(x.astype("float32")).states
    order = np.asarray(memory.draw((x,)))[0]
    for unit in (*order[:20], *order[-4:]):         # the last blocks overlap
        other = x.copy()
        other[:, unit] *= -1
        better = ((other @ patterns.T) ** 3).sum(1) > ((x @ patterns.T) ** 3).sum(1)
        x = np.where(better[:, None], other, x)
    np.testing.assert_array_equal(found, x)


def test_a_synchronous_cycle_of_two_is_reported():
    memory = HopfieldMemory(2, update="synchronous")
    memory.store(np.array([[1.0, 1.0]], "float32"))     # each unit copies the other
    found = memory.recall(np.array([[1.0, -1.0], [1.0, 1.0]], "float32"))
    assert np.asarray(found.converged).tolist() == [False, True]
    assert np.asarray(found.steps).tolist() == [2, 0]   # there and back, no further
    one_by_one = HopfieldMemory(2)
    one_by_one.store(np.array([[1.0, 1.0]], "float32"))
    assert np.asarray(one_by_one.recall(found.states).converged).all()


@pytest.mark.parametrize("update", ["synchronous", "asynchronous"])
def test_a_field_of_zero_keeps_the_state_and_an_unknown_bit_is_found(update):
    memory = HopfieldMemory(4, update=update)
    patterns = np.array([[1, 1, 1, 1], [1, -1, 1, -1]], "float32")
    memory.store(patterns)
    # The two patterns differ in the bits 1 and 3; nothing decides between them.
    cue = np.array([[1, 1, 1, -1], [1, -1, 0, -1]], "float32")
    found = np.asarray(memory.recall(cue).states)
    assert found[0, 0] == found[0, 2] == 1
    np.testing.assert_array_equal(found[1], patterns[1])
    free = HopfieldMemory(4, update=update)
    np.testing.assert_array_equal(free.recall(cue).states, cue)


def test_the_stochastic_network_obeys_boltzmann():
    """Two coupled units: how often they agree, against exp(-E / T) summed by hand."""
    temperature = 0.7
    memory = HopfieldMemory(2, update="stochastic", temperature=temperature,
                            max_steps=30, seed=1)
    memory.store(np.ones((1, 2), "float32"))            # W = 1/2 between them
    states = np.asarray(memory.recall(np.ones((4000, 2), "float32")).states)
    agree = (states[:, 0] == states[:, 1]).mean()
    wanted = 1 / (1 + np.exp(-2 * 0.5 / temperature))
    assert abs(agree - wanted) < 4 * np.sqrt(wanted * (1 - wanted) / 4000)
    assert abs(states.mean()) < 0.06
    again = HopfieldMemory(2, update="stochastic", temperature=temperature,
                           max_steps=30, seed=1)
    again.store(np.ones((1, 2), "float32"))
    np.testing.assert_array_equal(
        again.recall(np.ones((4000, 2), "float32")).states, states)


def test_the_storkey_rule_is_the_papers_sum():
    """Entry by entry: h[i, j] sums over all units but i and j."""
    patterns = np.random.default_rng(0).choice([-1.0, 1.0], (4, 8)).astype("float32")
    memory = HopfieldMemory(8, rule="storkey")
    memory.store(patterns)
    w = np.zeros((8, 8))
    for x in patterns.astype("float64"):
        new = w.copy()
        for i in range(8):
            for j in range(8):
                if i != j:
                    h = [[sum(w[p, k] * x[k] for k in range(8) if k not in (p, q))]
                         for p, q in ((i, j), (j, i))]
                    new[i, j] += (x[i] * x[j] - x[i] * h[1][0] - h[0][0] * x[j]) / 8
        w = new
    np.testing.assert_allclose(memory.kernel, w, atol=1e-6)


# Capacity

@pytest.mark.parametrize("load, lowest, highest", [
    (0.138, 0.94, 0.99), (0.18, 0.0, 0.6)])
def test_hebbian_overlap_at_the_edge_and_beyond(load, lowest, highest):
    """N = 1000, 20 seeds, recall from 30 of the stored patterns of each."""
    units = 1000
    memory = HopfieldMemory(units, update="synchronous")
    recall = graph(memory, units)
    overlaps = []
    for seed in range(20):
        patterns = np.random.default_rng(seed).choice(
            [-1.0, 1.0], (round(load * units), units)).astype("float32")
        if seed:
            memory.kernel.assign(0 * memory.kernel)
        memory.store(patterns)
        found = recall(patterns[:30]).states
        overlaps.append(np.mean(np.asarray(found) * patterns[:30]))
    assert lowest <= np.mean(overlaps) <= highest, np.mean(overlaps)


def test_a_bam_of_100_by_100_holds_8_pairs():
    kept = []
    for seed in range(20):
        random = np.random.default_rng(seed)
        a, b = random.choice([-1.0, 1.0], (2, 8, 100)).astype("float32")
        memory = BAMMemory((100, 100))
        memory.store(a, b)
        kept.append(np.asarray(memory.stable(a, b)).mean())
    assert np.mean(kept) >= 0.98, np.mean(kept)


@pytest.mark.parametrize("name", ["dense_hopfield", "modern_hopfield"])
def test_as_many_patterns_as_units_and_more_where_the_classic_fails(name):
    random = np.random.default_rng(0)
    patterns = random.choice([-1.0, 1.0], (150, 100)).astype("float32")
    cues = patterns * np.where(random.random(patterns.shape) < 0.1, -1, 1)
    model = rnnzoo.build(name, 100, slots=150)
    model.fit(patterns, verbose=0)
    np.testing.assert_allclose(model.predict(cues, verbose=0), patterns, atol=1e-2)
    classic = rnnzoo.build("hopfield", 100)
    with pytest.warns(UserWarning, match=r"0.138 N = 13.8 .* N / \(2 ln N\) = 10.9"):
        classic.fit(patterns, verbose=0)
    assert (classic.predict(cues, verbose=0) == patterns).all(axis=1).mean() < 0.01
