"""Continuous Hopfield network: the same valleys, with graded units."""

from rnnzoo.memories import graded, rules
from rnnzoo.memories.base import positive
from rnnzoo.memories.coupled import Coupled
from rnnzoo.registry import register


@register(
    "continuous_hopfield", family="memory", year=1984, tasks=(), readout="storage",
    example={"units": 24, "gain": 5.0},
    search={"rule": list(rules.RULES),
            "gain": {"min": 1.0, "max": 100.0, "sampling": "log"}},
)
class ContinuousHopfieldMemory(Coupled):
    """Network of graded units that flows downhill until it is still.

    Choose it where the dynamics matter: as a model of neurons or of a circuit, for
    optimisation, for cues that are real numbers in [-1, 1]. The larger the gain, the
    closer it ends to the corners where the units have two values, and there to what
    the discrete network does.

    The equation `tau du/dt = -u + V @ W - t` is integrated in small steps. Up to
    `tau / (1 + gain)` energy never rises along them, unless the memory is overloaded.

    Equations:
        u = arctanh(clip(x, -edge, edge)) / gain
        u = u + dt / tau * (x @ (W - diag(diag(W))) - t - u)
        y = tanh(gain * u)
        F = xlogy(1 + x, 1 + x) + xlogy(1 - x, 1 - x)
        E = (-sum(x * (x @ (W - diag(diag(W)))), -1) / 2 + x @ t
             + sum(F, -1) / (2 * gain))

    Storing:
        W = W + (X.T @ X - len(X) * eye(units)) / units

    Symbols:
        x     input       (batch, units)  activations V
        y     output      (batch, units)
        E     energy      (batch,)
        X     patterns    (patterns, units)
        W     kernel      (units, units)
        t     thresholds  (units,)
        dt    step_size
        edge  edge

    Args:
        units: number of elements of a pattern.
        rule: "hebbian", "pseudo_inverse" or "storkey".
        gain: steepness of the activation, `tanh(gain * u)`.
        tau: time constant of the units.
        time_step: of the integration, in the unit of `tau`; None takes the longest
            along which energy never rises.
        threshold: a number, or one for each unit; an input with its sign changed.
        max_steps: steps after which recall gives up.

    Reference:
        J. J. Hopfield, "Neurons with graded response have collective computational
        properties like those of two-state neurons", PNAS 81:3088-3092, 1984.
    """

    cue_alphabet = None
    tolerance = graded.TOLERANCE
    edge = graded.EDGE

    def __init__(self, units, *, rule="hebbian", gain=10.0, tau=1.0, time_step=None,
                 threshold=0.0, max_steps=2000, **kwargs):
        super().__init__(units, rule=rule, threshold=threshold, max_steps=max_steps,
                         **kwargs)
        self.gain = gain
        self.tau = tau
        self.time_step = time_step
        positive(gain=gain, tau=tau)
        positive(time_step=self.step_size)

    @property
    def step_size(self):
        """The time step that is taken.

        It is a step of mirror descent on the energy, which descends if the step is no
        more than `tau / (1 - gain * w)`, w being the lowest eigenvalue of the
        connections. Without self-connections that is above -1, for as many patterns as
        the rule holds.
        """
        if self.time_step is None:
            return self.tau / (1 + self.gain)
        return self.time_step

    def enter(self, states):
        return (graded.potential(states, self.gain),)

    def leave(self, potentials):
        return (graded.activation(potentials, self.gain),)

    def advance(self, states, k, drawn):
        (u,) = states
        share = self.step_size / self.tau
        return (u + share * (self.field(*self.leave(u)) - u),)

    def step(self, states):
        return self.leave(*self.advance(self.enter(states), 0, None))

    def measure(self, states):
        return super().measure(states) + graded.cost(states, self.gain)
