"""Scores: how far the model explains the data, with intervals over replicates."""

import warnings
from typing import NamedTuple

import numpy as np

from restmeg import InputError, ResultWarning, check, connectome, files, tables

HEAD = ["point", "measure", "score"]
RESAMPLES = 10_000
BLOCK = 500  # of them are drawn at once
LEVEL = 0.95


def edges(matrices):
    """The connections of symmetric matrices (..., N, N): their upper triangles (..., pairs)."""
    rows, columns = np.triu_indices(matrices.shape[-1], k=1)
    return matrices[..., rows, columns]


def undirected(weights):
    """Weights of the connections (pairs,): of (N, N), the mean of both directions."""
    return edges((weights + weights.T) / 2)


def _standardised(values):
    """Rows with mean 0 and length 1, so that their products are correlations; NaN if constant."""
    centred = values - values.mean(axis=-1, keepdims=True)
    # A row of equal values must not turn its rounding error into a correlation.
    constant = np.ptp(values, axis=-1, keepdims=True) == 0
    length = np.sqrt((centred**2).sum(axis=-1, keepdims=True))
    return centred / np.where(constant, np.nan, length)


def structure_function_coupling(fc, weights):
    """Correlation over region pairs of functional and structural connectivity (Honey et al. 2009).

    fc: (replicates, N, N); weights: (N, N), of which the mean of both directions counts.
    Returns (replicates,), NaN where a pair is NaN.
    """
    structure = _standardised(undirected(weights))
    return (_standardised(edges(fc)) * structure).sum(axis=-1)


def fc_match(simulated, target):
    """Correlation over region pairs of simulated and target functional connectivity.

    simulated: (replicates, N, N); target: (target replicates, N, N).
    Returns (replicates, target replicates), NaN where a pair of regions is NaN.
    """
    simulated, target = _standardised(edges(simulated)), _standardised(edges(target))
    # Not a matrix product: a library's would depend in its last bits on the machine.
    return np.stack([(simulated * row).sum(axis=-1) for row in target], axis=-1)


class Summary(NamedTuple):
    """Mean, bootstrap interval, and the number of finite values behind them."""

    value: float
    ci_low: float
    ci_high: float
    n: int


def summarise(values, seed):
    """Mean of scores with a 95 % percentile bootstrap interval over replicates.

    values: (replicates,) or (replicates, target replicates). A score of each pair has two sources
    of chance, and pairs that share a replicate are not independent: both are resampled, each on
    its own (the pigeonhole bootstrap, Owen 2007, Ann Appl Stat 1:386). Where one side has a single
    replicate, the interval is that of the other side, given this one. NaN are left out and not
    counted; with a single replicate of all there is no interval (NaN).

    seed: of the resampling alone.
    """
    values = np.asarray(values, dtype=np.float64)
    finite = np.isfinite(values)
    n = int(finite.sum())
    if n == 0:
        return Summary(np.nan, np.nan, np.nan, 0)
    if values.ndim == 2:  # replicates without any value are not there to be drawn
        rows, columns = finite.any(axis=1), finite.any(axis=0)
        values, finite = values[np.ix_(rows, columns)], finite[np.ix_(rows, columns)]
    else:
        values, finite = values[finite], finite[finite]
    filled = np.where(finite, values, 0.0)
    value = filled.sum() / n
    if max(values.shape) == 1:
        return Summary(float(value), np.nan, np.nan, n)
    rng = np.random.Generator(np.random.Philox(seed))
    means = np.concatenate([_resampled(filled, finite, rng) for _ in range(RESAMPLES // BLOCK)])
    low, high = np.quantile(means[np.isfinite(means)], [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Summary(float(value), float(low), float(high), n)


def _resampled(filled, finite, rng):
    """Means of a block of bootstrap samples; NaN where only gaps were drawn."""
    # How often each replicate is drawn, (samples, replicates), on each side.
    counts = [
        rng.multinomial(size, np.full(size, 1 / size), size=BLOCK).astype(np.float64)
        for size in filled.shape
    ]
    sums = []
    for array in (filled, finite.astype(np.float64)):
        if array.ndim == 2:
            array = np.einsum("bj,ij->bi", counts[1], array)
            sums.append(np.einsum("bi,bi->b", counts[0], array))
        else:
            sums.append(np.einsum("bi,i->b", counts[0], array))
    total, weight = sums
    return np.divide(total, weight, out=np.full(BLOCK, np.nan), where=weight > 0)


class Connectivity(NamedTuple):
    """Functional connectivity of the replicates of one point and role."""

    point: str
    measures: list
    replicates: np.ndarray  # (replicates,)
    labels: list  # of regions, in order
    fc: np.ndarray  # (measure, replicates, N, N)
    notes: list  # what is wrong with it, in words


def read_fc(paths, role, labels):
    """Functional connectivity of all replicates of a point, from some files of connectivity.

    paths: connectivity.nc of the point's batches, in any order; role: what they must be of;
    labels: of regions, as they must name them.

    Returns Connectivity, replicates in ascending order. Raises InputError for files of different
    points, measures or replicates that are there twice, another role or other regions.
    """
    points, measures, replicates, parts, notes = {}, {}, [], [], []
    for path in paths:
        with files.open_netcdf(path, "fc", "measure", "replicate", "region_to") as dataset:
            parameters, _ = files.provenance(dataset)
            check.same(path, "role", parameters.get("role"), role)
            points[parameters["point"]] = path
            measures[tuple(str(name) for name in dataset["measure"][...])] = path
            if [str(name) for name in dataset["region_to"][...]] != [str(name) for name in labels]:
                raise InputError(f"{path}: its regions are not those of the connectome")
            replicates.append(dataset["replicate"][...])
            parts.append(dataset["fc"][...])
            notes += files.notes(dataset)
    for name, found in (("point", points), ("measures", measures)):
        if len(found) > 1:
            (first, path), (second, other), *_ = found.items()
            raise InputError(f"{other}: {name} {second}, but {path} has {first}; expected one")
    replicates = np.concatenate(replicates)
    check.unique_names(paths[0], "replicate", replicates)
    order = np.argsort(replicates, kind="stable")
    fc = np.concatenate(parts, axis=1)[:, order]
    return Connectivity(*points, list(*measures), replicates[order], list(labels), fc, notes)


def score_point(simulated_paths, target_paths, connectome_path, seed, point, out):
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
        for m, measure in enumerate(simulated.measures):
            coupling = structure_function_coupling(simulated.fc[m], anatomy.weights)
            match = fc_match(simulated.fc[m], target.fc[m])
            for name, result in (("structure_function_coupling", coupling), ("fc_match", match)):
                start = [point, measure, name]
                statistics = summarise(result, seed)
                summary.append([*start, *map(_number, statistics)])
                if statistics.n < result.size:
                    note = (
                        f"{name} ({measure}) is NaN in {result.size - statistics.n} of "
                        f"{result.size} values, which the mean leaves out"
                    )
                    notes.append([point, "scores", note])
                    warnings.warn(f"point {point}: {note}", ResultWarning, stacklevel=2)
                # One value a replicate has no target replicate.
                others = target.replicates if result.ndim == 2 else [""]
                for replicate, row in zip(simulated.replicates, result, strict=True):
                    for other, value in zip(others, np.atleast_1d(row), strict=True):
                        single.writerow([*start, replicate, other, _number(value)])
    tables.write(summary_path, [[*HEAD, *Summary._fields], *summary])
    tables.write(notes_path, [["point", "about", "note"], *notes])


def _number(value):
    """A number as text, in nine digits: more than a score carries, fewer than rounding moves."""
    return f"{value:.9g}"
