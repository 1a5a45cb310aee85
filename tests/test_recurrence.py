"""The engine on cells that only this test knows: it has a line for none of them."""

import functools
import re

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from rnnzoo import explain, layers, recurrence, threads
from rnnzoo.cells import Cell, State
from rnnzoo.layers import Recurrent
from rnnzoo.recurrence import adding, halves, projecting, rungs, segments, tapped
from rnnzoo.recurrence import tensorflow as paths
from rnnzoo.recurrence.inputs import Inputs

BATCH, TIME, FEATURES = 6, 7, 5

ROUNDING = 1e-5

# Of XLA's code, what only names or gives other shapes to what is there.
NO_WORK = {"parameter", "constant", "tuple", "get-tuple-element", "bitcast"}

MASKS = {"none": None, "ragged": np.ones((BATCH, TIME), bool)}
MASKS["ragged"][0, 5:] = MASKS["ragged"][1, :3] = MASKS["ragged"][2, 2:5] = False
MASKS["ragged"][3] = False


class Plain(Cell):
    """Base of the cells below: an Elman network of `units`."""

    def __init__(self, units=4, **kwargs):
        super().__init__(**kwargs)
        self.units = self.output_size = units
        self.states = {"h": units}

    def build(self, input_shape):
        self.kernel = self.weight("kernel", input_shape[-1], self.units)
        self.recurrent_kernel = self.weight("recurrent_kernel", self.units, self.units)

    def project(self, x):
        return x @ self.kernel

    def step(self, z, states, product):
        h = ops.tanh(z + product(states[0], self.recurrent_kernel))
        return h, [h]


class LayerNormalised(Plain):
    """A sublayer with weights of its own, used elementwise."""

    def build(self, input_shape):
        super().build(input_shape)
        self.normalisation = keras.layers.LayerNormalization()
        self.normalisation.build((None, self.units))

    def step(self, z, states, product):
        h = ops.tanh(self.normalisation(z + product(states[0], self.recurrent_kernel)))
        return h, [h]


class MatrixMemory(Plain):
    """A matrix state, addressed by content."""

    def __init__(self, units=4, slots=3, word=2, **kwargs):
        super().__init__(units, **kwargs)
        self.slots, self.word = slots, word
        self.states = {"h": units, "memory": State((slots, word), initial=0.1)}

    def build(self, input_shape):
        super().build(input_shape)
        self.head = self.weight("head", self.units, 2 * self.word)
        self.read = self.weight("read", self.word, self.units)

    def step(self, z, states, product):
        h, memory = states
        key, add = ops.split(product(h, self.head), 2, axis=-1)
        weights = ops.softmax(ops.einsum("bnw,bw->bn", memory, key))
        memory = memory + weights[..., None] * ops.tanh(add)[:, None]
        seen = product(ops.einsum("bn,bnw->bw", weights, memory), self.read)
        h = ops.tanh(z + seen + product(h, self.recurrent_kernel))
        return h, [h, memory]


class Clockwork(Plain):
    """An integer state counts the steps; every other unit updates every other step."""

    def __init__(self, units=4, **kwargs):
        super().__init__(units, **kwargs)
        self.states = {"h": units, "count": State((1,), "int32")}

    def step(self, z, states, product):
        h, n = states
        on = ops.equal(n % ops.array([[1, 2, 1, 2]], "int32"), 0)
        new = ops.tanh(z + product(h, self.recurrent_kernel))
        h = ops.where(on, new, h)
        return h, [h, n + 1]


class TwoInARow(Plain):
    """The second product is applied to the result of the first."""

    def build(self, input_shape):
        super().build(input_shape)
        self.second = self.weight("second", self.units, self.units)

    def step(self, z, states, product):
        h = ops.tanh(z + product(ops.sigmoid(product(states[0], self.recurrent_kernel)),
                                 self.second))
        return h, [h]


class DerivedKernel(Plain):
    """The kernel is a function of weights: sign and scale are fixed by others."""

    def build(self, input_shape):
        super().build(input_shape)
        self.scale = self.weight("scale", self.units)

    def step(self, z, states, product):
        kernel = ops.abs(self.recurrent_kernel) * self.scale
        h = ops.tanh(z + product(states[0], kernel))
        return h, [h]


class FrozenKernel(Plain):
    """The kernel does not train, as in a reservoir."""

    def build(self, input_shape):
        super().build(input_shape)
        self.recurrent_kernel.trainable = False


class FastWeights(Plain):
    """A kernel that changes from step to step is no constant of the loop."""

    def step(self, z, states, product):
        scale = ops.mean(states[0])
        h = ops.tanh(z + product(states[0], self.recurrent_kernel * scale))
        return h, [h]


class Attending(Plain):
    """Looks at a context that no step changes."""

    def build(self, input_shape):
        super().build(input_shape)
        self.query = self.weight("query", self.units, 3)

    def step(self, z, states, product, context):
        (h,) = states
        scores = ops.einsum("be,bne->bn", product(h, self.query), context)
        seen = ops.einsum("bn,bne->be", ops.softmax(scores), context)
        h = ops.tanh(z + product(h, self.recurrent_kernel) + ops.sum(seen, -1)[:, None])
        return h, [h]


class Seeing(Attending):
    """Looks at all of its context alike, so that a step has one product."""

    def step(self, z, states, product, context):
        seen = ops.mean(context * self.query[:1], axis=1)
        h = ops.tanh(z + product(states[0], self.recurrent_kernel)
                     + ops.sum(seen, -1)[:, None])
        return h, [h]


class SecondOrder(Plain):
    """A product with the outer product of state and input."""

    def build(self, input_shape):
        self.features = input_shape[-1]
        self.recurrent_kernel = self.weight(
            "recurrent_kernel", self.units * self.features, self.units)

    def project(self, x):
        return x

    def step(self, z, states, product):
        pairs = ops.reshape(states[0][:, :, None] * z[:, None] + 0.1,
                            (-1, self.units * self.features))
        h = ops.tanh(product(pairs, self.recurrent_kernel))
        return h, [h]


class Noisy(Plain):
    """Noise is drawn with the projection, which is a pair."""

    def project(self, x, training=False):
        z = x @ self.kernel
        noise = keras.random.normal(ops.shape(z), dtype="float32",
                                    seed=self.seed_generator)
        return z, ops.cast(noise * training, z.dtype)

    def step(self, z, states, product):
        z, noise = z
        h = ops.tanh(z + 0.1 * noise + product(states[0], self.recurrent_kernel))
        return h, [h]


class Biased(Plain):
    """Vectors are added to its projection, in only one part as the last thing."""

    def build(self, input_shape):
        super().build(input_shape)
        self.bias = self.weight("bias", self.units, initializer="random_normal")
        self.wide_bias = self.weight("wide_bias", 2 * self.units,
                                     initializer="random_normal")

    def project(self, x):
        z = x @ self.kernel
        wide = ops.concatenate([z, -z], axis=-1) + self.wide_bias
        square = z[..., None] * z[..., None, :] + self.bias
        # Turned so, the vector is not one of their last axis any more.
        return (z + self.bias, ops.reshape(wide, (*ops.shape(z)[:2], 2, self.units)),
                ops.swapaxes(square, -1, -2), z)

    def step(self, z, states, product):
        z, wide, square, again = z
        h = ops.tanh(z + product(states[0], self.recurrent_kernel))
        h = h * wide[:, 0] + ops.sin(wide[:, 1]) + square[:, 0] + again
        return h, [h]


class Timed(Plain):
    """A part of its projection has no features: its last axis is time."""

    def project(self, x, training=False):
        times = ops.arange(x.shape[1], dtype=x.dtype)
        return x @ self.kernel + 1, ops.sum(x, axis=-1) + times

    def step(self, z, states, product):
        z, level = z
        h = ops.tanh(z + product(states[0], self.recurrent_kernel)) + level[:, None]
        return h, [h / 8]


class Leaky(Plain):
    """No product at all in the step, and a weight used elementwise."""

    def build(self, input_shape):
        self.kernel = self.weight("kernel", input_shape[-1], self.units)
        self.leak = self.weight("leak", self.units)

    def step(self, z, states, product):
        h = ops.sigmoid(self.leak) * states[0] + z
        return h, [h]


class LookingUp(Plain):
    """A table is looked up in; and a product of a weight is added to all rows."""

    def build(self, input_shape):
        super().build(input_shape)
        self.table = self.weight("table", self.units, self.units)
        self.row = self.weight("row", 1, self.units)

    def step(self, z, states, product):
        seen = ops.take(self.table, ops.argmax(states[0], -1), axis=0)
        h = ops.tanh(z + product(self.row, self.recurrent_kernel)) + 0.3 * seen
        return h, [h + 0.3 * states[0]]


class Choosing(Plain):
    """Branches and loops whose products stand outside of them."""

    def step(self, z, states, product):
        p = product(states[0], self.recurrent_kernel)
        h = ops.cond(ops.sum(p) > 0, lambda: ops.tanh(z + p), lambda: ops.sin(p) + z)
        _, h = ops.while_loop(lambda k, h: k < 3, lambda k, h: (k + 1, ops.tanh(z + h)),
                              (0, h), maximum_iterations=3)
        h = h + product(ops.cond(ops.sum(h) > 0, lambda: h, lambda: -h),
                        self.recurrent_kernel)
        return h, [h]


class Branching(Plain):
    """Has a product in a branch."""

    def step(self, z, states, product):
        h = ops.cond(ops.sum(states[0]) > 0,
                     lambda: product(states[0], self.recurrent_kernel),
                     lambda: states[0] * 0.5)
        h = ops.tanh(z + h)
        return h, [h]


class Rotating(Plain):
    """Has a complex state."""

    def __init__(self, units=4, **kwargs):
        super().__init__(units, **kwargs)
        self.states = {"h": State((units,), "complex64")}

    def build(self, input_shape):
        self.kernel = self.weight("kernel", input_shape[-1], self.units)

    def step(self, z, states, product):
        h = states[0] * (0.6 + 0.6j) + ops.cast(z, "complex64")
        return ops.real(h), [h]


class Turned(Plain):
    """Has a complex weight."""

    def build(self, input_shape):
        super().build(input_shape)
        self.turn = self.add_weight(name="turn", shape=(self.units,), dtype="complex64",
                                    initializer="ones")

    def step(self, z, states, product):
        turn = ops.real(ops.convert_to_tensor(self.turn) * (1 + 2j))
        h = ops.tanh(z + product(states[0], self.recurrent_kernel) * turn)
        return h, [h]


class DrawingInTheStep(Plain):
    """Draws its noise where it may not."""

    def step(self, z, states, product):
        noise = keras.random.normal(ops.shape(z), seed=self.seed_generator)
        h = ops.tanh(z + noise + product(states[0], self.recurrent_kernel))
        return h, [h]


class SwitchedByTheCount(Clockwork):
    """An integer state and a stopped gradient have a part in the kernels."""

    def step(self, z, states, product):
        h, n = states
        kernel = self.recurrent_kernel * ops.cast(ops.mean(n % 2), z.dtype)
        fading = self.recurrent_kernel * ops.mean(ops.stop_gradient(h))
        h = ops.tanh(z + product(h, kernel) + product(h, fading))
        return h, [h, n + 1]


UNSERVABLE = {Branching: "branch", Rotating: "complex", Turned: "complex",
              DrawingInTheStep: "random"}

CELLS = [LayerNormalised, MatrixMemory, Clockwork, TwoInARow, DerivedKernel,
         FrozenKernel, FastWeights, Attending, SecondOrder, Noisy, Leaky,
         SwitchedByTheCount, LookingUp, Choosing]


def gradients(layer, x, mask, path, jit_compile, length=TIME, known=True,
              training=True):
    """Outputs, last states and all gradients, by one of the paths.

    The graph knows of `length` steps, of any number if it is None; and of the rows, if
    they are `known`.
    """
    context = None
    if isinstance(layer.cell, Attending):
        seen = np.random.default_rng(3).normal(size=(BATCH, 4, 3))
        context = tf.constant(seen[:len(x)], x.dtype)

    @tf.function(jit_compile=jit_compile,
                 input_signature=[tf.TensorSpec(
                     (len(x) if known else None, length, FEATURES))])
    def run(x):
        sources = [x, *([] if context is None else [context])]
        with tf.GradientTape() as tape:
            tape.watch(sources)
            results = layer(x, mask=mask, context=context, training=training)
            loss = sum(tf.reduce_sum(tf.sin(tf.cast(r, tf.float32)) * (k + 1.0))
                       for k, r in enumerate(results) if r.dtype.is_floating)
        sources += [w.value for w in layer.trainable_weights]
        return results, tape.gradient(loss, sources)

    layer.cell.seed_generator.state.assign([1, 2])
    with recurrence.using(path):
        return tf.nest.map_structure(
            lambda v: v.numpy().astype("complex128"), run(x))


@functools.cache
def flat_gradients(cell, mask, path, policy="float32", jit_compile=False, length=TIME,
                   rows=BATCH, known=True, training=True):
    layer = Recurrent(cell(dtype=policy, seed=1), return_sequences=True,
                      return_state=True, dtype=policy)
    x = np.random.default_rng(2).normal(size=(BATCH, TIME, FEATURES))[:rows]
    mask = None if MASKS[mask] is None else tf.constant(MASKS[mask][:rows])
    layer.build(x.shape)
    x = tf.constant(x, "float32")
    return tf.nest.flatten(
        gradients(layer, x, mask, path, jit_compile, length, known, training))


def assert_same(found, wanted):
    for a, b in zip(wanted, found, strict=True):
        assert np.linalg.norm(a - b) <= ROUNDING * np.linalg.norm(a)


@pytest.mark.parametrize("mask, path, jit_compile", [
    ("none", "fast", False), ("none", "auto", False), ("ragged", "fast", False),
    ("ragged", "compiled", False), ("ragged", "fast", True)])
@pytest.mark.parametrize("cell", CELLS)
def test_fast_paths_equal_the_plain_loop(cell, mask, path, jit_compile, fallbacks):
    found = flat_gradients(cell, mask, path, jit_compile=jit_compile)
    assert not fallbacks
    other_numbers = jit_compile and cell is Noisy      # XLA draws in its own way
    assert_same(found, flat_gradients(cell, mask, "plain", jit_compile=other_numbers))


@pytest.fixture
def fallbacks(monkeypatch):
    """Cells that took the plain path, counted where the loops are run."""
    plain, found = paths.plain, []

    def counted(cell, *rest):
        found.append(cell)
        return plain(cell, *rest)

    monkeypatch.setattr(paths, "plain", counted)
    return found


def test_a_fall_back_is_noticed(fallbacks):
    flat_gradients.__wrapped__(Branching, "none", "auto")
    assert len(fallbacks) == 1


@pytest.mark.parametrize("cell", [FastWeights, TwoInARow])
def test_products_that_are_kept_change_nothing(cell, monkeypatch):
    plain = flat_gradients(cell, "ragged", "plain")
    monkeypatch.setattr(tapped, "SMALL", 0)
    assert_same(flat_gradients.__wrapped__(cell, "ragged", "compiled"), plain)


@pytest.mark.parametrize("cell, path", [
    *((cell, "fast") for cell in CELLS), (Attending, "compiled")])
def test_segments_of_a_long_sequence_change_nothing(cell, path, monkeypatch):
    monkeypatch.setattr(segments, "STEPS", 3)
    monkeypatch.setattr(segments, "LONG", 4)
    plain = flat_gradients(cell, "ragged", "plain")
    cut = flat_gradients.__wrapped__(cell, "ragged", path)
    assert_same(cut, plain)


@pytest.mark.parametrize("cell", [Attending, FastWeights, LayerNormalised])
def test_a_length_that_no_graph_knows_changes_nothing(cell, monkeypatch):
    monkeypatch.setattr(rungs, "RUNGS", [2, 9])
    plain = flat_gradients(cell, "ragged", "plain")
    padded = flat_gradients.__wrapped__(cell, "ragged", "compiled", length=None)
    assert_same(padded, plain)


@pytest.mark.parametrize("cell, path, rows, known", [
    (Attending, "compiled", 6, True), (Attending, "frozen", 5, True),
    (Clockwork, "compiled", 5, False), (Clockwork, "compiled", 2, False),
    (Attending, "whole", 6, True), (Clockwork, "whole", 5, True)])
def test_halves_of_a_batch_change_nothing(cell, path, rows, known, monkeypatch):
    monkeypatch.setattr(halves, "FEWEST", 3)
    monkeypatch.setenv(threads.INTEROP, "2")
    plain = flat_gradients(cell, "ragged", "plain", rows=rows)
    halved = flat_gradients.__wrapped__(cell, "ragged", path, rows=rows, known=known)
    assert_same(halved, plain)


@pytest.mark.parametrize("rows, runs", [
    (halves.FEWEST - 1, 1), (halves.FEWEST, 2), (halves.FEWEST + 1, 2)])
def test_few_rows_that_only_the_graph_counts_are_left_whole(rows, runs):
    counted = tf.Variable(0)

    def run(inputs):
        counted.assign_add(1)
        return inputs.z[0], [inputs.z[0][-1]], [inputs.z[0]]

    @tf.function(input_signature=[tf.TensorSpec((TIME, None, FEATURES))])
    def both(z):
        return halves.forward(run)(Inputs([z], [], [], [], [], []))

    z = tf.random.normal((TIME, rows, FEATURES))
    y, (last,), _ = both(z)
    np.testing.assert_array_equal(y, z)
    np.testing.assert_array_equal(last, z[-1])
    assert counted == runs


def test_halves_are_run_where_there_are_rows_and_cores_enough(monkeypatch):
    for cores, expected in (("1", [False] * 4), ("2", [False, True, True, False])):
        monkeypatch.setenv(threads.INTEROP, cores)
        assert expected == [halves.are_worth_it(rows, forgetting) for rows, forgetting
                            in ((15, False), (16, False), (None, False), (None, True))]


@pytest.mark.parametrize("jit_compile", [False, True, None])
def test_halves_are_not_run_within_what_xla_compiles(jit_compile, monkeypatch):
    monkeypatch.setenv(threads.INTEROP, "2")
    found = []

    @tf.function(jit_compile=jit_compile)
    def run(x):
        found.append(halves.are_worth_it(16, forgetting=False))
        return x

    run(0)
    assert found == [not jit_compile]


@pytest.mark.parametrize("cell, projects_within", [
    (Clockwork, True), (LayerNormalised, True), (DerivedKernel, True), (Seeing, True),
    (Attending, False), (Leaky, False)])
def test_one_row_projected_step_by_step_is_answered_as_ever(
        cell, projects_within, monkeypatch):
    made, kind = [], projecting.Projecting
    monkeypatch.setattr(
        projecting, "Projecting", lambda cell: made.append(cell) or kind(cell))
    plain = flat_gradients(cell, "ragged", "plain", rows=1, training=False)
    whole = flat_gradients(cell, "ragged", "whole", rows=1, training=False)
    assert bool(made) == projects_within
    assert_same(whole, plain)


@pytest.mark.parametrize("cell, expected", [
    (Biased, [[True, False, False, False]]), (Timed, []), (LayerNormalised, [])])
def test_a_vector_added_to_every_step_is_added_in_the_loop(cell, expected, monkeypatch):
    found, kind = [], adding.Adding
    monkeypatch.setattr(
        adding, "Adding", lambda cell, of: found.append(of) or kind(cell, of))
    whole = flat_gradients.__wrapped__(cell, "ragged", "whole", training=False)
    assert found == expected
    assert_same(whole, flat_gradients(cell, "ragged", "plain", training=False))


def test_answers_are_compiled_here_where_many_steps_are_known():
    if tf.config.list_physical_devices("GPU"):
        pytest.skip("on a GPU nothing is compiled")

    def name(steps):
        return recurrence.choose(training=False, steps=steps).name

    assert name(50) == "plain"      # the graph may be exported
    with recurrence.on_this_machine():
        assert [name(50), name(49), name(None)] == ["whole", "plain", "plain"]


def test_lengths_up_to_a_thousand_have_few_shapes():
    rooms = {length: int(rungs.above(tf.constant(length))) for length in range(1, 1001)}
    assert len(set(rooms.values())) <= 40
    assert all(length <= room <= 1.25 * length for length, room in rooms.items())


@pytest.mark.parametrize("jit_compile", [False, True])
@pytest.mark.parametrize("cell", CELLS)
def test_fast_paths_round_no_worse_than_the_plain_loop(cell, jit_compile):
    exact = flat_gradients(cell, "ragged", "plain")
    tried = ("plain", "fast") if jit_compile else ("plain", "fast", "compiled")
    narrow = ("mixed_bfloat16", jit_compile)
    plain, *others = (flat_gradients(cell, "ragged", path, *narrow) for path in tried)
    for other in others:
        for truth, a, b in zip(exact, plain, other, strict=True):
            allowed = 2 * np.linalg.norm(a - truth) + 0.005 * np.linalg.norm(truth)
            assert np.linalg.norm(b - truth) <= allowed


@pytest.mark.parametrize("cell", UNSERVABLE)
def test_a_cell_that_cannot_be_served_falls_back_and_explain_says_so(cell):
    model = keras.Sequential([keras.Input((TIME, FEATURES)), Recurrent(cell())])
    table = explain(model)
    assert "plain" in table and UNSERVABLE[cell] in table
    if cell is not DrawingInTheStep:
        auto = flat_gradients.__wrapped__(cell, "ragged", "auto")
        for a, b in zip(flat_gradients(cell, "ragged", "plain"), auto, strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("path", ["fast", "compiled"])
def test_a_tape_may_be_used_twice_and_a_second_derivative_is_refused(path):
    layer = Recurrent(Plain(seed=1))
    x = tf.constant(np.random.default_rng(2).normal(size=(2, 3, FEATURES)), "float32")
    layer.build(x.shape)

    @tf.function
    def twice(x):
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(x)
            y = layer(x, training=True)
            losses = tf.reduce_sum(y), tf.reduce_sum(y**2)
        return [tape.gradient(loss, x) for loss in losses]

    @tf.function
    def second(x):
        with tf.GradientTape() as outer:
            with tf.GradientTape() as inner:
                inner.watch(x)
                loss = tf.reduce_sum(layer(x, training=True))
            penalty = tf.reduce_sum(inner.gradient(loss, x) ** 2)
        return outer.gradient(penalty, [w.value for w in layer.trainable_weights])

    with recurrence.using("plain"):
        expected = twice.python_function(x)
    with recurrence.using(path):
        for a, b in zip(twice(x), expected, strict=True):
            np.testing.assert_allclose(a, b, atol=1e-6)
        with pytest.raises(NotImplementedError, match="second derivative"):
            second(x)


@pytest.mark.parametrize("cell", [c for c in CELLS if c not in (Attending, Noisy)])
def test_the_layer_is_the_cell_step_by_step(cell):
    ours = Recurrent(cell(seed=1), return_sequences=True)
    x = np.random.default_rng(2).normal(size=(BATCH, TIME, FEATURES)).astype("float32")
    ours.build(x.shape)
    h = ours.cell.get_initial_state(BATCH)
    outputs = []
    for t in range(TIME):
        y, h = ours.cell(x[:, t], h)
        outputs.append(y)
    np.testing.assert_allclose(ours(x), np.stack(outputs, 1), atol=1e-6)


def test_the_loop_back_computes_no_activation_and_no_product_again():
    layer = layers.LSTM(4, return_sequences=True)

    @tf.function
    def run(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = layer(x, training=True)
        return tape.gradient(y, x)

    with recurrence.using("fast"):
        graph = run.get_concrete_function(tf.TensorSpec((2, None, 3))).graph
    loops = [[node.op for node in body.node_def]
             for body in graph.as_graph_def().library.function
             if "while_body" in body.signature.name]
    forward, backward = sorted(loops, key=lambda found: "Tanh" not in found)
    assert {"Tanh", "Sigmoid"} <= {*forward}
    assert not {"Tanh", "Sigmoid"} & {*backward}
    assert forward.count("MatMul") == backward.count("MatMul") == 1


@pytest.mark.parametrize("path, rows", [("compiled", 2), ("whole", 2), ("whole", 1)])
@pytest.mark.parametrize("cls", [layers.Elman, layers.GRU, layers.LSTM])
def test_xla_needs_no_threads_for_a_small_loop_nor_new_code_for_new_weights(
        cls, path, rows):
    """See `Inputs.coming`."""
    layer, x = cls(8, return_sequences=True), tf.zeros((rows, 60, 3))

    @tf.function(jit_compile=True)
    def run(x):
        return layer(x, training=path != "whole")

    with recurrence.using(path):
        code = run.experimental_get_compiler_ir(x)(stage="optimized_hlo")
    blocks = dict(re.findall(r"^%?(\S+) .*?\{\n(.*?)^\}", code, re.S | re.M))
    (body,) = re.findall(r" body=%?([^,\s]+)", code)
    operations = [o for o in re.findall(r" = \S+ ([\w-]+)\(", blocks[body])
                  if o not in NO_WORK]
    assert ("dot" in operations or rows == 1) and len(operations) <= 8
    assert not re.search(rf"\[8,{layer.cell.recurrent_kernel.shape[1]}\]\S* constant",
                         code)


def test_a_held_output_is_the_last_unmasked_one():
    mask = MASKS["ragged"].T
    y = np.random.default_rng(0).normal(size=(TIME, BATCH, 2)).astype("float32")
    expected, last = np.zeros_like(y), np.zeros_like(y[0])
    for t in range(TIME):
        last = np.where(mask[t][:, None], y[t], last)
        expected[t] = last
    held = recurrence.hold(y, ops.convert_to_tensor(mask))
    np.testing.assert_array_equal(held, expected)


def test_length_zero_is_an_error_that_says_so():
    layer = Recurrent(Plain())
    with pytest.raises(ValueError, match="at least one step"):
        layer(np.zeros((2, 0, FEATURES), "float32"))
    run = tf.function(layer, input_signature=[tf.TensorSpec((None, None, FEATURES))])
    with pytest.raises(tf.errors.InvalidArgumentError, match="at least one step"):
        run(np.zeros((2, 0, FEATURES), "float32"))


def test_an_unknown_path_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="plain"):
        with recurrence.using("plian"):
            pass
