"""Measures of phase, from cross-products s_ij(t) = z_i(t) conj(z_j(t)) of analytic signals.

Phase locking: Lachaux et al. 1999, Hum Brain Mapp 8:194. Phase lag index: Stam et al. 2007, Hum
Brain Mapp 28:1178; weighted: Vinck et al. 2011, NeuroImage 55:1548. Imaginary part of coherency:
Nolte et al. 2004, Clin Neurophysiol 115:2292. All but the first are blind to what two regions share
without delay.
"""

import numpy as np

from restmeg.errors import InputError


class _Sums:
    """Sums over time of something for all pairs of regions."""

    def __init__(self) -> None:
        """Start with no samples."""
        self.n = 0
        self.sums = np.zeros((0, 0, 0))
        self.power = np.zeros(0)

    def add(self, series: np.ndarray) -> None:
        """Add the next samples of analytic signals, complex (samples, N)."""
        if not len(series):
            return
        found, power = self._of(series), (series.real**2 + series.imag**2).sum(axis=0)
        if not self.n:
            self.sums, self.power = np.zeros_like(found), np.zeros_like(power)
        self.n += len(series)
        self.sums += found
        self.power += power

    def result(self) -> np.ndarray:
        """The measure (N, N); NaN where a region is silent.

        Raises InputError if there are no samples.
        """
        if not self.n:
            raise InputError("series: 0 samples; expected at least 1")
        upper = np.triu(self._measure(), 1)
        found = upper + upper.T  # rounding may make a pair's two sums differ
        np.fill_diagonal(found, self.ALONE)
        silent = ~(self.power > 0)
        found[silent], found[:, silent] = np.nan, np.nan
        return found

    ALONE = 0.0  # the measure of a region with itself

    def _of(self, series):
        """What is summed of some samples."""
        raise NotImplementedError

    def _measure(self):
        """The measure (N, N) from the sums, of which the upper half counts."""
        raise NotImplementedError


class Locking(_Sums):
    """Phase-locking value: |mean s / |s||."""

    ALONE = 1.0

    def _of(self, series):
        with np.errstate(invalid="ignore"):  # of a silent region, which has no phase
            unit = series / np.abs(series)
        return unit.T @ unit.conj()

    def _measure(self):
        return np.minimum(np.abs(self.sums) / self.n, 1.0)


class ImaginaryCoherence(_Sums):
    """|Im coherency|, coherency = mean s / sqrt(mean |z_i|^2 mean |z_j|^2)."""

    def _of(self, series):
        return series.T @ series.conj()

    def _measure(self):
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.abs(self.sums.imag) / np.sqrt(np.outer(self.power, self.power))


class _Lags(_Sums):
    """Sums of the sign of Im s, of Im s, and of its size."""

    def _of(self, series):
        from restmeg.measures import pairs  # compiles, which others do not need

        return pairs.lags(series)


class LagIndex(_Lags):
    """Phase lag index: |mean sign Im s|."""

    def _measure(self):
        return np.abs(self.sums[0]) / self.n


class WeightedLagIndex(_Lags):
    """Weighted phase lag index: |mean Im s| / mean |Im s|; 0 where there is no lag at all."""

    def _measure(self):
        _, sums, sizes = self.sums
        return np.abs(sums) / np.where(sizes > 0, sizes, 1.0)
