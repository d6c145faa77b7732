"""The structural connectome: weights and distances between regions."""

import warnings
from typing import NamedTuple

import numpy as np

from restmeg import InputError, ResultWarning, files, units


class Connectome(NamedTuple):
    """Anatomy of N regions; row i, column j of a matrix is onto target i from source j."""

    weights: np.ndarray  # (N, N), non-negative, zero diagonal
    distances: np.ndarray  # (N, N), tract lengths in mm
    labels: np.ndarray  # (N,) unique names


def read(path, orientation="target_source"):
    """Read and check a connectome.

    path: an .npz with arrays ``weights``, ``distances`` (mm) and ``labels``, or a .nc in the
        layout that `write` makes, whose distances may have any unit of length.
    orientation: whether rows of the .npz matrices are targets ("target_source") or sources
        ("source_target"). A .nc names its dimensions, which then decide.

    Raises InputError for a file that cannot be read or matrices that cannot be a connectome.
    """
    if str(path).endswith(".npz"):
        weights, distances, labels = files.read_npz(path, "weights", "distances", "labels")
    elif str(path).endswith(".nc"):
        weights, distances, labels = _read_netcdf(path)
        orientation = "target_source"
    else:
        raise InputError(f"{path}: not a connectome file; expected a name that ends in .npz or .nc")
    weights, distances, labels = check(path, weights, distances, labels)
    if orientation == "source_target":
        weights, distances = (np.ascontiguousarray(matrix.T) for matrix in (weights, distances))
    return Connectome(weights, distances, labels)


def _read_netcdf(path):
    with files.open_netcdf(path, "weights", "distances") as dataset:
        given = "labels" if "labels" in dataset.variables else "target"
        if given not in dataset.variables:
            found = ", ".join(dataset.variables)
            raise InputError(f"{path}: no variable 'labels' or 'target'; found {found}")
        labels = files.unique_names(path, "label", files.read_values(dataset[given]))
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
                    matrix = matrix.take(files.match_regions(path, regions, labels), axis)
            matrices.append(matrix if variable.dimensions[0] == "target" else matrix.T)
        length = getattr(dataset["distances"], "units", None)
        factor = units.factor(f"{path}: distances", length, "mm")
        return matrices[0], matrices[1] * factor, labels


def check(path, weights, distances, labels):
    """Return the three arrays in standard form; ``path`` says in messages where they are from.

    Warns if all connections run one way. Raises InputError unless both matrices are square, of one
    size, finite and non-negative, and labels are unique and as many. The diagonals are set to zero:
    a region's coupling to itself is part of its own model.
    """
    matrices = []
    for name, matrix in (("weights", weights), ("distances", distances)):
        matrix = files.numbers(path, name, matrix)
        if matrix.shape[0] != matrix.shape[1]:
            raise InputError(f"{path}: {name}: shape {matrix.shape}; expected a square matrix")
        files.check_all(path, name, matrix, matrix >= 0, "values >= 0")
        np.fill_diagonal(matrix, 0.0)
        matrices.append(matrix)
    weights, distances = matrices
    if weights.shape != distances.shape:
        raise InputError(
            f"{path}: weights have shape {weights.shape} but distances {distances.shape}"
        )
    labels = files.unique_names(path, "label", labels)
    if len(labels) != len(weights):
        raise InputError(f"{path}: {len(labels)} labels for {len(weights)} regions")
    if len(labels) < 2:
        raise InputError(f"{path}: a single region; expected at least 2")
    if not weights.any():
        raise InputError(f"{path}: weights between regions are all zero; expected a connection")
    if not np.triu(weights).any() or not np.tril(weights).any():
        warnings.warn(
            f"{path}: weights are a triangle, connections one way only; a file of undirected "
            "weights must hold both halves",
            ResultWarning,
            stacklevel=2,
        )
    return weights, distances, labels


def write(path, connectome, parameters):
    """Write connectome.nc; ``parameters`` says where it is from."""
    with files.new_netcdf(path, "Structural connectome", parameters) as dataset:
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
