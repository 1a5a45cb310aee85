"""NARMA: a driven system whose memory and nonlinearity are known."""

import numpy as np

from rnnzoo.datasets.problems import problem

# decay, feedback of the sum, input, constant
COEFFICIENTS = {10: (0.3, 0.05, 1.5, 0.1), 30: (0.2, 0.04, 1.5, 0.001)}


@problem("forecasting", name="narma10", fixed={"order": 10}, length=400, longer=1600,
         size=1000, version="1.1.0")
@problem("forecasting", name="narma30", fixed={"order": 30}, length=400, longer=1600,
         size=1000, version="1.1.0")
def narma(n, length, rng, *, order):
    """Nonlinear autoregressive moving average of order 10 or 30.

        order 10: s(t+1) = .3 s(t) + .05 s(t) sum(s(t-9..t)) + 1.5 u(t-9) u(t) + .1
        order 30: s(t+1) = .2 s(t) + .04 s(t) sum(s(t-29..t)) + 1.5 u(t-29) u(t) + .001

    The input u is uniform in [0, .5]. Before the first step u and s are zero. Rarely
    the system of order 10 runs away; a sequence in which s passes 2 is drawn anew.

    Returns:
        x: u, (n, length, 1). y: (n, length, 1), where y[:, t] = s(t+1): the answer to
        the input up to and including x[:, t]. The first few dozen steps still show the
        start from zero; leave them out as washout.

    Reference:
        A. F. Atiya, A. G. Parlos, "New results on recurrent network training", IEEE
        Transactions on Neural Networks 11:697-709, 2000. Order 10: H. Jaeger,
        "Adaptive nonlinear system identification with echo state networks", NIPS 2002.
        Order 30: B. Schrauwen et al., "Improving reservoirs using intrinsic
        plasticity", Neurocomputing 71:1159-1171, 2008.
    """
    x = np.empty((n, length))
    y = np.empty((n, length))
    wanted = np.arange(n)
    while len(wanted):
        x[wanted] = u = rng.uniform(0, 0.5, (len(wanted), length))
        y[wanted] = s = _respond(u, order)
        wanted = wanted[~(s <= 2).all(axis=1)]   # nan is not
    return x[..., None], y[..., None]


def _respond(u, order):
    decay, feedback, gain, constant = COEFFICIENTS[order]
    n, length = u.shape
    past = np.zeros((n, order - 1))
    driven = gain * np.hstack([past, u])[:, :length] * u + constant
    s = np.zeros((length + order, n))
    total = np.zeros(n)                          # of the last `order` values of s
    with np.errstate(over="ignore", invalid="ignore"):
        for t in range(length):
            now = order + t - 1
            s[now + 1] = decay * s[now] + feedback * s[now] * total + driven[:, t]
            total = s[t + 1:now + 2].sum(axis=0)
    return s[order:].T
