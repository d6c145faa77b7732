"""Scores of null networks beside those of the study's: would another network do as well?"""

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from restmeg import check, connectome, estimated, fitted, scoring, store, tables
from restmeg.errors import InputError
from restmeg.estimated import Connectivity
from restmeg.nulls import ROLE
from restmeg.scores import KEY, LIKELIHOOD, LOWEST, OF_CONNECTIVITY, SCORES
from restmeg.scoring import NULL

# Scores of the simulated network: others are the same whatever it is, or not of its connectivity.
SCORED = [name for name in OF_CONNECTIVITY if SCORES[name].of_model]
HEAD = ["null", *KEY, "value", "null_mean", "null_sd", *NULL]
NETWORKS = ["null", "network", *KEY, "value"]
# How near a score must be to another to be as good, as a part of the largest: connectivity is in 32
# bits, likelihoods have nine digits. And at least, as distances are squares near zero.
ALIKE, ALIKE_FITS, LEAST = 1e-6, 1e-9, 1e-9

Key = tuple[str, str, str]  # measure, band, score
OF_FIT = "", "", LIKELIHOOD


class Against(NamedTuple):
    """A score beside those of null networks."""

    mean: float
    sd: float  # NaN of a single network
    z: float  # (value - mean) / sd
    p: float  # of a score at least as good, if the study's were a null network; NaN of a single one
    n: int  # networks with a finite score


def against(
    value: float, nulls: np.ndarray, direction: str | None, alike: float = ALIKE
) -> Against:
    """A score beside those of null networks (networks,), of which NaN are left out.

    p = (1 + number at least as good) / (1 + n), one-sided (Phipson and Smyth 2010, Stat Appl Genet
    Mol Biol 9:39). direction: what is better, as in `scores.Score`; the highest where none is.
    """
    nulls = nulls[np.isfinite(nulls)]
    n = len(nulls)
    near = max(alike * np.abs([value, *nulls]).max(), LEAST)
    if not n or not math.isfinite(value):
        return Against(math.nan, math.nan, math.nan, math.nan, n)
    mean, sd = float(nulls.mean()), float(nulls.std(ddof=1)) if n > 1 else math.nan
    sign = -1.0 if direction == LOWEST else 1.0
    as_good = np.count_nonzero(sign * (nulls - value) >= -near)
    # Of networks that are all alike only rounding is left.
    z = (value - mean) / sd if sd > near else math.nan
    p = (1 + as_good) / (1 + n) if n > 1 else math.nan  # of one it could only be 0.5 or 1
    return Against(mean, sd, z, p, n)


def networks(
    path: str | Path, name: str, point: str, target: Connectivity
) -> Iterator[tuple[int, Connectivity]]:
    """Yield number and connectivity of each null network in a file.

    name: of the null, and point: of what it must be. Raises InputError if it is of another, or its
    regions or measures are not those of the target.
    """
    with store.open_netcdf(
        path, "fc", "null", *estimated.KINDS, "replicate", "region_to"
    ) as dataset:
        parameters, _ = store.provenance(dataset)
        for what, expected in (("role", ROLE), ("null", name), ("point", point)):
            check.same(path, what, parameters.get(what), expected)
        kinds, places = estimated.kinds(dataset)
        check.same(path, "measures", estimated.listed(kinds), estimated.listed(target.kinds))
        labels = [str(label) for label in dataset["region_to"][...]]
        if labels != target.labels:
            raise InputError(f"{path}: its regions are not those of the connectome")
        replicates, fc = dataset["replicate"][...], dataset["fc"]
        for k, number in enumerate(dataset["null"][...]):
            matrices = np.stack([fc[k, m, b].astype(np.float64) for m, b in places])
            yield int(number), Connectivity(point, kinds, replicates, labels, matrices, [])


def write(
    paths: Sequence[str | Path],
    names: Sequence[str],
    target_paths: Sequence[str | Path],
    connectome_path: str | Path,
    points_path: str | Path | None,
    scores_path: str | Path,
    point: str,
    out: Sequence[str | Path],
    only: Sequence[int] | None = None,
    refit_paths: Sequence[str | Path] = (),
) -> None:
    """Write what null networks say of a point's scores, each network's scores, and notes on them.

    paths: connectivity.nc of all batches of null networks; names: of the nulls, in order;
    target_paths: connectivity.nc of the target; connectome_path: connectome.nc, whose weights and
    distances null networks are scored against too; points_path: points.csv, or None for a point
    that is not among them; scores_path: scores.csv of the point; out: paths of three tables; only:
    replicates of the target that are compared with, or None for all; refit_paths: of all batches of
    null networks, where the point is what was fitted: their log likelihoods, of the replicates that
    were fitted to, are a score as well.

    Raises InputError if files do not belong together or a network is there twice.
    """
    anatomy = connectome.read(connectome_path)
    target = estimated.read(target_paths, "target", anatomy.labels).of(only)
    axes, swept = ([], {point: []}) if points_path is None else tables.swept(points_path)
    _, rows = tables.read(scores_path)
    check.same(scores_path, "points", sorted({row["point"] for row in rows}), [point])
    own = {tuple(row[key] for key in KEY): float(row["value"]) for row in rows}
    fits = {}
    summary_path, networks_path, notes_path = out
    start = [point, *swept[point]]
    summary: list[list] = []
    notes: dict[tuple[str, str], None] = {}
    with tables.new_csv(networks_path, ["point", *axes, *NETWORKS]) as single:
        for name in names:
            found: dict[Key, dict[int, float]] = {}
            if refit_paths:
                of_name = _of_null(refit_paths, name)
                fits = {k: one for path in of_name for k, one in fitted.of_null_fits(path).items()}
                found[OF_FIT] = {number: height for number, (height, _) in fits.items()}
                own[OF_FIT] = fitted.searched_alike(of_name[0])
            for path in _of_null(paths, name):
                notes |= {(name, note): None for note in _notes(path)}
                for number, null in networks(path, name, point, target):
                    _, signs = fits.get(number, (0.0, np.ones(len(anatomy.labels))))
                    given = null, target.turned(signs), anatomy.weights, anatomy.distances
                    for one in scoring.scored(*given, SCORED):
                        values = found.setdefault((one.measure, one.band, one.score), {})
                        if number in values:
                            raise InputError(f"{path}: network {number} is there more than once")
                        values[number] = one.found.summary.value
            for key, values in found.items():
                if not math.isfinite(own[key]):
                    continue
                ordered = sorted(values.items())
                for number, value in ordered:
                    single.writerow([*start, name, number, *key, tables.number_if_known(value)])
                nulls = np.array([value for _, value in ordered])
                alike = ALIKE_FITS if key == OF_FIT else ALIKE
                beside = against(own[key], nulls, SCORES[key[-1]].direction, alike)
                numbers = map(tables.number_if_known, (own[key], *beside[:-1]))
                summary.append([*start, name, *key, *numbers, beside.n])
    tables.write(summary_path, [["point", *axes, *HEAD], *summary])
    texts = [[point, f"null {name}", note] for name, note in notes]
    tables.write(notes_path, [["point", "about", "note"], *texts])


def _of_null(paths, name):
    """The files that are of a null; they say so themselves."""
    found = []
    for path in paths:
        with store.open_netcdf(path) as dataset:
            if store.provenance(dataset)[0].get("null") == name:
                found.append(path)
    if not found:
        raise InputError(f"null {name}: none of {len(paths)} files is of it; expected one")
    return found


def _notes(path):
    with store.open_netcdf(path) as dataset:
        return store.notes(dataset)
