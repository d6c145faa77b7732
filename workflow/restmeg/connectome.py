"""The structural connectome: weights and distances between regions."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from restmeg import check, formats, store, units
from restmeg.errors import InputError

TITLE = "Structural connectome"


class Connectome(NamedTuple):
    """Anatomy of N regions; row i, column j of a matrix is onto target i from source j."""

    weights: np.ndarray  # (N, N), non-negative, zero diagonal
    distances: np.ndarray  # (N, N), tract lengths in mm
    labels: np.ndarray  # (N,) unique names


def read(
    path: str | Path,
    orientation: str = "target_source",
    distance_unit: str = "mm",
    normalise: str = "none",
) -> Connectome:
    """Read and check a connectome, in one of the layouts of `formats`.

    orientation: whether rows of the matrices are targets ("target_source") or sources
        ("source_target"), for a format that leaves it open.
    distance_unit: for a format that leaves it open; a file that says its own is believed, and
        another one than mm that contradicts it is refused.
    normalise: what the weights are divided by, see `normalised`.

    Raises InputError for a file that cannot be read or matrices that cannot be a connectome.
    """
    leaves_open = formats.leaves_open("connectome", path)
    raw = formats.reader("connectome", path)(path)
    stated = units.factor("config: connectome.distance_unit", distance_unit, "mm")
    if "distance_unit" in leaves_open:
        factor = stated
    else:
        factor = units.factor(f"{path}: distances", raw.distance_unit, "mm")
        if stated not in (1.0, factor):
            raise InputError(
                f"config: connectome.distance_unit: {distance_unit}, but {path} says "
                f"{raw.distance_unit}; expected the same or none"
            )
    weights, distances, labels = standard(path, raw.weights, raw.distances, raw.labels)
    if orientation == "source_target" and "orientation" in leaves_open:
        weights, distances = (np.ascontiguousarray(matrix.T) for matrix in (weights, distances))
    return Connectome(normalised(weights, normalise), distances * factor, labels)


def from_settings(given: Mapping) -> Connectome:
    """The Connectome of the section ``connectome`` of a checked configuration; errors as `read`."""
    return read(
        given["path"],
        orientation=given["orientation"],
        distance_unit=given["distance_unit"],
        normalise=given["normalise"],
    )


def standard(
    path: str | Path, weights: np.ndarray, distances: np.ndarray, labels: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the three arrays in standard form; ``path`` says in messages where they are from.

    Raises InputError unless both matrices are square, of one size of at least 3, finite and
    non-negative, labels are unique and as many, and either each connected pair has a length or
    none has. The diagonals are set to zero: a region's coupling to itself is part of its own model.
    """
    matrices = []
    for name, matrix in (("weights", weights), ("distances", distances)):
        matrix = check.numbers(path, name, matrix)
        if matrix.shape[0] != matrix.shape[1]:
            raise InputError(f"{path}: {name}: shape {matrix.shape}; expected a square matrix")
        check.every(path, name, matrix, matrix >= 0, "values >= 0")
        np.fill_diagonal(matrix, 0.0)
        matrices.append(matrix)
    weights, distances = matrices
    if weights.shape != distances.shape:
        raise InputError(
            f"{path}: weights have shape {weights.shape} but distances {distances.shape}"
        )
    labels = check.unique_names(path, "label", labels)
    if len(labels) != len(weights):
        raise InputError(f"{path}: {len(labels)} labels for {len(weights)} regions")
    if len(labels) < 3:
        raise InputError(
            f"{path}: {len(labels)} region{'s'[: len(labels) - 1]}; expected at least 3, as scores "
            "are correlations over pairs of regions"
        )
    if not weights.any():
        raise InputError(f"{path}: weights between regions are all zero; expected a connection")
    _check_lengths(path, weights, distances, labels)
    return weights, distances, labels


def _check_lengths(path, weights, distances, labels):
    """Raise InputError if some connected pairs have a length and others have none."""
    connected = weights > 0
    without = connected & (distances == 0)
    if not without.any() or not distances.any():
        return
    if is_triangle(distances) and not is_triangle(weights):
        raise InputError(
            f"{path}: distances are a triangle and weights are not; expected the length of each "
            "pair in both halves, such as distances + distances.T"
        )
    i, j = np.argwhere(without)[0]
    swapped = "; are weights and distances swapped?" if without.sum() > connected.sum() / 10 else ""
    raise InputError(
        f"{path}: {np.count_nonzero(without)} of {np.count_nonzero(connected)} connected pairs "
        f"have no length, the first in row '{labels[i]}', column '{labels[j]}'; expected a length "
        f"for each, or 0 for all (no delays){swapped}"
    )


def is_triangle(matrix: np.ndarray) -> bool:
    """Whether all that is not zero is above the diagonal, or all below."""
    return not np.triu(matrix).any() or not np.tril(matrix).any()


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


def delays_in_steps(distances: np.ndarray, speed: float, dt: float) -> np.ndarray:
    """Whole steps that a signal needs: the smallest number not shorter than the tract.

    distances in mm (any shape), speed in mm/ms, dt in ms. A millionth of a step is forgiven, so
    that 80.00000001, which is 80 with rounding error, is not 81. Raises InputError if too many.
    """
    delays = np.ceil(np.asarray(distances) / speed / dt - 1e-6)
    if delays.max() > np.iinfo(np.uint32).max:
        raise InputError(
            f"config: model.conduction_speed: {speed:g} mm/ms gives delays of "
            f"{delays.max():.3g} steps; "
            f"expected at most {np.iinfo(np.uint32).max}"
        )
    return delays.astype(np.int64).clip(min=0)


def write(path: str | Path, anatomy: Connectome, source: str) -> None:
    """Write connectome.nc; ``source`` says where it is from."""
    with store.new_netcdf(path, TITLE, {"source": source}) as dataset:
        for name in ("labels", "target", "source"):
            store.add(dataset, name, anatomy.labels)
        store.add(dataset, "weights", anatomy.weights)
        store.add(dataset, "distances", anatomy.distances)
