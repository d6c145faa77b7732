"""Frequency bands, and the analytic signal of series in them.

Filters are symmetric, so that they move no phase, and of finite length, so that what is kept of a
series does not depend on what lies beyond it: sincs with a Hamming window, as long as 3.3 periods
of the width of their edges. That is a quarter of the lowest frequency but at least 2 Hz, and no
more than that frequency or the band itself. Half of the amplitude is left at the limits of a band,
and 0.2 % beyond its edges. Shifted to the middle of the band such a filter is complex, without
negative frequencies: the real part of what it gives is the filtered series, its size the envelope,
its angle the phase.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from restmeg.errors import InputError

BROADBAND = "broadband"  # of what is estimated from series as they are
# Hz, the names and limits that most resting-state studies use.
USUAL: dict[str, tuple[float, float]] = {
    "delta": (1.0, 4.0),
    "theta": (4.0, 8.0),
    "alpha": (8.0, 13.0),
    "beta": (13.0, 30.0),
    "gamma": (30.0, 45.0),
}
LENGTH = 3.3  # of a filter times the width of its edges, of Hamming's window
NYQUIST = 0.5  # of the sampling rate
LEAST = 1.0  # s of a replicate that are left, at least
SMALLEST = 2**12  # samples that are filtered at once, at least


def edge(low: float, high: float) -> float:
    """Hz from where a filter lets nothing pass to where it lets all pass."""
    return min(max(low / 4, 2.0), low, high - low)


def reach(low: float, high: float, rate: float) -> int:
    """Samples to either side that a filter takes. rate: Hz."""
    return math.ceil(LENGTH / 2 / edge(low, high) * rate)


def taps(low: float, high: float, rate: float) -> np.ndarray:
    """The filter of a band: complex (2 `reach` + 1,), its middle at time 0.

    low, high, rate: Hz. Its real part is that of `scipy.signal.firwin` with a Hamming window, less
    what that lets pass of a constant.
    """
    half = reach(low, high, rate)
    seconds = np.arange(-half, half + 1) / rate
    window, middle = np.hamming(2 * half + 1), (low + high) / 2
    band = window * np.sinc((high - low) * seconds) * np.exp(2j * np.pi * middle * seconds)
    # What is left of a constant, however large, would be there at all times.
    band -= window * (band.sum() / window.sum())
    real = np.abs((band.real * np.exp(-2j * np.pi * middle * seconds)).sum())
    return band / real


def samples(bands: Mapping[str, tuple[float, float]], rate: float) -> int:
    """How many samples are filtered at once: a power of two; rate: Hz."""
    longest = max(reach(*limits, rate) for limits in bands.values())
    return max(SMALLEST, 1 << (4 * longest - 1).bit_length())


class Filters:
    """The filters of some bands at one sampling rate."""

    def __init__(self, bands: Mapping[str, tuple[float, float]], rate: float) -> None:
        """bands: {name: limits in Hz}; rate: Hz."""
        self.reach = max(reach(*limits, rate) for limits in bands.values())
        self.size = samples(bands, rate)
        self.responses = {}
        for name, limits in bands.items():
            own = taps(*limits, rate)
            half = len(own) // 2
            padded = np.zeros(self.size, complex)
            padded[: half + 1], padded[self.size - half :] = own[half:], own[:half]
            self.responses[name] = np.fft.fft(padded)

    def analytic(self, pieces: Iterable[np.ndarray]) -> Iterator[tuple[int, str, np.ndarray]]:
        """Yield the analytic signal of series piece by piece, of one band after the other.

        pieces: real (samples, N), of any length. Yields the number of the first sample, the band,
        and a complex (samples, N); the first and last ``reach`` samples of the series have none.
        """
        first = self.reach
        for block in self._blocks(pieces):
            half = np.fft.rfft(block.T, self.size)
            # Of a real series; NumPy's own FFT of one takes three times as long.
            spectrum = np.concatenate([half, half[:, -2:0:-1].conj()], axis=1)
            kept = slice(self.reach, len(block) - self.reach)
            for name, response in self.responses.items():
                yield first, name, np.fft.ifft(spectrum * response)[:, kept].T
            first += len(block) - 2 * self.reach

    def _blocks(self, pieces):
        """Yield series about their first sample in blocks that overlap by what filters take."""
        held: list[np.ndarray] = []
        n, origin = 0, None
        for piece in pieces:
            if not len(piece):
                continue
            if origin is None:
                origin = piece[0].astype(np.float64)
            held.append(piece - origin)
            n += len(piece)
            while n >= self.size:
                together = np.concatenate(held)
                yield together[: self.size]
                held = [together[self.size - 2 * self.reach :]]
                n = len(held[0])
        if n > 2 * self.reach:
            yield np.concatenate(held)


def ascending(given: Mapping[str, tuple[float, float]]) -> dict[str, list[float]]:
    """Bands from low to high frequencies."""
    limits = {name: list(ends) for name, ends in given.items()}
    return dict(sorted(limits.items(), key=lambda item: item[1]))


def check(
    bands: Mapping[str, tuple[float, float]],
    edges: float,
    rate: float,
    seconds: float,
    replicates: str,
    passed: float = NYQUIST,
) -> None:
    """Raise InputError for bands that series of some rate (Hz) and length do not have.

    edges: ms that are left out at each end of a replicate; replicates: what these are, in words;
    passed: share of the rate up to which there is something, of a recording what filters left.
    """
    cut = edges / 1000
    for name, (low, high) in bands.items():
        where = f"config: connectivity.bands.{name}: {low:g} Hz to {high:g} Hz"
        highest = min(rate / 2 - edge(low, high) / 2, passed * rate)
        if high > highest:
            raise InputError(
                f"{where}, but {replicates} is sampled at {rate:g} Hz; expected a band that ends "
                f"at {highest:.4g} Hz or below"
            )
        needed = reach(low, high, rate) / rate
        if cut < needed:
            raise InputError(
                f"{where}: its filter takes {needed:.3g} s at each end, and connectivity.edges is "
                f"{cut:g} s; expected a wider or higher band, or longer edges"
            )
    if bands and seconds - 2 * cut < LEAST:
        left = max(0.0, seconds - 2 * cut)
        raise InputError(
            f"config: connectivity.edges: {cut:g} s at each end leave {left:.3g} s of "
            f"{replicates}, which is {seconds:.4g} s long; expected at least {LEAST:g} s, so "
            "longer ones (simulation.duration), or wider bands and shorter edges"
        )


def of(given: Mapping[str, Any] | None, needed: bool) -> dict[str, tuple[float, float]]:
    """The bands of a study. given: as configured, or None; needed: whether a measure is of one.

    Raises InputError for limits in the wrong order, or a name that has a meaning.
    """
    if given is None:
        return dict(USUAL) if needed else {}
    for name, (low, high) in given.items():
        where = f"config: connectivity.bands.{name}"
        if name == BROADBAND:
            raise InputError(f"{where}: is what is not filtered; expected another name")
        if not low < high:
            raise InputError(f"{where}: {low:g} Hz to {high:g} Hz; expected the lower one first")
    return {name: (low, high) for name, (low, high) in given.items()}
