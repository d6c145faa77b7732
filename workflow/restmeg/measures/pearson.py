"""Pearson correlation."""

import numpy as np

from restmeg import exact
from restmeg.errors import InputError


class Moments:
    """Sums over time from which Pearson correlations follow, gathered a piece after another.

    All sums are about the first sample, so that a region that never changes has a variance of
    exactly zero, and over blocks of SAMPLES samples, so that pieces of any length give the same
    bits.
    """

    SAMPLES = 1024

    def __init__(self) -> None:
        """Start with no samples."""
        self.n = 0
        self.origin = self.waiting = self.products = np.empty((0, 0))

    def add(self, series: np.ndarray) -> None:
        """Add the next samples, (samples, N)."""
        series = np.asarray(series)
        if not len(series):
            return
        if not self.n:
            n_regions = series.shape[1]
            self.origin = series[0].astype(np.float64)
            self.products = np.zeros((n_regions + 1, n_regions + 1))
            self.waiting = np.empty((0, n_regions + 1))
        self.n += len(series)
        # A column of ones among the regions makes their sums one more row of their products.
        before = self.waiting
        self.waiting = np.empty((len(before) + len(series), before.shape[1]))
        self.waiting[: len(before)] = before
        np.subtract(series, self.origin, out=self.waiting[len(before) :, :-1])
        self.waiting[len(before) :, -1] = 1.0
        while len(self.waiting) >= self.SAMPLES:
            block, self.waiting = self.waiting[: self.SAMPLES], self.waiting[self.SAMPLES :]
            self.products += exact.gram(block)

    def scatter(self) -> np.ndarray:
        """Scatter matrix (N, N): sums over time of products of deviations from the mean.

        Raises InputError if there are fewer than two samples.
        """
        if self.n < 2:
            raise InputError(f"series: {self.n} samples; expected at least 2")
        products = self.products + exact.gram(self.waiting)
        sums = products[-1, :-1]
        return products[:-1, :-1] - sums[:, None] * sums / self.n

    def result(self) -> np.ndarray:
        """Pearson correlation (N, N), ones on the diagonal; NaN where a region has no variance.

        Raises InputError if there are fewer than two samples.
        """
        scatter = self.scatter()
        variance = np.diag(scatter)
        # Of a constant only rounding can be left, or nothing at all.
        scale = np.sqrt(np.where(variance > 0, variance, np.nan))
        correlation = scatter / np.outer(scale, scale)
        np.fill_diagonal(correlation, np.where(np.isnan(scale), np.nan, 1.0))
        return correlation.clip(-1, 1)


def pearson(series: np.ndarray) -> np.ndarray:
    """Pearson correlation of all pairs of regions.

    series: (samples, N). Returns (N, N); a region with no variance has NaN in its row and column.
    Raises InputError if there are fewer than two samples.
    """
    moments = Moments()
    moments.add(series)
    return moments.result()
