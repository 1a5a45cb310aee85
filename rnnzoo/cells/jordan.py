"""Jordan network: what is remembered is the output, not the hidden layer."""

import keras
from keras import activations, ops

from rnnzoo.cells.base import Cell
from rnnzoo.registry import register


@register(
    "jordan", family="simple", year=1986,
    example={"units": 5, "output_size": 3},
    search={"units": {"min": 16, "max": 512, "sampling": "log"},
            "decay": {"min": 0.0, "max": 0.9},
            "teacher_forcing": [0.0, 0.5, 1.0]},
    symbols={"feedback_activation": "softmax"},
    below={"output_activation": "tanh", "teacher_forcing": 0.0},
)
class JordanCell(Cell):
    """Cell whose context units hold a fading trace of its own past outputs.

    Choose it when the last answer matters more than the last hidden code: tagging,
    motor control, sequence production, one-step-ahead forecasting. `decay=0` keeps the
    last output only; towards 1 the context becomes a running sum of all of them.

    Equations:
        h = f(x @ W + c @ U + b)
        a = h @ V + d
        y = g(a)
        c = decay * c + k(a)

    Symbols:
        x  input                (batch, features)
        c  state                (batch, output_size)  context units, zero at the start
        y  output               (batch, output_size)
        W  kernel               (features, units)
        U  recurrent_kernel     (output_size, units)
        b  bias                 (units,)
        V  output_kernel        (units, output_size)
        d  output_bias          (output_size,)
        f  activation
        g  output_activation
        k  feedback_activation

    Symbols (feedback_activation=None):
        k  output_activation

    Args:
        units: width of the hidden layer `h`.
        output_size: width of the output, and so of the context.
        decay: self-connection of the context units, in [0, 1).
        teacher_forcing: probability, in [0, 1], with which in training the context
            receives the target of a step instead of the network's own answer. The
            targets are the second part of the input, `(x, targets)`. Outside training
            it always receives those that are shown.
        activation: of the hidden layer.
        output_activation: of the output layer.
        feedback_activation: of what is fed back; None feeds back the output itself.
            "softmax" beside a linear output gives logits outside, probabilities inside.

    Reference:
        M. I. Jordan, "Serial order: a parallel distributed processing approach",
        ICS Report 8604, UC San Diego, 1986.
    """

    def __init__(self, units, output_size, *, decay=0.0, teacher_forcing=0.0,
                 activation="tanh", output_activation="linear",
                 feedback_activation=None, **kwargs):
        super().__init__(**kwargs)
        if not 0 <= decay < 1:
            raise ValueError(f"`decay` is a number in [0, 1); received {decay!r}.")
        if not 0 <= teacher_forcing <= 1:
            raise ValueError("`teacher_forcing` is a probability, in [0, 1]; received "
                             f"{teacher_forcing!r}.")
        self.units = units
        self.output_size = output_size
        self.states = {"c": output_size}
        self.decay = decay
        self.teacher_forcing = teacher_forcing
        self.activation = activations.get(activation)
        self.output_activation = activations.get(output_activation)
        self.feedback_activation = feedback_activation and activations.get(
            feedback_activation)

    def build(self, input_shape):
        units, size = self.units, self.output_size
        self.kernel = self.weight("kernel", input_shape[-1], units)
        self.recurrent_kernel = self.weight("recurrent_kernel", size, units)
        self.bias = self.weight("bias", units)
        self.output_kernel = self.weight("output_kernel", units, size)
        self.output_bias = self.weight("output_bias", size)

    def project(self, x, training=False):
        # `ops.matmul` makes one product of all rows; `@` would make one of each.
        if not isinstance(x, (list, tuple)):
            return ops.matmul(x, self.kernel) + self.bias
        x, targets = x
        forced = ops.ones_like(targets[..., :1])
        if training:
            chance = keras.random.uniform(ops.shape(forced), seed=self.seed_generator)
            forced = ops.cast(chance < self.teacher_forcing, targets.dtype)
        return ops.matmul(x, self.kernel) + self.bias, targets, forced

    def step(self, z, states, product):
        (c,) = states
        z, *teaching = z if isinstance(z, (list, tuple)) else [z]
        h = self.activation(z + product(c, self.recurrent_kernel))
        a = product(h, self.output_kernel) + self.output_bias
        y = self.output_activation(a)
        fed = self.feedback_activation(a) if self.feedback_activation else y
        if teaching:
            targets, forced = teaching
            fed = forced * targets + (1 - forced) * fed
        return y, [self.decay * c + fed]
