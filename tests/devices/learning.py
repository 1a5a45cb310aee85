"""What one process learns, or several together: run by `test_devices.py`.

    TF_CONFIG=... python learning.py FILE.npz
"""

import sys
from contextlib import nullcontext

import keras
import numpy as np
import tensorflow as tf

import rnnzoo
from rnnzoo import recurrence
from rnnzoo.devices import strategies


def learned(scope=nullcontext):
    """Losses and weights after learning by gradient, in closed form, and by storing."""
    random = np.random.default_rng(0)
    x, y = random.normal(size=(2, 8, 5, 3)).astype("float32")
    x[np.arange(5) >= 1 + np.arange(8)[:, None] // 2] = 0
    rows = tf.data.Dataset.from_tensor_slices((x, y))
    patterns = np.sign(random.normal(size=(5, 20)))
    with scope():
        models = [rnnzoo.build(name, 6, task="forecasting", input_shape=(None, 3),
                               output_size=3, seed=1)
                  for name in ("elman", "lstm", "jordan", "esn")]
        memory = rnnzoo.build("hopfield", 20)
    found = {}
    with recurrence.using("fast"):
        for model in models:
            data = rows.batch(6)        # and of two
            history = model.fit(data, validation_data=data, epochs=2, shuffle=False,
                                verbose=0).history
            found |= {f"{model.name}_{k}": v for k, v in history.items()}
            found[f"{model.name}_answers"] = model.predict(x, batch_size=6, verbose=0)
    memory.fit(patterns, batch_size=3, verbose=0)
    found["stored"] = memory.get_weights()[-1]
    return found


def complaint_of_keras(scope):
    """What a model that is not `Replicated` answers to `fit`."""
    with scope():
        model = keras.Sequential([keras.layers.Dense(1)])
        model.compile("sgd", "mse")
    try:
        model.fit(np.ones((6, 2)), np.ones(6), batch_size=6, verbose=0)
    except ValueError as error:
        return str(error)


if __name__ == "__main__":
    scope = strategies.chosen().scope
    np.savez(sys.argv[1], **learned(scope), complaint=complaint_of_keras(scope))
