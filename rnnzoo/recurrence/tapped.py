"""Training at the speed of large matrix products, for any cell, on TensorFlow.

Automatic differentiation of the loop adds one small product to every kernel's gradient
at every step. Here the forward loop keeps, per step, the states and the values of large
products, from which `backward` works out the rest.
"""

import keras
import tensorflow as tf
from keras import tree

from rnnzoo.recurrence import halves, lists, rungs, segments
from rnnzoo.recurrence.backward import backward
from rnnzoo.recurrence.generic import Unservable, keep
from rnnzoo.recurrence.inputs import Inputs, as_kernel

# Weights of a kernel up to which products are sooner done again, for all steps at once,
# than kept: a loop of few operations is run without threads, see `Inputs.coming`.
SMALL = 2**13


def tapped(cell, z, states, constants, mask, jit_compile=False, forgetting=None,
           within=False):
    """Runs the loop; see `recurrence.recur`. Time is on axis 0 of `z` and `mask`.

    `forgetting(loop, compiled)` may make what gives outputs and last states in place of
    the forward loop that keeps what `backward` needs. That one then runs if a gradient
    is asked for. What is compiled may be so `within` a larger function.

    Raises:
        Unservable: if the step is not of a kind that this gradient is right for.
    """
    loop = steps = Tapped(cell, z, constants, jit_compile)
    given = Inputs(tree.flatten(z), [] if mask is None else [mask], list(states),
                   tree.flatten(constants),
                   [tf.convert_to_tensor(w.value) for w in cell.weights], [])
    time = given.z[0].shape[0]
    if time is None and jit_compile:
        given = rungs.lengthened(given, rungs.above(given.length))
    elif time is not None and time > segments.LONG:
        loop = segments.Segments(loop)
        given = rungs.lengthened(given, -(-time // segments.STEPS) * segments.STEPS)

    def compiled(function):
        if within or not jit_compile and not tf.executing_eagerly():
            return function
        return tf.function(function, autograph=False, jit_compile=jit_compile)

    forward, back = compiled(loop.forward), compiled(loop.backward)
    answer = forgetting(steps, compiled) if forgetting else forward
    rows = given.z[0].shape[1]
    if jit_compile and not within and halves.are_worth_it(rows, forgetting):
        forward, answer = halves.forward(forward), halves.forward(answer)
        back = halves.backward(back)

    @tf.custom_gradient
    def run(*flat):
        # No tape may look into the loop: its gradient is the one that follows.
        inputs = tf.nest.pack_sequence_as(given, [tf.stop_gradient(v) for v in flat])
        y, last, *kept = answer(inputs)

        def gradient(dy, *dlast):
            # Tensors of this graph, which is another one where the loop is `within`.
            here = tf.nest.map_structure(tf.identity, inputs)
            dlast = [d for d, s in zip(dlast, here.states) if lists.is_open(s)]
            (known,) = kept or forward(here)[2:]
            found = back(here, known, dy, dlast)
            return _differentiated_once([d for group in found for d in group],
                                        [*flat, dy, *dlast])

        return (y, *last), gradient

    y, *last = run(*tf.nest.flatten(given))
    return y[:given.steps[0]] if given.steps else y, last


def _differentiated_once(gradients, inputs):
    """The gradients, with an error where a second derivative is asked of them."""

    @tf.custom_gradient
    def once(*_):
        def gradient(*_):
            raise NotImplementedError(
                "The fast path of a recurrence has no second derivative. Compute it "
                'within rnnzoo.recurrence.using("plain").')

        return [d for d in gradients if d is not None], gradient

    return lists.spread(gradients, once(*inputs))


class Tapped:
    """The forward and the backward loop of one cell over one structure of inputs."""

    def __init__(self, cell, z, constants, compiled):
        self.cell, self.z, self.constants = cell, z, constants
        self.compiled = compiled

    def coming(self, inputs, t, y):
        """See `Inputs.coming`."""
        return inputs.coming(t, y if self.compiled else None)

    def step(self, given, product):
        """One step as a function of tensors alone; masked where it is not valid."""
        variables = self.cell.variables
        with keras.StatelessScope(list(zip(self.cell.weights, given.weights))) as scope:
            before = [scope.get_current_value(v) for v in variables]
            y, new = self.cell(
                tree.pack_sequence_as(self.z, given.z), given.states, product=product,
                context=tree.pack_sequence_as(self.constants, given.constants))
            if any(scope.get_current_value(v) is not b
                   for v, b in zip(variables, before)):
                raise Unservable("its step draws random numbers or changes weights")
        return y, keep(given.mask[0] if given.mask else None, new, given.states)

    def look(self, inputs):
        """Finds out how a step uses its products.

        A kernel is `fixed` if no state, input or constant has a part in it: it is the
        same at every step. It is `lifted` if, besides, trained weights have: then its
        gradient is taken out of the loop. Values are `kept` of large ones.

        Returns:
            Kernels and values of the products of the first step, and its output. The
            number of the state that the output is at every step, or None.
        """
        moving = [*inputs.z, *inputs.states, *inputs.constants]
        if any(v.dtype.is_complex for v in [*moving, *inputs.weights]):
            raise Unservable("it computes with complex numbers")
        kernels, values = [], []

        def product(v, kernel):
            if len(kernel.shape) != 2:
                raise Unservable(f"a kernel of its step has {len(kernel.shape)} axes")
            kernels.append(as_kernel(kernel, v))
            values.append(tf.matmul(v, kernels[-1]))
            return values[-1]

        y, new = self.step(inputs.at(0, inputs.states), product)
        _check_branches(values, y)
        trained = [v for v, w in zip(inputs.weights, self.cell.weights) if w.trainable]
        self.fixed = [not _depends(kernel, moving) for kernel in kernels]
        self.lifted = [fixed and _depends(kernel, trained)
                       for fixed, kernel in zip(self.fixed, kernels)]
        most = SMALL if self.compiled else 0
        self.kept = [fixed and kernel.shape.num_elements() > most
                     for fixed, kernel in zip(self.fixed, kernels)]
        # A masked step shows the state that it would have had.
        shown = [i for i, s in enumerate(new) if s is y and not inputs.mask]
        return kernels, values, y, shown[0] if shown else None

    def forward(self, inputs):
        """Outputs, last states, and what `backward` needs: new states, some values."""
        kernels, values, y, shown = self.look(inputs)

        def body(t, z, states, kept_outputs, kept_states, kept_values):
            values = []

            def product(v, kernel):
                i = len(values)
                if i < len(kernels) and self.fixed[i]:
                    kernel = kernels[i]
                values.append(tf.matmul(v, as_kernel(kernel, v)))
                return values[-1]

            y, new = self.step(inputs.at(t, states)._replace(z=z), product)
            _check_branches(values, y)
            if len(values) != len(kernels):
                raise Unservable("its steps do not all have the same products")
            return (t + 1, self.coming(inputs, t, y), new,
                    lists.write(kept_outputs, t, [y] if shown is None else []),
                    lists.write(kept_states, t, new),
                    lists.write(kept_values, t, lists.where(self.kept, values)))

        start = (0, lists.at(0, inputs.z), inputs.states,
                 lists.arrays(inputs.room, [y] if shown is None else []),
                 lists.arrays(inputs.room, inputs.states),
                 lists.arrays(inputs.room, lists.where(self.kept, values)))
        # Without `maximum_iterations`, which only a gradient of TensorFlow's own needs,
        # XLA sees how many steps there are.
        _, _, last, *kept = tf.while_loop(lambda t, *_: t < inputs.length, body, start)
        outputs, *kept = [lists.stack(arrays) for arrays in kept]
        return outputs[0] if outputs else kept[0][shown], last, kept

    def backward(self, inputs, kept, dy, dlast):
        """Gradients of a recurrence; see `backward.backward`."""
        return backward(self, inputs, kept, dy, dlast)


def _check_branches(values, y):
    if any(value.graph is not y.graph for value in values):
        raise Unservable("a product of its step stands in a branch or a loop")


def _depends(target, sources):
    """Whether any source has a part in the target, gradients or not."""
    sources, seen, ahead = {id(v) for v in sources}, set(), [target]
    while ahead:
        v = ahead.pop()
        if id(v) in sources:
            return True
        if id(v) not in seen:
            seen.add(id(v))
            ahead.extend(v.op.inputs)
    return False
