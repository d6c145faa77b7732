"""Measures of a pair of complex Gaussian signals, as analytic signals of a linear network are.

All follow from the complex coherency c = E[z_i conj(z_j)] of signals of unit power. Amplitudes and
phases have the moments

    E[a_i^p a_j^q e^(ik(phase_i - phase_j))]
        = G((k + p) / 2 + 1) G((k + q) / 2 + 1) / k!
          abs(c)^k 2F1((k - p) / 2, (k - q) / 2; k + 1; abs(c)^2) e^(ik arg c)

with G the gamma function. Given one signal, the part of the other that is orthogonal to it is Im(c)
times its amplitude plus noise of variance (1 - abs(c)^2) / 2; and Im(z_i conj(z_j)) is a difference
of exponentials of the scales (s +- Im c) / 2, s^2 = 1 - Re(c)^2.
"""

import math
from collections.abc import Callable

import numpy as np

MEAN = math.sqrt(math.pi) / 2  # of an amplitude
VARIANCE = 1 - math.pi / 4
TINY = 1e-15
NODES = 2001  # of a table


def moment(p: int, q: int, k: int, modulus: np.ndarray) -> np.ndarray:
    """E[a_i^p a_j^q e^(ik difference of phases)] for a coherency of this modulus and no angle."""
    from scipy.special import hyp2f1

    size = math.gamma((k + p) / 2 + 1) * math.gamma((k + q) / 2 + 1) / math.factorial(k)
    return size * modulus**k * hyp2f1((k - p) / 2, (k - q) / 2, k + 1, modulus**2)


def tabulated(function: Callable[[np.ndarray], np.ndarray], modulus: np.ndarray) -> np.ndarray:
    """A function of moduli from 0 to 1 of many pairs, from a table that is dense near 1.

    Which leaves about 1e-7 of it.
    """
    nodes = np.sin(np.linspace(0, np.pi / 2, NODES))
    return np.interp(modulus, nodes, function(nodes))


def envelopes(modulus: np.ndarray) -> np.ndarray:
    """Correlation of amplitudes."""
    return (moment(1, 1, 0, modulus) - MEAN**2) / VARIANCE


def locking(modulus: np.ndarray) -> np.ndarray:
    """Phase-locking value."""
    return moment(0, 0, 1, modulus)


def lag_index(c: np.ndarray) -> np.ndarray:
    """Phase lag index."""
    return np.abs(c.imag) / _lagged(c)


def weighted_lag_index(c: np.ndarray) -> np.ndarray:
    """Weighted phase lag index."""
    lag, s = np.abs(c.imag), _lagged(c)
    return 2 * lag * s / (s**2 + lag**2)


def weighted_lag_slope(c: np.ndarray) -> np.ndarray:
    """How the weighted phase lag index grows with the size of Im c."""
    lag, s = np.abs(c.imag), _lagged(c)
    return 2 * s * (s**2 - lag**2) / (s**2 + lag**2) ** 2


def _lagged(c):
    """s: what is not shared without delay."""
    return np.sqrt(np.maximum(1 - c.real**2, TINY))


def orthogonalised(c: np.ndarray) -> np.ndarray:
    """Correlation of an amplitude r with what of another signal is orthogonal to it, |lag r + n|.

    With k = lag / (sigma sqrt 2), sigma the standard deviation of n, and r of Rayleigh's
    distribution.
    """
    lag = np.abs(c.imag)
    sigma = np.sqrt(np.maximum(1 - np.abs(c) ** 2, TINY) / 2)
    k = lag / (sigma * math.sqrt(2))
    noise, ends = sigma * math.sqrt(2 / math.pi), 1 + k**2
    mean = noise / ends + lag / math.sqrt(math.pi) * (np.arctan(k) + k / ends)
    product = noise * MEAN * ends**-1.5 + lag * k * (2 * k**2 + 3) / (2 * ends**1.5)
    variance = lag**2 + sigma**2 - mean**2
    return (product - MEAN * mean) / np.sqrt(variance * VARIANCE)


def envelope_excess(modulus: np.ndarray) -> np.ndarray:
    """Variance of a correlation of amplitudes over that of normal signals with this correlation.

    Of independent samples; 1 where amplitudes are independent.
    """

    def central(p, q):
        """E of (a_i - MEAN)^p (a_j - MEAN)^q."""
        return sum(
            math.comb(p, n)
            * math.comb(q, m)
            * (-MEAN) ** (p - n + q - m)
            * moment(n, m, 0, modulus)
            for n in range(p + 1)
            for m in range(q + 1)
        )

    r = envelopes(modulus)
    one, three = central(4, 0), central(3, 1)
    squares = central(2, 2)
    found = squares - 2 * r * three + r**2 / 2 * (one + squares)
    return found / (VARIANCE * np.maximum(1 - r**2, TINY)) ** 2


def locking_excess(modulus: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Variances of the mean phasor along and across it over those of a coherency of its size.

    Of independent samples.
    """
    size, twice = locking(modulus), moment(0, 0, 2, modulus)
    left = np.maximum(1 - size**2, TINY)
    return ((1 + twice) / 2 - size**2) / (left**2 / 2), (1 - twice) / left


# Of an endless recording, from coherencies; of a region with itself as the estimators say.
VALUES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "pearson": lambda c: c.real,
    "envelope_correlation": lambda c: envelopes(_modulus(c)),
    "orthogonalised_envelope_correlation": orthogonalised,
    "phase_locking_value": lambda c: locking(_modulus(c)),
    "phase_lag_index": lag_index,
    "weighted_phase_lag_index": weighted_lag_index,
    "imaginary_coherence": lambda c: np.abs(c.imag),
}
ALONE = {"pearson": 1.0, "envelope_correlation": 1.0, "phase_locking_value": 1.0}


def _modulus(c):
    return np.minimum(np.abs(c), 1.0)


def connectivity(measure: str, c: np.ndarray) -> np.ndarray:
    """Functional connectivity (N, N) of an endless recording whose coherencies these are."""
    found = VALUES[measure](c)
    found = (found + found.T) / 2  # rounding may make a pair's two values differ
    np.fill_diagonal(found, ALONE.get(measure, 0.0))
    return found
