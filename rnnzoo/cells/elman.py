"""Elman network: what is remembered is the hidden layer."""

from keras import activations

from rnnzoo.cells.base import Cell
from rnnzoo.registry import register


@register(
    "elman", family="simple", year=1990, aliases=("srn", "simple_rnn"),
    example={"units": 5},
    search={"units": {"min": 16, "max": 512, "sampling": "log"},
            "activation": ["tanh", "relu"]},
)
class ElmanCell(Cell):
    """Cell whose context units hold a copy of its own last hidden layer.

    Choose it as the plainest recurrent network and the baseline of all others: fast,
    few weights, memory of ten or twenty steps. It is Keras' SimpleRNN. Not to be
    confused with Jordan's network, which remembers its output.

    Equations:
        h = f(x @ W + h @ U + b)
        y = h

    Symbols:
        x  input             (batch, features)
        h  state             (batch, units)  hidden layer, zero at the start
        y  output            (batch, units)
        W  kernel            (features, units)
        U  recurrent_kernel  (units, units)
        b  bias              (units,)
        f  activation

    Args:
        units: width of the hidden layer.
        activation: of the hidden layer; "relu" with an identity `recurrent_initializer`
            is the IRNN.

    Reference:
        J. L. Elman, "Finding structure in time", Cognitive Science 14:179-211, 1990.
    """

    def __init__(self, units, *, activation="tanh", **kwargs):
        super().__init__(**kwargs)
        self.units = self.output_size = units
        self.states = {"h": units}
        self.activation = activations.get(activation)

    def build(self, input_shape):
        self.kernel = self.weight("kernel", input_shape[-1], self.units)
        self.recurrent_kernel = self.weight("recurrent_kernel", self.units, self.units)
        self.bias = self.weight("bias", self.units)

    def project(self, x):
        return x @ self.kernel + self.bias

    def step(self, z, states, product):
        (h,) = states
        h = self.activation(z + product(h, self.recurrent_kernel))
        return h, [h]
