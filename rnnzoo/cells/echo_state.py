"""Echo state network: a reservoir that is drawn and left alone; a readout learns."""

import keras
from keras import activations, ops

from rnnzoo import initializers
from rnnzoo.cells.base import Cell
from rnnzoo.registry import register


@register(
    "echo_state", family="reservoir", year=2001, aliases=("esn",),
    readout="ridge", head="feedback", example={"units": 5},
    search={"units": {"min": 50, "max": 2000, "sampling": "log"},
            "spectral_radius": {"min": 0.1, "max": 1.5},
            "leak_rate": {"min": 0.05, "max": 1.0, "sampling": "log"},
            "input_scaling": {"min": 0.01, "max": 10.0, "sampling": "log"}},
    below={"feedback": False, "output_size": None},
)
class EchoStateCell(Cell):
    """Cell with a random hidden layer, the reservoir, that does not learn.

    Choose it for signals and chaotic series, where data or time to train are short: all
    that learns is a linear readout, by one linear regression. It remembers at most as
    many steps as it has units, and needs scales that fit the data. Not a liquid state
    machine, whose units spike.

    Equations:
        h = (1 - leak_rate) * h + gain * f(x @ W + h @ U + b)
        y = h

    Equations (feedback=True):
        h = (1 - leak_rate) * h + gain * f(x @ W + h @ U + o @ F + b)
        y = h @ V + d
        o = y

    Symbols:
        x  input             (batch, features)
        h  state             (batch, units)  reservoir, zero at the start
        y  output            (batch, output_size)
        W  kernel            (features, units)
        U  recurrent_kernel  (units, units)
        b  bias              (units,)
        f  activation

    Symbols (feedback=True):
        o  state             (batch, output_size)  last output, zero at the start
        F  feedback_kernel   (output_size, units)
        V  output_kernel     (units, output_size)
        d  output_bias       (output_size,)

    Args:
        units: number of units in the reservoir.
        output_size: width of the output that is fed back; without feedback the output
            is the reservoir.
        leak_rate: share of the state lost at each step, in (0, 1]; one, or one a unit.
        gain: factor of the activation, one, or one a unit; None is `leak_rate`. With
            Jaeger's leaking rate a and gain c (2007), `leak_rate` is a c.
        spectral_radius: largest absolute eigenvalue that the drawn recurrent kernel is
            scaled to; None leaves it as drawn.
        connectivity: share of recurrent weights that are not zero, in (0, 1], where
            `recurrent_initializer` is a name and has this argument. "sparse" is usual;
            see `rnnzoo.initializers` for the others. It may be a matrix, too.
        input_scaling: factor of the drawn kernel, usually of numbers from -1 to 1; one,
            or one a feature.
        bias_scaling: factor of the drawn bias, usually of numbers from -1 to 1.
        feedback: whether the output, computed by the cell itself, is an input of the
            next step. In training the targets, the second part of the input
            `(x, targets)`, take its place where they are given.
        feedback_scaling: factor of the drawn feedback kernel, as `input_scaling`.
        noise: standard deviation of what is added to the input of each unit at each
            step of training.
        activation: of the reservoir.
        trainable_reservoir: whether all other weights learn too, not the readout alone.

    Reference:
        H. Jaeger, "The 'echo state' approach to analysing and training recurrent neural
        networks", GMD Report 148, 2001. Leak and gain: H. Jaeger, M. Lukosevicius,
        D. Popovici, U. Siewert, "Optimization and applications of echo state networks
        with leaky-integrator neurons", Neural Networks 20:335-352, 2007.
    """

    def __init__(self, units, output_size=None, *, leak_rate=1.0, gain=None,
                 spectral_radius=0.9, connectivity=0.1, input_scaling=1.0,
                 bias_scaling=1.0, feedback=False, feedback_scaling=1.0, noise=0.0,
                 activation="tanh", trainable_reservoir=False, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.output_size = output_size if feedback else units
        self.states = {"h": units, "o": output_size} if feedback else {"h": units}
        self.leak_rate = _plain(leak_rate)
        self.gain = self.leak_rate if gain is None else _plain(gain)
        self.spectral_radius = spectral_radius
        self.connectivity = connectivity
        self.input_scaling = _plain(input_scaling)
        self.bias_scaling = bias_scaling
        self.feedback = feedback
        self.feedback_scaling = _plain(feedback_scaling)
        self.noise = noise
        self.activation = activations.get(activation)
        self.trainable_reservoir = trainable_reservoir
        self.teacher_forcing = float(feedback)
        self.rules["recurrent_kernel_initializer"] = initializers.get(
            self.rules.get("recurrent_kernel_initializer", "sparse"),
            connectivity=connectivity)
        self._check(output_size)

    def _check(self, output_size):
        if self.feedback and output_size is None:
            raise ValueError("feedback=True needs `output_size`, the width of what is "
                             "fed back.")
        if output_size not in (None, self.output_size):
            raise ValueError(
                "`output_size` goes with feedback=True; without it the output is the "
                f"reservoir, of {self.units} units; received output_size={output_size}."
            )
        for name in ("leak_rate", "gain"):
            value = getattr(self, name)
            if isinstance(value, list) and len(value) != self.units:
                raise ValueError(f"`{name}` is one number, or one for each of the "
                                 f"{self.units} units; received {len(value)}.")
        if not all(0 < a <= 1 for a in _listed(self.leak_rate)):
            raise ValueError("`leak_rate` is a share in (0, 1]; received "
                             f"{self.leak_rate!r}.")
        if self.noise < 0:
            raise ValueError("`noise` is a standard deviation, not negative; received "
                             f"{self.noise!r}.")

    def build(self, input_shape):
        units, size, features = self.units, self.output_size, input_shape[-1]
        if len(_listed(self.input_scaling)) not in (1, features):
            raise ValueError(
                f"`input_scaling` is one number, or one for each of the {features} "
                f"features; received {self.input_scaling!r}.")
        self.kernel = self._drawn("kernel", self.input_scaling, features, units)
        self.recurrent_kernel = self.weight(
            "recurrent_kernel", units, units, then=self._with_radius,
            trainable=self.trainable_reservoir)
        self.bias = self._drawn("bias", self.bias_scaling, units)
        if self.feedback:
            self.feedback_kernel = self._drawn(
                "feedback_kernel", self.feedback_scaling, size, units)
            self.output_kernel = self.weight("output_kernel", units, size)
            self.output_bias = self.weight("output_bias", size)

    def _drawn(self, name, scaling, *shape):
        def then(value):
            return value * ops.convert_to_tensor(scaling, value.dtype)[..., None]

        return self.weight(
            name, *shape, then=then, trainable=self.trainable_reservoir,
            initializer=keras.initializers.RandomUniform(-1, 1))

    def _with_radius(self, value):
        if self.spectral_radius is None:
            return value
        return initializers.scaled(value, self.spectral_radius)

    def project(self, x, training=False):
        # `ops.matmul` makes one product of all rows; `@` would make one of each.
        x, *teaching = x if isinstance(x, (list, tuple)) else [x]
        z = ops.matmul(x, self.kernel) + self.bias
        if training and self.noise:
            z = z + keras.random.normal(ops.shape(z), stddev=self.noise, dtype=z.dtype,
                                        seed=self.seed_generator)
        return (z, *teaching) if teaching else z

    def step(self, z, states, product):
        h, *fed = states
        z, *teaching = z if isinstance(z, (list, tuple)) else [z]
        z = z + product(h, self.recurrent_kernel)
        if self.feedback:
            z = z + product(*fed, self.feedback_kernel)
        leak, gain = (ops.convert_to_tensor(v, self.compute_dtype)
                      for v in (self.leak_rate, self.gain))
        h = (1 - leak) * h + gain * self.activation(z)
        if not self.feedback:
            return h, [h]
        y = product(h, self.output_kernel) + self.output_bias
        return y, [h, *(teaching or [y])]


def _listed(value):
    return value if isinstance(value, list) else [value]


def _plain(value):
    """One number, or a list of them, whatever they were given as."""
    if hasattr(value, "tolist"):
        return value.tolist()
    return list(value) if isinstance(value, tuple) else value
