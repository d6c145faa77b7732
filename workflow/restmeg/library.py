"""restmeg in a notebook: functions that take and give labelled xarray objects.

They do what the workflow's steps do, to the same bits; each takes a Dataset, as they and
`xarray.open_dataset` give it, or the DataArray that it needs.

    import restmeg
    activity = restmeg.simulate("example", coupling_strength=1.5, duration="4 s", replicates=20)
    fc = restmeg.connectivity(activity)
    target = restmeg.connectivity(restmeg.simulate("example", role="target", seed=123))
    scores = restmeg.score(fc, target, "example")
"""

import functools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from restmeg import (
    bundled,
    check,
    estimation,
    inputs,
    labelled,
    projection,
    recording,
    results,
    scoring,
    settings,
    simulation,
    study,
    units,
)
from restmeg.errors import InputError
from restmeg.labelled import Labelled
from restmeg.model import ROLES


def simulate(
    connectome: str | Path | xr.Dataset,
    *,
    role: str = "simulated",
    progress: bool = True,
    **changes: Any,
) -> xr.Dataset:
    """Simulate replicates of the network on a connectome.

    connectome: "example", the path of a file, or a Dataset with ``weights`` and ``distances``
        (target, source), the latter with units.
    role: "simulated", or "target" for random numbers that those do not share.
    progress: whether to show a bar.
    changes: any key of ``model``, its parameters and noise, and of ``simulation`` by its name, such
        as ``coupling_strength=1.5``, ``tau_E="10 ms"``, ``duration="4 s"``, ``replicates=20``,
        ``seed=0``. Quantities are texts with units; what may differ between regions may be a list
        or a DataArray over ``region``. The bundled study has the others.

    Returns a Dataset as activity.nc: ``rate_E`` (replicate, time, region), in 32 bits. Warns of
    what is seldom meant (InputWarning) and of what is wrong with rates (ResultWarning). Raises
    InputError for a connectome or settings that cannot be used.
    """
    anatomy = labelled.anatomy(connectome)
    schema, loaded = _settings(changes, [str(label) for label in anatomy.labels])
    if role not in ROLES:
        raise InputError(f"role: '{role}'; expected one of {', '.join(ROLES)}")
    model, times = loaded["model"], loaded["simulation"]
    inputs.check_network(str(labelled.name_of(connectome)), anatomy, [model], times["dt"])
    batch = simulation.Batch(
        anatomy,
        model,
        {key: times[key] for key in study.TIMES},
        times["seed"],
        role,
        list(range(times["replicates"])),
    )
    rate = np.empty(batch.shape, np.float32)
    values = (piece for piece, _ in simulation.simulated(batch, progress=_bar(progress)))
    extremes = simulation.fill(rate, batch, values)
    simulation.warn(role, extremes)
    contents = {
        "replicate": np.asarray(batch.replicates),
        "time": batch.times(0, batch.shape[1]),
        "region": anatomy.labels,
        "rate_E": rate,
        "lowest": extremes.lowest,
        "highest": extremes.highest,
    }
    parameters = batch.parameters(study.name_of(model, study.first_defaults(schema)))
    return labelled.dataset(
        contents, simulation.title(role), parameters, batch.seed, notes=extremes.notes
    )


def connectivity(
    activity: Labelled, measures: Sequence[str] = ("pearson",), *, progress: bool = False
) -> xr.Dataset:
    """Functional connectivity of all replicates.

    activity: ``rate_E``, or a DataArray, over ``time`` and ``region``, with or without
        ``replicate``; simulated or recorded.

    Returns a Dataset as connectivity.nc: ``fc`` (measure, replicate, region_to, region_from), NaN
    for regions without variance, of which it warns. Raises InputError for another layout.
    """
    names = settings.checked("connectivity.measures", list(measures), _schema())
    raw = labelled.recording(activity)
    series = recording.judged("activity", raw)
    found = estimation.estimate(series, names, _bar(progress))
    estimation.warn("activity", found.notes)
    parameters = raw.provenance | {"measures": names}
    title, notes = estimation.TITLE, raw.notes + found.notes
    return labelled.dataset(found.contents(series, names), title, parameters, raw.seed, notes=notes)


def project(
    activity: Labelled,
    lead: str | Path | Labelled,
    *,
    scale: str = "100 nA m/mV",
    progress: bool = False,
) -> xr.Dataset:
    """The magnetic field of regional activity at the sensors.

    activity: as in `connectivity`; lead: a lead field, the path of a file or ``gain`` (region,
        sensor) with units, whose regions are matched by name; scale: dipole moment per unit of
        rate.

    Returns a Dataset as sensors.nc: ``field`` (replicate, time, sensor) in T, in 32 bits. Raises
    InputError for other regions, or a field too strong to be stored.
    """
    raw = labelled.recording(activity)
    series = recording.judged("activity", raw)
    factor = settings.checked("leadfield.scale", scale, _schema())
    field = labelled.lead_field(lead, series.labels)
    gain = projection.scaled(field.gain, factor)
    out = np.empty((raw.n_replicates, raw.n_samples, gain.shape[1]), np.float32)
    projection.fill(out, raw.read, gain, 2**14, _bar(progress))
    contents: dict[str, Any] = {"replicate": series.replicates}
    if raw.times is not None:
        contents["time"] = raw.times * units.factor("activity: time", raw.time_unit, "ms")
    contents |= {"sensor": field.sensors, "field": out}
    parameters = raw.provenance | {"scale": factor}
    return labelled.dataset(contents, projection.TITLE, parameters, raw.seed)


def score(
    simulated: Labelled,
    target: Labelled,
    connectome: str | Path | xr.Dataset,
    *,
    seed: int = 0,
) -> xr.Dataset:
    """Scores of simulated functional connectivity against a target's and the anatomy.

    simulated, target: ``fc`` (measure, replicate, region_to, region_from), as `connectivity` gives
        it; connectome: as in `simulate`, its regions in the order of theirs; seed: of the
        bootstrap.

    Returns a Dataset: ``value``, ``ci_low``, ``ci_high`` and ``n`` (measure, score), and each score
    by its name, over ``replicate`` and, if it is of pairs, ``target_replicate``. Raises InputError
    if they do not belong together.
    """
    anatomy = labelled.anatomy(connectome)
    ours, theirs = (
        labelled.connectivity(of, role, anatomy.labels)
        for of, role in ((simulated, "simulated"), (target, "target"))
    )
    if ours.measures != theirs.measures:
        raise InputError(f"target: measures {theirs.measures}; expected {ours.measures}")
    found = list(scoring.scored(ours, theirs, anatomy.weights, seed))
    names = list(dict.fromkeys(one.score for one in found))
    shape = len(ours.measures), len(names)
    contents: dict[str, Any] = {"measure": np.array(ours.measures, dtype=object)}
    contents["score"] = np.array(names, dtype=object)
    for part in scoring.Summary._fields:
        contents[part] = np.array([getattr(one.summary, part) for one in found]).reshape(shape)
    dataset = labelled.dataset(contents, "Scores", {}, seed)
    dataset = dataset.assign_coords(replicate=ours.replicates, target_replicate=theirs.replicates)
    for name in names:
        values = np.stack([one.values for one in found if one.score == name])
        dimensions = ("measure", "replicate", "target_replicate")[: values.ndim]
        dataset[name] = (dimensions, values, {"units": "1"})
    return dataset


def open_results(folder: str | Path = "results") -> results.Results:
    """The results of a study that the workflow has made: see `results.Results`.

    Raises InputError if there are none.
    """
    return results.Results(folder)


@functools.cache
def _schema() -> dict:
    return settings.load_schema(bundled.schema())


def _bar(shown: bool) -> Callable:
    """What makes a progress bar of a notebook or a terminal, or none."""
    from tqdm.auto import tqdm

    return functools.partial(tqdm, disable=not shown)


def _settings(changes: dict[str, Any], labels: list[str]) -> tuple[dict, dict]:
    """The schema, and checked settings with some keys of model and simulation changed."""
    schema = _schema()
    config: dict[str, Any] = {}
    places = settings.places(schema, "model") | settings.places(schema, "simulation")
    for name, value in changes.items():
        if name not in places:
            raise InputError(settings.unknown_key("", name, list(places)))
        if isinstance(value, xr.DataArray) and value.ndim:
            value = value.transpose("region")[
                check.match_regions(name, value["region"].values, labels)
            ]
        *above, last = places[name]
        inside = config
        for key in above:
            inside = inside.setdefault(key, {})
        inside[last] = np.asarray(value).tolist() if hasattr(value, "dtype") else value
    return schema, settings.load(config, schema)
