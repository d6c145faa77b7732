"""Series of regional activity as files hold them: simulated ones and a user's recording alike."""

import contextlib
from typing import Any, NamedTuple

import numpy as np

from restmeg import InputError, check, files, units

UNEVEN = 0.01  # how far two sampling rates or lengths may differ and yet be the same


class Recording(NamedTuple):
    """An open file of ``rate_E`` (replicate, time, region), or (time, region) of one replicate."""

    path: Any
    rate: Any  # the netCDF4 variable
    replicates: np.ndarray  # (replicates,)
    labels: list  # of regions, in the connectome's order
    order: list  # their positions in the file
    sampling_rate: float | None  # Hz; None where nobody says it

    @property
    def n_samples(self):
        """Samples of a replicate."""
        return self.rate.shape[-2]

    @property
    def seconds(self):
        """Length of a replicate in s; None where the sampling rate is not known."""
        return self.sampling_rate and self.n_samples / self.sampling_rate

    def pieces(self, k):
        """Yield replicate number k in pieces (samples, N), regions in the connectome's order."""
        length = files.piece_length(len(self.order))
        for first in range(0, self.n_samples, length):
            piece = slice(first, first + length)
            index = (k, piece) if self.rate.ndim == 3 else piece
            values = files.read_values(self.rate, index, missing=np.nan)[:, self.order]
            if not np.isfinite(values).all():
                sample, region = np.argwhere(~np.isfinite(values))[0]
                raise InputError(
                    f"{self.path}: rate_E of replicate {self.replicates[k]}, region "
                    f"'{self.labels[region]}', sample {first + sample}: missing or not finite; "
                    "expected a number"
                )
            yield values


@contextlib.contextmanager
def opened(path, labels=None, sampling_rate=None):
    """Open a file of activity whose regions are ``labels``, in any order; yield a Recording.

    labels: None for those of the file; sampling_rate: in Hz, for a file without a time axis that
    has units.

    Raises InputError if it is none, its regions are others, its time axis is uneven, or it says
    another sampling rate.
    """
    with files.open_netcdf(path, "rate_E", "region") as dataset:
        rate = dataset["rate_E"]
        alone = rate.dimensions == ("time", "region")  # a recording of one session
        if not alone and rate.dimensions != ("replicate", "time", "region"):
            raise InputError(
                f"{path}: rate_E has dimensions {rate.dimensions}; "
                "expected ('replicate', 'time', 'region') or ('time', 'region')"
            )
        n_replicates = 1 if alone else rate.shape[0]
        replicates = np.arange(n_replicates)
        if "replicate" in dataset.variables:
            replicates = np.atleast_1d(files.read_values(dataset["replicate"]))
        regions = files.read_values(dataset["region"])
        if labels is None:
            labels = check.unique_names(path, "region", regions)
            order = list(range(len(labels)))
        else:
            order = check.match_regions(path, regions, labels)
        if np.dtype(rate.dtype).kind not in "fiu":
            raise InputError(f"{path}: rate_E: {rate.dtype}; expected real numbers")
        check.unique_names(path, "replicate", replicates)
        if n_replicates < 1:
            raise InputError(f"{path}: no replicate; expected at least 1")
        if rate.shape[-2] < 2:
            raise InputError(f"{path}: number of samples is {rate.shape[-2]}; expected >= 2")
        own = _sampling_rate(path, dataset)
        if sampling_rate and own and abs(own / sampling_rate - 1) > UNEVEN:
            raise InputError(
                f"config: target.sampling_rate: {sampling_rate:g} Hz, but {path} has a time axis "
                f"of {own:g} Hz; expected the same or auto"
            )
        yield Recording(path, rate, replicates, labels, order, own or sampling_rate)


def _sampling_rate(path, dataset):
    """Hz, from the time axis; None if there is none or it has no units."""
    if "time" not in dataset.variables or dataset["time"].dimensions != ("time",):
        return None
    times = np.asarray(files.read_values(dataset["time"]))
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
    unit = getattr(dataset["time"], "units", None)
    if isinstance(unit, str):  # "seconds since 2024-01-01" is CF's way to say a date
        unit = unit.split(" since ")[0]
    try:
        factor = units.factor(f"{path}: time", unit, "ms")
    except InputError:  # none, or that of a number of samples
        return None
    return float(f"{1000 / (step * factor):.6g}")
