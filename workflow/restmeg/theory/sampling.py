"""How functional connectivity of a finite recording varies: Bartlett's formula for correlations.

The covariance over time of two regions, from T ms of a linear network, varies about its value with

    cov(c_ij, c_kl) = 1 / (pi T) integral over w > 0 of Re[S_ik S_jl* + S_il S_jk*]

(Bartlett 1946, J R Stat Soc Suppl 8:27), and its correlations by the delta method. The covariance V
of all correlations is a matrix of pairs by pairs, too large to hold for hundreds of regions. What
scores need of it are the variances and its products with some vectors, which take matrix products
of regions by regions.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from restmeg.theory.linear import Linear
from restmeg.theory.spectra import Nodes, cross_spectra

EXACT = 64  # pairs: of more, traces of products are estimated by probes
PROBES = 8


class Variability(NamedTuple):
    """V, times the length of the recording in ms."""

    variances: np.ndarray  # (pairs,) its diagonal
    images: np.ndarray  # (vectors, pairs) its products with some vectors
    across: np.ndarray  # (pairs,) variances across the direction, where that is of complex numbers


def probes(n_pairs: int) -> np.ndarray:
    """Vectors z (n, pairs) with which the mean of z.Az is the trace of A, or estimates it.

    Unit vectors if they are few, else random signs (Hutchinson 1990), the same each time.
    """
    if n_pairs <= EXACT:
        return np.eye(n_pairs) * np.sqrt(n_pairs)
    rng = np.random.Generator(np.random.Philox(n_pairs))
    return 2.0 * rng.integers(0, 2, (PROBES, n_pairs)) - 1.0


def broadband(
    net: Linear, nodes: Nodes, covariance: np.ndarray, vectors: np.ndarray
) -> Variability:
    """Variability of the correlations of pairs of regions.

    nodes, covariance: from `spectra.converged`; vectors: (n, pairs), pairs in the order of the
    upper triangle.
    """
    deviation = np.sqrt(np.diag(covariance))
    scale = np.outer(deviation, deviation)
    parts = (
        (nodes.weights[piece], spectra / scale)
        for piece, spectra in cross_spectra(net, nodes.frequencies)
    )
    return variability(parts, covariance / scale, vectors)


def variability(
    parts: Iterable[tuple[np.ndarray, np.ndarray]],
    correlation: np.ndarray,
    vectors: np.ndarray,
    direction: np.ndarray | None = None,
) -> Variability:
    """Variability of estimated correlations, of series whose cross-spectra are given.

    parts: weights (n,) and cross-spectra (n, N, N) of some frequencies after others, of series of
        unit variance, such that the weighted sum of the products above is the covariance times the
        length; correlation: (N, N); vectors: (n, pairs), pairs in the order of the upper triangle.
    direction: complex numbers (N, N) of size 1, Hermitian: in which the estimates of complex
        coherencies are looked at, and ``correlation`` is what they have of them.
    """
    n_regions = len(correlation)
    rows, columns = np.triu_indices(n_regions, 1)
    # What a vector asks of the covariances: of pairs, and of variances through the normalisation.
    asked = np.zeros((len(vectors), n_regions, n_regions))
    asked[:, rows, columns] = asked[:, columns, rows] = vectors / 2
    of_variances = (asked * correlation).sum(axis=2)
    if direction is not None:
        asked = asked * direction
    diagonal = np.arange(n_regions)
    asked[:, diagonal, diagonal] = -of_variances

    powers, squares, crossed, together = np.zeros((4, n_regions, n_regions))
    answers = np.zeros_like(asked)
    for weights, spectra in parts:
        turned = spectra if direction is None else spectra * direction.conj()
        real, imaginary = turned.real.copy(), turned.imag.copy()
        own = np.diagonal(spectra, axis1=1, axis2=2).real
        for n, weight in enumerate(weights):
            powers += weight * np.outer(own[n], own[n])
            squares += weight * (real[n] ** 2 - imaginary[n] ** 2)
            crossed += weight * own[n][:, None] * real[n]
            together += weight * (real[n] ** 2 + imaginary[n] ** 2)
        weights = weights[:, None, None]
        if direction is not None:
            left = weights * spectra
            for k, matrix in enumerate(asked):
                answers[k] += _product(left @ matrix, spectra)
            continue
        left_real, left_imaginary = weights * real, weights * imaginary
        for k, matrix in enumerate(asked):  # Re(S B S) = Re S B Re S - Im S B Im S
            answers[k] += _product(left_real @ matrix, real)
            answers[k] -= _product(left_imaginary @ matrix, imaginary)
    r = correlation[rows, columns]
    own = np.diag(together)
    variances = (
        (powers + squares)[rows, columns]
        + r**2 / 2 * (own[rows] + own[columns] + 2 * together[rows, columns])
        - 2 * r * (crossed[rows, columns] + crossed[columns, rows])
    )
    answers *= 2
    own = np.diagonal(answers, axis1=1, axis2=2).real
    if direction is not None:
        answers = (answers * direction.conj()).real
    images = answers[:, rows, columns] - r / 2 * (own[:, rows] + own[:, columns])
    return Variability(variances, images, (powers - squares)[rows, columns])


def _product(left, right):
    """Sum over n of left[n] @ right[n], as one product of matrices."""
    n_regions = left.shape[1]
    return left.transpose(1, 0, 2).reshape(n_regions, -1) @ right.reshape(-1, n_regions)
