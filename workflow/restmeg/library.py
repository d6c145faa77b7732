"""restmeg in a notebook: functions that take and give labelled xarray objects.

They do what the workflow's steps do, to the same bits; each takes a Dataset, as they and
`xarray.open_dataset` give it, or the DataArray that it needs.

    import restmeg
    activity = restmeg.simulate("example", coupling_strength=1.5, duration="4 s", replicates=20)
    fc = restmeg.connectivity(activity)
    target = restmeg.connectivity(restmeg.simulate("example", role="target", seed=123))
    scores = restmeg.score(fc, target, "example")
"""

import contextlib
import functools
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from restmeg import (
    bundled,
    check,
    dialect,
    estimands,
    estimated,
    estimation,
    inputs,
    labelled,
    leadfield,
    projection,
    questions,
    recording,
    results,
    scoring,
    settings,
    simulation,
    study,
    units,
)
from restmeg.errors import InputError, InputWarning, warn_of_results
from restmeg.labelled import Labelled
from restmeg.model import ROLES

SYNTHETIC = "synthetic"


def simulate(
    connectome: str | Path | xr.Dataset,
    *,
    role: str = "simulated",
    normalise: str = "none",
    progress: bool = True,
    **changes: Any,
) -> xr.Dataset:
    """Simulate replicates of the network on a connectome.

    connectome: "example", the path of a file, or a Dataset with ``weights`` and ``distances``
        (target, source), the latter with units.
    role: "simulated", or "target" for random numbers that those do not share.
    normalise: what the weights are divided by: "none", "max", "mean_row_sum", "spectral_radius".
    progress: whether to show a bar, where there is someone to see it.
    changes: what differs from the bundled study, by its name in the configuration:
        dt (0.1 ms), duration (4000 ms), transient (300 ms), sampling_interval (0.1 ms),
        method ("exponential_euler" or "adams_bashforth"), replicates (20), seed (0);
        coupling ("diffusive" or "additive"), coupling_strength (1.5), conduction_speed (10 mm/ms);
        tau_E, tau_I (1 ms), a_E (1.2), a_I (1), theta_E (2.8), theta_I (4), wEE (12), wIE (4),
        wEI (13), wII (11), r (1); sigma (0.01), tau (20 ms), mean_E, mean_I (0).
        Quantities are texts with units, such as "4 s". What stands in the last two lines may differ
        between regions: a list in their order, or a DataArray over ``region``, with units.

    Returns a Dataset as activity.nc: ``rate_E`` (replicate, time, region), in 32 bits, and the
    ``lowest`` and ``highest`` rate of each region. Warns of what is seldom meant (InputWarning) and
    of what is wrong with rates (ResultWarning). Raises InputError for a connectome or settings that
    cannot be used.
    """
    anatomy = labelled.anatomy(
        connectome, settings.checked("connectome.normalise", normalise, _schema())
    )
    loaded = _settings(changes, [str(label) for label in anatomy.labels])
    if role not in ROLES:
        raise InputError(f"role: '{role}'; expected one of {', '.join(ROLES)}")
    model, times = loaded["model"], loaded["simulation"]
    with _told_to_caller():
        inputs.check_network(str(labelled.name_of(connectome)), anatomy, [model], times)
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
    extremes = simulation.fill(rate, simulation.Passing(batch, values))
    warn_of_results(role, extremes.found)
    contents = {
        "replicate": np.asarray(batch.replicates),
        "time": batch.times(0, batch.shape[1]),
        "region": anatomy.labels,
        "rate_E": rate,
        "lowest": extremes.lowest,
        "highest": extremes.highest,
    }
    parameters = batch.parameters(study.name_of(model, study.first_defaults(_schema())))
    return labelled.dataset(
        contents, simulation.title(role), parameters, batch.seed, notes=extremes.notes
    )


def connectivity(
    activity: Labelled,
    measures: str | Sequence[str] = ("pearson",),
    bands: Mapping[str, Sequence[str]] | None = None,
    *,
    edges: str = "2 s",
    windows: str = "0 s",
    progress: bool = False,
) -> xr.Dataset:
    """Functional connectivity of all replicates.

    activity: ``rate_E``, or a DataArray, over ``time`` and ``region``, with or without
        ``replicate``; simulated or recorded.
    bands: {name: [lowest, highest frequency]}, such as {"alpha": ["8 Hz", "13 Hz"]}; where a
        measure needs one, the usual ones (delta to gamma); edges: what is left out at each end of a
        replicate in a band; windows: length of those of functional connectivity dynamics, if any.

    Returns a Dataset as connectivity.nc: ``fc`` (measure, band, replicate, region_to, region_from),
    NaN for regions without variance, of which it warns; and of a single replicate that is not
    simulated by a model, but may be a target, ``fc_segments`` (measure, band, segment, region_to,
    region_from); with windows ``dynamics`` (measure, band, replicate, window, window_other).
    Raises InputError for another layout.
    """
    names = [measures] if isinstance(measures, str) else list(measures)
    given: dict[str, Any] = {"measures": names, "edges": edges, "windows": windows}
    given |= {} if bands is None else {"bands": {k: list(v) for k, v in bands.items()}}
    asked = estimands.asked(settings.load({"connectivity": given}, _schema())["connectivity"])
    raw = labelled.recording(activity)
    series = recording.judged("activity", raw)
    found = estimation.estimate(series, asked, labelled.role_of(activity), _bar(progress))
    warn_of_results("activity", found.notes)
    parameters = raw.provenance | asked.parameters()
    title, notes = estimation.TITLE, raw.notes + found.notes
    return labelled.dataset(found.contents(series), title, parameters, raw.seed, notes=notes)


def project(
    activity: Labelled,
    lead: str | Path | Labelled,
    *,
    scale: str = "100 nA m/mV",
    unit: str = "auto",
    progress: bool = False,
) -> xr.Dataset:
    """The magnetic field of regional activity at the sensors.

    activity: as in `connectivity`, its time axis with units if it has one; lead: a lead field, the
        path of a file or ``gain`` (region, sensor) with units, whose regions are matched by name,
        or "synthetic" for that of the bundled study; scale: dipole moment per unit of rate; unit:
        of a gain that does not say it.

    Returns a Dataset as sensors.nc: ``field`` (replicate, time, sensor) in T, in 32 bits. Warns of
    what is seldom meant (InputWarning). Raises InputError for other regions, values that are not
    finite, or a field too strong to be stored.
    """
    raw = labelled.recording(activity)
    series = recording.judged("activity", raw)
    factor = settings.checked("leadfield.scale", scale, _schema())
    if isinstance(lead, str) and lead == SYNTHETIC:
        usual = settings.load({}, _schema())["leadfield"] | {"path": None}
        field = leadfield.from_settings(usual, series.labels)
    else:
        field = labelled.lead_field(lead, series.labels, unit)
        where = str(lead) if isinstance(lead, str | Path) else "lead field"
        with _told_to_caller():
            inputs.warn(where, questions.of_leadfield(field))
    gain = projection.scaled(field.gain, factor)
    out = np.empty((raw.n_replicates, raw.n_samples, gain.shape[1]), np.float32)
    projection.fill(out, series.pieces, gain, _bar(progress))
    contents: dict[str, Any] = {"replicate": series.replicates}
    if raw.times is not None:
        contents["time"] = raw.times * units.factor("activity: time", raw.time_unit, "ms")
    contents |= {"sensor": field.sensors, projection.variable(field.coils): out}
    contents |= {} if field.coils is None else field.coils.variables()
    parameters = raw.provenance | {"scale": factor}
    return labelled.dataset(contents, projection.TITLE, parameters, raw.seed)


def score(simulated: Labelled, target: Labelled, connectome: str | Path | xr.Dataset) -> xr.Dataset:
    """Scores of simulated functional connectivity against a target's and the anatomy.

    simulated, target: ``fc`` (measure, band, replicate, region_to, region_from), as
        `connectivity` gives it, or a matrix of your own (region_to, region_from) with names, as of
        a single recording; connectome: as in `simulate`; regions are matched by name.

    Returns a Dataset: ``value``, ``ci_low``, ``ci_high`` and ``n`` (measure, band, score), and each
    score by its name, over ``replicate``, ``target_replicate`` or both. A score that has no value
    of each replicate is there with its jackknife pseudo-values, by its name and what they are of,
    such as ``fc_distance_replicate``. Warns of what is wrong with scores (ResultWarning). Raises
    InputError if simulated and target do not belong together.
    """
    anatomy = labelled.anatomy(connectome)
    ours, theirs = (
        labelled.connectivity(of, role, anatomy.labels)
        for of, role in ((simulated, "simulated"), (target, "target"))
    )
    if ours.kinds != theirs.kinds:
        raise InputError(
            f"target: measures {estimated.listed(theirs.kinds)}; expected "
            f"{estimated.listed(ours.kinds)}"
        )
    labelled.check_alike(simulated, target)
    found = list(scoring.scored(ours, theirs, anatomy.weights, anatomy.distances))
    notes = scoring.gaps(ours, theirs) + scoring.remarks(found)
    warn_of_results("scores", notes)
    return labelled.scores(found, ours, theirs, notes)


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

    return functools.partial(tqdm, disable=None if shown else True)  # None: not into a file


@contextlib.contextmanager
def _told_to_caller() -> Iterator[None]:
    """Bring questions of the block to where a function of this module was called."""
    asked: list[str] = []
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.showwarning = lambda message, *_: asked.append(str(message))
        yield
    for text in asked:
        warnings.warn(text, InputWarning, stacklevel=4)


def _settings(changes: dict[str, Any], labels: list[str]) -> dict:
    """Checked settings with some keys of model and simulation changed."""
    schema = _schema()
    config: dict[str, Any] = {}
    places = settings.places(schema, "simulation")
    places = {name: places[name] for name in (*study.TIMES, "replicates", "seed")}
    places |= settings.places(schema, "model")
    for name, value in changes.items():
        if name not in places:
            raise InputError(_plain(dialect.unknown_key("", name, places)))
        *above, last = places[name]
        inside = config
        for key in above:
            inside = inside.setdefault(key, {})
        inside[last] = _as_given(name, value, labels)
    try:
        return settings.load(config, schema)
    except InputError as error:
        raise InputError(_plain(str(error))) from None


def _plain(message):
    """A message about a configuration where there is none."""
    return message.removeprefix("config: ")


def _as_given(name, value, labels):
    """A keyword's value as a configuration would have it."""
    unit = value.attrs.get("units") if isinstance(value, xr.DataArray) else None
    if isinstance(value, xr.DataArray) and value.ndim:
        if value.dims != ("region",) or "region" not in value.coords:
            raise InputError(
                f"{name}: dimensions {value.dims} and coordinates {tuple(value.coords)}; expected "
                "'region' with names"
            )
        value = value[check.match_regions(name, value["region"].values, labels)]
    if hasattr(value, "dtype"):
        value = np.asarray(value).tolist()
    if isinstance(value, tuple):
        value = list(value)
    if unit is not None and unit != "1":
        value = [f"{x} {unit}" for x in value] if isinstance(value, list) else f"{value} {unit}"
    return value
