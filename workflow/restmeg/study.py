"""The plan of a study: its points, batches and files."""

import hashlib
import json
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from restmeg import bands, costs, estimands, fitted, settings, surrogate, sweeps
from restmeg.errors import InputError
from restmeg.schedule import schedule
from restmeg.sizes import Size

# All that a replicate takes: times, and how they are stepped through.
TIMES = ("dt", "duration", "transient", "sampling_interval", "method")
MAX_JOBS = 20_000  # as planning them takes minutes
JOB_SECONDS = 30  # that a job of automatic size is worth
FILE_BYTES = 300e6  # that its file of activity may have, before it is compressed
FEW = 16  # replicates of the first batches of automatic size
RECORDING = "recording"  # in place of a point's name where the target is one
FITTED = fitted.POINT
SIMULATION = "simulation"  # how it is found, if not by the likelihood
OF_ROUNDS = ("rounds", "points")  # keys that only then have an effect
ALL = "all"  # in place of a batch's name: one file, whose replicates it alone knows
# {dotted key of a model: its first default}, where that has changed since
FIRST_DEFAULTS: dict[str, Any] = {}


class Point(NamedTuple):
    """One model of a sweep."""

    name: str
    model: dict
    values: dict  # swept parameter: value


class Study(NamedTuple):
    """What is simulated, in which batches."""

    points: list  # of Point: the sweep
    shown: Point  # the one that figures of a single model show
    target: str  # name of the target's point
    truth: dict  # swept parameter: its value in the synthetic target
    otherwise: dict  # any other that is not the model's: the same
    models: dict  # {name: model} of the points and the target
    batches: dict  # {role: {name of a batch: [replicates]}}
    nulls: dict  # {name of a null: {name of a batch: [numbers of networks]}}


def plan(loaded: dict, schema: dict, weights: np.ndarray) -> Study:
    """The Study that a configuration asks for.

    loaded: from `settings.load`; schema: from `settings.load_schema`; weights: (N, N) of the
    connectome.

    Raises InputError if it has more than MAX_JOBS jobs.
    """
    first = first_defaults(schema)
    recorded = settings.is_file("target", loaded, schema)
    largest = largest_batch(loaded["simulation"], weights)
    per_job = loaded["simulation"]["replicates_per_job"]
    groups = {
        role: batches(loaded[section]["replicates"], per_job, largest)
        for role, section in (("simulated", "simulation"), ("target", "target"))
    }
    if recorded:
        groups["target"] = {ALL: []}
    size = networks_per_job(loaded["simulation"], weights)
    nulls = {name: batches(null["number"], None, size) for name, null in loaded["nulls"].items()}
    _check_number_of_jobs(loaded, groups, sum(map(len, nulls.values())))
    points = sweep_points(loaded["model"], loaded["sweep"], first)
    base = name_of(loaded["model"], first)
    shown = next((point for point in points if point.name == base), None)
    shown = shown or _nearest(points, loaded)
    models = {point.name: point.model for point in points}
    truth, otherwise = {}, {}
    if recorded:
        target = RECORDING
    else:
        model = loaded["target"]["model"]
        target = name_of(model, first)
        values, own = (settings.flat(one, "model.") for one in (model, loaded["model"]))
        truth = {key: values[key] for key in loaded["sweep"]["axes"]}
        otherwise = {key: x for key, x in values.items() if key not in truth and x != own[key]}
        if models.setdefault(target, model) != model:
            raise _collision(target)
    return Study(points, shown, target, truth, otherwise, models, groups, nulls)


def _nearest(points, loaded):
    """The point of a sweep that is nearest to the configured model, over the range of each axis."""
    configured = settings.flat(loaded["model"], "model.")
    spans = {
        key: max(values) - min(values) or 1.0
        for key, values in loaded["sweep"]["axes"].items()
        if not isinstance(values[0], str)
    }

    def distance(point: Point) -> float:
        return sum(
            abs(value - configured[key]) / spans[key] if key in spans else value != configured[key]
            for key, value in point.values.items()
        )

    return min(points, key=distance)


def first_defaults(schema: dict) -> dict:
    """What a model's name is about: {dotted key: its first default}."""
    return settings.flat(settings.load({}, schema)["model"]) | FIRST_DEFAULTS


def _check_number_of_jobs(loaded, batches, n_nulls):
    n_points = sweeps.number_of_points(loaded["sweep"])
    n_batches, n_target = (len(batches[role]) for role in ("simulated", "target"))
    steps = 3 if loaded["leadfield"]["project"] == "all" else 2
    n_rounds = 0
    if loaded["fit"]["method"] == SIMULATION:
        n_rounds = loaded["fit"]["rounds"] * (1 + loaded["fit"]["points"])
    n_jobs = n_points * (n_batches * steps + 2) + 3 * n_target + n_nulls + n_rounds
    if n_jobs > MAX_JOBS:
        many = n_points >= max(n_batches, n_target)
        key = "sweep" if many else "simulation.replicates_per_job"
        mend = "fewer values" if many else "a larger number"
        also = f" and {n_nulls} batches of null networks" if n_nulls else ""
        if 2 * n_nulls > n_jobs:
            key, mend = "nulls", "fewer networks"
        if 2 * n_rounds > n_jobs:
            key, mend, also = "fit.points", "fewer of them or of fit.rounds", ""
        raise InputError(
            f"config: {key}: makes {n_jobs} jobs, for {n_points} points of {n_batches} batches and "
            f"a target of {n_target}{also}; expected at most {MAX_JOBS}, so {mend}"
        )


def sweep_points(model: dict, sweep: dict, first: dict) -> list[Point]:
    """The points of a sweep, or the model alone where it is empty.

    model, sweep: from `settings.load`; first: see `name_of`. Raises InputError if two get one name.
    """
    points = {}
    for chosen in sweeps.points(sweep):
        swept = settings.replaced(model, chosen)
        point = Point(name_of(swept, first), swept, chosen)
        if point.name in points:
            raise _collision(point.name)
        points[point.name] = point
    return list(points.values())


def name_of(model: dict, first: dict) -> str:
    """A short name that belongs to a model's parameters, whichever of them are being swept.

    So a finished point is found again when values or whole axes are added to the sweep. Only what
    differs from the first defaults counts, so that a key that is new in a later version changes no
    name.

    first: {dotted key: its first default}.
    """
    differs = {
        key: value
        for key, value in settings.flat(model).items()
        if key not in first or _as_floats(value) != _as_floats(first[key])
    }
    canonical = json.dumps(_as_floats(differs), sort_keys=True)
    # The letter keeps table readers from taking some names for numbers.
    return "p" + hashlib.sha256(canonical.encode()).hexdigest()[:12]


def _as_floats(value):
    """Numbers as floats, because 1 and 1.0 are the same parameter."""
    if isinstance(value, dict):
        return {key: _as_floats(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_as_floats(item) for item in value]
    return value if isinstance(value, str) else float(value)


def _collision(name):
    return InputError(
        f"config: two models have one short name, {name}; expected another value in one of them"
    )


def batches(replicates: int, per_job: int | None, largest: int) -> dict[str, list[int]]:
    """Which replicates are simulated together: {"0-9": [0, ..., 9], ...}.

    Batches start at fixed numbers and are named by what they hold, so that asking for more
    replicates adds batches and leaves the full ones as they are.

    per_job: replicates of a batch, or None for batches that begin with FEW and become twice as
    large, up to ``largest``: then a few replicates are one job, and of many little is lost when
    more are asked for.
    """
    # A power of two where FEW is too many, so that replicates asked for by such numbers fit.
    size = per_job or min(FEW, 2 ** (largest.bit_length() - 1))
    starts = [0]
    while starts[-1] + size < replicates:
        starts.append(starts[-1] + size)
        if not per_job and 2 * size <= largest and starts[-1] == 2 * size:
            size *= 2
    ends = [*starts[1:], replicates]
    return {f"{a}-{b - 1}": list(range(a, b)) for a, b in zip(starts, ends, strict=True)}


def largest_batch(simulation: dict, weights: np.ndarray) -> int:
    """How many replicates make about JOB_SECONDS of work, and at most FILE_BYTES of activity.

    It is the cost of one replicate alone, so that it stays when replicates are added.

    simulation: in plain numbers; weights: (N, N).
    """
    recorded = simulation["duration"] - simulation["transient"]
    n_bytes = 4 * len(weights) * recorded / simulation["sampling_interval"]
    return max(1, int(min(JOB_SECONDS / _seconds(simulation, weights), FILE_BYTES / n_bytes)))


def networks_per_job(simulation: dict, weights: np.ndarray) -> int:
    """How many null networks, with all replicates of each, make about JOB_SECONDS of work.

    simulation: in plain numbers; weights: (N, N). A file of their connectivity then is no larger
    than one of activity, which is longer than it is wide.
    """
    one = simulation["replicates"] * _seconds(simulation, weights)
    return max(1, int(JOB_SECONDS / (one + costs.NULL_SECONDS * int((weights > 0).sum()))))


def _seconds(simulation, weights):
    """What a replicate takes."""
    steps = simulation["duration"] / simulation["dt"]
    return costs.replicate_seconds(steps, len(weights), int((weights > 0).sum()))


def size(
    loaded: dict,
    plan: Study,
    weights: np.ndarray,
    distances: np.ndarray,
    sensors: int,
    recorded: tuple[int, int, float] | None = None,
    held: float = 0.0,
    of_batch: Callable = max,
) -> Size:
    """How large a study is.

    loaded: from `settings.load`; weights, distances: (N, N) of the connectome; sensors: of the lead
    field; recorded: replicates of the target, samples of each and its sampling rate in Hz, where it
    is a recording; held: MB of its files that are read as a whole; of_batch: which of the sizes of
    batches counts, the largest or the mean.
    """
    times, connected = loaded["simulation"], weights > 0
    groups = plan.batches.items()
    slowest = min(model["conduction_speed"] for model in plan.models.values())
    samples = schedule(times).samples
    synthetic = loaded["target"]["replicates"], samples, 1000 / times["sampling_interval"]
    targets, target_samples, rate = recorded or synthetic
    batch = {role: of_batch([len(numbers) for numbers in of.values()]) for role, of in groups}
    asked = estimands.asked(loaded["connectivity"])
    networks = [len(numbers) for of in plan.nulls.values() for numbers in of.values()]
    return Size(
        regions=len(weights),
        pairs=int(connected.sum()),
        longest=int(distances[connected].max() / slowest / times["dt"]) + 1,
        steps=int(times["duration"] / times["dt"]),
        samples=samples,
        sensors=sensors,
        measures=len(asked.kinds),
        bands=len(asked.bands),
        filtered=bands.samples(asked.bands, rate) if asked.bands else 0,
        windows=int(2000 * target_samples / rate / asked.windows) if asked.windows else 0,
        points=len(plan.points),
        swept=len(loaded["sweep"]["axes"]),
        fitted=len(loaded["fit"]["parameters"]),
        replicates=times["replicates"],
        batch=batch["simulated"],
        targets=targets,
        target_batch=batch["target"] or targets,
        target_samples=target_samples,
        target_rate=rate,
        recorded=recorded is not None,
        held=held,
        networks=of_batch(networks or [0]),
    )


def split(replicates: int, held_out: float) -> tuple[list[int], list[int]]:
    """Numbers of the target's replicates that are fitted to, and of those that are held out.

    held_out: share of the latter, which are the last ones. Raises InputError unless both have one.
    """
    if replicates < 2:
        raise InputError(
            f"config: fit.parameters: the target has {replicates} replicate, and a fitted model is "
            "scored on what it was not fitted to; expected at least 2: of a recording, a shorter "
            "simulation.duration, by which it is cut"
        )
    first = min(max(replicates - round(replicates * held_out), 1), replicates - 1)
    return list(range(first)), list(range(first, replicates))


def at_bounds(loaded: dict) -> list[dict]:
    """The model with the lowest and with the highest speed that a fit may come to, if it may."""
    ends = loaded["fit"]["parameters"].get("model.conduction_speed", ())
    return [loaded["model"] | {"conduction_speed": end} for end in ends]


def check_fit(loaded: dict, schema: dict, recorded: tuple[int, int, float] | None = None) -> None:
    """Raise InputError for a fit that cannot be made, or settings of one that have no effect.

    loaded: from `settings.load`; schema: from `settings.load_schema`; recorded: replicates of a
    recording that is the target, first, or None.
    """
    fit, rules = loaded["fit"], schema["properties"]["fit"]["properties"]
    for key, needs in (("method", "parameters"), *((key, "method") for key in OF_ROUNDS)):
        usual = rules[key]["default"]
        if fit[key] != usual and not (fit[needs] and fit["method"] == SIMULATION):
            where = "with fit.method: likelihood" if fit["parameters"] else "without fit.parameters"
            raise InputError(
                f"config: fit.{key}: has no effect {where}; expected its default, {usual}, or left "
                "out"
            )
    if not fit["parameters"]:
        usual = rules["held_out"]["default"]
        if fit["held_out"] != usual:
            raise InputError(
                "config: fit.held_out: has no effect without fit.parameters; expected its default, "
                f"{usual}, or left out"
            )
        return
    number = recorded[0] if recorded else loaded["target"]["replicates"]
    to_fit, _ = split(number, fit["held_out"])
    if fit["method"] != SIMULATION:
        return
    n = len(fit["parameters"])
    if fit["points"] < surrogate.coefficients(n):
        raise InputError(
            f"config: fit.points: found {fit['points']}; expected at least "
            f"{surrogate.coefficients(n)}, as a quadratic over {n} parameters needs"
        )
    fewest = surrogate.REPLICATES
    if len(to_fit) < fewest:
        raise InputError(
            f"config: fit.held_out: {len(to_fit)} of {number} replicates of the target are fitted "
            f"to; expected at least {fewest} for a fit by simulation"
        )
    if loaded["simulation"]["replicates"] < fewest:
        raise InputError(
            f"config: simulation.replicates: found {loaded['simulation']['replicates']}; expected "
            f"at least {fewest} for a fit by simulation"
        )


def table(study: Study) -> list[list]:
    """Rows of points.csv, the first with the names of columns: where the files of a point are.

    A row is a batch of a point of one role, with the value of each swept parameter (ms, mm/ms), in
    the order of points and replicates.
    """
    axes = list(study.points[0].values)
    rows = [["role", "point", *axes, "replicates", "folder"]]
    truth = [study.truth.get(key, "") for key in axes]
    named = [("simulated", point.name, [*point.values.values()]) for point in study.points]
    for role, name, values in [*named, ("target", study.target, truth)]:
        for batch in study.batches[role]:
            rows.append([role, name, *values, batch, f"{role}/{name}/{batch}"])
    return rows
