"""Series of regional activity as files hold them: simulated ones and a user's recording alike."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from restmeg import check, formats, store, units
from restmeg.errors import InputError

UNEVEN = 0.01  # how far two sampling rates or lengths may differ and yet be the same


class Recording(NamedTuple):
    """Regional series of one or several replicates, open to be read piece by piece."""

    path: Any
    raw: formats.RawRecording
    replicates: np.ndarray  # (replicates,)
    labels: list  # of regions, in the connectome's order
    order: list  # their positions in the file
    sampling_rate: float | None  # Hz; None where nobody says it

    @property
    def n_samples(self) -> int:
        """Samples of a replicate."""
        return self.raw.n_samples

    @property
    def seconds(self) -> float | None:
        """Length of a replicate in s; None where the sampling rate is not known."""
        return self.sampling_rate and self.n_samples / self.sampling_rate

    def pieces(self, k: int) -> Iterator[np.ndarray]:
        """Yield replicate number k in pieces (samples, N), regions in the connectome's order.

        Raises InputError for a value that is missing or not finite.
        """
        length = store.piece_length(len(self.order))
        for first in range(0, self.n_samples, length):
            values = self.raw.read(k, slice(first, first + length))[:, self.order]
            if not np.isfinite(values).all():
                sample, region = np.argwhere(~np.isfinite(values))[0]
                raise InputError(
                    f"{self.path}: rate_E of replicate {self.replicates[k]}, region "
                    f"'{self.labels[region]}', sample {first + sample}: missing or not finite; "
                    "expected a number"
                )
            yield values


@contextlib.contextmanager
def opened(
    path: str | Path, labels: check.Names | None = None, sampling_rate: float | None = None
) -> Iterator[Recording]:
    """Open a file of activity whose regions are ``labels``, in any order; yield a Recording.

    labels: None for those of the file; sampling_rate: in Hz, for a file without a time axis that
    has units.

    Raises InputError as `judged` does, or if it cannot be read.
    """
    with formats.reader("recording", path)(path) as raw:
        yield judged(path, raw, labels, sampling_rate)


def judged(
    path: str | Path,
    raw: formats.RawRecording,
    labels: check.Names | None = None,
    sampling_rate: float | None = None,
) -> Recording:
    """A Recording of what a file holds.

    Raises InputError if it holds none, its regions are others, its time axis is uneven, or it says
    another sampling rate.
    """
    replicates = np.arange(raw.n_replicates) if raw.replicates is None else raw.replicates
    if labels is None:
        labels = check.unique_names(path, "region", raw.regions)
        order = list(range(len(labels)))
    else:
        if len(raw.regions) != len(labels) == raw.n_samples:
            raise InputError(
                f"{path}: {len(raw.regions)} regions and {raw.n_samples} samples for a connectome "
                f"of {len(labels)} regions: time and region have changed places"
            )
        order = check.match_regions(path, raw.regions, labels)
    if np.dtype(raw.dtype).kind not in "fiu":
        raise InputError(f"{path}: rate_E: {raw.dtype}; expected real numbers")
    check.unique_names(path, "replicate", replicates)
    if raw.n_replicates < 1:
        raise InputError(f"{path}: no replicate; expected at least 1")
    if raw.n_samples < 2:
        raise InputError(f"{path}: number of samples is {raw.n_samples}; expected >= 2")
    own = _sampling_rate(path, raw.times, raw.time_unit)
    if sampling_rate and own and abs(own / sampling_rate - 1) > UNEVEN:
        raise InputError(
            f"config: target.sampling_rate: {sampling_rate:g} Hz, but {path} has a time axis "
            f"of {own:g} Hz; expected the same or auto"
        )
    return Recording(path, raw, replicates, list(labels), order, own or sampling_rate)


def _sampling_rate(path, times, unit):
    """Hz, from the time axis; None if there is none or it has no units."""
    if times is None:
        return None
    if times.dtype.kind not in "fiu" or not np.isfinite(times).all():
        raise InputError(f"{path}: time is not made of finite numbers; expected times")
    steps = np.diff(times.astype(np.float64))
    step = (float(times[-1]) - float(times[0])) / len(steps)
    even = times[0] + step * np.arange(len(times))
    # Times may be rounded, to whole ms or to 32 bits, but none may be left out.
    if (
        not step > 0
        or steps.min() <= 0
        or steps.max() > 1.75 * step
        or (np.abs(times - even).max() > 0.6 * step)
    ):
        raise InputError(
            f"{path}: time has steps from {steps.min():.4g} to {steps.max():.4g}; expected even "
            "ones, forward"
        )
    if isinstance(unit, str):  # "seconds since 2024-01-01" is CF's way to say a date
        unit = unit.split(" since ")[0]
    try:
        factor = units.factor(f"{path}: time", unit, "ms")
    except InputError:  # none, or that of a number of samples
        return None
    return float(f"{1000 / (step * factor):.6g}")
