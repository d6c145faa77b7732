"""How functional connectivity of a finite recording varies: Bartlett's formula for correlations.

The covariance over time of two regions, from T ms of a linear network, varies about its value with

    cov(c_ij, c_kl) = 1 / (pi T) integral over w > 0 of Re[S_ik S_jl* + S_il S_jk*]

(Bartlett 1946, J R Stat Soc Suppl 8:27), and its correlations by the delta method. The covariance V
of all correlations is a matrix of pairs by pairs, too large to hold for hundreds of regions. What
scores need of it are the variances and its products with some vectors, which take matrix products
of regions by regions.
"""

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


def probes(n_pairs: int) -> np.ndarray:
    """Vectors z (n, pairs) with which the mean of z.Az is the trace of A, or estimates it.

    Unit vectors if they are few, else random signs (Hutchinson 1990), the same each time.
    """
    if n_pairs <= EXACT:
        return np.eye(n_pairs) * np.sqrt(n_pairs)
    rng = np.random.Generator(np.random.Philox(n_pairs))
    return 2.0 * rng.integers(0, 2, (PROBES, n_pairs)) - 1.0


def variability(
    net: Linear, nodes: Nodes, covariance: np.ndarray, vectors: np.ndarray
) -> Variability:
    """Variability of the correlations of pairs of regions.

    nodes, covariance: from `spectra.converged`; vectors: (n, pairs), pairs in the order of the
    upper triangle.
    """
    n_regions = len(covariance)
    rows, columns = np.triu_indices(n_regions, 1)
    deviation = np.sqrt(np.diag(covariance))
    correlation = covariance / np.outer(deviation, deviation)
    # What a vector asks of the covariances: of pairs, and of variances through the normalisation.
    asked = np.zeros((len(vectors), n_regions, n_regions))
    asked[:, rows, columns] = asked[:, columns, rows] = vectors / 2
    of_variances = (asked * correlation).sum(axis=2)
    diagonal = np.arange(n_regions)
    asked[:, diagonal, diagonal] = -of_variances

    squares, crossed, together = np.zeros((3, n_regions, n_regions))
    answers = np.zeros_like(asked)
    for piece, spectra in cross_spectra(net, nodes.frequencies):
        spectra /= np.outer(deviation, deviation)
        real, imaginary = spectra.real.copy(), spectra.imag.copy()
        own = np.diagonal(real, axis1=1, axis2=2)
        for n, weight in enumerate(nodes.weights[piece]):
            squares += weight * (np.outer(own[n], own[n]) + real[n] ** 2 - imaginary[n] ** 2)
            crossed += weight * own[n][:, None] * real[n]
            together += weight * (real[n] ** 2 + imaginary[n] ** 2)
        weights = nodes.weights[piece][:, None, None]
        left_real, left_imaginary = weights * real, weights * imaginary
        for k, matrix in enumerate(asked):  # Re(S B S) = Re S B Re S - Im S B Im S
            answers[k] += _product(left_real @ matrix, real)
            answers[k] -= _product(left_imaginary @ matrix, imaginary)
    r = correlation[rows, columns]
    own = np.diag(together)
    variances = (
        squares[rows, columns]
        + r**2 / 2 * (own[rows] + own[columns] + 2 * together[rows, columns])
        - 2 * r * (crossed[rows, columns] + crossed[columns, rows])
    )
    answers *= 2
    own = np.diagonal(answers, axis1=1, axis2=2)
    images = answers[:, rows, columns] - r / 2 * (own[:, rows] + own[:, columns])
    return Variability(variances, images)


def _product(left, right):
    """Sum over n of left[n] @ right[n], as one product of matrices."""
    n_regions = left.shape[1]
    return left.transpose(1, 0, 2).reshape(n_regions, -1) @ right.reshape(-1, n_regions)
