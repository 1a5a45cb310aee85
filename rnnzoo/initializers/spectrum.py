"""Eigenvalues of recurrent kernels, in float64."""

import numpy as np
from keras import ops

# Above this width the largest eigenvalue alone is found much faster than all of them.
SMALL = 300


def eigenvalues(matrix):
    """All eigenvalues of a square matrix, complex `(units,)`."""
    return np.linalg.eigvals(_double(matrix)).astype(complex)


def spectral_radius(matrix):
    """Largest absolute eigenvalue of a square matrix.

    It is exactly 0 where no path leads from a unit back to itself.
    """
    from scipy import sparse

    matrix = _double(matrix)
    links = sparse.csr_array(matrix)
    loops, _ = sparse.csgraph.connected_components(links, connection="strong")
    if loops == len(matrix) and not matrix.diagonal().any():
        return 0.0
    gram = links.T @ links
    length = gram.diagonal().mean()
    if abs(gram - length * sparse.eye_array(len(matrix))).max() < 1e-12 * length:
        return float(np.sqrt(length))           # a multiple of an orthogonal matrix
    return float(_largest(matrix, links))


def _largest(matrix, links):
    from scipy.sparse.linalg import ArpackNoConvergence, eigs

    if len(matrix) > SMALL:
        start = np.random.default_rng(0).normal(size=len(matrix))
        try:
            found = eigs(links, k=1, v0=start, return_eigenvectors=False)
            return abs(found).max()
        except ArpackNoConvergence:
            pass
    return abs(eigenvalues(matrix)).max()


def scaled(matrix, radius):
    """A multiple of a matrix that has this spectral radius, in float64.

    Raises:
        ValueError: if the radius is no positive number, or the matrix has the spectral
            radius 0, which no factor changes.
    """
    if not radius > 0:
        raise ValueError("`spectral_radius` is a positive number, or None to leave the "
                         f"weights as they are drawn; received {radius!r}.")
    matrix = _double(matrix)
    found = spectral_radius(matrix)
    if found == 0:
        reason = ("its units form no loop" if matrix.any() else "all its weights are 0")
        raise ValueError(
            f"spectral_radius={radius} cannot be reached: the recurrent kernel has the "
            f"spectral radius 0, for {reason}, and no factor changes that. Use "
            "spectral_radius=None and give the weights their size in the initializer, "
            "or another `recurrent_initializer`.")
    return matrix * (radius / found)


def _double(matrix):
    return np.asarray(ops.convert_to_numpy(matrix), "float64")
