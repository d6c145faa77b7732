"""The structural connectome: weights and distances between regions."""

import math
from typing import NamedTuple

import numpy as np

from restmeg import InputError, check, files, units


class Connectome(NamedTuple):
    """Anatomy of N regions; row i, column j of a matrix is onto target i from source j."""

    weights: np.ndarray  # (N, N), non-negative, zero diagonal
    distances: np.ndarray  # (N, N), tract lengths in mm
    labels: np.ndarray  # (N,) unique names


def read(path, orientation="target_source", distance_unit="mm", normalise="none"):
    """Read and check a connectome.

    path: an .npz with arrays ``weights``, ``distances`` and ``labels``, or a .nc in the layout that
        `write` makes.
    orientation: whether rows of the .npz matrices are targets ("target_source") or sources
        ("source_target"). A .nc names its dimensions, which then decide.
    distance_unit: of the distances of an .npz; a .nc says its own, and another one than mm that
        contradicts it is refused.
    normalise: what the weights are divided by, see `normalised`.

    Raises InputError for a file that cannot be read or matrices that cannot be a connectome.
    """
    if str(path).endswith(".npz"):
        weights, distances, labels = files.read_npz(path, "weights", "distances", "labels")
        factor = units.factor("config: connectome.distance_unit", distance_unit, "mm")
    elif str(path).endswith(".nc"):
        weights, distances, labels, factor = _read_netcdf(path, distance_unit)
        orientation = "target_source"
    else:
        raise InputError(f"{path}: not a connectome file; expected a name that ends in .npz or .nc")
    weights, distances, labels = standard(path, weights, distances, labels)
    if orientation == "source_target":
        weights, distances = (np.ascontiguousarray(matrix.T) for matrix in (weights, distances))
    return Connectome(normalised(weights, normalise), distances * factor, labels)


def _read_netcdf(path, distance_unit):
    with files.open_netcdf(path, "weights", "distances") as dataset:
        given = "labels" if "labels" in dataset.variables else "target"
        if given not in dataset.variables:
            found = ", ".join(dataset.variables)
            raise InputError(f"{path}: no variable 'labels' or 'target'; found {found}")
        labels = check.unique_names(path, "label", files.read_values(dataset[given]))
        matrices = []
        for name in ("weights", "distances"):
            variable = dataset[name]
            if sorted(variable.dimensions) != ["source", "target"]:
                raise InputError(
                    f"{path}: {name} has dimensions {variable.dimensions}; "
                    "expected 'target' and 'source'"
                )
            matrix = files.read_values(variable)
            for axis, dimension in enumerate(variable.dimensions):
                if dimension in dataset.variables:  # a coordinate may have an order of its own
                    regions = files.read_values(dataset[dimension])
                    matrix = matrix.take(check.match_regions(path, regions, labels), axis)
            matrices.append(matrix if variable.dimensions[0] == "target" else matrix.T)
        length = getattr(dataset["distances"], "units", None)
        factor = units.factor(f"{path}: distances", length, "mm")
        stated = units.factor("config: connectome.distance_unit", distance_unit, "mm")
        if stated not in (1.0, factor):
            raise InputError(
                f"config: connectome.distance_unit: {distance_unit}, but {path} says {length}; "
                "expected the same or none"
            )
        return matrices[0], matrices[1], labels, factor


def standard(path, weights, distances, labels):
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


def is_triangle(matrix):
    """Whether all that is not zero is above the diagonal, or all below."""
    return not np.triu(matrix).any() or not np.tril(matrix).any()


def normalised(weights, method):
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


def spectral_radius(weights):
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


def delays_in_steps(distances, speed, dt):
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


def write(path, connectome, source):
    """Write connectome.nc; ``source`` says where it is from."""
    with files.new_netcdf(path, "Structural connectome", {"source": source}) as dataset:
        files.add_variable(
            dataset, "labels", ["region"], connectome.labels, long_name="region, in order"
        )
        add = files.add_variable
        pairs = ["target", "source"]
        add(dataset, "target", ["target"], connectome.labels, long_name="target region")
        add(dataset, "source", ["source"], connectome.labels, long_name="source region")
        add(
            dataset,
            "weights",
            pairs,
            connectome.weights,
            units="1",
            long_name="coupling weight onto target from source",
        )
        add(dataset, "distances", pairs, connectome.distances, units="mm", long_name="tract length")
