"""How far functional connectivity dynamics of simulation and target are apart.

What is compared of a replicate is the distribution of correlations between the connectivities of
its windows, as windows of one recording have nothing in common with those of another.
"""

import numpy as np

from restmeg.scores import intervals
from restmeg.scores.comparison import REPLICATE, TARGET_REPLICATE, Comparison, Found, jackknifed
from restmeg.scores.intervals import LeftOut
from restmeg.scores.match import ALONE

APART = 2  # windows: neighbours overlap, and are alike for that


def patterns(dynamics: np.ndarray) -> np.ndarray:
    """Correlations of windows that do not overlap (..., values), of (..., windows, windows)."""
    rows, columns = np.triu_indices(dynamics.shape[-1], k=APART)
    return dynamics[..., rows, columns]


def kolmogorov_smirnov(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Largest difference of the distributions of all rows of a (n, values) and b (m, values)."""
    found = np.empty((len(a), len(b)))
    ours, theirs = np.sort(a, axis=1), np.sort(b, axis=1)
    for r, row in enumerate(ours):
        for t, other in enumerate(theirs):
            at = np.concatenate([row, other])
            shares = (np.searchsorted(each, at, side="right") / len(each) for each in (row, other))
            found[r, t] = np.abs(np.subtract(*shares)).max()
    return found


def distance(given: Comparison) -> Found:
    """Kolmogorov-Smirnov distance, the mean over all pairs of replicates."""
    values = kolmogorov_smirnov(given.simulated, given.target)
    return Found(intervals.of_pairs(values), {(REPLICATE, TARGET_REPLICATE): values})


def floor(given: Comparison) -> Found:
    """The same of different target replicates: what a perfect model would have."""
    whole, without = intervals.mean_of_others(kolmogorov_smirnov(given.target, given.target))
    note = ALONE if len(given.target) == 1 else ""
    return jackknifed(given, LeftOut(whole, whole, without), len(given.target), note)
