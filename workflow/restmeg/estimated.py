"""Functional connectivity of the replicates of a point, as files have it."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from restmeg import check, estimands, measures, store
from restmeg.errors import InputError
from restmeg.estimands import Kind

KINDS = "measure", "band"  # variables of files that say what connectivity is of


class Connectivity(NamedTuple):
    """Functional connectivity of the replicates of one point and role."""

    point: str
    kinds: list[Kind]  # measure and band
    replicates: np.ndarray  # (replicates,)
    labels: list  # of regions, in order
    fc: np.ndarray  # (kinds, replicates, N, N)
    notes: list  # what is wrong with it, in words
    segments: np.ndarray | None = None  # (kinds, segments, N, N) of a single replicate
    dynamics: np.ndarray | None = None  # (kinds, replicates, windows, windows), if there are any

    def of(self, replicates: Sequence[int] | None) -> "Connectivity":
        """That of some replicates alone, or of all for None."""
        kept = np.isin(self.replicates, self.replicates if replicates is None else replicates)
        return self._replace(
            replicates=self.replicates[kept],
            fc=self.fc[:, kept],
            dynamics=None if self.dynamics is None else self.dynamics[:, kept],
        )

    def turned(self, signs: np.ndarray) -> "Connectivity":
        """That of the same series with other signs (N,), 1 or -1, of regions."""
        signed = np.array([measures.is_signed(kind.measure) for kind in self.kinds])
        by = np.where(signed[:, None, None, None], np.outer(signs, signs), 1.0)
        return self._replace(
            fc=self.fc * by, segments=None if self.segments is None else self.segments * by
        )


def kinds(dataset: Any) -> tuple[list[Kind], list[tuple[int, int]]]:
    """Measures and bands of a file of connectivity, and the place of each in its ``fc``."""
    names, bands = ([str(name) for name in dataset[of][...]] for of in KINDS)
    found = estimands.kinds(names, bands)
    return found, estimands.places(found, names, bands)


def listed(kinds: Iterable[Kind]) -> str:
    """Measures and bands in messages."""
    return "; ".join(map(str, kinds))


def read(paths: Sequence[str | Path], role: str, labels: Iterable[str]) -> Connectivity:
    """Functional connectivity of all replicates of a point, from some files of connectivity.

    paths: connectivity.nc of the point's batches, in any order; role: what they must be of;
    labels: of regions, as they must name them.

    Returns Connectivity, replicates in ascending order. Raises InputError for files of different
    points, measures or replicates that are there twice, another role or other regions.
    """
    labels = [str(name) for name in labels]
    points: dict[str, str | Path] = {}
    estimated: dict[str, str | Path] = {}
    replicates, batches, notes, segments, dynamics = [], [], [], [], []
    for path in paths:
        with store.open_netcdf(path, "fc", *KINDS, "replicate", "region_to") as dataset:
            parameters, _ = store.provenance(dataset)
            check.same(path, "role", parameters.get("role"), role)
            points[parameters["point"]] = path
            own, places = kinds(dataset)
            estimated[listed(own)] = path
            if [str(name) for name in dataset["region_to"][...]] != labels:
                raise InputError(f"{path}: its regions are not those of the connectome")
            replicates.append(dataset["replicate"][...])
            batches.append(_matrices(dataset["fc"], places))
            if "fc_segments" in dataset.variables:
                segments.append(_matrices(dataset["fc_segments"], places))
            if "dynamics" in dataset.variables:
                dynamics.append(_matrices(dataset["dynamics"], places))
            notes += store.notes(dataset)
    alike: list[tuple[str, dict]] = [("point", points), ("measures", estimated)]
    for name, found in alike:
        if len(found) > 1:
            (first, path), (second, other), *_ = found.items()
            raise InputError(f"{other}: {name} {second}, but {path} has {first}; expected one")
    numbers = np.concatenate(replicates)
    check.unique_names(paths[0], "replicate", numbers)
    order = np.argsort(numbers, kind="stable")
    fc = np.concatenate(batches, axis=1)[:, order]
    (point,) = points
    parts = segments[0] if segments and len(numbers) == 1 else None
    moving = np.concatenate(dynamics, axis=1)[:, order] if dynamics else None
    return Connectivity(point, own, numbers[order], labels, fc, notes, parts, moving)


def _matrices(variable, places):
    return np.stack([variable[place] for place in places])
