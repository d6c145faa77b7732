"""Functional connectivity of simulated activity and recordings, replicate by replicate."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np

from restmeg import bands, check, estimands, measures, recording, segments, store
from restmeg.errors import InputError, warn_of_results

TITLE = "Functional connectivity"
SEGMENTS = 10  # of a single target replicate, which tell how well its pattern repeats itself


class Series(Protocol):
    """Series of regional activity: a `recording.Recording`, or simulated ones as they are made."""

    @property
    def replicates(self) -> np.ndarray:
        """Their numbers or names, (replicates,)."""

    @property
    def labels(self) -> check.Names:
        """Of regions, in order."""

    @property
    def n_samples(self) -> int:
        """Samples of a replicate."""

    @property
    def sampling_rate(self) -> float | None:
        """Hz; None where nobody says it."""

    def pieces(self, k: int) -> Iterator[np.ndarray]:
        """Yield replicate number k in pieces (samples, N)."""


class Estimate(NamedTuple):
    """Functional connectivity of some replicates."""

    kinds: list[estimands.Kind]  # measure and band
    fc: np.ndarray  # (kinds, replicates, N, N)
    notes: list[str]  # what is wrong with it, in words
    segments: np.ndarray  # (kinds, segments, N, N) of a single replicate; or none of them
    dynamics: np.ndarray  # (kinds, replicates, windows, windows); or none of them

    def contents(self, series: Series) -> dict:
        """Variables of connectivity.nc."""
        names, of_bands, fc = estimands.over_bands(self.kinds, self.fc)
        found = {
            "measure": np.array(names, dtype=object),
            "band": np.array(of_bands, dtype=object),
            "replicate": series.replicates,
            "region_to": series.labels,
            "region_from": series.labels,
            "fc": fc,
        }
        if self.segments.shape[1]:
            *_, of_segments = estimands.over_bands(self.kinds, self.segments)
            found |= {"segment": np.arange(SEGMENTS), "fc_segments": of_segments}
        if self.dynamics.shape[-1]:
            *_, of_windows = estimands.over_bands(self.kinds, self.dynamics)
            windows = np.arange(self.dynamics.shape[-1])
            found |= {"window": windows, "window_other": windows, "dynamics": of_windows}
        return found


class _Span:
    """Samples of a replicate, and what is estimated of them; it is held while they pass alone."""

    def __init__(
        self, first: int, stop: int, kinds: Sequence[estimands.Kind], keep: Callable
    ) -> None:
        """first, stop: samples; keep: takes what is to be kept of an estimate (N, N)."""
        self.first, self.stop, self.kinds, self.keep = first, stop, kinds, keep
        self.estimators: dict[estimands.Kind, measures.Estimator] = {}
        self.results: dict[estimands.Kind, np.ndarray] = {}

    def add(self, first: int, piece: np.ndarray) -> None:
        """Add what is in the span of a piece; first: number of its first sample."""
        last = first + len(piece)
        if last <= self.first or first >= self.stop:
            return
        if not self.estimators:
            self.estimators = {kind: measures.estimator(kind.measure) for kind in self.kinds}
        inside = piece[max(self.first - first, 0) : self.stop - first]
        for kind, estimator in self.estimators.items():
            estimator.add(inside if measures.is_analytic(kind.measure) else inside.real)
        if last >= self.stop:
            self.results = {kind: self.keep(one.result()) for kind, one in self.estimators.items()}
            self.estimators = {}


def estimate(
    series: Series, asked: estimands.Asked, role: str, progress: Callable = iter
) -> Estimate:
    """All measures of all replicates in all bands; each replicate is read, and filtered, once.

    Where windows are asked for, functional connectivity dynamics as well: the correlations over
    pairs of regions between the connectivities of windows that overlap by half (Hansen et al. 2015,
    NeuroImage 105:525).

    role: of what the series are; progress: wraps the numbers of replicates, as tqdm does. A single
    replicate that may be a target is also estimated in ten segments of equal length, one after the
    other from its start, if it is long enough. Notes regions with no variance and replicates that
    diverge, whose connectivity is NaN.
    Raises InputError if a value is not finite, or bands cannot be had of such series.
    """
    replicates, labels, kinds = series.replicates, list(series.labels), asked.kinds
    filters, edge = _filters(series, asked)
    spans = {kind.band: (0, series.n_samples) for kind in kinds}
    spans |= dict.fromkeys(asked.bands, (edge, series.n_samples - edge))
    length = min(stop - first for first, stop in spans.values()) // SEGMENTS
    shortest = max(estimands.SHORTEST, 2 * filters.reach if filters else 0)
    segmented = len(replicates) == 1 and role == "target" and length >= shortest
    windows = _windows(series, asked, edge)
    shape = len(kinds), len(replicates), len(labels), len(labels)
    fc = np.empty(shape)
    segments = np.empty((len(kinds), SEGMENTS if segmented else 0, *shape[2:]))
    dynamics = np.empty((*shape[:2], len(windows), len(windows)))
    diverged = set()
    for k in progress(range(len(replicates))):
        gathered = {}
        for band, (first, stop) in spans.items():
            of_band = [kind for kind in kinds if kind.band == band]
            whole = [(first, stop), *(_segments(first, stop) if segmented else [])]
            gathered[band] = [_Span(begin, end, of_band, np.asarray) for begin, end in whole]
            gathered[band] += [_Span(begin, end, of_band, _edges) for begin, end in windows]
        pieces = _passing(series.pieces(k), gathered.get(bands.BROADBAND, []))
        if filters is None:
            for piece in pieces:
                last = piece[-1:]
        else:
            for first, band, signal in filters.analytic(pieces):
                last = signal[-1:]
                for span in gathered[band]:
                    span.add(first, signal)
        if np.isnan(last).any():
            diverged.add(k)
        for m, kind in enumerate(kinds):
            fc[m, k], *results = (span.results[kind] for span in gathered[kind.band])
            if segmented:
                segments[m] = results[:SEGMENTS]
            if windows:
                dynamics[m, k] = _alike(np.stack(results[-len(windows) :]))
    notes = [
        f"replicate {replicates[k]}: activity diverges; its connectivity is NaN"
        for k in sorted(diverged)
    ]
    for m, kind in enumerate(kinds):
        for k, replicate in enumerate(replicates):
            silent = [labels[i] for i in np.flatnonzero(np.isnan(np.diag(fc[m, k])))]
            if silent and k not in diverged:
                notes.append(
                    f"replicate {replicate}: no variance in region {check.some(silent, '')}; "
                    f"connectivity with it ({kind}) is NaN"
                )
    return Estimate(kinds, fc, notes, segments, dynamics)


def _edges(matrix):
    """The pairs of regions (pairs,) of (N, N)."""
    return matrix[np.triu_indices(len(matrix), k=1)]


def _alike(patterns):
    """Correlations of patterns (n, pairs) with each other; NaN where one has a gap."""
    centred = patterns - patterns.mean(axis=1, keepdims=True)
    length = np.sqrt((centred**2).sum(axis=1, keepdims=True))
    unit = centred / np.where(length > 0, length, np.nan)
    # Not a matrix product, whose last bits would depend on the machine.
    return np.stack([(unit * row).sum(axis=1) for row in unit])


def _filters(series, asked):
    """The filters of what is asked for, or None, and samples that are left out at each end."""
    if not (asked.bands or asked.windows):
        return None, 0
    rate = _rate(series)
    asked.check(rate, series.n_samples / rate, "a replicate")
    if not asked.bands:
        return None, 0
    return bands.Filters(asked.bands, rate), round(asked.edges / 1000 * rate)


def _rate(series):
    """Hz. Raises InputError where nobody says it."""
    if series.sampling_rate is None:
        raise InputError(
            "activity: its sampling rate is not known, and so no frequency; expected a time axis "
            "with units, or target.sampling_rate"
        )
    return series.sampling_rate


def _segments(first, stop):
    """The segments of a replicate from ``first`` to ``stop``, samples."""
    length = (stop - first) // SEGMENTS
    starts = [first + k * length for k in range(SEGMENTS)]
    return [(start, start + length) for start in starts]


def _windows(series, asked, edge):
    """The windows of functional connectivity dynamics, samples; none if they are not asked for."""
    if not asked.windows:
        return []
    length = round(asked.windows / 1000 * _rate(series))
    last = series.n_samples - edge - length
    return [(start, start + length) for start in range(edge, last + 1, max(1, length // 2))]


def _passing(pieces, spans):
    """Yield pieces, once they have been added to some spans."""
    first = 0
    for piece in pieces:
        for span in spans:
            span.add(first, piece)
        first += len(piece)
        yield piece


def estimate_file(
    activity_path: str | Path,
    asked: estimands.Asked,
    role: str,
    point: str,
    path: str | Path,
    alike: tuple[int, float] | None = None,
) -> None:
    """Write connectivity.nc for one file of activity, simulated or recorded.

    activity_path: ``rate_E`` (replicate, time, region), or (time, region) of a single replicate.
    role, point: what the file is of; alike: samples and Hz of the recording that simulated
        replicates are compared with, and to which they are brought.
    path: ``fc`` (measure, band, replicate, region_to, region_from), and of a single target
        replicate ``fc_segments`` (measure, band, segment, region_to, region_from); NaN where a
        measure needs a band, in broadband. Where windows are asked for, ``dynamics`` (measure,
        band, replicate, window, window_other).

    Warns, and notes in the file, of regions with no variance. Raises InputError as `estimate` does.
    """
    with recording.opened(activity_path) as series:
        given = series if alike is None else segments.alike(series, alike)
        found = estimate(given, asked, role)
        raw = series.raw
    warn_of_results(activity_path, found.notes)
    parameters = raw.provenance | {"role": role, "point": point} | asked.parameters()
    parameters |= segments.parameters(alike)
    with store.new_netcdf(path, TITLE, parameters, raw.seed) as dataset:
        for name, values in found.contents(series).items():
            store.add(dataset, name, values)
        store.add_notes(dataset, raw.notes + found.notes)
