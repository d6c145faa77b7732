"""Means over replicates, and how sure they are."""

from typing import NamedTuple

import numpy as np

RESAMPLES = 10_000
BLOCK = 500  # of them are drawn at once
LEVEL = 0.95


def decimals(low: float, high: float) -> int:
    """Decimals with which an interval's width has two digits: two to six, two if there is none."""
    width = high - low
    if not (np.isfinite(width) and width > 0):
        return 2
    return int(np.clip(1 - np.floor(np.log10(width)), 2, 6))


class Summary(NamedTuple):
    """Mean, bootstrap interval, and the number of finite values behind them."""

    value: float
    ci_low: float
    ci_high: float
    n: int


def summarise(values: np.ndarray, seed: int) -> Summary:
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
