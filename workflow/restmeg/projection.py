"""The forward model: from regional activity to the magnetic field at the sensors."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from restmeg import exact, leadfield, sensors, store, units
from restmeg.errors import InputError
from restmeg.variables import VARIABLES

TITLE = "Magnetic field at the sensors"


def field(activity: np.ndarray, gain: np.ndarray) -> np.ndarray:
    """Field (samples, sensors) in T of rates (samples, N), the same bits on every machine.

    gain: (N, sensors) in T per unit of rate.
    """
    return exact.product(activity.astype(np.float64), gain)


def scaled(gain: np.ndarray, scale: float) -> np.ndarray:
    """Gain (N, sensors) in T per unit of rate, from T/(nA m) and a scale in nA m/mV.

    The rate is read as a source potential in mV, which the scale makes a dipole moment.

    Raises InputError if the field would be too strong to be stored.
    """
    leadfield.check_scale(gain, scale)
    return gain * scale


def variable(coils: sensors.Coils | None) -> str:
    """The name in `variables.VARIABLES` of the field at sensors, by their kinds."""
    return "field" if sensors.unit(coils) == "T" else "sensors.field"


def fill(
    out: Any,
    pieces: Callable[[int], Iterator[np.ndarray]],
    gain: np.ndarray,
    progress: Callable = iter,
) -> None:
    """Project all replicates, a piece of time after another, and put them into ``out``.

    out: (replicate, time, sensor), to be written to; pieces: a replicate's place -> its rates
    (samples, N), a piece after another; progress: wraps the places, as tqdm does.
    """
    for k in progress(range(len(out))):
        first = 0
        for rates in pieces(k):
            out[k, first : first + len(rates)] = field(rates, gain)
            first += len(rates)


def project_file(
    activity_path: str | Path, leadfield_path: str | Path, scale: float, path: str | Path
) -> None:
    """Write the sensors' field for one file of activity.

    activity_path: ``rate_E`` (replicate, time, region); scale: in nA m/mV; path: ``field``
    (replicate, time, sensor).

    Raises InputError if the two are not for the same regions in the same order, or the field is too
    strong to be stored.
    """
    with (
        store.open_netcdf(leadfield_path, "gain", "region") as lead,
        store.open_netcdf(activity_path, "rate_E", "region") as activity,
    ):
        if list(activity["region"][...]) != list(lead["region"][...]):
            raise InputError(f"{activity_path}: its regions are not those of {leadfield_path}")
        given = getattr(lead["gain"], "units", None)
        known = {name: lead[name] for name in sensors.VARIABLES if name in lead.variables}
        known = {name: store.read_values(variable) for name, variable in known.items()}
        coils = sensors.stored(leadfield_path, known)
        mixed = sensors.unit(coils) != "T"
        if mixed and given == VARIABLES["sensors.gain"].units:
            given = leadfield.UNIT  # and of gradiometers the same over a metre
        factor = units.factor(f"{leadfield_path}: gain", given, leadfield.UNIT)
        gain = scaled(store.read_values(lead["gain"]), scale * factor)
        parameters, seed = store.provenance(activity)
        parameters["scale"] = scale
        rate = activity["rate_E"]
        with store.new_netcdf(path, TITLE, parameters, seed) as dataset:
            store.copy_variables(activity, dataset, "replicate", "time")
            store.copy_variables(lead, dataset, "sensor")
            for name, values in known.items():
                store.add(dataset, name, values)
            name = variable(coils)
            out = store.add_series(dataset, name, (*rate.shape[:2], gain.shape[1]))
            length = store.piece_length(gain.shape[1])

            def pieces(k: int) -> Iterator[np.ndarray]:
                for first in range(0, rate.shape[1], length):
                    yield store.read_values(rate, (k, slice(first, first + length)))

            fill(out, pieces, gain)
