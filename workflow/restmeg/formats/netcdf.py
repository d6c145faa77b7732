"""NetCDF in the layout of our own results."""

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from restmeg import check, store, units
from restmeg import sensors as geometry
from restmeg.errors import InputError, reason
from restmeg.formats import RawConnectome, RawInverse, RawLeadField, RawRecording


@contextlib.contextmanager
def _opened(path, *names):
    """See `store.open_netcdf`; raises InputError also for what is damaged further inside."""
    with store.open_netcdf(path, *names) as dataset:
        try:
            yield dataset
        except (RuntimeError, UnicodeError) as error:
            raise InputError(f"{path}: cannot be read as NetCDF ({reason(error)})") from error


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
        return RawConnectome(
            matrices[0],
            matrices[1],
            labels,
            distance_unit=unit,
            orientation="target_source",
            centres=centres,
        )


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


def inverse(path: str | Path, given: Mapping) -> RawInverse:  # noqa: ARG001
    """``inverse`` over ``region`` and ``sensor``, in any order, with these two coordinates."""
    with _opened(path, "inverse", "region", "sensor") as dataset:
        variable = dataset["inverse"]
        if sorted(variable.dimensions) != ["region", "sensor"]:
            raise InputError(
                f"{path}: inverse has dimensions {variable.dimensions}; expected 'region' and "
                "'sensor'"
            )
        values = store.read_values(variable)
        regions, sensors = (store.read_values(dataset[name]) for name in ("region", "sensor"))
        in_order = variable.dimensions[0] == "region"
        return RawInverse(values if in_order else values.T, regions, sensors)


@contextlib.contextmanager
def recording(path: str | Path, given: Mapping | None = None) -> Iterator[RawRecording]:
    """A variable over time and regions, and over ``replicate`` where there are several.

    given: its key ``variable`` names it, if it is neither ``rate_E`` nor the only one of its kind.
    Its dimensions may have any order.
    """
    with _opened(path) as dataset:
        name = _series_name(path, dataset, given and given.get("variable"))
        series = dataset[name]
        names = [at for at in series.dimensions if at not in ("time", "replicate")]
        order = [*(at for at in ("replicate",) if at in series.dimensions), "time", *names]
        if len(names) != 1 or sorted(order) != sorted(series.dimensions):
            raise InputError(
                f"{path}: {name} has dimensions {series.dimensions}; expected 'time' and 'region', "
                "or 'replicate' as well"
            )
        several = len(order) == 3
        sizes = dict(zip(series.dimensions, series.shape, strict=True))
        replicates = times = unit = regions = None
        if "replicate" in dataset.variables:
            replicates = np.atleast_1d(store.read_values(dataset["replicate"]))
        if "time" in dataset.variables and dataset["time"].dimensions == ("time",):
            times = np.asarray(store.read_values(dataset["time"]))
            unit = getattr(dataset["time"], "units", None)
        if names[0] in dataset.variables:
            regions = np.atleast_1d(store.read_values(dataset[names[0]]))

        def read(k: int, piece: slice) -> np.ndarray:
            at = {"time": piece, "replicate": k}
            index = tuple(at.get(dimension, slice(None)) for dimension in series.dimensions)
            values = store.read_values(series, index, missing=np.nan)
            left = [dimension for dimension in series.dimensions if dimension != "replicate"]
            return values if left[0] == "time" else values.T

        parameters, seed = store.provenance(dataset)
        yield RawRecording(
            n_replicates=sizes["replicate"] if several else 1,
            n_samples=sizes["time"],
            dtype=series.dtype,
            regions=regions,
            n_regions=sizes[names[0]],
            replicates=replicates if several or replicates is None else replicates[:1],
            times=times,
            time_unit=unit,
            read=read,
            provenance=parameters,
            seed=seed,
            notes=store.notes(dataset) if parameters else [],
            variable=name,
        )


def _series_name(path, dataset, stated):
    """The variable that holds the series."""
    over_time = [
        name
        for name, variable in dataset.variables.items()
        if "time" in variable.dimensions and len(variable.dimensions) > 1
    ]
    name = stated or ("rate_E" if "rate_E" in dataset.variables else None)
    if name is None and len(over_time) == 1:
        return over_time[0]
    if name is None or name not in dataset.variables:
        wanted = f"no variable '{name}'" if name else f"{len(over_time)} series over 'time'"
        raise InputError(
            f"{path}: {wanted}; found {check.some(list(dataset.variables), shown=8) or 'none'}; "
            "expected one over 'time' and 'region', named by target.variable where there are "
            "several"
        )
    return name
