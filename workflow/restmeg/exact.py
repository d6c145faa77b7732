"""Matrix products with the same bits on every machine."""

import math

import numpy as np


def product(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The matrix product a b, the same to the last bit with any BLAS, processor and threads.

    A linear algebra library picks the order of its additions, and so what it rounds, by the
    machine. Here nothing is left for one that multiplies and adds the terms to round: each factor
    is cut into two slices of whole numbers so small that all their products and sums are whole
    numbers up to 2^53 (Ozaki, Ogita, Oishi and Rump 2012, Numer Algorithms 59:95, with a fixed
    number of slices).

    a: (m, k); b: (k, n); finite, rows of a and columns of b zero or at most 1e290 and at least
    1e-290 in size. Returns (m, n). An element's error is below
    k (2^(1 - 2 bits) + 2^-51) max|row of a| max|column of b|, bits = (53 - log2 k) / 2, rounded
    down: for k = 1024 that is 2^-41 of k times the largest term there can be.
    """
    bits = _bits(a.shape[1])
    high_a, low_a, scale_a = _slices(a, 1, bits)
    high_b, low_b, scale_b = _slices(b, 0, bits)
    cross = high_a @ low_b + low_a @ high_b
    return _join(high_a @ high_b, cross, low_a @ low_b, bits) * (scale_a * scale_b)


def gram(a: np.ndarray) -> np.ndarray:
    """The products of all pairs of columns, a^T a: product(a.T, a) in half the time.

    a: (k, n). Returns (n, n).
    """
    bits = _bits(len(a))
    high, low, scale = _slices(a, 0, bits)
    cross = high.T @ low
    return _join(high.T @ high, cross + cross.T, low.T @ low, bits) * (scale.T * scale)


def _bits(n_terms):
    """The size of slices with n_terms products of two of which are at most 2^53."""
    return (53 - math.ceil(math.log2(max(n_terms, 1)))) // 2


def _slices(matrix, axis, bits):
    """Whole numbers high and low, to 2^bits, and powers of two: scale (high + low / 2^bits)."""
    ends = (f(axis=axis, keepdims=True, initial=0.0) for f in (matrix.max, matrix.min))
    largest = np.maximum(*map(np.abs, ends))
    scale = np.ldexp(1.0, np.frexp(largest)[1] - bits)  # 2^-bits where all is zero
    scaled = matrix * (1.0 / scale)
    high = np.rint(scaled)
    scaled -= high
    scaled *= 2.0**bits
    return high, np.rint(scaled, out=scaled), scale


def _join(high, cross, low, bits):
    high += cross * 2.0**-bits
    high += low * 4.0**-bits
    return high
