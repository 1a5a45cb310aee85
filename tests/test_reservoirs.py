"""What is special about echo state cells, and the reservoirs they are made of."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import sparse

from rnnzoo import initializers, plots, recurrence
from rnnzoo.cells import EchoStateCell
from rnnzoo.layers import EchoState, Recurrent, teaching
from rnnzoo.testing import check_cell

FEATURES = 3
RESERVOIRS = {
    "sparse": "sparse", "dense": "dense", "ring": "ring", "small world": "small_world",
    "cycle with jumps": "cycle_with_jumps", "orthogonal": "orthogonal",
    "normal": initializers.Sparse(0.2, distribution="normal"),
    "a matrix": np.random.default_rng(0).normal(size=(40, 40)),
    "a sparse matrix": sparse.random_array((40, 40), density=0.2, rng=1),
    "a callable": lambda shape, dtype: np.random.default_rng(2).normal(size=shape),
}


def built(units=40, features=FEATURES, **options):
    cell = EchoStateCell(units, **{"seed": 1, **options})
    cell.build((None, features))
    return cell


def numbers(weight):
    return np.asarray(keras.ops.convert_to_numpy(weight), "float64")


def draw(*shape):
    return np.random.default_rng(5).normal(size=shape).astype("float32")


# Reservoirs

@pytest.mark.parametrize("reservoir", RESERVOIRS.values(), ids=RESERVOIRS)
def test_the_spectral_radius_is_what_was_asked(reservoir):
    cell = built(spectral_radius=0.7, recurrent_initializer=reservoir)
    found = abs(np.linalg.eigvals(numbers(cell.recurrent_kernel))).max()
    assert found == pytest.approx(0.7, rel=1e-5)


@pytest.mark.parametrize("name", ["sparse", "ring", "cycle_with_jumps", "small_world"])
def test_the_spectral_radius_of_a_large_matrix_is_that_of_all_its_eigenvalues(name):
    matrix = initializers.get(name, seed=3)((400, 400))
    found = initializers.spectral_radius(matrix)
    assert found == pytest.approx(abs(np.linalg.eigvals(matrix)).max(), rel=1e-6)


@pytest.mark.parametrize("matrix", [
    "delay_line", np.zeros((40, 40)), np.triu(np.ones((40, 40)), 1)])
def test_a_spectral_radius_that_cannot_be_reached_says_why_and_what_to_do(matrix):
    with pytest.raises(ValueError, match="no loop|are 0") as error:
        built(recurrent_initializer=matrix)
    assert "spectral_radius=None" in str(error.value)
    assert built(recurrent_initializer=matrix, spectral_radius=None)


def test_the_weights_stay_as_they_are_given_without_a_spectral_radius():
    matrix = RESERVOIRS["a matrix"]
    cell = built(recurrent_initializer=matrix, spectral_radius=None, dtype="float64")
    np.testing.assert_array_equal(numbers(cell.recurrent_kernel), matrix)


def test_in_a_sparse_reservoir_each_unit_hears_as_many_as_were_asked():
    heard = np.count_nonzero(initializers.Sparse(0.15, seed=1)((40, 40)), axis=0)
    assert (heard == 6).all()
    assert initializers.spectral_radius(initializers.Sparse(0.001, seed=1)((9, 9))) > 0


def test_connectivity_reaches_every_reservoir_given_by_name_that_has_it():
    for name in ("sparse", "small_world"):
        cell = built(50, connectivity=0.2, recurrent_initializer=name)
        assert np.mean(numbers(cell.recurrent_kernel) != 0) == pytest.approx(0.2)


def test_a_small_world_that_is_not_rewired_is_a_ring_of_neighbours():
    links = initializers.SmallWorld(0.2, rewiring=0, seed=1)((20, 20)) != 0
    distance = abs(np.subtract.outer(np.arange(20), np.arange(20)))
    distance = np.minimum(distance, 20 - distance)
    np.testing.assert_array_equal(links, (distance > 0) & (distance <= 2))
    rewired = initializers.SmallWorld(0.2, rewiring=0.5, seed=1)((20, 20)) != 0
    assert rewired.sum() == links.sum() and (rewired != links).any()


def test_rings_and_delay_lines_hand_on_what_they_hear():
    state = np.arange(5.0)
    np.testing.assert_array_equal(state @ initializers.Ring()((5, 5)), [4, 0, 1, 2, 3])
    np.testing.assert_array_equal(
        state @ initializers.DelayLine(0.5)((5, 5)), [0, 0, 0.5, 1, 1.5])
    jumps = initializers.CycleWithJumps(3, 0.25)((9, 9)) - initializers.Ring()((9, 9))
    assert {(i, j): jumps[i, j] for i, j in np.argwhere(jumps)} == dict.fromkeys(
        [(0, 3), (3, 0), (3, 6), (6, 3), (6, 0), (0, 6)], 0.25)


def test_signs_are_of_one_size():
    values, counts = np.unique(
        initializers.Signs(0.5, seed=0)((100, 100)), return_counts=True)
    np.testing.assert_array_equal(values, [-1, 0, 1])
    np.testing.assert_allclose(counts / 10_000, [0.25, 0.5, 0.25], atol=0.02)


def test_an_initializer_is_rebuilt_from_its_configuration_and_follows_its_seed():
    for name in initializers.NAMES:
        made = initializers.get(name, seed=4)
        again = keras.saving.deserialize_keras_object(
            keras.saving.serialize_keras_object(made))
        np.testing.assert_array_equal(made((12, 12)), again((12, 12)))
    first, second = (initializers.Dense(seed=seed)((12, 12)) for seed in (4, 5))
    assert (first != second).any()


def test_a_misspelt_initializer_and_a_matrix_of_another_shape_are_errors():
    with pytest.raises(ValueError, match="'small_world'"):
        built(recurrent_initializer="smal_world")
    with pytest.raises(ValueError, match=r"\(3, 3\).*\(40, 40\)"):
        built(recurrent_initializer=np.eye(3))
    with pytest.raises(ValueError, match="recurrent kernel"):
        initializers.Ring()((3, 4))


# The cell

def loop(cell, x, targets=None):
    """The cell by its papers, in NumPy; `targets` are what is fed back."""
    W, U, b = map(numbers, (cell.kernel, cell.recurrent_kernel, cell.bias))
    h, o, outputs = np.zeros(cell.units), np.zeros(cell.output_size), []
    leak, gain = np.array(cell.leak_rate), np.array(cell.gain)
    for t, now in enumerate(np.asarray(x, "float64")):
        net = now @ W + h @ U + b
        if cell.feedback:
            net += o @ numbers(cell.feedback_kernel)
        y = h = (1 - leak) * h + gain * np.tanh(net)
        if cell.feedback:
            y = h @ numbers(cell.output_kernel) + numbers(cell.output_bias)
            o = y if targets is None else targets[t]
        outputs.append(y)
    return np.array(outputs)


@pytest.mark.parametrize("options", [
    {}, {"leak_rate": 0.3}, {"leak_rate": np.linspace(0.1, 1, 40)},
    {"leak_rate": 0.9 * 0.44, "gain": 0.44},
    {"feedback": True, "output_size": 2, "feedback_scaling": 0.56}])
def test_the_layer_is_the_papers_loop(options):
    cell, x = built(**options), draw(1, 20, FEATURES)
    y = Recurrent(cell, return_sequences=True)(x)[0]
    np.testing.assert_allclose(y, loop(cell, x[0]), atol=1e-5)


def test_targets_take_the_place_of_the_output_that_is_fed_back():
    cell, x = built(feedback=True, output_size=2), draw(1, 20, FEATURES)
    targets = draw(1, 20, 2)
    with teaching(targets):
        y = Recurrent(cell, return_sequences=True)(x, training=True)[0]
    np.testing.assert_allclose(y, loop(cell, x[0], targets[0]), atol=1e-5)


@pytest.mark.parametrize("arguments", [
    {"feedback": True, "output_size": 2, "feedback_scaling": 0.5},
    {"leak_rate": (0.2, 0.4, 0.6, 0.8, 1.0), "gain": 0.5, "use_bias": False},
    {"trainable_reservoir": True, "recurrent_initializer": "dense", "noise": 0.1}])
def test_other_arguments_keep_the_contract(arguments):
    check_cell(lambda **options: EchoStateCell(5, **arguments, **options)
               ).raise_for_failures()


def test_the_scalings_are_those_asked_one_a_feature():
    cell = built(500, input_scaling=[0.1, 1.0, 10.0], bias_scaling=0.2, feedback=True,
                 output_size=2, feedback_scaling=[3.0, 0.3])
    for weight, wanted in ((cell.kernel, [0.1, 1, 10]), (cell.bias, 0.2),
                           (cell.feedback_kernel, [3, 0.3])):
        largest = abs(numbers(weight)).max(axis=-1)
        assert (largest <= wanted).all()
        np.testing.assert_allclose(largest, wanted, rtol=0.05)
    signs = built(input_scaling=0.14, kernel_initializer="signs")
    np.testing.assert_allclose(abs(numbers(signs.kernel)), 0.14, rtol=1e-6)


def test_the_reservoir_trains_only_if_asked():
    cell = built(feedback=True, output_size=2)
    assert [w.name for w in cell.trainable_weights] == ["output_kernel", "output_bias"]
    cell.trainable = True
    assert len(cell.trainable_weights) == 2
    cell = built(trainable_reservoir=True, feedback=True, output_size=2)
    assert len(cell.trainable_weights) == len(cell.weights) == 6

    layer = EchoState(20, seed=1)
    model = keras.Sequential([keras.Input((None, 3)), layer, keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    before = layer.get_weights()
    model.fit(draw(8, 5, 3), draw(8, 1), verbose=0)
    for old, new in zip(before, layer.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_noise_is_of_the_size_asked_and_in_training_only():
    cell = built(noise=0.2)
    x = keras.ops.zeros((50, 20, FEATURES))
    quiet, _ = cell.prepare(x)
    noisy, _ = cell.prepare(x, training=True)
    np.testing.assert_array_equal(numbers(quiet)[3, 4], numbers(cell.bias))
    assert np.std(numbers(noisy - quiet)) == pytest.approx(0.2, rel=0.02)


@pytest.mark.parametrize("options, message", [
    ({"leak_rate": 0.0}, "share in"), ({"leak_rate": [0.5, 0.5]}, "40 units"),
    ({"connectivity": 2}, "share in"), ({"spectral_radius": -1}, "None to leave"),
    ({"noise": -0.1}, "standard deviation"), ({"feedback": True}, "output_size"),
    ({"output_size": 3}, "goes with feedback"),
    ({"input_scaling": [1.0, 2.0]}, "3 features")])
def test_arguments_that_cannot_be_are_errors(options, message):
    with pytest.raises(ValueError, match=message):
        built(**options)


def test_a_network_with_a_users_matrix_is_saved_and_loaded(tmp_path):
    layer = EchoState(40, recurrent_initializer=RESERVOIRS["a sparse matrix"], seed=1)
    model = keras.Sequential([keras.Input((None, FEATURES)), layer])
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    x = draw(2, 9, FEATURES)
    np.testing.assert_allclose(loaded(x), model(x), atol=1e-6)


# Kernels that do not learn, in the engine

def run(layer, x, path):
    """Outputs, and gradients by the input and by what learns."""
    @tf.function(autograph=False)
    def traced(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = layer(x, training=True)
            loss = tf.reduce_sum(y * draw(*y.shape))
        return y, tape.gradient(loss, [x, *(w.value for w in layer.trainable_weights)])

    with recurrence.using(path):
        y, gradients = traced(tf.constant(x))
    return [y, *gradients]


@pytest.mark.parametrize("rows", [1, 4])
@pytest.mark.parametrize("options", [
    {"connectivity": 0.03}, {"connectivity": 0.08}, {"connectivity": 0.5},
    {"recurrent_initializer": "ring", "feedback": True, "output_size": 2}])
def test_link_by_link_or_dense_the_numbers_are_those_of_the_plain_loop(options, rows):
    layer = Recurrent(built(**options), return_sequences=True)
    x = draw(rows, 7, FEATURES)
    layer.build(x.shape)
    for found, wanted in zip(run(layer, x, "frozen"), run(layer, x, "plain")):
        np.testing.assert_allclose(found, wanted, atol=1e-5)


def test_weights_loaded_after_tracing_are_used_however_many_links_they_have():
    layer = EchoState(40, seed=1, connectivity=0.03, return_sequences=True)
    x = tf.constant(draw(2, 7, FEATURES))
    layer.build(x.shape)
    with recurrence.on_this_machine():
        traced = tf.function(layer, autograph=False)
        traced(x)
    for connectivity in (0.025, 0.5):
        other = built(connectivity=connectivity, seed=2)
        layer.cell.set_weights(other.get_weights())
        np.testing.assert_allclose(traced(x), layer(x), atol=1e-5)


def test_the_path_of_a_reservoir_is_frozen_but_in_graphs_that_may_be_exported():
    def name(**options):
        return recurrence.choose(frozen=True, **options).name

    if tf.config.list_physical_devices("GPU"):
        pytest.skip("on a GPU nothing is compiled")
    assert EchoState(5).path().name == "compiled"      # not built: nothing is known yet
    layer = EchoState(5)
    layer.build((None, None, 3))
    assert layer.path().name == name(training=True) == "frozen"
    assert name(training=False) == "plain"
    with recurrence.on_this_machine():
        assert name(training=False) == "frozen"
        assert name(training=False, eagerly=True) == "plain"
        assert recurrence.choose(training=False).name == "plain"


# Drawings

def test_a_spectrum_shows_the_radius_asked_and_every_eigenvalue(tmp_path):
    cell = built(spectral_radius=1.2)
    figure = plots.spectrum(cell.recurrent_kernel, tmp_path / "a.png", "A", radius=1.2)
    unit, asked, points = (np.array(line.get_data()) for line in figure.axes[0].lines)
    np.testing.assert_allclose(np.hypot(*unit), 1)
    np.testing.assert_allclose(np.hypot(*asked), 1.2)
    assert points.shape == (2, 40) and (tmp_path / "a.png").stat().st_size > 5000
    assert np.hypot(*points).max() == pytest.approx(1.2, rel=1e-5)


def test_state_tracks_show_the_units_asked(tmp_path):
    states = draw(60, 40)
    figure = plots.state_tracks(
        states, tmp_path / "a.png", "A", units=[2, 9], washout=5)
    drawn = [axes.lines[1].get_ydata() for axes in figure.axes]
    np.testing.assert_array_equal(drawn, states[5:, [2, 9]].T)
    assert len(plots.state_tracks(states, None, "A", units=4).axes) == 4
