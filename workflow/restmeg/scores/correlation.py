"""Scores that are correlations over pairs of regions."""

import numpy as np


def edges(matrices: np.ndarray) -> np.ndarray:
    """The connections of symmetric matrices (..., N, N): their upper triangles (..., pairs)."""
    rows, columns = np.triu_indices(matrices.shape[-1], k=1)
    return matrices[..., rows, columns]


def undirected(weights: np.ndarray) -> np.ndarray:
    """Weights of the connections (pairs,): of (N, N), the mean of both directions."""
    return edges((weights + weights.T) / 2)


def _standardised(values):
    """Rows with mean 0 and length 1, so that their products are correlations; NaN if constant."""
    centred = values - values.mean(axis=-1, keepdims=True)
    # A row of equal values must not turn its rounding error into a correlation.
    constant = np.ptp(values, axis=-1, keepdims=True) == 0
    length = np.sqrt((centred**2).sum(axis=-1, keepdims=True))
    return centred / np.where(constant, np.nan, length)


def structure_function_coupling(simulated: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Correlation over region pairs of functional and structural connectivity (Honey et al. 2009).

    simulated: (replicates, N, N); weights: (N, N), of which the mean of both directions counts.
    Returns (replicates,), NaN where a pair is NaN.
    """
    structure = _standardised(undirected(weights))
    return (_standardised(edges(simulated)) * structure).sum(axis=-1)


def fc_match(simulated: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Correlation over region pairs of simulated and target functional connectivity.

    simulated: (replicates, N, N); target: (target replicates, N, N).
    Returns (replicates, target replicates), NaN where a pair of regions is NaN.
    """
    simulated, target = _standardised(edges(simulated)), _standardised(edges(target))
    # Not a matrix product: a library's would depend in its last bits on the machine.
    return np.stack([(simulated * row).sum(axis=-1) for row in target], axis=-1)
