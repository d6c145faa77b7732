"""From labelled xarray objects to what the package works on, and back."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from restmeg import (
    bundled,
    check,
    connectome,
    estimands,
    estimated,
    formats,
    leadfield,
    preparation,
    scoring,
    sensors,
    store,
    units,
)
from restmeg.bands import BROADBAND
from restmeg.errors import InputError
from restmeg.scores import SCORES
from restmeg.variables import VARIABLES, in_file
from restmeg.version import __version__

EXAMPLE = "example"

Labelled = xr.Dataset | xr.DataArray


def role_of(given: Labelled) -> str:
    """What activity is of: simulated, or else it may be a target."""
    return _provenance(given)[0].get("role", "target")


def name_of(given: str | Path | xr.Dataset) -> str | Path:
    """The path of a connectome, or what messages call one that is in no file."""
    if isinstance(given, str | Path):
        return bundled.example() if str(given) == EXAMPLE else given
    return "connectome"


def anatomy(given: str | Path | xr.Dataset, normalise: str = "none") -> connectome.Connectome:
    """A checked Connectome. normalise: as in `connectome.read`."""
    if isinstance(given, str | Path):
        return connectome.read(Path(name_of(given)).expanduser(), normalise=normalise)
    if not isinstance(given, xr.Dataset):
        raise InputError(
            f"connectome: {type(given).__name__}; expected '{EXAMPLE}', a path, or a Dataset "
            "with weights and distances"
        )
    for name in ("weights", "distances"):
        if name not in given:
            raise InputError(f"connectome: no variable '{name}'; found {_names(given)}")
        if set(given[name].dims) != {"target", "source"}:
            raise InputError(
                f"connectome: {name} has dimensions {given[name].dims}; "
                "expected 'target' and 'source'"
            )
    name = "labels" if "labels" in given.variables else "target"
    if name not in given.variables:
        raise InputError("connectome: no variable 'labels' or 'target'; expected names of regions")
    labels = check.unique_names("connectome", "label", given[name].values)
    length = given["distances"].attrs.get("units")
    factor = units.factor("connectome: distances", length, "mm")
    matrices = []
    for name in ("weights", "distances"):
        matrix = given[name].transpose("target", "source")
        for end in matrix.dims:
            if end in matrix.coords:
                order = check.match_regions("connectome", matrix[end].values, labels)
                matrix = matrix.isel({end: order})
        matrices.append(matrix.values)
    weights, distances, labels = connectome.standard("connectome", matrices[0], matrices[1], labels)
    weights = preparation.normalised(weights, normalise)
    return connectome.Connectome(weights, distances * factor, labels)


def _variable(given: Labelled, name: str, where: str) -> xr.DataArray:
    """A variable of a Dataset, or a DataArray as it is."""
    if isinstance(given, xr.DataArray):
        return given
    if not isinstance(given, xr.Dataset):
        raise InputError(
            f"{where}: {type(given).__name__}; expected a Dataset or DataArray of xarray"
        )
    if name not in given:
        raise InputError(f"{where}: no variable '{name}'; found {_names(given)}")
    return given[name]


def _names(dataset):
    return ", ".join(map(str, dataset.variables)) or "none"


def _provenance(given: Labelled) -> tuple[dict, int | None, list[str]]:
    """Parameters, seed and notes that a Dataset of ours carries."""
    if isinstance(given, xr.DataArray):
        return {}, None, []
    parameters, seed = store.provenance_of("dataset", given.attrs)
    return parameters, seed, json.loads(given.attrs.get("notes", "[]")) if parameters else []


def recording(activity: Labelled) -> formats.RawRecording:
    """Regional series in the form that readers of files give."""
    rate = _variable(activity, "rate_E", "activity")
    given = rate.dims
    if "replicate" not in rate.dims:
        rate = rate.expand_dims("replicate")
    if set(rate.dims) != {"replicate", "time", "region"} or "region" not in rate.coords:
        raise InputError(
            f"activity: dimensions {given} and coordinates {tuple(rate.coords)}; expected 'time' "
            "and 'region', or 'replicate' as well, and a coordinate 'region' with names"
        )
    rate = rate.transpose("replicate", "time", "region")
    values = rate.values
    time = _times(rate.coords["time"]) if "time" in rate.coords else None
    parameters, seed, notes = _provenance(activity)
    return formats.RawRecording(
        n_replicates=len(values),
        n_samples=values.shape[1],
        dtype=values.dtype,
        regions=rate["region"].values,
        n_regions=rate.sizes["region"],
        replicates=np.atleast_1d(rate["replicate"].values) if "replicate" in rate.coords else None,
        times=None if time is None else time.values,
        time_unit=None if time is None else time.attrs.get("units"),
        read=lambda k, piece: values[k, piece],
        provenance=parameters,
        seed=seed,
        notes=notes,
    )


def _times(time):
    """A time axis in numbers with a unit: xarray makes dates or durations of some."""
    if time.dtype.kind not in "mM":
        return time
    since = (time - time[0]).values.astype("timedelta64[ns]").astype(np.float64)
    return xr.DataArray(since / 1e9, dims=time.dims, attrs={"units": "s"})


def lead_field(
    lead: str | Path | Labelled, labels: Sequence[str], unit: str
) -> leadfield.LeadField:
    """A checked LeadField with its regions in the order of labels. unit: as in `leadfield.read`."""
    if isinstance(lead, str | Path):
        return leadfield.read(Path(lead).expanduser(), labels, unit)
    gain = _variable(lead, "gain", "lead field")
    if set(gain.dims) != {"region", "sensor"} or not {"region", "sensor"} <= set(gain.coords):
        raise InputError(
            f"lead field: dimensions {gain.dims} and coordinates {tuple(gain.coords)}; expected "
            "'region' and 'sensor' with names"
        )
    known = {name: lead[name].values for name in sensors.VARIABLES if name in lead.coords}
    if isinstance(lead, xr.Dataset):
        known = {name: lead[name].values for name in sensors.VARIABLES if name in lead}
    unit_of_file = gain.attrs.get("units")
    if known and unit_of_file == VARIABLES["sensors.gain"].units:
        unit_of_file = leadfield.UNIT  # and of gradiometers the same over a metre
    raw = formats.RawLeadField(
        gain.transpose("region", "sensor").values,
        gain["region"].values,
        gain["sensor"].values,
        unit_of_file,
        sensors.stored("lead field", known),
    )
    return leadfield.judged("lead field", raw, labels, unit)


def connectivity(given: Labelled, role: str, labels: Iterable[str]) -> estimated.Connectivity:
    """Functional connectivity in the form that files of it give."""
    fc = _variable(given, "fc", role)
    for name, usual in (("replicate", 0), ("band", BROADBAND), ("measure", "pearson")):
        if name not in fc.dims:  # of one there may be no dimension
            fc = fc.expand_dims({name: [fc.coords[name].item() if name in fc.coords else usual]})
    if set(fc.dims) != {*estimated.KINDS, "replicate", "region_to", "region_from"}:
        raise InputError(
            f"{role}: dimensions {fc.dims}; expected 'region_to' and 'region_from', and 'measure', "
            "'band' and 'replicate' where there are several"
        )
    names = [str(label) for label in labels]
    measured, bands = ([str(name) for name in fc[of].values] for of in estimated.KINDS)
    kinds = estimands.kinds(measured, bands)
    if not kinds:
        raise InputError(
            f"{role}: {', '.join(measured)} of {', '.join(bands)}; expected a dimension 'band' "
            "that names the frequency band"
        )
    places = estimands.places(kinds, measured, bands)
    matrices = _matrices(fc, "replicate", role, names, places)
    segments = None
    if isinstance(given, xr.Dataset) and "fc_segments" in given and fc.sizes["replicate"] == 1:
        parts = given["fc_segments"]
        for name in estimated.KINDS:
            if name not in parts.dims:
                parts = parts.expand_dims(name)
        segments = _matrices(parts, "segment", role, names, places)
    parameters, _, notes = _provenance(given)
    if role == "simulated" and parameters.get("role", role) != role:
        raise InputError(
            "simulated: it is of a target; expected what is simulated, and then the target"
        )
    point = parameters.get("point", "")
    return estimated.Connectivity(
        point, kinds, fc["replicate"].values, names, matrices, notes, segments
    )


def check_alike(simulated: Labelled, target: Labelled) -> None:
    """Raise InputError if connectivity of both sides says that bands of one name are different."""
    ours, theirs = (_provenance(given)[0] for given in (simulated, target))
    for what in ("bands", "edges"):
        if what in ours and what in theirs:
            check.same("target", what, theirs[what], ours[what])


def _matrices(fc, of, role, names, places):
    """Values over kinds, replicate or segment, and regions in the order of names."""
    fc = fc.transpose(*estimated.KINDS, of, "region_to", "region_from")
    for end in ("region_to", "region_from"):
        if fc.sizes[end] != len(names):
            raise InputError(f"{role}: {fc.sizes[end]} regions; expected {len(names)}")
        if end in fc.coords:
            fc = fc.isel({end: check.match_regions(role, fc[end].values, names)})
    return np.stack([fc.values[place] for place in places])


def dataset(
    contents: dict[str, Any],
    title: str,
    parameters: dict,
    seed: int | None,
    notes: Sequence[str] = (),
) -> xr.Dataset:
    """A Dataset with the variables and attributes that the same file would have."""
    variables = {}
    for name, values in contents.items():
        described, name = VARIABLES[name], in_file(name)
        attributes = {"units": described.units} if described.units else {}
        attributes["long_name"] = described.long_name
        values = np.asarray(values)
        values = values.astype(object) if values.dtype.kind == "U" else values
        variables[name] = (described.dimensions, values, attributes)
    made = xr.Dataset(variables)
    made.attrs["title"] = title
    made.attrs["parameters"] = json.dumps(parameters, sort_keys=True)
    if seed is not None:
        made.attrs["seed"] = np.int64(seed)
    made.attrs["source"] = f"restmeg {__version__}"
    if notes:
        made.attrs["notes"] = json.dumps(list(notes))
    return made


def scores(
    found: Sequence[scoring.Scored],
    simulated: estimated.Connectivity,
    target: estimated.Connectivity,
    notes: Sequence[str],
) -> xr.Dataset:
    """A Dataset of all scores of all measures and bands, and the values that they are made of.

    NaN where a measure has no such band.
    """
    names = list(dict.fromkeys(one.score for one in found))
    kinds = simulated.kinds
    measured, bands, _ = estimands.over_bands(kinds, np.empty(len(kinds)))
    contents: dict[str, Any] = {
        "measure": np.array(measured, dtype=object),
        "band": np.array(bands, dtype=object),
        "score": np.array(names, dtype=object),
    }
    for part in scoring.Summary._fields:
        values = np.array([getattr(one.found.summary, part) for one in found])
        *_, contents[part] = estimands.over_bands(kinds, values.reshape(len(kinds), len(names)))
    made = dataset(contents, "Scores", {}, None, [*simulated.notes, *target.notes, *notes])
    made = made.assign_coords(replicate=simulated.replicates, target_replicate=target.replicates)
    for name in names:
        of_name = [one.found.values for one in found if one.score == name]
        for dimensions in of_name[0]:
            stacked = np.stack([each[dimensions] for each in of_name])
            *_, values = estimands.over_bands(kinds, stacked)
            full = name if SCORES[name].is_mean else f"{name}_{dimensions[0]}"
            made[full] = ((*estimated.KINDS, *dimensions), values, {"units": "1"})
    return made
