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
    probe = np.random.default_rng(0).normal(size=len(matrix))
    ratios = links.T @ (links @ probe) / probe
    if np.ptp(ratios) < 1e-9 * ratios.mean():
        return float(np.sqrt(ratios.mean()))    # a multiple of an orthogonal matrix
    return float(_largest(matrix, links, probe))


def _largest(matrix, links, start):
    from scipy.sparse.linalg import ArpackNoConvergence, eigs

    if len(matrix) <= SMALL:
        return abs(eigenvalues(matrix)).max()
    few = links.nnz < matrix.size / 4
    try:
        # Several, or of two that are almost equal the smaller may be what is found.
        return abs(eigs(links if few else matrix, k=4, ncv=60, maxiter=200, tol=1e-10,
                        v0=start, return_eigenvectors=False)).max()
    except ArpackNoConvergence:
        return _by_squaring(matrix)


def _by_squaring(matrix):
    """Gelfand's limit of |A^n|^(1/n), n = 2, 4, 8, ...; eigenvalues may crowd.

    Rings with jumps have hundreds of eigenvalues that are almost the largest.
    """
    logarithm, share = 0.0, 1.0
    while share > 1e-9:
        size = np.linalg.norm(matrix)
        logarithm += share * np.log(size)
        matrix = matrix / size
        matrix, share = matrix @ matrix, share / 2
    return np.exp(logarithm)


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
