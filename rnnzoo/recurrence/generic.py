"""The plain loop on any backend: written out, or by `ops.scan`."""

from keras import ops, tree


class Unservable(Exception):
    """Why a cell cannot take the fast path."""


def unrolled(cell, z, states, constants, mask):
    """Writes one step after the other; the length must be known."""
    length = tree.flatten(z)[0].shape[0]
    if length is None:
        raise ValueError(
            "unroll=True needs to know the number of steps; give it in the input's "
            "shape, or use unroll=False."
        )
    outputs = []
    for t in range(length):
        now = tree.map_structure(lambda v, t=t: v[t], z)
        valid = None if mask is None else mask[t]
        y, states = _step(cell, now, states, constants, valid)
        outputs.append(y)
    return ops.stack(outputs), states


def single(cell, z, states, constants, mask):
    """The only step of a sequence, without turning axes; a masked one shows zeros."""
    now = tree.map_structure(lambda v: ops.squeeze(v, 1), z)
    valid = None if mask is None else ops.cast(mask[:, 0], "bool")
    y, states = _step(cell, now, states, constants, valid)
    if valid is not None:
        (y,) = keep(valid, [y], [ops.zeros_like(y)])
    return ops.expand_dims(y, 1), states


def scanned(cell, z, states, constants, mask):
    """Leaves the loop to the backend's scan."""

    def step(states, inputs):
        y, new = _step(cell, inputs[0], states, constants, inputs[1])
        return new, y

    states, outputs = ops.scan(step, states, (z, mask))
    return outputs, states


def _step(cell, z, states, constants, valid):
    y, new = cell(z, states, context=constants, product=ops.matmul)
    return y, keep(valid, new, states)


def keep(valid, new, old):
    """The new states in the rows that are valid, the old ones elsewhere; old dtypes."""
    new = [ops.cast(n, o.dtype) for n, o in zip(new, old)]
    if valid is None:
        return new
    return [ops.where(ops.reshape(valid, (-1, *[1] * (len(n.shape) - 1))), n, o)
            for n, o in zip(new, old)]
