"""Gated recurrent unit: one state that an update gate blends and a reset gate mutes."""

from keras import activations, ops

from rnnzoo.cells.base import Cell
from rnnzoo.registry import register


@register(
    "gru", family="gated", year=2014,
    example={"units": 5},
    search={"units": {"min": 16, "max": 512, "sampling": "log"}},
)
class GRUCell(Cell):
    """Cell that blends its old state with a candidate, gate by gate.

    Choose it where an LSTM would do but time or weights are short; it cannot count as
    an LSTM can. The update gate keeps: 1 is the old state. Weights are laid out as in
    Keras' GRU.

    Equations:
        u, r, n = split(x @ W + b[0], 3)
        v, s, m = split(h @ U + b[1], 3)
        u = k(u + v)
        h = u * h + (1 - u) * f(n + k(r + s) * m)
        y = h

    Equations (reset_after=False):
        u, r, n = split(x @ W + b, 3)
        v, s, m = split(U, 3)
        u = k(u + h @ v)
        r = k(r + h @ s)
        h = u * h + (1 - u) * f(n + (r * h) @ m)
        y = h

    Symbols:
        x  input             (batch, features)
        h  state             (batch, units)  hidden layer, zero at the start
        y  output            (batch, units)
        W  kernel            (features, 3 * units)  update, reset, candidate
        U  recurrent_kernel  (units, 3 * units)
        b  bias              (2, 3 * units)  of the input and of the recurrent part
        f  activation
        k  recurrent_activation

    Symbols (reset_after=False):
        b  bias              (3 * units,)

    Args:
        units: width of the hidden layer.
        activation: of the candidate.
        recurrent_activation: of the gates.
        reset_after: whether the reset gate acts after the recurrent product (as in
            cuDNN) or before it (as in the paper).

    Reference:
        K. Cho et al., "Learning phrase representations using RNN encoder-decoder for
        statistical machine translation", EMNLP 2014.
    """

    def __init__(self, units, *, activation="tanh", recurrent_activation="sigmoid",
                 reset_after=True, **kwargs):
        super().__init__(**kwargs)
        self.units = self.output_size = units
        self.states = {"h": units}
        self.activation = activations.get(activation)
        self.recurrent_activation = activations.get(recurrent_activation)
        self.reset_after = reset_after

    def build(self, input_shape):
        units = self.units
        self.kernel = self.weight("kernel", input_shape[-1], 3 * units)
        self.recurrent_kernel = self.weight("recurrent_kernel", units, 3 * units)
        shape = (2, 3 * units) if self.reset_after else (3 * units,)
        self.bias = self.weight("bias", *shape)

    def project(self, x):
        return x @ self.kernel + (self.bias[0] if self.reset_after else self.bias)

    def step(self, z, states, product):
        (h,) = states
        gate, kernel = self.recurrent_activation, self.recurrent_kernel
        if self.reset_after:
            u, r, n = ops.split(z, 3, axis=-1)
            v, s, m = ops.split(product(h, kernel) + self.bias[1], 3, axis=-1)
            u = gate(u + v)
            n = self.activation(n + gate(r + s) * m)
        else:
            k = 2 * self.units
            gates, n = ops.split(z, [k], axis=-1)
            gates = gate(gates + product(h, kernel[:, :k], recurrent=True))
            u, r = ops.split(gates, 2, axis=-1)
            n = self.activation(n + product(r * h, kernel[:, k:], recurrent=True))
        h = u * h + (1 - u) * n
        return h, [h]
