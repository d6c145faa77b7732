"""The user's files and settings, checked together before anything is computed."""

import contextlib
import json
import os
import warnings
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from restmeg import (
    bands,
    channels,
    connectome,
    estimands,
    fingerprint,
    formats,
    fourier,
    inverse,
    leadfield,
    questions,
    recording,
    segments,
    settings,
    study,
    sweeps,
)
from restmeg import (
    check as checks,
)
from restmeg.errors import InputError, InputWarning
from restmeg.formats import probe
from restmeg.nulls import NULLS

# Sections of the configuration with a file, and what that is of.
KINDS = {
    "connectome": "connectome",
    "leadfield": "leadfield",
    "inverse": "inverse",
    "target": "recording",
}
PLANNED = "RESTMEG_PLANNED_INPUTS"  # environment variable: what a run has found
SCANNED = 2**28  # bytes: files up to that are read before any job, larger ones by theirs
SATURATED = 1000  # coupling strength times mean row sum: no model works with more


class Inputs(NamedTuple):
    """What results are made from. Digests change with the numbers, not with their files' names."""

    anatomy: str  # digest of weights, distances and labels
    labels: list  # of regions, in order
    centres: list | None  # of regions (N, 3), mm, if the lead field is made from them
    gain: str  # digest of the lead field
    sensors: int  # that it has
    located: bool  # whether their kinds and places are known
    inverse: str | None  # digest of the inverse and its noise, if there is one
    recording: str | None  # digest of the target's files, and of what is said of them
    recorded: tuple[int, int, float] | None  # its segments, samples of each, and Hz
    readers: list[str]  # modules that read it
    held: float = 0.0  # MB of its files that are read as a whole
    of_sensors: bool = False  # whether the target's files are, so that an inverse makes its regions


def check_sources(loaded: dict, schema: dict, results: str | Path, example: str) -> None:
    """Find the file of each part of the study; raise InputError for a source that cannot be used.

    loaded: from `settings.load`; each section gets ``path``: the user's file, ``~`` expanded (of
    the target a list of them), or ``example`` for the bundled connectome, or None for what is made;
    the sweep gets the points of its table.
    results: the folder of the study's own files.
    """
    for section in KINDS:
        own = settings.is_file(section, loaded, schema)
        if own:
            source = loaded[section]["source"]
            rule = schema["properties"][section]["properties"]["source"]
            others = ", ".join([rule["default"], *rule.get("words", ())])
            paths = [
                _usable(section, one, f"{others} or a file", results)
                for one in (source if isinstance(source, list) else [source])
            ]
            double, times = Counter(map(os.path.realpath, paths)).most_common(1)[0]
            if times > 1:
                raise InputError(
                    f"config: {section}.source: '{Path(double).name}' is there more than once; "
                    "expected each file once"
                )
            loaded[section]["path"] = paths if section == "target" else paths[0]
        else:
            loaded[section]["path"] = example if section == "connectome" else None
        for name, given in settings.files(section, loaded, schema).items():
            words = schema["properties"][section]["properties"][name].get("words", ())
            expected = ", ".join(["a file", *words])
            loaded[section][name] = _usable(section, given, expected, results, name)
    if "table" in loaded["sweep"]:
        path = _usable("sweep", loaded["sweep"]["table"], "a file", results, "table")
        loaded["sweep"] = sweeps.with_table(loaded["sweep"], path, loaded["model"], schema)
    settings.check_effects(loaded, schema)


def files(loaded: dict, schema: dict) -> dict[str, str | list[str] | None]:
    """Paths of all files of a study by the keys that name them; None where a part is made.

    loaded: with paths from `check_sources`. The sources stand under the names of their sections.
    """
    found = {section: loaded[section]["path"] for section in KINDS}
    for section in KINDS:
        for name, path in settings.files(section, loaded, schema).items():
            found[f"{section}.{name}"] = path
    if loaded["sweep"]["path"]:
        found["sweep.table"] = loaded["sweep"]["path"]
    return found


def open_elsewhere(loaded: dict, schema: dict) -> None:
    """Open files that may be fragile elsewhere first; InputError for one that ends that process.

    loaded, schema: as in `check_sources`, which has been called.
    """
    for section, kind in KINDS.items():
        given = loaded[section]["path"] or []
        for path in given if isinstance(given, list) else [given]:
            if formats.find(kind, path).fragile:
                probe.check(path)
        for path in settings.files(section, loaded, schema).values():
            if formats.is_fragile(path):  # matrices and lists; others are text
                probe.check(path)


def _usable(section, source, bundled, results, name="source"):
    where = f"config: {section}.{name}: '{source}'"
    path = Path(source)
    with contextlib.suppress(RuntimeError):  # no such user
        path = path.expanduser()
    try:
        there, below = path.is_file(), Path(results).resolve() in path.resolve().parents
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"{where}: {reason}; expected the path of a file") from None
    if not there:
        raise InputError(f"config: {section}.{name}: no file '{source}'; expected {bundled}")
    if set(source) & set("{}"):  # Snakemake would take what is between them for a wildcard
        raise InputError(f"{where}; expected a path without braces")
    if below:
        raise InputError(
            f"{where} is below results/, where this study's own files are; "
            "expected a file elsewhere, such as a copy"
        )
    if not os.access(path, os.R_OK):
        raise InputError(f"{where}: cannot be read; expected a file with read permission")
    return str(path)


def check(loaded: dict, plan: study.Study, anatomy: connectome.Connectome) -> Inputs:
    """Read the user's files as jobs will; return their Inputs.

    loaded: from `settings.load`, with paths from `check_sources`; plan: from `study.plan`; anatomy:
    from `connectome.from_settings`.

    Raises InputError for what cannot be used, and warns (InputWarning) of what is seldom meant.
    """
    models = [*plan.models.values(), *study.at_bounds(loaded)]
    simulation = loaded["simulation"]
    given = loaded["connectome"]
    check_network(given["path"], anatomy, models, simulation, given["distances"])

    given = loaded["leadfield"]
    centres = _centres(given, anatomy)
    field = leadfield.from_settings(given, anatomy.labels, centres)
    if given["source"] == leadfield.SPHERE or given["path"]:
        where = given["path"] or "lead field of the sphere"
        warn(where, questions.of_leadfield(field))
    leadfield.check_scale(field.gain, given["scale"])

    _check_nulls(loaded["nulls"], anatomy)
    truth = settings.flat(plan.models.get(plan.target, {}), "model.")
    warn("config: fit", questions.of_fit(loaded["fit"], truth, loaded["nulls"]))

    own = segments.simulated(simulation)
    if loaded["target"]["path"]:
        content, recorded, readers, held, of_sensors = check_recording(loaded, field)
    else:
        content, recorded, readers, held, of_sensors = None, None, [], 0.0, False
    compared = segments.Sampling(*recorded[1:]) if recorded else own
    _check_band(loaded["fit"], compared, recorded is not None)
    asked = estimands.asked(loaded["connectivity"])
    passed = fourier.PASSED if recorded else bands.NYQUIST
    asked.check(compared.rate, compared.seconds, "what is compared", passed)
    back = _check_inverse(loaded, field, compared.rate)
    return Inputs(
        anatomy=fingerprint.content(*anatomy.identity()),
        labels=[str(label) for label in anatomy.labels],
        centres=centres,
        gain=fingerprint.content(*field.identity()),
        sensors=field.gain.shape[1],
        located=field.coils is not None,
        inverse=back and fingerprint.content(*back.identity()),
        recording=content,
        recorded=recorded,
        readers=readers,
        held=held,
        of_sensors=of_sensors,
    )


def check_recording(
    loaded: dict, field: leadfield.LeadField
) -> tuple[str, tuple[int, int, float], list[str], float, bool]:
    """Read a recording's files; return its digest, segments, readers, and what of it is held.

    And whether it is of sensors. loaded: as in `check`; field: of the connectome's regions. Values
    are read of files up to SCANNED.

    Raises InputError for what cannot be used, and warns (InputWarning) of what is seldom meant.
    """
    given, times = loaded["target"], loaded["simulation"]
    paths, found, labels = given["path"], [], field.labels
    for name in ("variable", "orientation", "labels"):
        if given[name] is not None and not any(
            name in formats.leaves_open("recording", path) for path in paths
        ):
            raise InputError(
                f"config: target.{name}: has no effect on {paths[0]}, which says that itself; "
                "expected it left out"
            )
    through = channels.expected(loaded["inverse"], field)
    kinds = {}
    for path in paths:
        with recording.opened(path, labels, given, through) as series:
            kinds[series.raw.what] = path
            if series.through is not None:
                channels.check_sensors(series, loaded["inverse"], field)
                warn(path, channels.questions(series, given, loaded["inverse"], field))
            found.append(segments.sampling(series))
            warn(path, questions.of_recording(series))
            if Path(path).stat().st_size <= SCANNED:
                warn(path, questions.of_values(segments.look(series)))
    if len(kinds) > 1:
        raise InputError(
            f"config: target.source: {kinds['region']} has series of regions, and "
            f"{kinds['sensor']} of sensors; expected the same of all files"
        )
    to = segments.common(segments.simulated(times), found)
    shortest = int(np.argmin([one.seconds for one in found]))
    warn(paths[shortest], questions.of_lengths(times, to))
    n = 0
    for path in paths:
        with recording.opened(path, labels, given, through) as series:
            n += len(list(segments.cut(series, to)))
    described = [formats.find("recording", path) for path in paths]
    readers = {f"formats.{one.module}" for one in described}
    if "formats.series" in readers:  # which is made of others
        arrays = [
            path for path, one in zip(paths, described, strict=True) if one.module == "series"
        ]
        readers |= {formats.module("array", path) for path in arrays}
    held = max(
        one.held * Path(path).stat().st_size for path, one in zip(paths, described, strict=True)
    )
    recorded = n, to.n_samples, to.rate
    content = segments.digest(paths, given)
    return content, recorded, sorted(readers), held / 2**20, "sensor" in kinds


def hand_on(found: Inputs) -> None:
    """Tell the jobs of a run, by the environment, what it has found: no job opens files for it."""
    short = found._replace(labels=[], centres=None)  # an environment has no room for thousands
    os.environ[PLANNED] = json.dumps(short._asdict())
    sweeps.hand_on()


def planned(loaded: dict, anatomy: connectome.Connectome) -> Inputs | None:
    """What the run that a job is of has found; None where its environment does not say.

    loaded, anatomy: as in `check`.
    """
    text = os.environ.get(PLANNED)
    if text is None:
        return None
    centres = _centres(loaded["leadfield"], anatomy)
    found = json.loads(text) | {
        "labels": [str(label) for label in anatomy.labels],
        "centres": centres,
    }
    recorded = found.pop("recorded")
    return Inputs(**found, recorded=recorded and tuple(recorded))


def _centres(given, anatomy):
    """Centres of the connectome's regions, if the lead field is made from them."""
    if given["source"] != leadfield.SPHERE or given["centres"] or anatomy.centres is None:
        return None
    return anatomy.centres.tolist()


def _check_band(given, sampling, recorded):
    """Raise InputError if no frequency of a target is in the band that is asked for."""
    if given["frequencies"]:
        highest = fourier.PASSED * sampling.rate
        if recorded and given["frequencies"][1] > highest:
            text = (
                f"fit.frequencies: nothing counts above {highest:.4g} Hz, as of a recording at "
                f"{sampling.rate:g} Hz filters leave less there"
            )
            warn("config", [text])
        _, length = fourier.segments(*sampling)
        fourier.bins(length, sampling.rate, recorded, given["frequencies"])


def check_network(
    path: str | Path,
    anatomy: connectome.Connectome,
    models: list[dict],
    times: dict,
    beside: str | None = None,
) -> None:
    """Check models, in plain numbers, on a connectome, and ask what is seldom meant.

    path: what messages call the connectome; times: dt in ms, and the integrator's method;
    beside: the file of its distances, if that is another.

    Raises InputError for models that do not fit it, and warns (InputWarning) of what is seldom
    meant.
    """
    dt = times["dt"]
    with np.errstate(over="ignore"):
        row_sums = anatomy.weights.sum(axis=1)
    _check_per_region(models, anatomy.labels)
    warn(path, questions.of_connectome(path, anatomy, beside))
    _check_coupling(path, row_sums, models)
    warn(path, questions.of_coupling(row_sums, models))
    warn("config", questions.of_step(dt, row_sums, models, times["method"]))
    slowest = min(model["conduction_speed"] for model in models)
    longest = anatomy.distances[anatomy.weights > 0].max()
    connectome.delays_in_steps(longest, slowest, dt)
    warn("config", questions.of_delays(longest, models, dt))


def warn(where: str | Path, texts: Iterable[str]) -> None:
    """Warn (InputWarning) of what is seldom meant; where: of which file."""
    for text in texts:
        # Never in the name of the caller: where that is a Snakefile, Python loses the warning.
        warnings.warn(f"{where}: {text}", InputWarning, stacklevel=1)


def _check_coupling(path, row_sums, models):
    """Raise InputError if the weights saturate all models that they couple."""
    strengths = [model["coupling_strength"] for model in models if model["coupling_strength"] > 0]
    with np.errstate(over="ignore"):
        weakest = min(strengths, default=0.0) * row_sums.mean()
    if not weakest <= SATURATED:
        raise InputError(
            f"{path}: weights: their mean row sum, {row_sums.mean():.3g}, times "
            f"model.coupling_strength is {weakest:.3g}; expected at most {SATURATED}, as all "
            f"regions would be saturated; {questions.SCALE}"
        )


def _check_inverse(loaded, field, rate):
    """The inverse, and what is asked of it. Raises InputError if it cannot be had."""
    given = loaded["inverse"]
    if given["source"] == inverse.LCMV and loaded["target"]["path"]:
        raise InputError(
            "config: inverse.source: lcmv is adapted to the field at the sensors of a synthetic "
            "target, not to a recording; expected a file of weights (of a recording in source "
            "space those that it was made with), or minimum_norm"
        )
    found = inverse.from_settings(given, field, rate)
    if found is not None:
        made = loaded["leadfield"]["source"] == "synthetic"
        warn(
            given["path"] or "config: inverse.source", questions.of_inverse(found, made, field.gain)
        )
    return found


def _check_nulls(nulls, anatomy):
    """Raise InputError for null networks that would be the study's own."""
    lengths = np.unique(anatomy.distances[anatomy.weights > 0])
    different = np.count_nonzero(lengths)
    for name, null in nulls.items():
        if different < NULLS[null["method"]].lengths:
            found = "one length" if different else "no length"
            raise InputError(
                f"config: nulls.{name}.method: {null['method']} leaves the connectome as it is, as "
                f"all connections have {found}; expected another method"
            )


def _check_per_region(models, labels):
    """Raise InputError unless lists in the models have a value for each region."""
    for model in models:
        for key, value in settings.flat(model).items():
            if isinstance(value, list):
                checks.per_region(f"model.{key}", (len(value),), len(labels))
