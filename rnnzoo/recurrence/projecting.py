"""A cell that projects the input of each step by itself.

One large product for all steps is the faster the more rows there are. That of one row
is so small that waking threads for it takes longer than the product, and to fetch what
it gave for a step takes as long as to work it out from the input. That holds as long as
all weights lie in a core's nearest cache, and for one product a step: of more, XLA no
longer runs the loop in its order, without threads (see `Inputs.coming`).
"""

import keras
from keras import ops, tree

MOST = 2**13    # weights of a cell


def is_worth_it(cell, z, states, constants):
    """Whether a built cell answers sooner this way.

    Args:
        z, constants: what `cell.prepare` returned, of a known number of steps.
        states: list of the states before the first step.
    """
    # Where a gradient is worked out, nothing casts the weights that `project` uses.
    mixed = cell.compute_dtype != cell.variable_dtype
    if states[0].shape[0] != 1 or cell.count_params() > MOST or mixed:
        return False
    kernels = []

    def counted(v, kernel):
        kernels.append(kernel)
        return ops.matmul(v, kernel)

    first = tree.map_structure(lambda v: v[:, 0], z)
    with keras.StatelessScope():
        cell(first, states, context=constants, product=counted)
    return len(kernels) == 1


class Projecting:
    """A built cell as one whose sequences need not be prepared."""

    def __init__(self, cell):
        self.cell = cell
        self.weights, self.variables = cell.weights, cell.variables

    def prepare(self, x, context=None):
        """The input as it is, and the context where there is one."""
        return x, {} if context is None else {"context": context}

    def __call__(self, x, states, context, product):
        x = tree.map_structure(lambda v: ops.expand_dims(v, 1), x)
        z, constants = self.cell.prepare(x, **context)
        z = tree.map_structure(lambda v: ops.squeeze(v, 1), z)
        return self.cell(z, states, context=constants, product=product)
