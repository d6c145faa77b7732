"""Sums over time for all pairs of regions, compiled: eight regions at a time, in registers."""

from functools import cache
from typing import Any

import numpy as np

from restmeg.core.cache import compiled_once
from restmeg.core.layout import LANES
from restmeg.core.vectors import at, choose, data, load, onward, store

BLOCK = 128  # samples that stay in the cache while all pairs with eight regions are gone through


def width(n_regions: int) -> int:
    """The next multiple of eight."""
    return -(-n_regions // LANES) * LANES


def padded(series: np.ndarray) -> np.ndarray:
    """A copy of (samples, N) with columns of zeros up to a multiple of eight."""
    n_samples, n_regions = series.shape
    whole = np.zeros((n_samples, width(n_regions)))
    whole[:, :n_regions] = series
    return whole


def _orthogonal(real, imaginary, inverse, sums):
    """Add some samples of analytic signals z to the sums (5, N, padded regions) of pairs i <= j.

    With c = |Im(z_j conj(z_i))|: of c; of c / |z_i| and its square; of c / |z_j| and its square.
    real, imaginary, inverse: (samples, padded regions); inverse: 1 / |z|.
    """
    n_samples, width = real.shape
    n_regions = sums.shape[1]
    plane = n_regions * width
    for first in range(0, n_samples, BLOCK):
        last = min(first + BLOCK, n_samples)
        for j in range(0, width, LANES):
            for i in range(min(j + LANES, n_regions)):
                total = onward(data(sums), i * width + j)
                products = load(total, 0)
                into, into_squares = load(total, plane), load(total, 2 * plane)
                out_of, out_of_squares = load(total, 3 * plane), load(total, 4 * plane)
                for t in range(first, last):
                    own, others = t * width + i, t * width + j
                    c = at(data(real), own) * load(data(imaginary), others)
                    c = c - at(data(imaginary), own) * load(data(real), others)
                    c = choose(c < 0.0, 0.0 - c, c)
                    a = c * at(data(inverse), own)
                    b = c * load(data(inverse), others)
                    products = products + c
                    into = into + a
                    into_squares = into_squares + a * a
                    out_of = out_of + b
                    out_of_squares = out_of_squares + b * b
                store(total, 0, products)
                store(total, plane, into)
                store(total, 2 * plane, into_squares)
                store(total, 3 * plane, out_of)
                store(total, 4 * plane, out_of_squares)


@cache
def orthogonal() -> Any:
    """`_orthogonal`, compiled."""
    return compiled_once(_orthogonal)


def _lags(real, imaginary, sums):
    """Add some samples of analytic signals z to the sums (3, N, padded regions) of pairs i <= j.

    Of the sign of Im(z_i conj(z_j)), of that itself, and of its size.
    real, imaginary: (samples, padded regions).
    """
    n_samples, width = real.shape
    n_regions = sums.shape[1]
    plane = n_regions * width
    for first in range(0, n_samples, BLOCK):
        last = min(first + BLOCK, n_samples)
        for j in range(0, width, LANES):
            for i in range(min(j + LANES, n_regions)):
                total = onward(data(sums), i * width + j)
                signs, values, sizes = load(total, 0), load(total, plane), load(total, 2 * plane)
                nothing = signs - signs
                for t in range(first, last):
                    own, others = t * width + i, t * width + j
                    s = at(data(imaginary), own) * load(data(real), others)
                    s = s - at(data(real), own) * load(data(imaginary), others)
                    signs = signs + choose(s > 0.0, nothing + 1.0, nothing)
                    signs = signs - choose(s < 0.0, nothing + 1.0, nothing)
                    values = values + s
                    sizes = sizes + choose(s < 0.0, 0.0 - s, s)
                store(total, 0, signs)
                store(total, plane, values)
                store(total, 2 * plane, sizes)


@cache
def _compiled_lags() -> Any:
    return compiled_once(_lags)


def lags(series: np.ndarray) -> np.ndarray:
    """The sums of `_lags` of some samples, complex (samples, N): (3, N, N), i < j."""
    n_regions = series.shape[1]
    sums = np.zeros((3, n_regions, width(n_regions)))
    _compiled_lags()(padded(series.real), padded(series.imag), sums)
    return sums[..., :n_regions]
