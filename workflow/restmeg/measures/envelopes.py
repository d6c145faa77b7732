"""Amplitude envelope correlation."""

import numpy as np

from restmeg.measures.pearson import Moments


class Correlation(Moments):
    """Pearson correlation of amplitude envelopes: of the sizes of analytic signals."""

    def add(self, series: np.ndarray) -> None:
        """Add the next samples of analytic signals, complex (samples, N)."""
        super().add(np.abs(series))
