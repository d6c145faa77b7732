"""Series brought to another sampling rate, piece by piece, as `scipy.signal.resample_poly` does.

Edges are continued by the series turned about its first and last value ("antireflect"), so that
neither a mean nor a drift makes a step there.
"""

from collections.abc import Iterator
from fractions import Fraction

import numpy as np

PERIODS = 10  # of the lower rate that the filter reaches to either side, as SciPy's does
BETA = 5.0  # of its Kaiser window
LARGEST = 5000  # of the numbers whose ratio two rates have: it is met to 4e-8


def ratio(rate: float, other: float) -> Fraction:
    """What a sampling rate is multiplied by to be another one."""
    return Fraction(other / rate).limit_denominator(LARGEST)


def length(n_samples: int, factor: Fraction) -> int:
    """Samples that a series of ``n_samples`` has once it is resampled."""
    return n_samples * factor.numerator // factor.denominator


def resampled(pieces: Iterator[np.ndarray], factor: Fraction) -> Iterator[np.ndarray]:
    """Yield a series (samples, N) of double precision at ``factor`` times its rate.

    pieces: of the series, of any length; a few of them are held. Below one, what the lower rate
    cannot have is taken away first: half of it is left at its Nyquist frequency.
    """
    from scipy import signal  # costs a second, and few studies need it

    up, down = factor.numerator, factor.denominator
    half = PERIODS * max(up, down)
    taps = up * signal.firwin(2 * half + 1, 1 / max(up, down), window=("kaiser", BETA))
    shift = down - half % down  # so that outputs fall on samples
    taps = np.concatenate([np.zeros(shift), taps])
    reach = down * -(-half // (up * down))  # samples around each, a multiple of down
    first = (half + shift) // down + reach * up // down

    def filtered(values: np.ndarray, number: int) -> np.ndarray:
        return signal.upfirdn(taps, values, up, down, axis=0)[first : first + number]

    held = np.empty((0, 0))
    taken = given = 0  # samples
    for piece in pieces:
        values = piece.astype(np.float64)
        taken += len(values)
        held = np.concatenate([held, values]) if held.size else values
        if taken <= reach:
            continue
        if taken - len(values) <= reach:  # the first time
            held = np.pad(held, ((reach, 0), (0, 0)), "reflect", reflect_type="odd")
        block = (len(held) - 2 * reach) // down * down
        if block >= max(reach, 1):
            yield filtered(held[: block + 2 * reach], block * up // down)
            given += block * up // down
            held = held[block:]
    left = length(taken, factor) - given
    if not left:
        return
    before = reach if taken <= reach else 0
    held = np.pad(held, ((before, 2 * reach), (0, 0)), "reflect", reflect_type="odd")
    yield filtered(held, left)
