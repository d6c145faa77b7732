"""Power spectra of regional series, simulated and recorded, replicate by replicate.

They are Welch's (1967, IEEE Trans Audio Electroacoust 15:70): means over segments of about
fourier.SEGMENT that overlap by half, each without its mean and weighted with a Hann window.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from restmeg import check, fourier, recording, segments, store
from restmeg.bands import USUAL
from restmeg.errors import InputError, warn_of_results

TITLE = "Power spectra"
HIGHEST = 100.0  # Hz
WHOLE = 1.0, 45.0  # Hz: what shares of bands are of
PEAKS = 3.0, 45.0  # Hz: where a peak may be
EVEN = 1e-4  # how far frequencies of two files may differ and yet be the same
NO_RATE = "the sampling rate is not known"
TOO_SHORT = "series are too short, or too coarsely sampled, for any frequency of a spectrum"

Bands = Mapping[str, Sequence[float]]  # name: lowest and highest frequency in Hz


class Spectra(NamedTuple):
    """Power of some replicates of one point and role."""

    frequencies: np.ndarray  # (n,) Hz
    power: np.ndarray  # (replicates, N, n) one-sided, per Hz; zero of a silent region
    replicates: np.ndarray  # (replicates,)
    labels: list  # of regions, in order
    point: str = ""
    recorded: bool = False  # whether the target is a recording, whose scale is arbitrary
    trouble: str = ""  # why there are no frequencies, in words

    def of(self, replicates: Sequence[int] | None) -> "Spectra":
        """Those of some replicates alone, or of all for None."""
        kept = np.isin(self.replicates, self.replicates if replicates is None else replicates)
        return self._replace(power=self.power[kept], replicates=self.replicates[kept])


def cut(n_samples: int, sampling_rate: float) -> tuple[int, int, int]:
    """Number, length and step in samples of the segments of a replicate: one if it is short."""
    halves = max(2, round(2 * n_samples / sampling_rate / fourier.SEGMENT))
    if halves == 2:
        return 1, n_samples, n_samples
    step = n_samples // halves
    return (n_samples - 2 * step) // step + 1, 2 * step, step


def bins(length: int, sampling_rate: float, recorded: bool) -> np.ndarray:
    """Which Fourier bins (n,) of a segment count: the first and those up to HIGHEST.

    length: in samples; sampling_rate: in Hz. None is above the Nyquist frequency or, if what is
    compared is a recording, above what a filter before sampling has left (fourier.PASSED).
    """
    top = min(HIGHEST, fourier.PASSED * sampling_rate if recorded else sampling_rate / 2)
    # A frequency that is meant to be a bin is one, whatever its last digits are.
    return np.arange(1, int(top * length / sampling_rate + 1e-6) + 1)


def estimate(series: Any, sampling_rate: float | None, recorded: bool = False) -> Spectra:
    """Power of all replicates; each is read once, a segment at a time.

    series: an `estimation.Series`; sampling_rate: in Hz; without it, or in too short a series,
    there are no frequencies. recorded: see `bins`. Raises InputError if a value is not finite.
    """
    labels, which = list(series.labels), np.arange(0)
    number = length = step = 1
    if sampling_rate:
        number, length, step = cut(series.n_samples, sampling_rate)
        which = bins(length, sampling_rate, recorded)
    found = np.zeros((len(series.replicates), len(labels), len(which)))
    if not sampling_rate or not len(which):
        trouble = TOO_SHORT if sampling_rate else NO_RATE
        nothing = np.zeros(0)
        return Spectra(nothing, found, series.replicates, labels, "", recorded, trouble)
    window = 1 - np.cos(2 * np.pi * np.arange(length) / length)
    # One-sided: all bins stand for two, but for that at the Nyquist frequency.
    sides = np.where(2 * which == length, 1, 2) / (sampling_rate * (window**2).sum())
    width = store.piece_length(length)  # regions at once, as their transforms take more room
    for k in range(len(found)):
        for segment in fourier.cut(series.pieces(k), number, length, step):
            for first in range(0, len(labels), width):
                part = slice(first, first + width)
                values = np.ascontiguousarray(segment[:, part].T, dtype=np.float64)
                # Of equal values nothing is left, and no rounding error of their mean.
                alike = np.ptp(values, axis=1) == 0
                values -= values.mean(axis=1, keepdims=True)
                values[alike] = 0.0
                spectrum = np.fft.rfft(window * values, axis=1)[:, which]
                found[k, part] += sides * (spectrum.real**2 + spectrum.imag**2)
    return Spectra(
        which * sampling_rate / length, found / number, series.replicates, labels, "", recorded
    )


def peaks(frequencies: np.ndarray, power: np.ndarray) -> np.ndarray:
    """Frequency (...) in Hz of the highest peak of power (..., n) within PEAKS.

    A peak is higher than both neighbours; where it is between bins is said by a parabola through
    the logarithms of the three. NaN where there is none.
    """
    if len(frequencies) < 3:
        return np.full(power.shape[:-1], np.nan)
    with np.errstate(divide="ignore"):
        log = np.log(power)
    before, here, after = log[..., :-2], log[..., 1:-1], log[..., 2:]
    is_peak = (before < here) & (here >= after) & np.isfinite(before) & np.isfinite(after)
    is_peak &= (frequencies[1:-1] >= PEAKS[0]) & (frequencies[1:-1] <= PEAKS[1])
    at = np.where(is_peak, here, -np.inf).argmax(axis=-1)[..., None]
    a, b, c = (np.take_along_axis(part, at, -1)[..., 0] for part in (before, here, after))
    with np.errstate(invalid="ignore", divide="ignore"):
        aside = (a - c) / (2 * (a - 2 * b + c))
    found = frequencies[1:-1][at[..., 0]] + aside * (frequencies[1] - frequencies[0])
    return np.where(is_peak.any(axis=-1), found, np.nan)


def shares(frequencies: np.ndarray, power: np.ndarray, bands: Bands = USUAL) -> np.ndarray:
    """Share (..., bands) of power (..., n) that is in each band.

    It is the sum over frequencies low <= f < high over that of all with WHOLE as low and high.
    NaN of a band without a frequency, and of a silent region.
    """
    whole = power[..., _within(frequencies, *WHOLE)].sum(axis=-1)
    found = np.full((*power.shape[:-1], len(bands)), np.nan)
    for k, (low, high) in enumerate(bands.values()):
        inside = _within(frequencies, low, high)
        if inside.any():
            with np.errstate(invalid="ignore", divide="ignore"):
                found[..., k] = power[..., inside].sum(axis=-1) / whole
    return found


def _within(frequencies, low, high):
    """Which frequencies are in a band; one that is meant to be its end is, whatever its digits."""
    slack = 1 - 1e-9
    return (frequencies >= low * slack) & (frequencies < high * slack)


def estimate_file(
    activity_path: str | Path,
    role: str,
    point: str,
    recorded: bool,
    path: str | Path,
    alike: tuple[int, float, float] | None = None,
    bands: Bands = USUAL,
) -> None:
    """Write spectra.nc for one file of activity, simulated or recorded.

    activity_path, role, point, alike: as in `estimation.estimate_file`; recorded: whether the
    target is a recording; bands: whose share of the power is told.
    path: ``power`` (replicate, region, frequency), ``peak_frequency`` (replicate, region) and
        ``band_power`` (replicate, region, band).

    Warns, and notes in the file, if there are no frequencies. Raises InputError if a value is not
    finite.
    """
    with recording.opened(activity_path) as series:
        rate = series.sampling_rate if alike is None else alike[1]
        given = series if alike is None else segments.alike(series, alike)
        found = estimate(given, rate, recorded)
        raw, n_samples = series.raw, given.n_samples
    notes = [found.trouble] if found.trouble else []
    warn_of_results(activity_path, notes)
    parameters = raw.provenance | {
        "role": role,
        "point": point,
        "taper": "hann",
        "sampling_rate": rate,
        "segments": cut(n_samples, rate) if rate else None,
        "recorded": recorded,
        "bands": {name: list(limits) for name, limits in bands.items()},
        "trouble": found.trouble,
    }
    parameters |= segments.parameters(alike)
    with store.new_netcdf(path, TITLE, parameters, raw.seed) as dataset:
        store.add(dataset, "replicate", found.replicates)
        store.add(dataset, "region", np.array(found.labels, dtype=object))
        store.add(dataset, "frequency", found.frequencies)
        store.add(dataset, "band", np.array(list(bands), dtype=object))
        store.add(dataset, "spectra.power", found.power)
        store.add(dataset, "peak_frequency", peaks(found.frequencies, found.power))
        store.add(dataset, "band_power", shares(found.frequencies, found.power, bands))
        store.add_notes(dataset, raw.notes + notes)


def read(
    paths: Sequence[str | Path],
    role: str,
    labels: check.Names,
    band: Sequence[float] = (0.0, np.inf),
) -> Spectra:
    """Power of all replicates of a point, in ascending order, at frequencies within a band.

    paths: spectra.nc of the point's batches, in any order; role: what they must be of; labels: of
    regions, as they must name them; band: lowest and highest frequency in Hz, both included.

    Raises InputError for files of another role, different points, frequencies or other regions, or
    a replicate that is there twice.
    """
    labels = [str(name) for name in labels]
    found: list[Spectra] = []
    for path in paths:
        with store.open_netcdf(path, "power", "frequency", "replicate", "region") as dataset:
            parameters, _ = store.provenance(dataset)
            check.same(path, "role", parameters.get("role"), role)
            if [str(name) for name in dataset["region"][...]] != labels:
                raise InputError(f"{path}: its regions are not those of the connectome")
            frequencies = dataset["frequency"][...]
            inside = np.flatnonzero(
                (frequencies >= band[0] * (1 - 1e-9)) & (frequencies <= band[1] * (1 + 1e-9))
            )
            part = slice(inside[0], inside[-1] + 1) if len(inside) else slice(0)
            one = Spectra(
                frequencies[part],
                dataset["power"][:, :, part],
                dataset["replicate"][...],
                labels,
                *(parameters[name] for name in ("point", "recorded", "trouble")),
            )
        first = found[0] if found else one
        check.same(path, "point", one.point, first.point)
        if len(one.frequencies) != len(first.frequencies) or not comparable(one, first):
            raise InputError(
                f"{path}: frequencies other than those of {paths[0]}; expected the same"
            )
        found.append(one)
    replicates = np.concatenate([one.replicates for one in found])
    check.unique_names(paths[0], "replicate", replicates)
    order = np.argsort(replicates, kind="stable")
    power = np.concatenate([one.power for one in found])[order]
    return found[0]._replace(power=power, replicates=replicates[order])


def comparable(one: Spectra, other: Spectra) -> bool:
    """Whether two have the same frequencies, as far as the shorter one goes."""
    n = min(len(one.frequencies), len(other.frequencies))
    return np.allclose(one.frequencies[:n], other.frequencies[:n], rtol=EVEN, atol=0)
