"""What a server may meet: wrong, empty, endless, broken and crossed requests."""

import numpy as np
import pytest
import tensorflow as tf

import rnnzoo

RNG = np.random.default_rng(0)
REFUSED = (tf.errors.InvalidArgumentError, ValueError)


@pytest.fixture(scope="module")
def network():
    return rnnzoo.build("lstm", units=4, task="forecasting", input_shape=(None, 3),
                        output_size=2, seed=1)


@pytest.fixture(scope="module")
def served(network, tmp_path_factory):
    path = rnnzoo.export(network, tmp_path_factory.mktemp("served"))
    loaded = tf.saved_model.load(str(path))

    def ask(signature, **values):
        return loaded.signatures[signature](
            **{name: tf.constant(value) for name, value in values.items()})

    ask.loaded = loaded     # or its graphs would lose their weights
    return ask


def draw(*shape):
    return RNG.normal(size=shape).astype("float32")


@pytest.mark.parametrize("shape", [(2, 3), (2, 5, 4), (2, 5, 3, 1), (3,), (2, 0, 3)])
def test_sequences_of_a_wrong_shape_are_refused(served, shape):
    with pytest.raises(REFUSED):
        served("serving_default", x=draw(*shape))


@pytest.mark.parametrize("changes", [
    {"x": (2, 1, 3)}, {"x": (2, 4)}, {"lstm_h": (2, 5)}, {"lstm_h": (2, 4, 1)},
    {"lstm_c": (4,)}, {"lstm_c": (1, 4)}, {"x": (1, 3)}])
def test_steps_and_states_of_a_wrong_shape_are_refused_and_not_stretched(
        served, changes):
    shapes = {"x": (2, 3), "lstm_h": (2, 4), "lstm_c": (2, 4), **changes}
    with pytest.raises(REFUSED):
        served("step", **{name: draw(*shape) for name, shape in shapes.items()})


def test_another_number_of_rows_is_named(served):
    with pytest.raises(tf.errors.InvalidArgumentError, match="as many rows as `x`"):
        served("with_lengths", x=draw(2, 5, 3), lengths=[5])


@pytest.mark.parametrize("kind", ["int32", "float64", "S3"])
def test_other_kinds_of_number_are_refused(served, kind):
    with pytest.raises(REFUSED):
        served("serving_default", x=np.ones((2, 5, 3)).astype(kind))


def test_an_empty_batch_has_an_empty_answer(served):
    assert served("serving_default", x=draw(0, 5, 3))["y"].shape == (0, 5, 2)
    states = served("initial_state", streams=draw(0))
    assert served("step", x=draw(0, 3), **states)["y"].shape == (0, 2)


def test_one_step_and_ten_thousand_are_answered_alike_whole_and_in_steps(served):
    x = draw(1, 10_000, 3)
    whole = served("serving_default", x=x)["y"].numpy()
    first = served("serving_default", x=x[:, :1])["y"]
    np.testing.assert_allclose(first, whole[:, :1], atol=1e-6)
    states = served("initial_state", streams=draw(1))
    step = served.loaded.signatures["step"]
    for t in range(10_000):
        states = step(x=tf.constant(x[:, t]), **states)
        y = states.pop("y")
        if t % 1000 == 999:
            np.testing.assert_allclose(y, whole[:, t], atol=1e-4)


def test_nan_stays_in_its_own_row_and_after_its_own_step(served):
    x = draw(3, 6, 3)
    wanted = served("serving_default", x=x)["y"].numpy()
    x[1, 4] = np.nan
    y = served("serving_default", x=x)["y"].numpy()
    np.testing.assert_allclose(y[[0, 2]], wanted[[0, 2]], atol=1e-6)
    np.testing.assert_allclose(y[1, :4], wanted[1, :4], atol=1e-6)
    assert np.isnan(y[1, 4:]).all()


def test_a_thousand_interleaved_streams_are_not_mixed_up(served):
    x = draw(1000, 6, 3)
    wanted = served("serving_default", x=x)["y"].numpy()
    start = served("initial_state", streams=draw(1000))
    states = {name: state.numpy() for name, state in start.items()}
    heard = np.zeros(1000, int)
    while (heard < 6).any():
        rows = RNG.permutation(np.flatnonzero(heard < 6))[:RNG.integers(1, 400)]
        answer = served("step", x=x[rows, heard[rows]],
                        **{name: state[rows] for name, state in states.items()})
        np.testing.assert_allclose(
            answer.pop("y"), wanted[rows, heard[rows]], atol=1e-5)
        for name, state in answer.items():
            states[name][rows] = state
        heard[rows] += 1
