"""A connectome in two files: a matrix of weights, and one of distances."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from restmeg import check, formats
from restmeg.errors import InputError
from restmeg.formats import RawArray, RawConnectome, matlab, text


def connectome(path: str | Path, given: Mapping) -> RawConnectome:
    """Weights in ``path``, distances in ``given["distances"]``, or both in one MATLAB file.

    Each file is one of FORMATS["array"]; in those of MATLAB ``given["variables"]`` names the
    matrices where there are several. Files whose rows and columns have names may have them in
    different orders.
    """
    variables = given["variables"]
    elsewhere = given["distances"]
    if elsewhere is None and not variables["distances"]:
        inside = " or connectome.variables" if str(path).endswith(".mat") else ""
        raise InputError(
            f"{path}: holds one matrix; expected the file of the tract lengths in "
            f"connectome.distances{inside}"
        )
    weights, labels = square(path, "weights", variables["weights"])
    second = elsewhere or path
    distances, other = square(second, "distances", variables["distances"])
    if variables["labels"]:
        labels = matlab.names(path, variables["labels"])
    if other is not None:
        order = check.match_regions(second, other, _known(path, labels, given["labels"], second))
        distances = distances[order][:, order]
    return RawConnectome(weights, distances, labels)


def _known(path, labels, file, second):
    """Names of the regions of the weights, which those of the distances are matched to."""
    if labels is None and file is None:
        raise InputError(
            f"{path}: has no names of its regions, and {second} has; expected connectome.labels, a "
            f"file of those of {path}"
        )
    return text.names(file) if labels is None else labels


def square(path: str | Path, name: str, variable: str | None) -> tuple:
    """A matrix with a row and a column for each region, and their names or None.

    Raises InputError if it is not square, or rows and columns have other names.
    """
    found: RawArray = formats.reader("array", path)(path, variable)
    matrix, rows, columns = found
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        hint = ""
        if matrix.ndim == 2 and matrix.shape[0] == matrix.shape[1] + 1 and columns is None:
            hint = "; if its first row has the names of the regions, they must not be numbers"
        raise InputError(f"{path}: {name}: shape {matrix.shape}; expected a square matrix{hint}")
    check.size(path, name, matrix.shape, np.float64)
    if rows and columns:
        matrix = matrix[:, check.match_regions(path, columns, rows, of="its rows")]
    return matrix, rows or columns
