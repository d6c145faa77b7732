"""The structural connectome: weights and distances between regions."""

from typing import NamedTuple

import numpy as np

from restmeg import InputError, files, units


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
        if orientation == "source_target":
            weights, distances = weights.T, distances.T
    elif str(path).endswith(".nc"):
        weights, distances, labels = _read_netcdf(path)
    else:
        raise InputError(f"{path}: not a connectome file; expected a name that ends in .npz or .nc")
    return Connectome(*check(path, weights, distances, labels))


def _read_netcdf(path):
    with files.open_netcdf(path, "weights", "distances", "labels") as dataset:
        matrices = []
        for name in ("weights", "distances"):
            variable = dataset[name]
            if set(variable.dimensions) != {"target", "source"}:
                raise InputError(
                    f"{path}: {name} has dimensions {variable.dimensions}; "
                    "expected 'target' and 'source'"
                )
            matrix = variable[...]
            matrices.append(matrix if variable.dimensions[0] == "target" else matrix.T)
        length = getattr(dataset["distances"], "units", None)
        factor = units.factor(f"{path}: distances", length, "mm")
        return matrices[0], matrices[1] * factor, dataset["labels"][...]


def check(name, weights, distances, labels):
    """Return the three arrays in standard form; ``name`` says in messages where they are from.

    Raises InputError unless both matrices are square, of one size, finite and non-negative, and
    labels are unique and as many. The diagonals are set to zero: a region's coupling to itself is
    part of its own model.
    """
    labels = np.array([str(label) for label in np.ravel(labels)], dtype=object)
    matrices = []
    for what, matrix in (("weights", weights), ("distances", distances)):
        try:
            matrix = np.array(matrix, dtype=np.float64)
        except (TypeError, ValueError):
            raise InputError(f"{name}: {what} are not numbers") from None
        if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
            raise InputError(f"{name}: {what} have shape {matrix.shape}; expected a square matrix")
        for bad, problem in ((~np.isfinite(matrix), "not finite"), (matrix < 0, "negative")):
            if bad.any():
                i, j = np.argwhere(bad)[0]
                raise InputError(
                    f"{name}: {what}[{i}, {j}] is {matrix[i, j]}, {problem}; "
                    f"{np.count_nonzero(bad)} such of {matrix.size}; expected finite values >= 0"
                )
        np.fill_diagonal(matrix, 0.0)
        matrices.append(matrix)
    weights, distances = matrices
    if weights.shape != distances.shape:
        raise InputError(
            f"{name}: weights have shape {weights.shape} but distances {distances.shape}"
        )
    if len(weights) < 2:
        raise InputError(f"{name}: {len(weights)} region; expected at least 2")
    if len(labels) != len(weights):
        raise InputError(f"{name}: {len(labels)} labels for {len(weights)} regions")
    values, counts = np.unique(labels.astype(str), return_counts=True)
    if (counts > 1).any():
        raise InputError(f"{name}: label '{values[counts > 1][0]}' is there more than once")
    if not weights.any():
        raise InputError(f"{name}: all weights are zero; expected at least one connection")
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
