"""The linear network in a frequency band: cross-spectra through its filter, and coherency.

Filters are the very ones of `bands`. Frequencies are evenly spaced, so that coherency over lags is
their Fourier transform, one period of which is long enough for it to vanish: for the filter's
length, and for the decay of the slowest mode.
"""

import math
from typing import NamedTuple

import numpy as np

from restmeg import bands
from restmeg.theory import spectra
from restmeg.theory.settled import Settled

STOPPED = 1.5  # widths of a filter's edge beyond a band's limit, from where on nothing counts
LENGTH = 4.0  # of a period times the width of that edge
DECAYS = 10.0  # of the slowest mode in a period, of its time constants
LONGEST = 30.0  # s, of a period
FOLDED = 1e-3  # share of power that folds back into a band, from where on it counts


class Banded(NamedTuple):
    """Analytic signals of unit power in a band."""

    spectra: np.ndarray  # (n, N, N), whose sum is their coherency E[z_i conj(z_j)]
    period: float  # ms, the inverse of the spacing of the n frequencies

    @property
    def coherency(self) -> np.ndarray:
        """Complex (N, N)."""
        return self.spectra.sum(axis=0)

    def over_lags(self) -> np.ndarray:
        """Coherencies E[z_i(t + lag) conj(z_j(t))] of neighbouring regions as rows: (2n, N, N).

        Lags are 0 and up to a period, and turn with the lowest frequency of the band, which no
        measure sees. Twice as many as frequencies, as what is made of them has a wider spectrum.
        """
        return np.fft.ifft(self.spectra, 2 * len(self.spectra), axis=0) * 2 * len(self.spectra)

    def own_over_lags(self) -> np.ndarray:
        """Autocoherencies (2n, N), as `over_lags`."""
        own = np.diagonal(self.spectra, axis1=1, axis2=2)
        return np.fft.ifft(own, 2 * len(own), axis=0) * 2 * len(own)


def response(low: float, high: float, rate: float, hertz: np.ndarray) -> np.ndarray:
    """Amplitude (n,) that the filter of a band leaves at some frequencies, all in Hz."""
    taps = bands.taps(low, high, rate)
    half = len(taps) // 2
    angles = np.outer(hertz, np.arange(1, half + 1)) * (2 * np.pi / rate)
    later = taps[half + 1 :]
    # The other half is its conjugate.
    return taps[half].real + 2 * (np.cos(angles) @ later.real + np.sin(angles) @ later.imag)


def banded(settled: Settled, limits: tuple[float, float], rates: tuple[float, float]) -> Banded:
    """Analytic signals of a network in a band.

    limits: of the band in Hz; rates: Hz at which rates are picked, from where what is faster folds
    back, and at which they are filtered. Raises ValueError where theory does not hold.
    """
    if settled.net is None or settled.trouble:
        raise ValueError(settled.trouble)
    net, (low, high), (picked, filtered) = settled.net, limits, rates
    edge = bands.edge(low, high)
    bottom, top = max(0.0, low - STOPPED * edge), high + STOPPED * edge
    slowest = DECAYS / (1000 * -settled.slowest.real)
    period = max(LENGTH / edge, min(slowest, LONGEST))
    number = math.ceil((top - bottom) * period)
    hertz = bottom + (np.arange(number) + 0.5) * (top - bottom) / number
    found = _cross_spectra(net, hertz)
    k, own = 1, spectra.power(net, np.array([high])).T
    while k * picked < 500 / net.dt:
        share = spectra.power(net, np.array([k * picked - high])).T / own
        if share.max() < FOLDED:
            break
        found += _cross_spectra(net, k * picked - hertz).conj()
        found += _cross_spectra(net, k * picked + hertz)
        k += 1
    found *= response(low, high, filtered, hertz)[:, None, None] ** 2
    deviation = np.sqrt(np.einsum("nii->i", found).real)
    found /= np.outer(deviation, deviation)
    return Banded(found, 1000 * number / (top - bottom))


def _cross_spectra(net, hertz):
    found = np.empty((len(hertz), *net.weights.shape), complex)
    for piece, matrices in spectra.cross_spectra(net, 2 * np.pi * hertz / 1000):
        found[piece] = matrices
    return found
