"""Score a point of a study: from files of functional connectivity to tables."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from restmeg import check, connectome, store, tables
from restmeg.errors import InputError, warn_of_results
from restmeg.scores import SCORES
from restmeg.scores.intervals import Summary, summarise

HEAD = ["point", "measure", "score"]


class Connectivity(NamedTuple):
    """Functional connectivity of the replicates of one point and role."""

    point: str
    measures: list
    replicates: np.ndarray  # (replicates,)
    labels: list  # of regions, in order
    fc: np.ndarray  # (measure, replicates, N, N)
    notes: list  # what is wrong with it, in words


def read_fc(paths: Sequence[str | Path], role: str, labels: Iterable[str]) -> Connectivity:
    """Functional connectivity of all replicates of a point, from some files of connectivity.

    paths: connectivity.nc of the point's batches, in any order; role: what they must be of;
    labels: of regions, as they must name them.

    Returns Connectivity, replicates in ascending order. Raises InputError for files of different
    points, measures or replicates that are there twice, another role or other regions.
    """
    labels = [str(name) for name in labels]
    points: dict[str, str | Path] = {}
    measures: dict[tuple, str | Path] = {}
    replicates, batches, notes = [], [], []
    for path in paths:
        with store.open_netcdf(path, "fc", "measure", "replicate", "region_to") as dataset:
            parameters, _ = store.provenance(dataset)
            check.same(path, "role", parameters.get("role"), role)
            points[parameters["point"]] = path
            measures[tuple(str(name) for name in dataset["measure"][...])] = path
            if [str(name) for name in dataset["region_to"][...]] != labels:
                raise InputError(f"{path}: its regions are not those of the connectome")
            replicates.append(dataset["replicate"][...])
            batches.append(dataset["fc"][...])
            notes += store.notes(dataset)
    kinds: list[tuple[str, dict]] = [("point", points), ("measures", measures)]
    for name, found in kinds:
        if len(found) > 1:
            (first, path), (second, other), *_ = found.items()
            raise InputError(f"{other}: {name} {second}, but {path} has {first}; expected one")
    numbers = np.concatenate(replicates)
    check.unique_names(paths[0], "replicate", numbers)
    order = np.argsort(numbers, kind="stable")
    fc = np.concatenate(batches, axis=1)[:, order]
    (point,), (names,) = points, measures
    return Connectivity(point, list(names), numbers[order], labels, fc, notes)


class Scored(NamedTuple):
    """One score of one measure."""

    measure: str
    score: str
    values: np.ndarray  # (replicates,) or (replicates, target replicates)
    summary: Summary

    @property
    def note(self) -> str | None:
        """What is wrong with it, in words."""
        n_missing = self.values.size - self.summary.n
        if not n_missing:
            return None
        return (
            f"{self.score} ({self.measure}) is NaN in {n_missing} of {self.values.size} values, "
            "which the mean leaves out"
        )


def scored(
    simulated: Connectivity, target: Connectivity, weights: np.ndarray, seed: int
) -> Iterator[Scored]:
    """Yield all scores of all measures. seed: of the bootstrap; weights: (N, N)."""
    for m, measure in enumerate(simulated.measures):
        given = {"simulated": simulated.fc[m], "target": target.fc[m], "weights": weights}
        for name, score in SCORES.items():
            values = score.function(*(given[need] for need in score.needs))
            yield Scored(measure, name, values, summarise(values, seed))


def score_point(
    simulated_paths: Sequence[str | Path],
    target_paths: Sequence[str | Path],
    connectome_path: str | Path,
    seed: int,
    point: str,
    out: Sequence[str | Path],
) -> None:
    """Write the scores of one point, those of each of its replicates, and what is wrong with them.

    simulated_paths, target_paths: connectivity.nc of the point's batches and of the target's;
    seed: of the bootstrap; point: its name, which the files must have; out: paths of three tables.

    Warns of scores that are NaN in some replicates. Raises InputError if the files do not belong
    together.
    """
    anatomy = connectome.read(connectome_path)
    simulated = read_fc(simulated_paths, "simulated", anatomy.labels)
    target = read_fc(target_paths, "target", anatomy.labels)
    if simulated.measures != target.measures:
        raise InputError(
            f"{target_paths[0]}: measures {target.measures}; expected {simulated.measures}, as of "
            "what is simulated"
        )
    check.same(simulated_paths[0], "point", simulated.point, point)
    summary_path, single_path, notes_path = out
    notes = [
        [of.point, role, note]
        for of, role in ((simulated, "simulated"), (target, "target"))
        for note in of.notes
    ]
    summary = []
    with tables.new_csv(single_path, [*HEAD, "replicate", "target_replicate", "value"]) as single:
        for one in scored(simulated, target, anatomy.weights, seed):
            start = [point, one.measure, one.score]
            summary.append([*start, *map(_number, one.summary)])
            if one.note:
                notes.append([point, "scores", one.note])
                warn_of_results(f"point {point}", [one.note])
            # One value a replicate has no target replicate.
            others = target.replicates if one.values.ndim == 2 else [""]
            for replicate, row in zip(simulated.replicates, one.values, strict=True):
                for other, value in zip(others, np.atleast_1d(row), strict=True):
                    single.writerow([*start, replicate, other, _number(value)])
    tables.write(summary_path, [[*HEAD, *Summary._fields], *summary])
    tables.write(notes_path, [["point", "about", "note"], *notes])


def _number(value):
    """A number as text, in nine digits: more than a score carries, fewer than rounding moves."""
    return f"{value:.9g}"
