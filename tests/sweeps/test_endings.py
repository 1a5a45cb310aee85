"""When a trial is hopeless before it begins."""

import keras
import keras_tuner
import numpy as np
import pytest

import rnnzoo
from rnnzoo.sweeps import endings

pytestmark = pytest.mark.usefixtures("plain")
X = np.random.default_rng(0).normal(size=(1, 20, 1)).astype("float32")


def begin(callback, model):
    callback.set_model(model)
    callback.on_train_begin()


def esn(**arguments):
    return rnnzoo.build("esn", units=20, task="forecasting", input_shape=(None, 1),
                        output_size=1, seed=0, **arguments)


def test_a_network_that_is_too_slow_is_not_trained():
    model = keras.Sequential([keras.Input((20, 1)), keras.layers.Dense(1)])
    begin(endings.Slow(X, limit=1e4), model)
    with pytest.raises(keras_tuner.errors.FailedTrialError,
                       match=r"takes [\d.]+ ms for a sequence of 20 steps, more than"):
        begin(endings.Slow(X, limit=1e-6), model)


def test_a_reservoir_that_does_not_forget_is_not_trained():
    begin(endings.NoEcho(X), esn(spectral_radius=0.9))
    with pytest.raises(keras_tuner.errors.FailedTrialError,
                       match="no echo state property: .* after 1000 steps"):
        begin(endings.NoEcho(X), esn(spectral_radius=4.0, input_scaling=0.01))


@pytest.mark.parametrize("arguments", [
    {"readout": "gradient", "trainable_reservoir": True}, {"bidirectional": True},
    {"feedback": True}])
def test_what_is_no_mere_reservoir_is_not_asked_to_forget(arguments):
    assert not endings.is_reservoir(esn(**arguments))
