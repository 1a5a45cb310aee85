"""Long short-term memory: a cell state that gates write, keep and read."""

from keras import activations, ops

from rnnzoo.cells.base import Cell
from rnnzoo.registry import register


@register(
    "lstm", family="gated", year=1997,
    example={"units": 5},
    search={"units": {"min": 16, "max": 512, "sampling": "log"}},
)
class LSTMCell(Cell):
    """Cell with a memory of its own that input, forget and output gates control.

    Choose it when what matters lies tens or hundreds of steps back, or must be counted.
    With the forget gate of Gers et al. (2000); weights are laid out as in Keras' LSTM.

    Equations:
        i, f, g, o = split(x @ W + h @ U + b, 4)
        c = r(f) * c + r(i) * k(g)
        h = r(o) * k(c)
        y = h

    Symbols:
        x  input             (batch, features)
        h  state             (batch, units)  hidden layer, zero at the start
        c  state             (batch, units)  memory, zero at the start
        y  output            (batch, units)
        W  kernel            (features, 4 * units)  input, forget, candidate, output
        U  recurrent_kernel  (units, 4 * units)
        b  bias              (4 * units,)
        k  activation
        r  recurrent_activation

    Args:
        units: width of the hidden layer and of the memory.
        activation: of the candidate and of the memory when it is read.
        recurrent_activation: of the gates.
        unit_forget_bias: whether the forget gate's bias starts at 1, so that the
            memory is kept until training says otherwise.

    Reference:
        S. Hochreiter, J. Schmidhuber, "Long short-term memory", Neural Computation
        9:1735-1780, 1997.
    """

    def __init__(self, units, *, activation="tanh", recurrent_activation="sigmoid",
                 unit_forget_bias=True, **kwargs):
        super().__init__(**kwargs)
        self.units = self.output_size = units
        self.states = {"h": units, "c": units}
        self.activation = activations.get(activation)
        self.recurrent_activation = activations.get(recurrent_activation)
        self.unit_forget_bias = unit_forget_bias

    def build(self, input_shape):
        units = self.units
        self.kernel = self.weight("kernel", input_shape[-1], 4 * units)
        self.recurrent_kernel = self.weight("recurrent_kernel", units, 4 * units)
        self.bias = self.weight("bias", 4 * units, then=self._open_forget_gate)

    def _open_forget_gate(self, bias):
        if not self.unit_forget_bias:
            return bias
        i, f, g, o = ops.split(bias, 4)
        return ops.concatenate([i, ops.ones_like(f), g, o])

    def project(self, x):
        return x @ self.kernel + self.bias

    def step(self, z, states, product):
        h, c = states
        i, f, g, o = ops.split(z + product(h, self.recurrent_kernel), 4, axis=-1)
        gate = self.recurrent_activation
        c = gate(f) * c + gate(i) * self.activation(g)
        h = gate(o) * self.activation(c)
        return h, [h, c]
