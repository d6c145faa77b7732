"""Means over replicates, and how sure they are: intervals by formulas, nothing is drawn."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from restmeg.scores.student import quantile

POINTS, CURVATURE = "points", "curvature"  # what the interval of a best value is from


def decimals(low: float, high: float) -> int:
    """Decimals with which an interval's width has two digits: two to six, two if there is none."""
    width = high - low
    if not (np.isfinite(width) and width > 0):
        return 2
    return int(np.clip(1 - np.floor(np.log10(width)), 2, 6))


class Summary(NamedTuple):
    """A score's value, its 95 % interval, and the number of finite values behind it."""

    value: float
    ci_low: float
    ci_high: float
    n: int


def _with_interval(
    value: float, n: int, variance: float, sources: Sequence[tuple], at_least: float = 1.0
) -> Summary:
    """A t interval. sources: variances of independent means, and degrees of freedom of each.

    Those of the whole are Satterthwaite's (1946, Biometrics Bull 2:110).
    """
    if not np.isfinite(variance):
        return Summary(float(value), np.nan, np.nan, n)
    half = 0.0
    if variance > 0:
        # Of shares, as the square of a small variance may be none that a double can hold.
        weight = sum((part / variance) ** 2 / df for part, df in sources)
        half = np.sqrt(variance) * quantile(max(1 / weight, at_least))
    return Summary(float(value), float(value - half), float(value + half), n)


def _of_mean(values: np.ndarray) -> tuple[float, int]:
    """Variance of the mean of independent values (n,), and its degrees of freedom; NaN of one."""
    n = len(values)
    if n < 2:
        return np.nan, 0
    # Equal values must not get an interval of rounding errors.
    spread = values.var(ddof=1) if np.ptp(values) else 0.0
    return spread / n, n - 1


def of_mean(values: np.ndarray) -> Summary:
    """Mean of independent values (n,) with its t interval, which a single one has not.

    NaN are left out and not counted.
    """
    values = np.asarray(values, dtype=np.float64)
    values = values[np.isfinite(values)]
    if not len(values):
        return Summary(np.nan, np.nan, np.nan, 0)
    source = _of_mean(values)
    return _with_interval(values.mean(), len(values), source[0], [source])


def of_pairs(values: np.ndarray) -> Summary:
    """Mean of a value of each pair (n, m) of replicates, with its t interval.

    Pairs that share a replicate are not independent. With s_r^2 the variance of row means, s_c^2
    that of column means and s_e^2 the mean square of what is left, the variance of the mean is
    s_r^2 / n + s_c^2 / m - s_e^2 / (n m), as in a two-way layout with random rows and columns, and
    taken to be no less than either of the first two. Where one side has a single replicate, the
    interval is that of the other side, given this one. Rows and columns of NaN are left out.
    """
    values = np.asarray(values, dtype=np.float64)
    finite = np.isfinite(values)
    values = values[np.ix_(finite.any(axis=1), finite.any(axis=0))]
    n, m = values.shape
    if min(n, m) < 2:
        return of_mean(values.ravel())
    rows, columns, mean = values.mean(axis=1), values.mean(axis=0), values.mean()
    sources = [_of_mean(rows), _of_mean(columns)]
    of_rows, of_columns = (part for part, _ in sources)
    left = values - rows[:, None] - columns + mean
    shared = (left**2).sum() / ((n - 1) * (m - 1)) / (n * m)
    variance = max(of_rows + of_columns - shared, of_rows, of_columns)
    return _with_interval(mean, n * m, variance, sources, min(n, m) - 1)


class LeftOut(NamedTuple):
    """A statistic of all replicates, and of all but one of them: what a jackknife is made of.

    ``simulated`` and ``target`` hold it without each replicate of that side, (n,) and (m,), or the
    whole's number where it does not depend on that side.
    """

    whole: Any
    simulated: Any
    target: Any

    @staticmethod
    def of(function: Callable, *parts: "LeftOut") -> "LeftOut":
        """A function of other statistics."""
        return LeftOut(*(function(*values) for values in zip(*parts, strict=True)))

    def pseudo_values(self) -> list[np.ndarray]:
        """Of each side that it depends on, size whole - (size - 1) without each."""
        sides = [np.asarray(side) for side in self[1:] if np.ndim(side)]
        return [len(side) * self.whole - (len(side) - 1) * side for side in sides]


def means(values: np.ndarray) -> LeftOut:
    """Mean of a value of each pair (n, m)."""
    n, m = values.shape
    total = values.sum()
    return LeftOut(
        _over(total, n * m),
        _over(total - values.sum(axis=1), (n - 1) * m),
        _over(total - values.sum(axis=0), n * (m - 1)),
    )


def mean_of_others(gram: np.ndarray) -> tuple[Any, np.ndarray]:
    """Mean of symmetric products (k, k) of different replicates; and without each, (k,).

    NaN where there are no two.
    """
    k = len(gram)
    rows = np.where(np.eye(k, dtype=bool), 0.0, gram).sum(axis=1)
    total = rows.sum()
    return _over(total, k * (k - 1)), _over(total - 2 * rows, (k - 1) * (k - 2))


def _over(total, count):
    return total / (count if count > 0 else np.nan)


def of_jackknife(whole: float, pseudo_values: Sequence[np.ndarray], n: int) -> Summary:
    """A statistic with its delete-one jackknife interval over one side or both.

    pseudo_values: of each side, (size,); the variances of their means add up (Arvesen 1969, Ann
    Math Stat 40:2076). No interval where one is NaN, as of too few replicates.
    """
    sources = [_of_mean(side) for side in pseudo_values]
    return _with_interval(whole, n, sum(part for part, _ in sources), sources)
