"""Series of regional activity as files hold them: simulated ones and a user's recording alike.

A recording at the sensors becomes series of regions by the inverse operator that simulations go
through as well.
"""

import contextlib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from restmeg import check, exact, formats, store, units
from restmeg.errors import InputError
from restmeg.formats import text

UNEVEN = 0.01  # how far two sampling rates or lengths may differ and yet be the same
# What a file leaves open, unless the user says otherwise: keys of the section ``target``.
USUAL: dict[str, Any] = {
    "variable": None,
    "orientation": None,
    "sampling_rate": None,
    "labels": None,
    "label_map": None,
}
IN_ORDER = "connectome"  # in place of a file of labels: they are the connectome's, in its order
NUMBERED = re.compile(r"(.*?)(\d+)")  # what tools call regions where they know no names


class Through(NamedTuple):
    """What brings sensors to regions."""

    regions: list  # names
    sensors: list  # names of those that count; empty where they have none
    matrix: np.ndarray | None = None  # (regions, sensors), once there is one
    made: dict = {}  # how  # noqa: RUF012


class Recording(NamedTuple):
    """Regional series of one or several replicates, open to be read piece by piece."""

    path: Any
    raw: formats.RawRecording
    replicates: np.ndarray  # (replicates,)
    labels: list  # of regions, in the connectome's order
    order: list  # positions in the file of channels, which are they or sensors
    sampling_rate: float | None  # Hz; None where nobody says it
    may_diverge: bool = False  # as a simulation does, which is then NaN
    through: Through | None = None  # what makes regions of its channels, where these are sensors

    @property
    def channels(self) -> list:
        """Names of what the file has series of: regions, or sensors."""
        return self.labels if self.through is None else self.through.sensors

    @property
    def n_samples(self) -> int:
        """Samples of a replicate."""
        return self.raw.n_samples

    @property
    def spans(self) -> list[tuple[int, int]]:
        """Samples that may be used, first and one after the last; the same of each replicate."""
        return [(0, self.n_samples)] if self.raw.spans is None else self.raw.spans

    def pieces(self, k: int, first: int = 0, stop: int | None = None) -> Iterator[np.ndarray]:
        """Yield replicate number k in pieces (samples, N), regions in the connectome's order.

        first, stop: samples. Raises InputError for a value that is missing or not finite, but for
        those of a simulation that has diverged.
        """
        for values in self.read(k, first, stop):
            if self.through is None:
                yield values
            elif self.through.matrix is None:
                raise ValueError(f"{self.path}: sensors, and no inverse")
            else:
                yield exact.product(values.astype(np.float64), self.through.matrix.T)

    def read(self, k: int, first: int = 0, stop: int | None = None) -> Iterator[np.ndarray]:
        """Yield the same of its channels; errors as `pieces`."""
        length = store.piece_length(len(self.order))
        stop = self.n_samples if stop is None else stop
        for start in range(first, stop, length):
            values = self.raw.read(k, slice(start, min(start + length, stop)))[:, self.order]
            if not (self.may_diverge or np.isfinite(values).all()):
                sample, at = np.argwhere(~np.isfinite(values))[0]
                raise InputError(
                    f"{self.path}: {self.raw.variable} of replicate {self.replicates[k]}, "
                    f"{self.raw.what} '{self.channels[at]}', sample {start + sample}: missing or "
                    "not finite; expected a number"
                )
            yield values


@contextlib.contextmanager
def opened(
    path: str | Path,
    labels: check.Names | None = None,
    given: Mapping | None = None,
    through: Through | None = None,
) -> Iterator[Recording]:
    """Open a file of activity whose regions are ``labels``, in any order; yield a Recording.

    labels: None for those of the file; given: keys of the section ``target`` of the configuration,
    where they are not as USUAL; through: what makes regions of its series if they are of sensors,
    whose names have to be those of it, in any order.

    Raises InputError as `judged` does, or if it cannot be read.
    """
    options = USUAL if given is None else USUAL | dict(given)  # USUAL itself for our own
    with formats.reader("recording", path)(path, options) as raw:
        yield judged(path, raw, labels, options, through)


def through(path: str | Path) -> Through:
    """What inverse.nc makes regions of sensors with; sensors that it does not use are left out."""
    with store.open_netcdf(path, "inverse", "region", "sensor") as dataset:
        matrix = store.read_values(dataset["inverse"])
        used = matrix.any(axis=0)
        regions, sensors = (store.read_values(dataset[name]) for name in ("region", "sensor"))
        made = store.provenance(dataset)[0]
    own, of = ([str(name) for name in names] for names in (regions, sensors[used]))
    return Through(own, of, matrix[:, used], made)


def judged(
    path: str | Path,
    raw: formats.RawRecording,
    labels: check.Names | None = None,
    given: Mapping = USUAL,
    through: Through | None = None,
) -> Recording:
    """A Recording of what a file holds; labels, given, through: as in `opened`.

    Raises InputError if it holds none, its regions or sensors are others, its time axis is uneven,
    or it says another sampling rate.
    """
    replicates = np.arange(raw.n_replicates) if raw.replicates is None else raw.replicates
    through = None if raw.sensors is None else _checked(path, through, labels, given)
    names, places = named(path, raw, labels, given)
    if through is not None:
        order = [places[at] for at in _matched(path, raw, names, through)]
        labels = through.regions
    elif labels is None:
        labels, order = names, places
    else:
        if raw.n_regions != len(labels) == raw.n_samples:
            raise InputError(
                f"{path}: {raw.n_regions} regions and {raw.n_samples} samples for a connectome "
                f"of {len(labels)} regions: time and region have changed places"
            )
        order = [
            places[at] for at in check.match_regions(path, names, labels, mend=_mend(given, names))
        ]
    if np.dtype(raw.dtype).kind not in "fiu":
        raise InputError(f"{path}: {raw.variable}: {raw.dtype}; expected real numbers")
    check.unique_names(path, "replicate", replicates)
    if raw.n_replicates < 1:
        raise InputError(f"{path}: no replicate; expected at least 1")
    if raw.n_samples < 2:
        raise InputError(f"{path}: number of samples is {raw.n_samples}; expected >= 2")
    own = raw.sampling_rate or _sampling_rate(path, raw.times, raw.time_unit)
    stated = given["sampling_rate"]
    if stated and own and abs(own / stated - 1) > UNEVEN:
        raise InputError(
            f"config: target.sampling_rate: {stated:g} Hz, but {path} has a time axis "
            f"of {own:g} Hz; expected the same or auto"
        )
    own_file = given is USUAL and raw.provenance.get("role") == "simulated"
    return Recording(path, raw, replicates, list(labels), order, own or stated, own_file, through)


def _checked(path, through, labels, given):
    """What makes regions of sensors. Raises InputError where there is none, or of other regions."""
    if through is None:
        raise InputError(
            f"{path}: its channels are sensors, not regions; expected inverse.source, such as "
            "minimum_norm, which makes regions of them (or series of regions, as channels of type "
            "misc, and no sensors beside them)"
        )
    if not through.sensors:
        raise InputError(
            f"{path}: its channels are sensors, and the lead field's have no names by which they "
            "could be found; expected a lead field with names of its sensors"
        )
    if given["labels"] is not None:
        raise InputError(
            f"config: target.labels: has no effect on {path}, whose sensors have names of their "
            "own; expected it left out (target.label_map brings names together)"
        )
    if labels is not None and list(labels) != through.regions:
        raise InputError("inverse.nc: its regions are not those of the connectome")
    return through


def _matched(path, raw, names, through):
    """Places among names of the sensors that count. Raises InputError if one is not there."""
    place = {name: k for k, name in enumerate(names)}
    missing = [name for name in through.sensors if name not in place]
    if not missing:
        return [place[name] for name in through.sensors]
    bad = sorted(set(missing) & set(raw.sensors.bad))
    are = f"are not in it or marked as bad ({check.some(bad)})" if bad else "are not in it"
    mend = (
        "interpolate them (interpolate_bads of MNE), or leave them out of the lead field "
        "(pick_channels_forward)"
    )
    if len(missing) == len(through.sensors):
        mend = "a lead field of its sensors, or target.label_map, which brings names together"
        are += f", which has {check.some(list(names)) or 'none'}"
    raise InputError(
        f"{path}: {len(missing)} of {len(through.sensors)} sensors of the lead field, "
        f"{check.some(missing)}, {are}; expected all: {mend}"
    )


def named(
    path: str | Path,
    raw: formats.RawRecording,
    labels: check.Names | None = None,
    given: Mapping = USUAL,
) -> tuple[np.ndarray, list[int]]:
    """Names of the regions of a file that are used, and their places in it.

    Raises InputError if nobody says them, or for a name that the file has not.
    """
    if given["labels"] is None and raw.regions is None:
        raise InputError(
            f"{path}: has no names of its regions; expected target.labels: a file of them, or the "
            f"word {IN_ORDER} if they are in its order"
        )
    own = None if raw.regions is None else check.unique_names(path, raw.what, raw.regions)
    found = own
    if given["labels"] is not None:
        found = _stated(path, raw, labels, given["labels"])
        if own is not None:
            _check_same(path, own, found, given["labels"])
    return _mapped(path, found, given["label_map"], raw.what)


def _mend(given, names):
    """What brings the names of a user's recording together with the connectome's."""
    if given is USUAL:  # a file of our own
        return ""
    if given["labels"] is None and numbered(names):
        return (
            f"target.labels says what numbered ones are: a file of names, or {IN_ORDER} if they "
            "are in its order"
        )
    return "target.label_map brings names together, or leaves some out"


def numbered(names: check.Names) -> bool:
    """Whether names are one word, or none, with numbers from 0 or 1 on: those of no regions."""
    found = [NUMBERED.fullmatch(name) for name in names]
    if not all(found) or len({one[1] for one in found if one}) > 1:
        return False
    numbers = [int(one[2]) for one in found if one]
    return numbers == list(range(numbers[0], numbers[0] + len(numbers))) and numbers[0] in (0, 1)


def _check_same(path, own, found, source):
    """Raise InputError if a file's own names, unless they are numbered, are not the user's."""
    if list(own) != list(found) and not numbered(own):
        raise InputError(
            f"config: target.labels: {source} has other names, or another order, than {path} "
            f"({check.some(found)} instead of {check.some(own)}); expected the same or auto"
        )


def _stated(path, raw, labels, source):
    """Names that the user gives to the regions of a file, in its order."""
    if source == IN_ORDER:
        names, where = [] if labels is None else list(labels), "config: target.labels: connectome"
    else:
        names = text.names(source)
        check.unique_names(source, "label", names)
        where = source
    if len(names) != raw.n_regions:
        turned = "; it has as many samples: are time and region in each other's place?"
        raise InputError(
            f"{where}: {len(names)} labels; expected {raw.n_regions}, one for each region of {path}"
            + (turned if len(names) == raw.n_samples else "")
        )
    return np.array(names, dtype=object)


def label_map(given: Any) -> dict[str, str | None]:
    """{name in the file: name in the connectome, or None to leave it out}.

    given: the same, or a table of two columns in a file. Raises InputError if it is none.
    """
    if not isinstance(given, str):
        return {str(name): None if to is None else str(to) for name, to in (given or {}).items()}
    found: dict[str, str | None] = {}
    for k, row in enumerate(text.cells(text.lines(given), given), 1):
        if len(row) > 2 or not row[0]:
            raise InputError(
                f"{given}: row {k} has {len(row)} cells; expected two: a name in the recording, "
                "and one in the connectome or nothing"
            )
        if row[0] in found:
            raise InputError(f"{given}: name '{row[0]}' is there more than once")
        found[row[0]] = (row[1] or None) if len(row) == 2 else None
    return found


def _mapped(path, names, given, what):
    """Names after ``label_map``, and the places of those that are used."""
    mapping = label_map(given)
    for name in mapping:
        if name not in names:
            where = given if isinstance(given, str) else "config: target.label_map"
            raise InputError(f"{where}: {path} has no {what} {check.nearest(name, names)}")
    used = [(mapping.get(name, name), k) for k, name in enumerate(names)]
    used = [(name, k) for name, k in used if name is not None]
    return check.unique_names(path, what, [name for name, _ in used]), [k for _, k in used]


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
