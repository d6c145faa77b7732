"""The forward model: from regional activity to the magnetic field at the sensors."""

from typing import NamedTuple

import numpy as np

from restmeg import InputError, check, exact, files, units

UNIT = "T/(nA m)"
ASSUMED = "auto"  # the unit that the file says or, where it says none, UNIT
MAX_GAIN = 1e3  # T/(nA m): no magnet comes near
MAX_FIELD = 1e30  # T per unit of rate: stored in 32 bits, which end at 3e38


class LeadField(NamedTuple):
    """gain: (regions, sensors) in T/(nA m), row by row the regions ``labels``."""

    gain: np.ndarray
    labels: np.ndarray  # (regions,)
    sensors: np.ndarray  # (sensors,) names


def synthetic(labels, n_sensors, seed, gain_sum=1.0):
    """A random positive lead field that gives every sensor the total gain ``gain_sum``, T/(nA m).

    |standard normal| + 0.1, each sensor's column divided by its sum: a stand-in with the shape and
    units of a real one, for studies without a head model.
    """
    labels = np.asarray(labels, dtype=object)
    rng = np.random.default_rng(seed)
    gain = np.abs(rng.standard_normal((len(labels), n_sensors))) + 0.1
    gain /= gain.sum(axis=0)
    sensors = np.array([f"S{k}" for k in range(n_sensors)], dtype=object)
    return LeadField(gain * gain_sum, labels, sensors)


def read(path, labels, unit=ASSUMED):
    """Read a lead field and bring its regions into the order of ``labels``.

    path: a .nc with ``gain`` (region, sensor), its units, and the coordinates ``region`` and
        ``sensor``, as `write` makes it; or an .npz with ``gain`` (regions, sensors) and ``labels``.
    unit: of the gain; "auto" is what the file says, and T/(nA m) where it says nothing.

    Raises InputError if it cannot be read, holds what cannot be a gain, or is not for these
    regions.
    """
    given = None if unit == ASSUMED else unit
    factor = None if given is None else units.factor("config: leadfield.unit", given, UNIT)
    if str(path).endswith(".npz"):
        gain, regions = files.read_npz(path, "gain", "labels")
        gain = check.numbers(path, "gain", gain) * (factor or 1.0)
        sensors = [f"S{k}" for k in range(gain.shape[1])]
    elif str(path).endswith(".nc"):
        with files.open_netcdf(path, "gain", "region", "sensor") as dataset:
            variable = dataset["gain"]
            if sorted(variable.dimensions) != ["region", "sensor"]:
                raise InputError(
                    f"{path}: gain has dimensions {variable.dimensions}; "
                    "expected 'region' and 'sensor'"
                )
            gain = check.numbers(path, "gain", files.read_values(variable))
            said = getattr(variable, "units", None)
            if said is not None or given is None:
                own = units.factor(f"{path}: gain", said, UNIT)
                if factor not in (None, own):
                    raise InputError(
                        f"config: leadfield.unit: {given}, but {path} says {said}; expected the "
                        f"same or {ASSUMED}"
                    )
                factor = own
            gain *= factor
            gain = gain if variable.dimensions[0] == "region" else gain.T
            regions, sensors = (files.read_values(dataset[name]) for name in ("region", "sensor"))
    else:
        raise InputError(f"{path}: not a lead field; expected a name that ends in .npz or .nc")
    if len(gain) != np.size(regions):
        raise InputError(
            f"{path}: gain: shape {gain.shape}; expected ({np.size(regions)} regions, sensors)"
        )
    possible = np.abs(gain) <= MAX_GAIN
    check.every(path, "gain", gain, possible, f"at most {MAX_GAIN:g} {UNIT} in size")
    if not gain.any():
        raise InputError(f"{path}: gain is zero everywhere; expected a field at the sensors")
    labels = np.asarray(labels, dtype=object)
    gain = np.ascontiguousarray(gain[check.match_regions(path, regions, labels)])
    return LeadField(gain, labels, check.unique_names(path, "sensor", sensors))


def check_scale(gain, scale):
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


def write(path, leadfield, source, seed=None):
    """Write leadfield.nc; ``source`` says where it is from, seed how a synthetic one is made."""
    with files.new_netcdf(path, "Lead field", {"source": source}, seed) as dataset:
        add = files.add_variable
        add(dataset, "region", ["region"], leadfield.labels, long_name="source region")
        add(dataset, "sensor", ["sensor"], leadfield.sensors, long_name="MEG sensor")
        add(
            dataset,
            "gain",
            ["region", "sensor"],
            leadfield.gain,
            units=UNIT,
            long_name="field at the sensor per dipole moment of the region",
        )


def project(activity_path, leadfield_path, scale, path):
    """Write the sensors' field for one file of activity, a piece of time after another.

    The rate is read as a source potential in mV; scale, in nA m/mV, makes it a dipole moment, and
    the lead field, in T/(nA m), makes that a field in T.

    activity_path: ``rate_E`` (replicate, time, region); path: ``field`` (replicate, time, sensor).

    Raises InputError if the two are not for the same regions in the same order, or the field is too
    strong to be stored.
    """
    with (
        files.open_netcdf(leadfield_path, "gain", "region") as leadfield,
        files.open_netcdf(activity_path, "rate_E", "region") as activity,
    ):
        if list(activity["region"][...]) != list(leadfield["region"][...]):
            raise InputError(f"{activity_path}: its regions are not those of {leadfield_path}")
        given = getattr(leadfield["gain"], "units", None)
        factor = scale * units.factor(f"{leadfield_path}: gain", given, UNIT)
        gain = files.read_values(leadfield["gain"]) * factor
        check_scale(gain, 1.0)
        parameters, seed = files.provenance(activity)
        parameters["scale"] = scale
        title = "Magnetic field at the sensors"
        with files.new_netcdf(path, title, parameters, seed) as dataset:
            files.copy_variables(activity, dataset, "replicate", "time")
            files.copy_variables(leadfield, dataset, "sensor")
            _project(activity["rate_E"], gain, dataset)


def _project(rate, gain, dataset):
    n_replicates, n_samples, _ = rate.shape
    n_sensors = gain.shape[1]
    shape = (n_replicates, n_samples, n_sensors)
    field = files.add_series(dataset, "field", shape, "sensor", "T", "magnetic field")
    length = field.chunking()[1]
    for replicate in range(n_replicates):
        for first in range(0, n_samples, length):
            part = files.read_values(rate, (replicate, slice(first, first + length)))
            field[replicate, first : first + len(part)] = exact.product(part.astype(float), gain)
