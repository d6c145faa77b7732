"""Orthogonalised amplitude envelope correlation (Hipp et al. 2012, Nat Neurosci 15:884).

What two analytic signals z_i and z_j share without delay is taken out of one of them, sample by
sample: z_j orthogonal to z_i has the envelope |Im(z_j conj(z_i))| / |z_i|, which is correlated with
|z_i|. Of both directions the signed mean is taken, and no logarithm of envelopes.
"""

import numpy as np

from restmeg.errors import InputError
from restmeg.measures import pairs

SUMS = 5  # see `pairs`


class Correlation:
    """Sums over time from which orthogonalised envelope correlations follow."""

    def __init__(self) -> None:
        """Start with no samples."""
        self.n = 0
        self.sums = self.envelopes = np.zeros((0, 0, 0))

    def add(self, series: np.ndarray) -> None:
        """Add the next samples of analytic signals, complex (samples, N)."""
        if not len(series):
            return
        n_regions = series.shape[1]
        if not self.n:
            width = pairs.width(n_regions)
            self.sums, self.envelopes = np.zeros((SUMS, n_regions, width)), np.zeros((2, width))
        self.n += len(series)
        real, imaginary = pairs.padded(series.real), pairs.padded(series.imag)
        square = real**2 + imaginary**2
        envelope = np.sqrt(square)
        self.envelopes += envelope.sum(axis=0), square.sum(axis=0)
        with np.errstate(divide="ignore"):  # of a silent region, which has no correlation
            pairs.orthogonal()(real, imaginary, 1 / envelope, self.sums)

    def result(self) -> np.ndarray:
        """The mean correlation (N, N), zeros on the diagonal; NaN where a region is silent.

        Raises InputError if there are fewer than two samples.
        """
        if self.n < 2:
            raise InputError(f"series: {self.n} samples; expected at least 2")
        n_regions = self.sums.shape[1]
        envelope, square = self.envelopes[:, :n_regions]
        products, into, into_squares, out_of, out_of_squares = self.sums[..., :n_regions]
        own = square - envelope**2 / self.n
        own = np.where(own > 1e-12 * square, own, np.nan)
        found = np.zeros_like(products)
        for sums, squares, mean, variance in (
            (into, into_squares, envelope[:, None], own[:, None]),
            (out_of, out_of_squares, envelope[None], own[None]),
        ):
            # Orthogonal to i (rows), or to j; its envelope times the other one's is `products`.
            covariance = products - sums * mean / self.n
            left = squares - sums**2 / self.n
            found += covariance / np.sqrt(np.where(left > 0, left, np.nan) * variance) / 2
        upper = np.triu(found, 1)
        whole = upper + upper.T
        np.fill_diagonal(whole, np.where(np.isnan(own), np.nan, 0.0))
        return whole
