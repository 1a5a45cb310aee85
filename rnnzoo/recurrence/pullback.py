"""The gradient of a step, cut in two: what is known before it comes, and the rest.

The gradient of a step is linear in the gradients that arrive at its output and its new
states. What it multiplies them by (slopes of activations, gates, vectors) is known once
the states are. So that is worked out for all steps at once, in large operations, and
the loop is left with the multiplications.
"""

from typing import NamedTuple

import tensorflow as tf

# Operations that depend on no value, and so are cheaper done again than remembered.
VALUELESS = ("Const", "Shape", "ShapeN", "Size", "Rank")


class Step(NamedTuple):
    """All that the gradient of a step reads, as lists of tensors.

    Attributes:
        moving: other ones at every step.
        still: the same ones at every step.
        arriving: gradients of the step's output and of its new states.
    """

    moving: list
    still: list
    arriving: list


class Pullback:
    """The gradient of a step as a graph, computed in parts.

    Args:
        gradient: a function of a `Step` that returns a list of tensors.
        example: a `Step` to trace it with.
    """

    def __init__(self, gradient, example):
        specs = tf.nest.map_structure(tf.TensorSpec.from_tensor, example)
        traced = tf.function(gradient, autograph=False).get_concrete_function(specs)
        count = len(traced.inputs) - len(traced.captured_inputs)
        self.graph = traced.graph
        self.inputs = tf.nest.pack_sequence_as(example, traced.inputs[:count])
        self.outputs = traced.outputs
        self._captured = traced.inputs[count:], traced.captured_inputs
        self._definition = traced.graph.as_graph_def()
        # Branches and loops cannot be cut, nor computed for all steps at once.
        self._whole = bool(self._definition.library.function)
        self._residuals, self._constants = ([], []) if self._whole else self._cut()

    def _cut(self):
        """What linear operations read of others: of each step its own, and the same."""
        linear, moving, valueless = (
            {v.name for v in tensors}
            for tensors in (self.inputs.arriving, self.inputs.moving, []))
        residuals, constants = {}, {}
        for operation in self.graph.get_operations():
            read = {v.name: v for v in operation.inputs}
            made = {v.name for v in operation.outputs}
            if not linear.isdisjoint(read):
                linear |= made
                for name, v in read.items():
                    if name not in linear and name not in valueless:
                        (residuals if name in moving else constants)[name] = v
            elif operation.type in VALUELESS or read and valueless.issuperset(read):
                valueless |= made
            elif not moving.isdisjoint(read):
                moving |= made
        return list(residuals.values()), list(constants.values())

    def residuals(self, moving, still, *more):
        """What the gradient of every step will read, besides what arrives.

        Args:
            moving: those of a `Step`, with time on axis 0.
            still: those of a `Step`.
            *more: tensors of the traced graph to return as well.

        Returns:
            List of tensors with time on axis 0, `more` at the end.
        """
        given = {v.name: stack for v, stack in zip(self.inputs.moving, moving)}
        wanted = [*self._residuals, *more]
        new = {v.name: v for v in wanted if v.name not in given}

        def computed(now):
            # What is the same at every step is to be made here, to be repeated.
            return [tf.identity(v) for v in self._copied(
                new.values(), (self.inputs.moving, now), (self.inputs.still, still))]

        if new and self._whole:
            given |= zip(new, tf.map_fn(computed, moving, fn_output_signature=[
                tf.TensorSpec(v.shape, v.dtype) for v in new.values()]))
        elif new:
            given |= zip(new, tf.vectorized_map(computed, moving))
        return [given[v.name] for v in wanted]

    def constants(self, moving, still):
        """What the gradients of all steps will read alike.

        Args:
            moving: those of any step, for their shapes.
            still: those of all.
        """
        return self._copied(self._constants, (self.inputs.moving, moving),
                            (self.inputs.still, still))

    def gradients(self, step, residuals, constants):
        """The gradients of one step, from what was worked out before."""
        return self._copied(self.outputs, *zip(self.inputs, step),
                            (self._residuals, residuals), (self._constants, constants))

    def _copied(self, wanted, *fed):
        """Tensors of the graph computed anew, where others have the values given."""
        fed = {own.name: value for tensors, values in (self._captured, *fed)
               for own, value in zip(tensors, values)}
        new = {v.name: v.op for v in wanted if v.name not in fed}
        needed, used, ahead = set(), {}, list(new.values())
        while ahead:
            operation = ahead.pop()
            if operation.name in needed:
                continue
            needed.add(operation.name)
            for v in operation.inputs:
                if v.name in fed:
                    # The import knows no tensors of graphs around its own.
                    used[v.name] = tf.identity(fed[v.name])
                else:
                    ahead.append(v.op)
        part = type(self._definition)()
        part.CopyFrom(self._definition)
        del part.node[:]
        for node in self._definition.node:
            if node.name in needed:
                copy = part.node.add()
                copy.CopyFrom(node)
                # What waits for a gradient without reading it must not wait here.
                del copy.input[:]
                copy.input.extend(v for v in node.input if not v.startswith("^"))
                # Nor can it stand beside what is not copied.
                copy.attr.pop("_class", None)
        made = tf.graph_util.import_graph_def(part, used, list(new), name="")
        known = {**fed, **dict(zip(new, made))}
        return [known[v.name] for v in wanted]
