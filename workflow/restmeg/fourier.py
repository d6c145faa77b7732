"""Tapered Fourier coefficients of a recording, from which its likelihood follows.

Spectra of neural activity are steep, and a raw periodogram leaks their low frequencies into the
high ones, so that each segment is weighted with a Hann window. Long recordings are cut into
segments of about SEGMENT, which is long enough for the slowest frequency that counts.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from restmeg import recording, store
from restmeg.errors import InputError

TITLE = "Fourier coefficients of tapered segments"
SEGMENT = 4.0  # s
FIRST = 2  # a Hann window leaks the mean into the first bin
HIGHEST = {False: 100.0, True: 45.0}  # Hz, of a simulated target and of a recording
PASSED = 0.42  # of the sampling rate: what no filter before sampling has touched
OF_SAMPLING = 0.125  # of the sampling rate: beyond that, what folds back is felt
# Sum of squared correlations between a Hann window's bins: 1 + 2 (2/3)^2 + 2 (1/6)^2. Neighbours
# say the same in part, so that variances of estimates are larger by this.
REDUNDANCY = 1 + 2 * (4 / 9 + 1 / 36)


class Fourier(NamedTuple):
    """Coefficients Y of a target: the mean of Y Y^* is its cross-spectrum.

    As in `theory`, two-sided and per 1 / ms of angular frequency.
    """

    frequencies: np.ndarray  # (n,) Hz
    coefficients: np.ndarray  # complex (replicates, segments, n, N); NaN of a silent segment
    replicates: np.ndarray  # (replicates,)
    trouble: str = ""  # why there are no frequencies, in words

    def turned(self, signs: np.ndarray) -> "Fourier":
        """Those of the same series with other signs (N,), 1 or -1, of regions."""
        return self._replace(coefficients=self.coefficients * signs)


NO_RATE = "the sampling rate of the target is not known (target.sampling_rate)"
TOO_SHORT = "the target is too short, or too coarsely sampled, for any frequency to count"


def window(n_samples: int) -> np.ndarray:
    """Hann's, without its zeros at both ends, with a sum of squares of one."""
    angle = 2 * np.pi * (np.arange(n_samples) + 0.5) / n_samples
    values = 1 - np.cos(angle)
    return values / np.sqrt((values**2).sum())


def segments(n_samples: int, sampling_rate: float) -> tuple[int, int]:
    """Number and length in samples of the segments of a replicate."""
    seconds = n_samples / sampling_rate
    number = 1 if seconds < 2 * SEGMENT else round(seconds / SEGMENT)
    return number, n_samples // number


def bins(
    length: int, sampling_rate: float, recorded: bool, band: Sequence[float] | None = None
) -> np.ndarray:
    """Which Fourier bins (n,) of a segment count.

    length: in samples; sampling_rate: in Hz; band: lowest and highest frequency in Hz, or None for
    all up to HIGHEST or OF_SAMPLING, whichever is lower, which may be none. None of a recording
    are above PASSED.

    Raises InputError if a band has none.
    """
    resolution = sampling_rate / length
    low, high = band or (0.0, min(HIGHEST[recorded], OF_SAMPLING * sampling_rate))
    high = min(high, PASSED * sampling_rate if recorded else sampling_rate / 2 - resolution)
    # A frequency that is meant to be a bin is one, whatever its last digits are.
    first = max(FIRST, int(np.ceil(low / resolution - 1e-6)))
    last = int(np.floor(high / resolution + 1e-6))
    if last < first and band:
        raise InputError(
            f"config: fit.frequencies: no frequency between {max(low, FIRST * resolution):.4g} and "
            f"{high:.4g} Hz, as segments of {length / sampling_rate:.4g} s at {sampling_rate:g} Hz "
            "have them; expected a wider band, or a longer recording"
        )
    return np.arange(first, last + 1)


def estimate(
    series: recording.Recording, recorded: bool, band: Sequence[float] | None = None
) -> Fourier:
    """The coefficients of all replicates; each is read once.

    recorded, band: see `bins`. Where nobody says the sampling rate of ``series`` there are no
    frequencies. Raises InputError if a band has none, or a value is not finite.
    """
    rate = series.sampling_rate or np.nan
    number, length = 1, series.n_samples
    which = np.arange(0)
    if series.sampling_rate:
        number, length = segments(series.n_samples, rate)
        which = bins(length, rate, recorded, band)
    shape = len(series.replicates), number, len(which), len(series.labels)
    found = np.empty(shape, complex)
    taper = window(length)[:, None] * np.sqrt(1000 / rate)
    for k in range(shape[0]):
        for s, segment in enumerate(cut(series.pieces(k), number, length, length)):
            values = segment.astype(np.float64)
            values -= values.mean(axis=0)
            if not np.ptp(segment, axis=0).all():  # no scores of a replicate with a silent region
                values = values * np.nan
            found[k, s] = np.fft.rfft(taper * values, axis=0)[which]
    trouble = "" if len(which) else TOO_SHORT if series.sampling_rate else NO_RATE
    return Fourier(which * rate / length, found, series.replicates, trouble)


def cut(pieces: Iterator[np.ndarray], number: int, length: int, step: int) -> Iterator[np.ndarray]:
    """Yield segments (length, N) from pieces of any length; samples beyond them are left.

    number: of segments, each of which begins ``step`` samples after the one before, at most length.
    """
    waiting: list[np.ndarray] = []
    held = done = 0
    for piece in pieces:
        waiting.append(piece)
        held += len(piece)
        while held >= length and done < number:
            together = np.concatenate(waiting)
            yield together[:length]
            waiting, held, done = [together[step:]], held - step, done + 1


def estimate_file(
    activity_path: str | Path,
    recorded: bool,
    band: Sequence[float] | None,
    point: str,
    path: str | Path,
) -> None:
    """Write fourier.nc for one file of a target's activity.

    activity_path: activity.nc or recording.nc; recorded, band: see `bins`.

    Raises InputError as `estimate` does, or for a file that cannot be used.
    """
    with recording.opened(activity_path) as series:
        found = estimate(series, recorded, band)
        raw, names, rate = series.raw, series.labels, series.sampling_rate
    parameters = raw.provenance | {
        "role": "target",
        "point": point,
        "taper": "hann",
        "sampling_rate": rate,
        "recorded": recorded,
        "trouble": found.trouble,
    }
    with store.new_netcdf(path, TITLE, parameters, raw.seed) as dataset:
        store.add(dataset, "replicate", found.replicates)
        store.add(dataset, "frequency", found.frequencies)
        store.add(dataset, "region", names)
        store.add(
            dataset,
            "coefficients",
            np.stack([found.coefficients.real, found.coefficients.imag], -1),
        )


def read(paths: Sequence[str | Path]) -> tuple[Fourier, bool]:
    """The coefficients of all replicates of a target, in ascending order, and if it is a recording.

    paths: fourier.nc of its batches, in any order. Raises InputError if frequencies differ.
    """
    found: list[Fourier] = []
    recorded = False
    for path in paths:
        with store.open_netcdf(path, "coefficients", "frequency", "replicate") as dataset:
            parameters, _ = store.provenance(dataset)
            parts = dataset["coefficients"][...]
            one = Fourier(
                dataset["frequency"][...],
                parts[..., 0] + 1j * parts[..., 1],
                dataset["replicate"][...],
                parameters["trouble"],
            )
            recorded = parameters["recorded"]
        if found and not np.array_equal(one.frequencies, found[0].frequencies):
            raise InputError(
                f"{path}: frequencies other than those of {paths[0]}; expected the same"
            )
        found.append(one)
    replicates = np.concatenate([one.replicates for one in found])
    order = np.argsort(replicates, kind="stable")
    coefficients = np.concatenate([one.coefficients for one in found])[order]
    one = found[0]
    return Fourier(one.frequencies, coefficients, replicates[order], one.trouble), recorded
