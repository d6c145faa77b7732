"""Correlations over pairs of regions, of many replicates at once."""

import numpy as np


def edges(matrices: np.ndarray) -> np.ndarray:
    """The connections of symmetric matrices (..., N, N): their upper triangles (..., pairs)."""
    rows, columns = np.triu_indices(matrices.shape[-1], k=1)
    return matrices[..., rows, columns]


def undirected(matrix: np.ndarray) -> np.ndarray:
    """Weights or distances of the connections (pairs,): of (N, N), the mean of both directions."""
    return edges((matrix + matrix.T) / 2)


def lengths(distances: np.ndarray) -> np.ndarray:
    """Distances of the pairs (pairs,), 0 where one direction has none."""
    found = undirected(distances)
    found[edges(np.minimum(distances, distances.T)) == 0] = 0.0
    return found


def located(lengths: np.ndarray) -> np.ndarray:
    """Which pairs have a distance, of (pairs,): all of them if none has one."""
    return (lengths > 0) | (not lengths.any())


def log_pattern(weights: np.ndarray) -> np.ndarray:
    """Logarithm of weights (pairs,), of those that are none that of half the smallest."""
    connected = weights[weights > 0]
    least = connected.min() / 2 if len(connected) else 1.0
    return np.log(np.maximum(weights, least))


def standardised(values: np.ndarray) -> np.ndarray:
    """Rows with mean 0 and length 1, so that their products are correlations; NaN if constant."""
    centred = values - values.mean(axis=-1, keepdims=True)
    # A row of equal values must not turn its rounding error into a correlation.
    constant = np.ptp(values, axis=-1, keepdims=True) == 0
    length = np.sqrt((centred**2).sum(axis=-1, keepdims=True))
    return centred / np.where(constant, np.nan, length)


def products(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Products of all rows of a (n, pairs) with all rows of b (m, pairs): (n, m).

    Not a matrix product: a library's would depend in its last bits on the machine.
    """
    found = np.empty((len(a), len(b)))
    for k, row in enumerate(b):
        found[:, k] = (a * row).sum(axis=-1)
    return found


def gram(a: np.ndarray) -> np.ndarray:
    """Products of all rows of (n, pairs) with each other, as `products`, in half the time."""
    found = np.empty((len(a), len(a)))
    for k, row in enumerate(a):
        found[k, k:] = found[k:, k] = (a[k:] * row).sum(axis=-1)
    return found


def correlations(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Pearson correlations of all rows of a (n, pairs) with all rows of b (m, pairs): (n, m).

    NaN where a row is constant or has a NaN.
    """
    return products(standardised(a), standardised(b))


def ranks(values: np.ndarray) -> np.ndarray:
    """Ranks from 0 on along each row of (n, pairs); equal values share the mean of theirs."""
    found = np.empty(values.shape)
    for row, out in zip(values, found, strict=True):
        order = np.argsort(row)
        ordered = row[order]
        first = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])  # of equal ones
        counts = np.diff(np.r_[first, len(row)])
        out[order] = np.repeat(first + (counts - 1) / 2, counts)
    return found


def freed(values: np.ndarray, other: np.ndarray) -> np.ndarray:
    """What is left of each row of (n, pairs) after a least-squares line over ``other`` (pairs,).

    Standardised; NaN where nothing is left. A constant ``other`` takes nothing away.
    """
    rows = standardised(values)
    if np.ptp(other) == 0:
        return rows
    line = standardised(other)
    shared = (rows * line).sum(axis=-1, keepdims=True)
    left = np.where(1 - shared**2 > 1e-12, rows - shared * line, np.nan)  # less is rounding
    return left / np.sqrt((left**2).sum(axis=-1, keepdims=True))
