"""What is compared of functional connectivity dynamics.

Of a replicate it is the distribution of correlations between the connectivities of its windows, as
windows of one recording have nothing in common with those of another: as the share of them that is
below each of some values. The squared distance between expected shares (Cramer 1928, Scand Actuar J
1928:13) has an estimate without bias, as that of connectivity. A distance between two replicates,
as Kolmogorov's and Smirnov's, has their sampling error in it and is least for a model that varies
too little.
"""

import numpy as np

APART = 2  # windows: neighbours overlap, and are alike for that
VALUES = np.linspace(-1, 1, 201)


def values(dynamics: np.ndarray) -> np.ndarray:
    """Correlations of windows that do not overlap (..., pairs), of (..., windows, windows)."""
    rows, columns = np.triu_indices(dynamics.shape[-1], k=APART)
    return dynamics[..., rows, columns]


def patterns(dynamics: np.ndarray) -> np.ndarray:
    """Share of those at or below each of VALUES (replicates, 201); NaN where there is a gap.

    dynamics: (replicates, windows, windows).
    """
    rows = np.sort(values(dynamics), axis=-1)
    below = [np.searchsorted(row, VALUES, side="right") / len(row) for row in rows]
    gaps = np.isnan(rows).any(axis=-1)
    return np.where(gaps[:, None], np.nan, below)
