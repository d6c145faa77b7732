"""The lead field: what a dipole in each region makes of magnetic field at each sensor."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from restmeg import check, formats, store, units
from restmeg.errors import InputError

UNIT = "T/(nA m)"
ASSUMED = "auto"  # the unit that the file says or, where it says none, UNIT
MAX_GAIN = 1e3  # T/(nA m): no magnet comes near
MAX_FIELD = 1e30  # T per unit of rate: stored in 32 bits, which end at 3e38


class LeadField(NamedTuple):
    """gain: (regions, sensors) in T/(nA m), row by row the regions ``labels``."""

    gain: np.ndarray
    labels: np.ndarray  # (regions,)
    sensors: np.ndarray  # (sensors,) names


def synthetic(labels: check.Names, n_sensors: int, seed: int, gain_sum: float = 1.0) -> LeadField:
    """A random positive lead field that gives every sensor the total gain ``gain_sum``, T/(nA m).

    |standard normal| + 0.1, each sensor's column divided by its sum: a stand-in with the shape and
    units of a real one, for studies without a head model.
    """
    rng = np.random.default_rng(seed)
    gain = np.abs(rng.standard_normal((len(labels), n_sensors))) + 0.1
    gain /= gain.sum(axis=0)
    return LeadField(gain * gain_sum, np.asarray(labels, dtype=object), numbered(n_sensors))


def read(path: str | Path, labels: check.Names, unit: str = ASSUMED) -> LeadField:
    """Read a lead field, in one of the layouts of `formats`, with its regions as in ``labels``.

    unit: of the gain; "auto" is what the file says, and T/(nA m) where its format says nothing.

    Raises InputError if it cannot be read, holds what cannot be a gain, or is not for these
    regions.
    """
    raw = formats.reader("leadfield", path)(path)
    return judged(path, raw, labels, unit, formats.leaves_open("leadfield", path))


def from_settings(given: Mapping, labels: check.Names) -> LeadField:
    """The LeadField of the section ``leadfield`` of a checked configuration; errors as `read`."""
    if given["path"]:
        return read(given["path"], labels, given["unit"])
    return synthetic(labels, given["sensors"], given["seed"], given["gain_sum"])


def judged(
    path: str | Path,
    raw: formats.RawLeadField,
    labels: check.Names,
    unit: str = ASSUMED,
    leaves_open: Sequence[str] = (),
) -> LeadField:
    """A LeadField of what a file holds, which ``path`` is called in messages.

    leaves_open: what its format cannot say; the others: see `read`, as for errors.
    """
    given = None if unit == ASSUMED else unit
    factor = None if given is None else units.factor("config: leadfield.unit", given, UNIT)
    gain = check.numbers(path, "gain", raw.gain)
    if raw.unit is not None or (given is None and "unit" not in leaves_open):
        own = units.factor(f"{path}: gain", raw.unit, UNIT)
        if factor not in (None, own):
            raise InputError(
                f"config: leadfield.unit: {given}, but {path} says {raw.unit}; expected the "
                f"same or {ASSUMED}"
            )
        factor = own
    gain *= factor or 1.0
    regions = raw.regions
    if len(gain) != np.size(regions):
        raise InputError(
            f"{path}: gain: shape {gain.shape}; expected ({np.size(regions)} regions, sensors)"
        )
    sensors = numbered(gain.shape[1]) if raw.sensors is None else raw.sensors
    possible = np.abs(gain) <= MAX_GAIN
    check.every(path, "gain", gain, possible, f"at most {MAX_GAIN:g} {UNIT} in size")
    if not gain.any():
        raise InputError(f"{path}: gain is zero everywhere; expected a field at the sensors")
    order = check.match_regions(path, regions, labels)
    return LeadField(
        np.ascontiguousarray(gain[order]),
        np.asarray(labels, dtype=object),
        check.unique_names(path, "sensor", sensors),
    )


def numbered(n_sensors: int) -> np.ndarray:
    """Names for sensors that have none."""
    return np.array([f"S{k}" for k in range(n_sensors)], dtype=object)


def check_scale(gain: np.ndarray, scale: float) -> None:
    """Raise InputError if a unit of rate makes a field that 32 bits cannot hold.

    gain: in T/(nA m); scale: in nA m/mV.
    """
    with np.errstate(over="ignore"):
        largest = np.abs(gain).max() * scale
    if not largest <= MAX_FIELD:
        raise InputError(
            f"config: leadfield.scale: makes {largest:.2g} T of a unit of rate; expected at most "
            f"{MAX_FIELD:g} T"
        )


def write(path: str | Path, field: LeadField, source: str, seed: int | None = None) -> None:
    """Write leadfield.nc; ``source`` says where it is from, seed how a synthetic one is made."""
    with store.new_netcdf(path, "Lead field", {"source": source}, seed) as dataset:
        store.add(dataset, "region", field.labels)
        store.add(dataset, "sensor", field.sensors)
        store.add(dataset, "gain", field.gain)
