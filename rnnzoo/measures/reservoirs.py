"""What a reservoir, or another recurrent network, remembers and what it forgets."""

import warnings
from functools import partial

import keras
import numpy as np
from keras import ops

from rnnzoo.initializers import spectral_radius
from rnnzoo.layers import Recurrent
from rnnzoo.layers.carrying import carrying
from rnnzoo.models.compiling import compiled
from rnnzoo.models.streaming import Stepper


def memory_curve(states, inputs, max_delay):
    """How well inputs of the past can be read off the states, delay by delay.

    Of every delay k it is `corr(u(t - k), w_k x(t) + b_k)**2`, where the linear readout
    is found by least squares on the first half of the steps and judged on the second.

    Args:
        states: of a reservoir, or any outputs, `(time, units)`.
        inputs: that drove it, independent random numbers, `(time,)` or `(time, 1)`.
        max_delay: largest delay, in steps.

    Returns:
        Array `(max_delay,)` for the delays 1 to `max_delay`, each in [0, 1].

    Raises:
        ValueError: if the shapes are no such, or there are too few steps to tell.

    Reference:
        H. Jaeger, "Short term memory in echo state networks", GMD Report 152, 2001.
    """
    x, u = (ops.convert_to_numpy(v).astype("float64") for v in (states, inputs))
    if x.ndim != 2 or u.shape not in ((len(x),), (len(x), 1)):
        raise ValueError("`states` are (time, units) and `inputs` (time,) of the same "
                         f"length; received {x.shape} and {u.shape}.")
    half = (len(x) - max_delay) // 2
    if max_delay < 1 or half <= x.shape[1] + 1:
        raise ValueError(
            f"{x.shape[1]} units and max_delay={max_delay} take more than "
            f"{max_delay + 2 * (x.shape[1] + 1)} steps; received {len(x)}. `max_delay` "
            "is a positive integer.")
    u = u.reshape(-1)
    past = np.stack([u[max_delay - k:len(u) - k] for k in range(1, max_delay + 1)], 1)
    x = np.pad(x[max_delay:], ((0, 0), (0, 1)), constant_values=1)
    readout, *_ = np.linalg.lstsq(x[:half], past[:half])
    read, past = x[half:] @ readout, past[half:]
    read, past = read - read.mean(0), past - past.mean(0)
    shared, own = np.sum(read * past, 0), np.sum(read**2, 0) * np.sum(past**2, 0)
    return np.divide(shared**2, own, out=np.zeros_like(own), where=own > 0)


def memory_capacity(states, inputs, max_delay):
    """Short term memory: the sum of the `memory_curve` over the delays.

    It is at most the number of units where the inputs are independent. Every delay adds
    about `2 / time` by chance alone. Arguments and errors are those of `memory_curve`.
    """
    return float(np.sum(memory_curve(states, inputs, max_delay)))


def effective_spectral_radius(reservoir, leak_rate=None):
    """Largest absolute eigenvalue of one step of a leaky reservoir at its origin.

    Of `(1 - a) I + c U`, where a is the leak rate and c the gain.

    Args:
        reservoir: a recurrent layer or cell with a `recurrent_kernel`, or that matrix
            `(units, units)`.
        leak_rate: share of the state lost at each step, one or one a unit, and the gain
            too; by default what the cell has, or 1.

    Raises:
        ValueError: if there is no square matrix.

    Reference:
        H. Jaeger, M. Lukosevicius, D. Popovici, U. Siewert, "Optimization and
        applications of echo state networks with leaky-integrator neurons", Neural
        Networks 20:335-352, 2007.
    """
    cell = getattr(reservoir, "cell", reservoir)
    kernel = ops.convert_to_numpy(getattr(cell, "recurrent_kernel", cell))
    if kernel.ndim != 2 or kernel.shape[0] != kernel.shape[1]:
        raise ValueError("`reservoir` is a square matrix, or a layer or cell whose "
                         "recurrent_kernel is one; received a matrix of shape "
                         f"{kernel.shape}.")
    if leak_rate is None:
        leak_rate = getattr(cell, "leak_rate", 1)
        gain = getattr(cell, "gain", leak_rate)
    else:
        gain = leak_rate
    leak_rate, gain = np.asarray(leak_rate, "float64"), np.asarray(gain, "float64")
    return spectral_radius(
        np.eye(len(kernel)) * (1 - leak_rate) + kernel.astype("float64") * gain)


def echo_state_check(model, x, tolerance=1e-3, seed=0):
    """How much of where it started a network still knows after an input.

    Two random initial states are driven by the same input. What is left of the distance
    between them tends to 0 where the network has the echo state property.

    Args:
        model: a network from `build`, or a recurrent layer.
        x: input as the model takes it, `(batch, time, features)` or symbols.
        tolerance: share of the distance above which there is a warning.
        seed: integer that governs the initial states.

    Returns:
        Distance of the last states over that of the first ones; of a batch the largest.

    Warns:
        UserWarning: with the figure, if the states do not forget.

    Raises:
        ValueError: if the model needs steps that are still to come.

    Reference:
        I. B. Yildiz, H. Jaeger, S. J. Kiebel, "Re-visiting the echo state property",
        Neural Networks 35:1-9, 2012.
    """
    x = ops.convert_to_numpy(x)
    random = np.random.default_rng(seed)
    states, read = _read_from_anywhere(model, np.concatenate([x, x]))
    states = {name: _scattered(state, random) for name, state in states.items()}
    before, after = _distances(states), _distances(read(states))
    left = float(np.max(after / before))
    if not left <= tolerance:
        warnings.warn(
            f"After {x.shape[1]} steps {left:.2g} of the distance between two initial "
            "states is left: on this input the network does not forget where it "
            "started. Use a smaller spectral_radius, a larger leak_rate, stronger or "
            "longer input.", stacklevel=2)
    return left


def _read_from_anywhere(model, x):
    """States before the first step, and from such to those after the last."""
    if not isinstance(model, Recurrent):
        stepper = Stepper(model)
        read = compiled(lambda x, states: stepper.read(x, states)[1], model)
        return stepper.initial_state(len(x)), partial(read, x)
    if not model.built:
        model.build(x.shape)

    def read(x, states):
        carried = {model.name: dict(states)}
        with carrying(carried):
            model(x)
        return carried[model.name]

    return model.carried_states(len(x)), partial(compiled(read, model), x)


def _scattered(state, random):
    if not keras.backend.is_float_dtype(keras.backend.standardize_dtype(state.dtype)):
        return state
    return state + ops.cast(random.uniform(-1, 1, state.shape), state.dtype)


def _distances(states):
    """Between the two halves of a batch, row by row."""
    squares = 0
    for state in states.values():
        one, other = np.split(ops.convert_to_numpy(state).astype("float64"), 2)
        squares += np.sum((one - other).reshape(len(one), -1) ** 2, axis=1)
    return np.sqrt(squares)
