"""Scores written as plainly as possible, with loops and nothing kept, to compare with.

S, T: lists of vectors over pairs of regions, of simulated and target replicates.
"""

import itertools

import numpy as np
from scipy import stats


def corr(a, b):
    return stats.pearsonr(a, b)[0]


def residual(x, distance):
    """What a line with an intercept leaves."""
    design = np.column_stack([np.ones(len(x)), distance])
    return x - design @ np.linalg.lstsq(design, x)[0]


def mean_match(S, T):
    return np.mean([corr(s, t) for s in S for t in T])


def ceiling(T):
    return np.mean([corr(a, b) for a, b in itertools.permutations(T, 2)])


def minus_ceiling(S, T):
    return mean_match(S, T) - ceiling(T)


def corrected(S, T):
    return mean_match(S, T) / np.sqrt(ceiling(S) * ceiling(T))


def distance(S, T):
    return np.mean(
        [
            (s - t) @ (other_s - other_t) / len(s)
            for s, other_s in itertools.permutations(S, 2)
            for t, other_t in itertools.permutations(T, 2)
        ]
    )


def without(rows, k):
    return [row for i, row in enumerate(rows) if i != k]


def jackknife(statistic, *sides):
    """Value, ends of the interval, and the pseudo-values of each side."""
    value = statistic(*sides)
    pseudo = []
    for which, side in enumerate(sides):
        n = len(side)
        pseudo.append(
            np.array(
                [
                    n * value
                    - (n - 1)
                    * statistic(*(without(s, k) if i == which else s for i, s in enumerate(sides)))
                    for k in range(n)
                ]
            )
        )
    parts = [p.var(ddof=1) / len(p) for p in pseudo]
    df = sum(parts) ** 2 / sum(v**2 / (len(p) - 1) for v, p in zip(parts, pseudo, strict=True))
    half = stats.t.ppf(0.975, df) * np.sqrt(sum(parts))
    return value, value - half, value + half, pseudo


def two_way(M):
    """Mean of a matrix of pairs and its interval, the variance by sums of squares in loops."""
    n, m = M.shape
    mean = M.mean()
    rows = [M[i].mean() for i in range(n)]
    columns = [M[:, j].mean() for j in range(m)]
    s_r2 = sum((x - mean) ** 2 for x in rows) / (n - 1)
    s_c2 = sum((x - mean) ** 2 for x in columns) / (m - 1)
    s_e2 = 0.0
    for i in range(n):
        for j in range(m):
            s_e2 += (M[i, j] - rows[i] - columns[j] + mean) ** 2 / ((n - 1) * (m - 1))
    V = max(s_r2 / n + s_c2 / m - s_e2 / (n * m), s_r2 / n, s_c2 / m)
    df = V**2 / ((s_r2 / n) ** 2 / (n - 1) + (s_c2 / m) ** 2 / (m - 1))
    half = stats.t.ppf(0.975, max(df, min(n, m) - 1)) * np.sqrt(V)
    return mean, mean - half, mean + half


def reliability(segments, times):
    """Spearman-Brown: of a recording so many times as long as a segment."""
    u = ceiling(segments)
    return times * u / (1 + (times - 1) * u)


def single(statistic, S, whole, segments):
    """A jackknife of statistic(S, recording, segments) over S and the segments of a recording.

    Without a segment a recording that is the mean of its segments is the mean of the others.
    """
    off = whole - np.mean(segments, axis=0)

    def of(S, segments):
        return statistic(S, np.mean(segments, axis=0) + off, segments)

    return jackknife(of, S, segments)
