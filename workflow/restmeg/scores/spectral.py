"""What scores of power spectra compare: log10 power over regions and frequencies.

Estimates of power err in proportion to it, so that their logarithms err alike everywhere. The
expected logarithm is below that of the true power by what depends on the number of segments alone,
which both sides share.
"""

import numpy as np

FREQUENCIES = 1.0, 45.0  # Hz, that count unless the user says otherwise


def patterns(power: np.ndarray, gain_free: bool) -> np.ndarray:
    """Log10 of power (replicates, N, n) as rows (replicates, N n); NaN where there is none.

    gain_free: whether its scale is arbitrary, as that of a recording is: each row is then without
    its mean, which takes one factor for all regions and frequencies out of either side.
    """
    rows = power.reshape(len(power), -1)
    rows = np.log10(rows, out=np.full(rows.shape, np.nan), where=rows > 0)
    return rows - rows.mean(axis=1, keepdims=True) if gain_free else rows
