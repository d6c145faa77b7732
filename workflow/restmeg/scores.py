"""Scores: how far the model explains the data, with intervals over replicates."""

import contextlib
import csv
import warnings
from typing import NamedTuple

import numpy as np

from restmeg import ResultWarning, files

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


def read_fc(paths):
    """Functional connectivity of all replicates of some files of connectivity.

    Returns measures, replicate numbers (replicates,) and fc (measure, replicates, N, N).
    """
    parts, replicates = [], []
    for path in paths:
        with files.open_netcdf(path, "fc", "measure", "replicate") as dataset:
            measures = [str(name) for name in dataset["measure"][...]]
            replicates.append(dataset["replicate"][...])
            parts.append(dataset["fc"][...])
    return measures, np.concatenate(replicates), np.concatenate(parts, axis=1)


def score(points, target_paths, connectome_path, seed, summary_path, replicates_path):
    """Write scores.csv and the scores of each replicate.

    points: list of (point, {swept parameter: value}, [paths of connectivity.nc]);
    target_paths: connectivity.nc of the target; seed: of the bootstrap.

    Warns of scores that are NaN in some replicates.
    """
    with files.open_netcdf(connectome_path, "weights") as dataset:
        weights = dataset["weights"][...]
    _, target_replicates, target = read_fc(target_paths)
    head = ["point", *points[0][1], "measure", "score"]
    summary = []
    with _new_csv(replicates_path) as single:
        single.writerow([*head, "replicate", "target_replicate", "value"])
        for point, values, paths in points:
            measures, replicates, fc = read_fc(paths)
            for m, measure in enumerate(measures):
                start = [point, *values.values(), measure]
                coupling = structure_function_coupling(fc[m], weights)
                match = fc_match(fc[m], target[m])
                for name, result in (
                    ("structure_function_coupling", coupling),
                    ("fc_match", match),
                ):
                    statistics = summarise(result, seed)
                    summary.append([*start, name, *map(_number, statistics)])
                    if statistics.n < result.size:
                        warnings.warn(
                            f"{name} ({measure}, point {point}) is NaN in "
                            f"{result.size - statistics.n} of {result.size} values, which the "
                            "mean leaves out",
                            ResultWarning,
                            stacklevel=2,
                        )
                    # One value a replicate has no target replicate.
                    others = target_replicates if result.ndim == 2 else [""]
                    for replicate, row in zip(replicates, result, strict=True):
                        for other, value in zip(others, np.atleast_1d(row), strict=True):
                            single.writerow([*start, name, replicate, other, _number(value)])
    with _new_csv(summary_path) as table:
        table.writerow([*head, *Summary._fields])
        table.writerows(summary)


def _number(value):
    """A number as text, in nine digits: more than a score carries, fewer than rounding moves."""
    return f"{value:.9g}"


@contextlib.contextmanager
def _new_csv(path):
    """Yield a CSV writer; the file appears when the block succeeds."""
    with files.whole(path) as partial, partial.open("w", newline="") as file:
        yield csv.writer(file, lineterminator="\n")
