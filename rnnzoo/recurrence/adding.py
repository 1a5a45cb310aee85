"""A cell that adds to its projected input at each step what all steps have alike.

`x @ W + b` of all steps is one product, and one more pass over it for the bias. Within
the loop XLA adds the bias on the way, where the step reads its input anyway. Only to
answer: in training the bias' gradient, a sum over all steps, would be one in the loop.
"""

import tensorflow as tf
from keras import tree

from rnnzoo.recurrence import lists

# Operations that turn axes, by what does the same again.
TURNS = {"Reshape": tf.reshape, "Transpose": tf.transpose}


def within(cell, z, constants):
    """A cell as one that adds within the loop.

    Args:
        cell: a built cell.
        z, constants: what `cell.prepare` returned, in a graph.

    Returns:
        The cell to run, and its `z` and constants.
    """
    parts, vectors = zip(*map(_parts, tree.flatten(z)))
    places = [v is not None for v in vectors]
    if not any(places):
        return cell, z, constants
    return (Adding(cell, places), tree.pack_sequence_as(z, parts),
            {**constants, "added": lists.where(places, vectors)})


class Adding:
    """A built cell, with what is to be added to its input among the constants.

    Args:
        cell: the cell.
        places: for each tensor of `z` whether there is a vector.
    """

    def __init__(self, cell, places):
        self.cell, self.places = cell, places
        self.weights, self.variables = cell.weights, cell.variables

    def __call__(self, z, states, context, product):
        context = dict(context)
        added = lists.spread(self.places, context.pop("added"))
        z = tree.pack_sequence_as(z, [v if vector is None else v + vector for v, vector
                                      in zip(tree.flatten(z), added)])
        return self.cell(z, states, context=context, product=product)


def _parts(v):
    """A tensor whose last operation but turns of axes adds a vector; and the vector."""
    if v.shape.rank < 3:
        return v, None      # its last axis is time
    turns, found = [], v
    while found.op.type in TURNS and _keeps_last_axis(found.op):
        turns.append(found.op)
        found = found.op.inputs[0]
    if found.op.type != "AddV2" or found.op.inputs[1].shape.rank != 1:
        return v, None
    first, vector = found.op.inputs
    if first.shape[-1] != vector.shape[0]:
        return v, None
    for turn in reversed(turns):
        first = TURNS[turn.type](first, turn.inputs[1])
    return first, vector


def _keeps_last_axis(turn):
    before, after = turn.inputs[0].shape, turn.outputs[0].shape
    if turn.type == "Reshape":
        return before[-1] is not None and before[-1] == after[-1]
    order = tf.get_static_value(turn.inputs[1])
    return order is not None and order[-1] == len(order) - 1
