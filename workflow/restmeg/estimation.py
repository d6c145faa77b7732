"""Functional connectivity of simulated activity and recordings, replicate by replicate."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np

from restmeg import check, measures, recording, segments, store
from restmeg.errors import warn_of_results

TITLE = "Functional connectivity"
SEGMENTS = 10  # of a single target replicate, which tell how well its pattern repeats itself
SHORTEST = 20  # samples of a segment: fewer are no recording


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

    def pieces(self, k: int) -> Iterator[np.ndarray]:
        """Yield replicate number k in pieces (samples, N)."""


class Estimate(NamedTuple):
    """Functional connectivity of some replicates."""

    fc: np.ndarray  # (measure, replicates, N, N)
    notes: list[str]  # what is wrong with it, in words
    segments: np.ndarray  # (measure, segments, N, N) of a single replicate; or none of them

    def contents(self, series: recording.Recording, names: Sequence[str]) -> dict:
        """Variables of connectivity.nc."""
        found = {
            "measure": np.array(names, dtype=object),
            "replicate": series.replicates,
            "region_to": series.labels,
            "region_from": series.labels,
            "fc": self.fc,
        }
        if self.segments.shape[1]:
            found |= {"segment": np.arange(SEGMENTS), "fc_segments": self.segments}
        return found


def estimate(
    series: Series, names: Sequence[str], role: str, progress: Callable = iter
) -> Estimate:
    """All measures of all replicates; each replicate is read once.

    names: out of measures.MEASURES; role: of what the series are; progress: wraps the numbers of
    replicates, as tqdm does. A single replicate that may be a target is also estimated in ten
    segments of equal length, one after the other from its start, if it is long enough. Notes
    regions with no variance, whose connectivity is NaN.
    Raises InputError if a value is not finite.
    """
    replicates, labels = series.replicates, list(series.labels)
    length = series.n_samples // SEGMENTS
    segmented = len(replicates) == 1 and role == "target" and length >= SHORTEST
    spans = [(0, series.n_samples)]
    spans += [(k * length, (k + 1) * length) for k in range(SEGMENTS if segmented else 0)]
    fc = np.empty((len(names), len(replicates), len(labels), len(labels)))
    segments = np.empty((len(names), len(spans) - 1, len(labels), len(labels)))
    for k in progress(range(len(replicates))):
        estimators = [[measures.estimator(name) for name in names] for _ in spans]
        first = 0  # sample of a piece
        for piece in series.pieces(k):
            for (start, stop), of_span in zip(spans, estimators, strict=True):
                inside = piece[max(start - first, 0) : max(stop - first, 0)]
                for estimator in of_span:
                    estimator.add(inside)
            first += len(piece)
        whole, *parts = ([estimator.result() for estimator in of_span] for of_span in estimators)
        fc[:, k] = whole
        for number, part in enumerate(parts):
            segments[:, number] = part
    notes = []
    for m, name in enumerate(names):
        for k, replicate in enumerate(replicates):
            silent = [labels[i] for i in np.flatnonzero(np.isnan(np.diag(fc[m, k])))]
            if silent:
                notes.append(
                    f"replicate {replicate}: no variance in region {check.some(silent, '')}; "
                    f"connectivity with it ({name}) is NaN"
                )
    return Estimate(fc, notes, segments)


def estimate_file(
    activity_path: str | Path,
    names: Sequence[str],
    role: str,
    point: str,
    path: str | Path,
    alike: tuple[int, float] | None = None,
) -> None:
    """Write connectivity.nc for one file of activity, simulated or recorded.

    activity_path: ``rate_E`` (replicate, time, region), or (time, region) of a single replicate.
    names: of measures; role, point: what the file is of; alike: samples and Hz of the recording
        that simulated replicates are compared with, and to which they are brought.
    path: ``fc`` (measure, replicate, region_to, region_from), and of a single target replicate
        ``fc_segments`` (measure, segment, region_to, region_from).

    Warns, and notes in the file, of regions with no variance. Raises InputError if a value is not
    finite.
    """
    with recording.opened(activity_path) as series:
        given = series if alike is None else segments.alike(series, alike)
        found = estimate(given, names, role)
        raw = series.raw
    warn_of_results(activity_path, found.notes)
    parameters = raw.provenance | {"role": role, "point": point, "measures": names}
    if alike is not None:
        parameters["compared"] = dict(
            zip(("samples", "sampling_rate", "simulated_rate"), alike, strict=True)
        )
    with store.new_netcdf(path, TITLE, parameters, raw.seed) as dataset:
        for name, values in found.contents(series, names).items():
            store.add(dataset, name, values)
        store.add_notes(dataset, raw.notes + found.notes)
