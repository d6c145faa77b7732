"""NetCDF in the layout of our own results."""

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from restmeg import check, store, units
from restmeg import sensors as geometry
from restmeg.errors import InputError
from restmeg.formats import RawConnectome, RawLeadField, RawRecording


@contextlib.contextmanager
def _opened(path, *names):
    """See `store.open_netcdf`; raises InputError also for what is damaged further inside."""
    with store.open_netcdf(path, *names) as dataset:
        try:
            yield dataset
        except (RuntimeError, UnicodeError) as error:
            raise InputError(f"{path}: cannot be read as NetCDF ({error})") from error


def connectome(path: str | Path, given: Mapping) -> RawConnectome:  # noqa: ARG001
    """``weights`` and ``distances`` over ``target`` and ``source``, in any order, and ``labels``.

    Dimensions with coordinates are brought into the order of the labels.
    """
    with _opened(path, "weights", "distances") as dataset:
        names = "labels" if "labels" in dataset.variables else "target"
        if names not in dataset.variables:
            found = ", ".join(dataset.variables)
            raise InputError(f"{path}: no variable 'labels' or 'target'; found {found}")
        labels = check.unique_names(path, "label", store.read_values(dataset[names]))
        matrices = []
        for name in ("weights", "distances"):
            variable = dataset[name]
            if sorted(variable.dimensions) != ["source", "target"]:
                raise InputError(
                    f"{path}: {name} has dimensions {variable.dimensions}; "
                    "expected 'target' and 'source'"
                )
            matrix = store.read_values(variable)
            for axis, dimension in enumerate(variable.dimensions):
                if dimension in dataset.variables:  # a coordinate may have an order of its own
                    regions = store.read_values(dataset[dimension])
                    matrix = matrix.take(check.match_regions(path, regions, labels), axis)
            matrices.append(matrix if variable.dimensions[0] == "target" else matrix.T)
        unit = getattr(dataset["distances"], "units", None)
        centres = None
        if "centres" in dataset.variables:
            factor = units.factor(
                f"{path}: centres", getattr(dataset["centres"], "units", None), "mm"
            )
            centres = store.read_values(dataset["centres"]) * factor
        return RawConnectome(matrices[0], matrices[1], labels, unit, "target_source", centres)


def leadfield(path: str | Path, given: Mapping) -> RawLeadField:  # noqa: ARG001
    """``gain`` over ``region`` and ``sensor``, in any order, with these two coordinates.

    Kinds and places of sensors are those of `sensors.VARIABLES`, if it has them.
    """
    with _opened(path, "gain", "region", "sensor") as dataset:
        variable = dataset["gain"]
        if sorted(variable.dimensions) != ["region", "sensor"]:
            raise InputError(
                f"{path}: gain has dimensions {variable.dimensions}; expected 'region' and 'sensor'"
            )
        gain = store.read_values(variable)
        regions, sensors = (store.read_values(dataset[name]) for name in ("region", "sensor"))
        unit = getattr(variable, "units", None)
        known = {
            name: store.read_values(dataset[name])
            for name in geometry.VARIABLES
            if name in dataset.variables
        }
        coils = geometry.stored(path, known)
        if coils is not None and unit == f"{geometry.MIXED}/(nA m)":
            unit = "T/(nA m)"  # and of gradiometers the same over a metre
        return RawLeadField(
            gain if variable.dimensions[0] == "region" else gain.T, regions, sensors, unit, coils
        )


@contextlib.contextmanager
def recording(path: str | Path) -> Iterator[RawRecording]:
    """``rate_E`` over ``replicate``, ``time`` and ``region``, or without ``replicate``."""
    with _opened(path, "rate_E") as dataset:
        rate = dataset["rate_E"]
        if "region" not in dataset.variables:
            raise InputError(
                f"{path}: no variable 'region'; expected one with the name of each region of rate_E"
            )
        alone = rate.dimensions == ("time", "region")  # a recording of one session
        if not alone and rate.dimensions != ("replicate", "time", "region"):
            raise InputError(
                f"{path}: rate_E has dimensions {rate.dimensions}; "
                "expected ('replicate', 'time', 'region') or ('time', 'region')"
            )
        replicates = times = unit = None
        if "replicate" in dataset.variables:
            replicates = np.atleast_1d(store.read_values(dataset["replicate"]))
        if "time" in dataset.variables and dataset["time"].dimensions == ("time",):
            times = np.asarray(store.read_values(dataset["time"]))
            unit = getattr(dataset["time"], "units", None)

        def read(k: int, piece: slice) -> np.ndarray:
            return store.read_values(rate, piece if alone else (k, piece), missing=np.nan)

        parameters, seed = store.provenance(dataset)
        yield RawRecording(
            n_replicates=1 if alone else rate.shape[0],
            n_samples=rate.shape[-2],
            dtype=rate.dtype,
            regions=store.read_values(dataset["region"]),
            replicates=replicates,
            times=times,
            time_unit=unit,
            read=read,
            provenance=parameters,
            seed=seed,
            notes=store.notes(dataset) if parameters else [],
        )
