"""The lead field: what a dipole in each region makes of magnetic field at each sensor."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from restmeg import check, formats, sensors, sources, sphere, store, units
from restmeg.errors import InputError
from restmeg.sensors import Coils

UNIT = "T/(nA m)"
SPHERE = "sphere"  # a source of the configuration
ASSUMED = "auto"  # the unit that the file says or, where it says none, UNIT
MAX_GAIN = 1e3  # T/(nA m): no magnet comes near
MAX_FIELD = 1e30  # T per unit of rate: stored in 32 bits, which end at 3e38


class LeadField(NamedTuple):
    """gain: (regions, sensors) in T/(nA m), row by row the regions ``labels``.

    That of gradiometers is in T/m/(nA m).
    """

    gain: np.ndarray
    labels: np.ndarray  # (regions,)
    sensors: np.ndarray  # (sensors,) names
    coils: Coils | None = None  # their kinds and places, where they are known
    sources: tuple | None = None  # positions (N, 3) mm and directions (N, 3), where they are made
    made: Mapping | None = None  # how, beside the source and the seed
    remarks: tuple[str, ...] = ()  # what a user should be told
    assumed: tuple[str, ...] = ()  # keys of what neither its file nor the user says

    def identity(self) -> list:
        """All that results depend on; of a computed gain what it is computed from.

        Its own last digits depend on the machine.
        """
        if self.sources is not None:
            return [self.labels, self.sensors, *(self.coils or ()), *self.sources]
        return [self.gain, self.labels, self.sensors, *(self.coils or ())]


# What a file leaves open, unless the user says otherwise.
USUAL: dict[str, Any] = {
    "unit": ASSUMED,
    "orientation": None,
    "labels": None,
    "variable": None,
    "parcellation": None,
    "combine": None,
    "sign_flip": None,
    "dipoles": None,
}


def synthetic(labels: check.Names, n_sensors: int, seed: int, gain_sum: float = 1.0) -> LeadField:
    """A random positive lead field that gives every sensor the total gain ``gain_sum``, T/(nA m).

    |standard normal| + 0.1, each sensor's column divided by its sum: a stand-in with the shape and
    units of a real one, for studies without a head model.
    """
    rng = np.random.default_rng(seed)
    gain = np.abs(rng.standard_normal((len(labels), n_sensors))) + 0.1
    gain /= gain.sum(axis=0)
    return LeadField(gain * gain_sum, np.asarray(labels, dtype=object), numbered(n_sensors))


def read(
    path: str | Path,
    labels: check.Names,
    unit: str = ASSUMED,
    given: Mapping = MappingProxyType({}),
) -> LeadField:
    """Read a lead field, in one of the layouts of `formats`, with its regions as in ``labels``.

    unit: of the gain; "auto" is what the file says, and T/(nA m) where its format says nothing.
    given: other keys of USUAL, of the section ``leadfield`` of the configuration.

    Raises InputError if it cannot be read, holds what cannot be a gain, does not say what has to be
    known, or is not for these regions.
    """
    options = {**USUAL, **given, "unit": unit}
    described = formats.find("leadfield", path)
    for name in USUAL.keys() - {"unit", *described.leaves_open}:
        if options[name] != USUAL[name]:
            raise InputError(
                f"config: leadfield.{name}: has no effect on {path}, which says that itself; "
                "expected it left out"
            )
    raw = formats.reader("leadfield", path)(path, options)
    return judged(path, raw, labels, unit, described.leaves_open, options)


def from_settings(given: Mapping, labels: check.Names, centres: Any = None) -> LeadField:
    """The LeadField of the section ``leadfield`` of a checked configuration; errors as `read`.

    centres: (N, 3) mm of the connectome's regions, where they are known.
    """
    if given["path"]:
        options = {name: given[name] for name in USUAL}
        made = {name: value for name, value in options.items() if value != USUAL[name]}
        return read(given["path"], labels, given["unit"], options)._replace(made=made)
    if given["source"] == SPHERE:
        parts = sphere.computed(given, labels, centres)
        return LeadField(labels=np.asarray(labels, dtype=object), **parts)
    if isinstance(given["sensors"], str):
        raise InputError(
            f"config: leadfield.sensors: {given['sensors']}, but the synthetic lead field has a "
            "number of sensors; expected one, or leadfield.source: sphere"
        )
    return synthetic(labels, given["sensors"], given["seed"], given["gain_sum"])


def judged(
    path: str | Path,
    raw: formats.RawLeadField,
    labels: check.Names,
    unit: str = ASSUMED,
    leaves_open: Sequence[str] = (),
    options: Mapping = USUAL,
) -> LeadField:
    """A LeadField of what a file holds, which ``path`` is called in messages.

    leaves_open: what its format cannot say; options: keys of USUAL; the others: see `read`, as for
    errors.
    """
    given = None if unit == ASSUMED else unit
    factor = None if given is None else units.factor("config: leadfield.unit", given, UNIT)
    raw = sources.of_regions(path, raw, labels, options)
    raw = _without_missing(raw)
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
    names = numbered(gain.shape[1]) if raw.sensors is None else raw.sensors
    if len(names) != gain.shape[1]:
        raise InputError(
            f"{path}: {len(names)} names of sensors; expected {gain.shape[1]}, as gain has"
        )
    if raw.coils is not None and len(raw.coils.kinds) != gain.shape[1]:
        raise InputError(
            f"{path}: sensor_kind: {len(raw.coils.kinds)} sensors; expected {gain.shape[1]}, as "
            "gain has"
        )
    possible = np.abs(gain) <= MAX_GAIN
    check.every(path, "gain", gain, possible, f"at most {MAX_GAIN:g} {UNIT} in size")
    if not gain.any():
        raise InputError(f"{path}: gain is zero everywhere; expected a field at the sensors")
    order = check.match_regions(path, regions, labels)
    return LeadField(
        np.ascontiguousarray(gain[order]),
        np.asarray(labels, dtype=object),
        check.unique_names(path, "sensor", names),
        raw.coils,
        remarks=raw.remarks,
        assumed=(*(() if factor else ("unit",)), *(("sensors",) if raw.sensors is None else ())),
    )


def _without_missing(raw):
    """Without sensors that have no value at all, which channels of other kinds may have."""
    gain = np.asarray(raw.gain)
    if not raw.some_missing or gain.dtype.kind != "f":
        return raw
    missing = np.isnan(gain).all(axis=0)
    if not missing.any() or missing.all():
        return raw
    names = numbered(len(missing)) if raw.sensors is None else np.asarray(raw.sensors, dtype=object)
    remark = (
        f"{np.count_nonzero(missing)} of {len(missing)} sensors have no values (NaN) and are left "
        f"out, {check.some(list(names[missing]))}"
    )
    return raw._replace(
        gain=gain[:, ~missing], sensors=names[~missing], remarks=(*raw.remarks, remark)
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
    parameters = {"source": source, **(field.made or {})}
    with store.new_netcdf(path, "Lead field", parameters, seed) as dataset:
        store.add(dataset, "region", field.labels)
        store.add(dataset, "sensor", field.sensors)
        for name, values in variables(field).items():
            store.add(dataset, name, values)


def variables(field: LeadField) -> dict[str, np.ndarray]:
    """What a file of it has beside its regions and sensors, by names of `variables.VARIABLES`."""
    mixed = sensors.unit(field.coils) != "T"
    found = {"sensors.gain" if mixed else "gain": field.gain}
    if field.coils is not None:
        found |= field.coils.variables()
    if field.sources is not None:
        found |= dict(zip(("centres", "dipoles"), field.sources, strict=True))
    return found
