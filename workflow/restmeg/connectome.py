"""The structural connectome: weights and distances between regions."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from restmeg import check, formats, preparation, store, units
from restmeg.errors import InputError
from restmeg.formats import text

TITLE = "Structural connectome"


class Connectome(NamedTuple):
    """Anatomy of N regions; row i, column j of a matrix is onto target i from source j."""

    weights: np.ndarray  # (N, N), non-negative, zero diagonal
    distances: np.ndarray  # (N, N), tract lengths in mm
    labels: np.ndarray  # (N,) unique names
    centres: np.ndarray | None = None  # (N, 3) in mm, where they are known
    assumed: tuple[str, ...] = ()  # keys of what neither its file nor the user says

    def identity(self) -> list:
        """All that results depend on."""
        return [item for item in self[:4] if item is not None]


# What a file leaves open, and what is done to its matrices, unless the user says otherwise.
USUAL: dict[str, Any] = {
    "orientation": None,
    "distance_unit": None,
    "distances": None,
    "labels": None,
    "variables": {"weights": None, "distances": None, "labels": None},
    "symmetrise": "none",
    "regions": None,
    "density": 1.0,
    "transform": "none",
    "normalise": "none",
}


def read(path: str | Path, **given: Any) -> Connectome:
    """Read and check a connectome, in one of the layouts of `formats`.

    given: keys of the section ``connectome`` of the configuration, where they are not as USUAL.
        orientation: what rows of the matrices are, "target_source" (onto row i from column j) or
        "source_target"; distance_unit: such as "cm"; distances, labels: files of those;
        variables: names of weights, distances and labels within the file, as a mapping. None is
        what the file or its format says. The others: see `preparation.prepared`.

    Raises InputError for a file that cannot be read, does not say what has to be known, contradicts
    what is given, or holds matrices that cannot be a connectome.
    """
    options = {**USUAL, **given}
    options["variables"] = {**USUAL["variables"], **(options["variables"] or {})}
    described = formats.find("connectome", path)
    for name in ("distances", "labels", "variables"):
        if options[name] != USUAL[name] and name not in described.leaves_open:
            raise InputError(
                f"config: connectome.{name}: has no effect on {path}, which says that itself; "
                "expected it left out"
            )
    raw = formats.reader("connectome", path)(path, options)
    factor = _millimetres(path, raw, options["distance_unit"], described)
    labels = _labels(path, raw, options["labels"])
    matrices = numbers(path, raw.weights, raw.distances)
    symmetric = preparation.symmetrised(path, *matrices, options["symmetrise"])
    weights, distances, labels = _joined(path, *symmetric, labels)
    if _rows_are_sources(path, weights, raw, options, described):
        weights, distances = (np.ascontiguousarray(matrix.T) for matrix in (weights, distances))
    centres = None if raw.centres is None else _centres(path, raw.centres, len(labels))
    nobody = {"distance_unit": raw.distance_unit or raw.usual_unit, "labels": raw.labels}
    assumed = tuple(name for name, own in nobody.items() if own is None and options[name] is None)
    anatomy = Connectome(weights, distances * factor, labels, centres, assumed)
    return preparation.prepared(path, anatomy, options)


def from_settings(given: Mapping) -> Connectome:
    """The Connectome of the section ``connectome`` of a checked configuration; errors as `read`."""
    return read(given["path"], **{name: given[name] for name in USUAL})


def done(given: Mapping) -> dict:
    """What of a section ``connectome`` made its matrices others than those of the file."""
    return {name: given[name] for name, usual in USUAL.items() if given[name] != usual}


def _millimetres(path, raw, stated, described):
    """What distances are to be multiplied by. Raises InputError if user and file contradict."""
    where = "config: connectome.distance_unit"
    own = raw.distance_unit
    if own is None and "distance_unit" in described.leaves_open:
        return units.factor(where, stated or raw.usual_unit or "mm", "mm")
    factor = units.factor(f"{path}: distances", own, "mm")
    if stated is not None and units.factor(where, stated, "mm") != factor:
        raise InputError(f"{where}: {stated}, but {path} says {own}; expected the same or auto")
    return factor


def _labels(path, raw, file):
    """Names of regions: of the connectome, of a file of them, or numbers in order."""
    if file is None:
        if raw.labels is not None:
            return raw.labels
        return np.array([f"R{k}" for k in range(len(np.atleast_1d(raw.weights)))], dtype=object)
    names = text.names(file)
    check.unique_names(file, "label", names)
    if raw.labels is not None and list(map(str, raw.labels)) != names:
        raise InputError(
            f"config: connectome.labels: {file} has other names, or another order, than {path} "
            f"({check.some(names)} instead of {check.some(list(map(str, raw.labels)))}); expected "
            "the same or auto"
        )
    if len(names) != len(raw.weights):
        hint = ""
        if len(raw.weights) == len(names) + 1:
            hint = " (tck2connectome -keep_unassigned adds a first row and column)"
        raise InputError(
            f"{file}: {len(names)} labels; expected {len(raw.weights)}, one for each row of "
            f"{path}{hint}"
        )
    return names


def _rows_are_sources(path, weights, raw, options, described):
    """Whether rows of the matrices are sources; InputError where that is not known and counts."""
    stated = options["orientation"] if "orientation" in described.leaves_open else None
    orientation = stated or raw.orientation
    if orientation is None and (weights != weights.T).any():
        upper = "lower" if np.tril(weights).any() else "upper"
        mend = (
            f"symmetrise: {upper} if it is the half of undirected ones, or connectome.orientation"
            if is_triangle(weights)
            else "orientation: target_source or source_target"
        )
        raise InputError(
            f"{path}: weights are not symmetric, and whether their rows are targets or sources is "
            f"not said; expected connectome.{mend}"
        )
    return orientation == "source_target"


def _centres(path, centres, n_regions):
    centres = check.numbers(path, "centres", centres)
    if centres.shape != (n_regions, 3):
        raise InputError(f"{path}: centres: shape {centres.shape}; expected ({n_regions}, 3)")
    return centres


def standard(
    path: str | Path, weights: np.ndarray, distances: np.ndarray, labels: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the three arrays in standard form; ``path`` says in messages where they are from.

    Raises InputError unless both matrices are square, of one size of at least 3, finite and
    non-negative, labels are unique and as many, and either each connected pair has a length or
    none has. The diagonals are set to zero: a region's coupling to itself is part of its own model.
    """
    return _joined(path, *numbers(path, weights, distances), labels)


def _joined(path, weights, distances, labels):
    """Matrices of doubles with their labels, as `standard` returns them; changed in place."""
    for matrix in (weights, distances):
        np.fill_diagonal(matrix, 0.0)
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


def numbers(path: str | Path, weights: Any, distances: Any) -> tuple[np.ndarray, np.ndarray]:
    """Both matrices as doubles. A length that is NaN is none where there is no weight.

    Raises InputError unless both are square, of one size, finite and not negative.
    """
    matrices = [
        check.square(path, name, matrix)
        for name, matrix in (("weights", weights), ("distances", distances))
    ]
    if matrices[0].shape != matrices[1].shape:
        raise InputError(
            f"{path}: weights have shape {matrices[0].shape} but distances {matrices[1].shape}"
        )
    matrices[1][np.isnan(matrices[1]) & (matrices[0] == 0)] = 0.0
    for name, matrix in zip(("weights", "distances"), matrices, strict=True):
        check.every(path, name, matrix, np.isfinite(matrix), "finite values")
        check.every(path, name, matrix, matrix >= 0, "values >= 0")
    return matrices[0], matrices[1]


def _check_lengths(path, weights, distances, labels):
    """Raise InputError if some connected pairs have a length and others have none."""
    connected = weights > 0
    without = connected & (distances == 0)
    if not without.any() or not distances.any():
        return
    if is_triangle(distances) and not is_triangle(weights):
        raise InputError(
            f"{path}: distances are a triangle and weights are not; expected the length of each "
            "pair in both halves, such as distances + distances.T, or connectome.symmetrise"
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


def delays_in_steps(
    distances: np.ndarray, speed: float, dt: float, nearest: bool = False
) -> np.ndarray:
    """Whole steps that a signal needs: the smallest number not shorter than the tract, or nearest.

    distances in mm (any shape), speed in mm/ms, dt in ms. A millionth of a step is forgiven, so
    that 80.00000001, which is 80 with rounding error, is not 81. Raises InputError if too many.
    """
    exact = np.asarray(distances) / speed / dt
    delays = np.floor(exact + 0.5) if nearest else np.ceil(exact - 1e-6)
    if delays.max() > np.iinfo(np.uint32).max:
        raise InputError(
            f"config: model.conduction_speed: {speed:g} mm/ms gives delays of "
            f"{delays.max():.3g} steps; "
            f"expected at most {np.iinfo(np.uint32).max}"
        )
    return delays.astype(np.int64).clip(min=0)


def write(path: str | Path, anatomy: Connectome, source: str, done: Mapping | None = None) -> None:
    """Write connectome.nc; ``source`` says where it is from, ``done`` what was done to it."""
    with store.new_netcdf(path, TITLE, {"source": source, **(done or {})}) as dataset:
        for name in ("labels", "target", "source"):
            store.add(dataset, name, anatomy.labels)
        store.add(dataset, "weights", anatomy.weights)
        store.add(dataset, "distances", anatomy.distances)
        if anatomy.centres is not None:
            store.add(dataset, "centres", anatomy.centres)
