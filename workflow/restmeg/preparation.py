"""What is done to a connectome's matrices before they are used."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from restmeg import check
from restmeg.errors import InputError
from restmeg.formats import text


def symmetrised(
    path: str | Path, weights: np.ndarray, distances: np.ndarray, method: str
) -> tuple[np.ndarray, np.ndarray]:
    """Weights and distances (N, N) of undirected connections.

    method: "none"; "upper" or "lower" takes that half of both for the other one as well; "mean" the
        mean of both halves of the weights, and of the lengths where both halves have one.

    Raises InputError if that half has nothing.
    """
    if method == "none":
        return weights, distances
    matrices = []
    for name, matrix in (("weights", weights), ("distances", distances)):
        if method == "mean":
            both = (matrix > 0) & (matrix.T > 0)
            halved = (name == "weights") | both
            matrices.append((matrix + matrix.T) / np.where(halved, 2, 1))
            continue
        half = np.triu(matrix, 1) if method == "upper" else np.tril(matrix, -1)
        if not half.any():
            raise InputError(
                f"{path}: {name}: nothing in the {method} half; expected another "
                "connectome.symmetrise"
            )
        matrices.append(half + half.T)
    return matrices[0], matrices[1]


def prepared(path: str | Path, anatomy: Any, options: Mapping) -> Any:
    """A Connectome with some changes, in this order.

    options: regions: labels in the order wanted, or a file of them, the others are left out;
        density: share of all pairs that keep their connection, the strongest ones; transform:
        "log1p" for log(1 + weights); normalise: see `normalised`.

    Raises InputError for regions that there are not, or where nothing is left.
    """
    if options["regions"] is not None:
        anatomy = _chosen(path, anatomy, options["regions"])
    weights = thinned(anatomy.weights, options["density"])
    if not weights.any():
        raise InputError(
            f"{path}: no connection is left with connectome.regions and density as they are; "
            "expected one"
        )
    if options["transform"] == "log1p":
        # Twelve digits: a library's logarithm may differ in the last one between processors.
        weights = _rounded(np.log1p(weights))
    return anatomy._replace(weights=normalised(weights, options["normalise"]))


def _chosen(path, anatomy, regions):
    if isinstance(regions, str):
        names = text.names(regions)
        where = regions
    else:
        names, where = [str(name) for name in regions], "config: connectome.regions"
    names = list(check.unique_names(where, "region", names))
    position = {label: k for k, label in enumerate(anatomy.labels)}
    order = []
    for name in names:
        if name not in position:
            raise InputError(f"{where}: {path} has no region {check.nearest(name, position)}")
        order.append(position[name])
    if len(order) < 3:
        raise InputError(f"{where}: {len(order)} regions; expected at least 3")
    pairs = np.ix_(order, order)
    return anatomy._replace(
        weights=anatomy.weights[pairs],
        distances=anatomy.distances[pairs],
        labels=anatomy.labels[order],
        centres=None if anatomy.centres is None else anatomy.centres[order],
    )


def thinned(weights: np.ndarray, density: float) -> np.ndarray:
    """Weights (N, N) of the strongest connections alone; the others become zero.

    density: share of all pairs of regions that keep one: of unordered pairs where weights are
        symmetric, and of ordered ones where they are not. Of equally strong ones those of the
        first rows stay.
    """
    if density == 1:
        return weights
    symmetric = np.array_equal(weights, weights.T)
    rows, columns = (
        np.triu_indices(len(weights), 1)
        if symmetric
        else np.where(~np.eye(len(weights), dtype=bool))
    )
    kept = round(density * len(rows))
    strongest = np.argsort(-weights[rows, columns], kind="stable")[:kept]
    thin = np.zeros_like(weights)
    thin[rows[strongest], columns[strongest]] = weights[rows[strongest], columns[strongest]]
    return thin + thin.T if symmetric else thin


def _rounded(values: np.ndarray) -> np.ndarray:
    """Values with twelve significant digits."""
    return np.array([float(f"{value:.12g}") for value in values.flat]).reshape(values.shape)


def normalised(weights: np.ndarray, method: str) -> np.ndarray:
    """Weights divided by their maximum, mean row sum or spectral radius, or as they are ("none").

    The bits are the same on every machine: sums are exact, and the spectral radius, the largest
    absolute eigenvalue, counts with its first twelve digits.
    """
    if method == "none":
        return weights
    weights = weights / weights.max()  # so that no sum overflows
    if method == "max":
        return weights
    if method == "mean_row_sum":
        scale = math.fsum(weights.flat) / len(weights)
    else:
        scale = float(f"{spectral_radius(weights):.12g}")
    if not scale > 0:
        raise InputError(
            f"config: connectome.normalise: {method} is {scale:g}; expected more than 0, so "
            "another one (connections one way only have no spectral radius)"
        )
    return weights / scale


def spectral_radius(weights: np.ndarray) -> float:
    """Largest absolute eigenvalue of a non-negative matrix (N, N), to about 1e-13.

    By power iteration between Collatz and Wielandt's bounds, which for a connected network is much
    faster than all eigenvalues; of the matrix plus a multiple of one, so that it cannot alternate.
    """
    largest = weights.max()
    matrix = weights / largest
    shift = matrix.sum(axis=1).mean()
    vector = np.ones(len(matrix))
    for _ in range(1000):
        following = matrix @ vector + shift * vector
        ratios = following / vector
        if ratios.max() - ratios.min() < 1e-13 * ratios.max():
            return (ratios.max() - shift) * largest
        vector = following / following.max()
        if vector.min() < 1e-200:  # a region that nothing reaches
            break
    return np.abs(np.linalg.eigvals(matrix)).max() * largest
