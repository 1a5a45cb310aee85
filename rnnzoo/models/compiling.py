"""Functions of tensors as graphs, on the backend that there is."""

import keras


def compiled(function, model, fused=False):
    """A function of tensors as a graph, which still hears of new weights.

    Args:
        function: takes tensors, or dictionaries of them.
        model: whose weights it uses.
        fused: whether XLA compiles it, anew for every shape.
    """
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        return tf.function(function, autograph=False, reduce_retracing=not fused,
                           jit_compile=fused)
    if keras.backend.backend() == "jax":
        import jax

        @jax.jit
        def pure(weights, arguments):
            with keras.StatelessScope(zip(model.variables, weights)):
                return function(*arguments)

        return lambda *arguments: pure([v.value for v in model.variables], arguments)
    return function
