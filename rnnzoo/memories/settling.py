"""How units with two values answer their fields, one after another or all at once."""

import math

import keras
from keras import ops

TIE = 1e-6      # a field no larger is zero, but for rounding
BLOCK = 16      # units whose fields are computed by one matrix product
ORDERS = 64     # sweeps until an order comes again


def answer(field, states):
    """The sign of the field; where it is zero the state stays."""
    return ops.where(ops.abs(field) > TIE, ops.sign(field), states)


def orders(units, seed):
    """Random orders of the units, `(ORDERS, units)`, the same for the same seed."""
    return ops.argsort(keras.random.uniform((ORDERS, units), seed=seed), axis=-1)


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


def sweep(begin, states, order, noise=None):
    """Lets every unit of all rows answer once, in this order, each knowing the others.

    Blocks of units get their fields by one matrix product, and one whose units all stay
    is left at once. The last block starts early enough to be full; the few units that
    are then asked twice do no harm.

    Args:
        begin: function of some units and the states that gives an object with
            `field(j)`, the fields `(batch,)` of the j-th of these units, and
            `after(j, change)`, the object for when that unit has changed.
        states: `(units, batch)`.
        order: permutation of the units.
        noise: added to the fields, `(units, batch)`, or None.
    """
    units = order.shape[0]
    size = min(BLOCK, units)

    def visit(k, states):
        start = ops.minimum(k * size, units - size)
        chosen = ops.take(order, start + ops.arange(size))
        block, old = begin(chosen, states), ops.take(states, chosen, axis=0)
        stir = 0.0 if noise is None else ops.take(noise, chosen, axis=0)
        wanted = ops.stack([block.field(j) for j in range(size)])
        wanted = answer(wanted + stir, old)

        def one_by_one():
            now, new = block, [wanted[0]]
            for j in range(1, size):
                now = now.after(j - 1, new[-1] - old[j - 1])
                stirred = now.field(j) + (0.0 if noise is None else stir[j])
                new.append(answer(stirred, old[j]))
            return ops.scatter_update(states, chosen[:, None], ops.stack(new))

        return k + 1, ops.cond(
            ops.any(ops.not_equal(wanted, old)), one_by_one, lambda: states)

    blocks = math.ceil(units / size)
    return ops.while_loop(lambda k, states: k < blocks, visit, (0, states))[1]
