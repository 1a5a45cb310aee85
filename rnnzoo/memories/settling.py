"""How units with two values answer their fields, one after another or all at once."""

import math

import keras
import numpy as np
from keras import ops

from rnnzoo.configuration import derived_seed

TIE = 1e-6      # a field no larger is zero, but for rounding
ORDERS = 64     # sweeps until an order comes again


def answer(field, states):
    """The sign of the field; where it is zero the state stays."""
    return ops.where(ops.abs(field) > TIE, ops.sign(field), states)


def orders(units, seed):
    """Random orders of the units, `(ORDERS, units)`, the same for the same seed.

    They are drawn by NumPy, which draws alike beside every backend and compiler.
    """
    random = np.random.default_rng(derived_seed(seed or 0, "order"))
    return np.stack([random.permutation(units) for _ in range(ORDERS)]).astype("int32")


def key(shape, seed_generator):
    """Random integers from which `noise` makes its numbers."""
    return keras.random.randint(shape, 0, 2**31 - 1, seed=seed_generator)


def noise(key, k):
    """Logistic noise, which makes the sign of a field up at `sigmoid(field)`.

    Keras' generators change a variable at every draw, which a loop inside a graph
    cannot do on every backend. So the numbers of step k are the key's, well mixed.

    Args:
        key: made by `key`.
        k: number of the step.
    """
    def mixed(v, shift, factor):
        v = ops.bitwise_xor(v, ops.right_shift(v, word(shift)))
        return v * word(factor)

    def word(v):
        return ops.cast(v, "uint32")

    v = ops.bitwise_xor(word(key), word(k) * word(0x9E3779B9))
    v = mixed(mixed(mixed(v, 16, 0x85EBCA6B), 13, 0xC2B2AE35), 16, 1)    # MurmurHash3
    uniform = (ops.cast(ops.right_shift(v, word(9)), "float32") + 0.5) / 2**23
    return ops.log(uniform) - ops.log1p(-uniform)


def sweep(course, states, order, noise=None):
    """Lets every unit of all rows answer once, in this order, each knowing the others.

    Units come in blocks. In a block all answer at once, as if those before them changed
    as they last said they would, until nobody says otherwise. Then everybody has
    answered in turn: the first answer is right from the start, the second one when the
    first is. The last block starts early enough to be full; the few units that are
    asked twice do no harm.

    Args:
        course: has `size`, of a block; `start(states)`, a tensor that is carried along;
            `fields(chosen, states, carried)`, which gives the function from changes of
            the chosen units to the fields that they leave those after them, both
            `(size, batch)`; and `carry(carried, chosen, change)`.
        states: `(units, batch)`.
        order: permutation of the units, `(units,)`.
        noise: added to the fields, `(units, batch)`, or None.
    """
    units = order.shape[0]
    size = min(course.size, units)

    def visit(k, states, carried):
        start = ops.minimum(k * size, units - size)
        chosen = ops.take(order, start + ops.arange(size))
        fields = course.fields(chosen, states, carried)
        old = ops.take(states, chosen, axis=0)
        stir = 0.0 if noise is None else ops.take(noise, chosen, axis=0)

        def ask(change, disputed):
            new = answer(fields(change) + stir, old) - old
            return new, ops.any(ops.not_equal(new, change))

        change, _ = ops.while_loop(lambda change, disputed: disputed, ask,
                                   (ops.zeros_like(old), ops.ones((), "bool")))
        states = ops.scatter_update(states, chosen[:, None], old + change)
        return k + 1, states, course.carry(carried, chosen, change)

    blocks = math.ceil(units / size)
    return ops.while_loop(lambda k, states, carried: k < blocks, visit,
                          (0, states, course.start(states)))[1]
