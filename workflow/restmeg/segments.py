"""Recording and simulation brought to one sampling rate and to segments of one length.

Both come to the lower of both rates, filtered alike, and the length is that of a simulated
replicate or of the shortest recording, whichever is shorter: functional connectivity of a longer
series has less sampling error, and so another match, ceiling and baseline.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from restmeg import check, fingerprint, formats, recording, resampling, store
from restmeg.errors import InputError
from restmeg.schedule import schedule

TITLE = "Recording in segments"


class Sampling(NamedTuple):
    """How finely and how long series are sampled."""

    n_samples: int
    rate: float  # Hz

    @property
    def seconds(self) -> float:
        """Their length."""
        return self.n_samples / self.rate


class Segment(NamedTuple):
    """A part of a recording that is a replicate."""

    replicate: int  # its place in the file
    span: tuple[int, int]  # samples of the file that it is a part of, first and one after the last
    number: int  # of it in that, from 0


def simulated(times: Mapping[str, float]) -> Sampling:
    """That of a simulated replicate. times: duration, transient, sampling_interval in ms."""
    return Sampling(schedule(times).samples, 1000 / times["sampling_interval"])


def factor(rate: float, common: float) -> Fraction:
    """What brings a sampling rate to the common one: 1 where it is no higher, or hardly."""
    if rate <= common * (1 + recording.UNEVEN):
        return Fraction(1)
    return resampling.ratio(rate, common)


def common(model: Sampling, recorded: Sequence[Sampling]) -> Sampling:
    """The sampling that simulated and recorded replicates are brought to.

    recorded: of each file, its longest span. Raises InputError if fewer than two samples are left.
    """
    slowest = min(one.rate for one in recorded)
    rate = slowest if model.rate >= slowest * (1 - recording.UNEVEN) else model.rate
    lengths = [
        resampling.length(one.n_samples, factor(one.rate, rate)) for one in [model, *recorded]
    ]
    if min(lengths) < 2:
        raise InputError(
            f"config: target: {min(lengths)} samples of {rate:g} Hz are common to simulated and "
            "recorded replicates; expected at least 2"
        )
    return Sampling(min(lengths), rate)


def sampling(series: recording.Recording) -> Sampling:
    """That of a file's longest span. Raises InputError if it has none, or nobody says its rate."""
    if series.sampling_rate is None:
        raise InputError(
            f"{series.path}: no time axis with units of time, so its sampling rate is not known; "
            "expected target.sampling_rate, such as 250 Hz"
        )
    longest = max((stop - first for first, stop in series.spans), default=0)
    if longest < 2:
        raise InputError(
            f"{series.path}: {longest} samples in a row are not annotated as bad; expected more"
        )
    return Sampling(longest, series.sampling_rate)


def cut(series: recording.Recording, to: Sampling) -> Iterator[Segment]:
    """Yield the segments of a file, in order; what is left at the end of a span is none."""
    by = factor(sampling(series).rate, to.rate)
    for k in range(len(series.replicates)):
        for first, stop in series.spans:
            number = resampling.length(stop - first, by) // to.n_samples
            yield from (Segment(k, (first, stop), number) for number in range(number))


def alike(series: Any, to: Sequence[float]) -> "Alike":
    """Simulated series, a `estimation.Series`, as the recording is that they are compared with.

    to: samples and Hz of the recording's segments, and Hz that the series are simulated at.
    """
    n_samples, rate, own = to
    return Alike(series, own, Sampling(int(n_samples), rate))


def parameters(to: Sequence[float] | None) -> dict[str, dict[str, float]]:
    """What a file says of how its series were brought to a recording; to: see `alike`, or None."""
    if to is None:
        return {}
    names = "samples", "sampling_rate", "simulated_rate"
    return {"compared": dict(zip(names, to, strict=True))}


class Alike:
    """Series brought to another sampling, with the interface of `estimation.Series`."""

    def __init__(self, series: Any, rate: float, to: Sampling) -> None:
        """series: of ``rate`` (Hz), no shorter or slower than what they are brought ``to``."""
        self.series, self.by = series, factor(rate, to.rate)
        self.replicates, self.labels = series.replicates, series.labels
        self.n_samples, self.sampling_rate = to

    def pieces(self, k: int) -> Iterator[np.ndarray]:
        """Yield replicate number k in pieces (samples, N). All of the series are read."""
        left = self.n_samples
        for piece in _brought(self.series.pieces(k), self.by):
            if left:
                yield piece[:left]
            left = max(0, left - len(piece))
        if left:
            raise InputError(
                f"simulation: replicate {self.replicates[k]} is {left} samples shorter than "
                f"what it is compared with; expected {self.n_samples}"
            )


def _brought(pieces: Iterator[np.ndarray], by: Fraction) -> Iterator[np.ndarray]:
    return pieces if by == 1 else resampling.resampled(pieces, by)


def write(
    paths: Sequence[str | Path],
    labels: check.Names,
    given: Mapping,
    to: Sampling,
    planned: str,
    inverse_path: str | Path | None,
    path: str | Path,
) -> None:
    """Write recording.nc: all segments of all files, regions in the order of ``labels``.

    paths: of the user's files; given: keys of the section ``target``; to: from `common`; planned:
    from `digest`; inverse_path: inverse.nc, where the files are of sensors.
    path: ``rate_E`` (replicate, time, region) in 32 bits, and of each replicate ``from_file``,
        ``from_replicate`` and ``starts_at``.

    Raises InputError for a file that cannot be used, or is not what was planned with.
    """
    if digest(paths, given) != planned:
        raise InputError(
            f"{', '.join(map(str, paths))}: changed since this run was planned; expected the same "
            "content from start to end: give the command again"
        )
    through = None if inverse_path is None else recording.through(inverse_path)
    found: list[list[Segment]] = []
    before, names = [], []
    for one in paths:
        with recording.opened(one, labels, given, through) as series:
            found.append(list(cut(series, to)))
            before.append(sampling(series).rate)
            names.append([str(name) for name in series.replicates])
    rows = [(k, segment) for k, of_file in enumerate(found) for segment in of_file]
    sources = called(paths)
    parameters = {
        "files": sources,
        "sampling_rates": before,
        "sampling_rate": to.rate,
        "seconds": to.seconds,
        "label_map": recording.label_map(given["label_map"]),
    }
    if through is not None:
        parameters["inverse"] = through.made
    with store.new_netcdf(path, TITLE, parameters) as dataset:
        store.add(dataset, "replicate", np.arange(len(rows)))
        store.add(dataset, "time", np.arange(1, to.n_samples + 1) * (1000 / to.rate))
        store.add(dataset, "region", np.array(labels, dtype=object))
        rate = store.add_series(dataset, "rate_E", (len(rows), to.n_samples, len(labels)))
        store.add(dataset, "from_file", np.array([sources[k] for k, _ in rows], dtype=object))
        texts = [names[k][segment.replicate] for k, segment in rows]
        store.add(dataset, "from_replicate", np.array(texts, dtype=object))
        starts = [
            (segment.span[0] + segment.number * to.n_samples / factor(before[k], to.rate))
            / before[k]
            for k, segment in rows
        ]
        store.add(dataset, "starts_at", np.array(starts, float))
        row = 0
        for one, of_file in zip(paths, found, strict=True):
            with recording.opened(one, labels, given, through) as series:
                row = _fill(rate, row, series, of_file, to)


def called(paths: Sequence[str | Path]) -> list[str]:
    """Names of files below the folder that they have in common, wherever that is."""
    there = [Path(path).absolute() for path in paths]
    folder = os.path.commonpath([path.parent for path in there])
    return [path.relative_to(folder).as_posix() for path in there]


def _fill(rate, row, series, found, to):
    """Put the segments of a file where they belong, from ``row`` on; returns the next row."""
    by = factor(series.sampling_rate, to.rate)
    spans: dict = {}
    for segment in found:
        key = segment.replicate, segment.span
        spans[key] = spans.get(key, 0) + 1
    for (k, (first, stop)), number in spans.items():
        at = 0  # sample of the span, once it is resampled
        for piece in _brought(series.pieces(k, first, stop), by):
            while len(piece) and at < number * to.n_samples:
                segment, sample = divmod(at, to.n_samples)
                part = piece[: to.n_samples - sample]
                rate[row + segment, sample : sample + len(part)] = part
                at, piece = at + len(part), piece[len(part) :]
        row += number
    return row


def files(path: str | Path) -> dict[str, list[int]]:
    """{file of the user: replicates of recording.nc that are of it}."""
    found: dict[str, list[int]] = {}
    with store.open_netcdf(path, "replicate", "from_file") as dataset:
        names = dataset["from_file"][...]
        for replicate, name in zip(dataset["replicate"][...].tolist(), names, strict=True):
            found.setdefault(str(name), []).append(replicate)
    return found


def digest(paths: Sequence[str | Path], given: Mapping) -> str:
    """Of all that recording.nc depends on, but for labels and the common sampling."""
    labels = given["labels"]
    if labels not in (None, recording.IN_ORDER):
        labels = fingerprint.of_file(labels)
    options = {key: given[key] for key in recording.USUAL}
    options |= {"labels": labels, "label_map": recording.label_map(given["label_map"])}
    files = [file for path in paths for file in formats.parts(path)]
    return fingerprint.content([fingerprint.of_file(file) for file in files], options)


class Looks(NamedTuple):
    """What the values of a file look like."""

    silent: list[str]  # regions, or sensors, without variance
    zeros: float  # s, the longest run of zeros in all of them
    swings: dict[str, float] = {}  # of each kind of sensor, from lowest to highest  # noqa: RUF012
    what: str = "region"  # or sensor


def look(series: recording.Recording) -> Looks:
    """Read all values of a file that may be used. Raises InputError for one that is not finite."""
    silent, longest = np.zeros(len(series.channels), bool), 0
    widest = np.zeros(len(series.channels))
    for k in range(len(series.replicates)):
        low, high = np.inf, -np.inf
        for first, stop in series.spans:
            run = 0  # of zeros so far
            for piece in series.read(k, first, stop):
                low = np.minimum(low, piece.min(axis=0))
                high = np.maximum(high, piece.max(axis=0))
                busy = np.flatnonzero(piece.any(axis=1))
                if len(busy):
                    between = np.diff(busy, prepend=-1 - run, append=len(piece)) - 1
                    longest, run = max(longest, *between.tolist()), int(between[-1])
                else:
                    run += len(piece)
                    longest = max(longest, run)
        silent |= low == high
        widest = np.maximum(widest, np.subtract(high, low))
    names = [name for name, still in zip(series.channels, silent, strict=True) if still]
    seconds = longest / series.sampling_rate if series.sampling_rate else 0.0
    sensors = series.raw.sensors
    if sensors is None:
        return Looks(names, seconds)
    kinds = np.array(sensors.kinds)[series.order]
    swings = {str(kind): float(np.median(widest[kinds == kind])) for kind in np.unique(kinds)}
    return Looks(names, seconds, swings, "sensor")
