"""Which parameters explain the target best, by simulations in rounds: from files to fit.nc.

A round's proposals depend on evaluations before it alone, so that more rounds go on from there.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from restmeg import connectome, evaluated, parameters, store, surrogate, tables
from restmeg.errors import InputError, warn_of_results
from restmeg.evaluated import Evaluation
from restmeg.nested import flat, replaced
from restmeg.parameters import Axis, Estimate
from restmeg.scores import intervals
from restmeg.surrogate import Known, Least, Region

TITLE = "Fitted parameters"
DIGITS = 6  # of a proposed value: processors differ in fewer
EDGE = 1e-3  # of a range: nearer to a bound nothing is least
PROFILED = 41  # values of a parameter in its profile
BEYOND = 2.5  # times an interval that it goes to


def propose_file(
    number: int,
    points: int,
    model: dict,
    bounds: Mapping[str, Sequence[float]],
    evaluation_paths: Sequence[str | Path],
    path: str | Path,
) -> None:
    """Write points.csv: which values of the parameters a round evaluates, one row a point.

    number: of the round, from 1; points: of it; model: as in the configuration, plain numbers,
    the first point of the first round where it is within the bounds; bounds: {dotted key: lowest
    and highest value}; evaluation_paths: of all rounds before.
    """
    axes = parameters.axes(bounds)
    found = [evaluated.read(one) for one in evaluation_paths]
    rows: list[list[Any]] = [["number", *bounds]]
    for k, values in enumerate(proposed(number, points, axes, flat(model, "model."), found)):
        rows.append([k, *map(tables.number, values)])
    tables.write(path, rows)


def proposed(
    number: int,
    points: int,
    axes: Sequence[Axis],
    own: Mapping[str, float],
    found: Sequence[Evaluation],
) -> list[list[float]]:
    """Values of the parameters at each point of a round.

    number, points: of the round; own: values of the configured model, {dotted key: value}; found:
    by all rounds before.
    """
    region = _region(axes, found)
    first = [region.centre.tolist()]
    if number == 1:
        inside = all(axis.low <= own[axis.name] <= axis.high for axis in axes)
        first = [[axis.place(own[axis.name]) for axis in axes]] if inside else []
    rows = []
    for place in [*first, *region.spread(points - len(first), number)]:
        values = (axis.value(at) for axis, at in zip(axes, place, strict=True))
        rows.append(
            [
                min(max(float(f"{value:.{DIGITS}g}"), axis.low), axis.high)
                for axis, value in zip(axes, values, strict=True)
            ]
        )
    return rows


def fit_file(
    connectome_path: str | Path,
    evaluation_paths: Sequence[str | Path],
    model: dict,
    bounds: Mapping[str, Sequence[float]],
    units: Mapping[str, str],
    path: str | Path,
    table_path: str | Path,
) -> None:
    """Write fit.nc and fit.csv: the parameters where simulations are least far from the target.

    connectome_path: connectome.nc; evaluation_paths: of all rounds; model, bounds: see
    `propose_file`; units: of parameters, {dotted key: unit}, "" of none.

    Warns of what the data do not tell. Raises InputError where too few evaluations have a finite
    distance.
    """
    axes = parameters.axes(bounds)
    found = [evaluated.read(one) for one in evaluation_paths]
    known = _known(axes, found)
    finite, fewest = len(known.finite().values), surrogate.fewest(len(axes))
    if finite < fewest:
        raise InputError(
            f"config: fit.parameters: {finite} of {len(found)} evaluated points have a finite "
            f"distance from the target; expected at least {fewest}: other bounds, or more "
            "fit.points"
        )
    least, estimates = estimated(axes, found)
    fitted = replaced(model, parameters.rounded(axes, [one.value for one in estimates]))
    notes = _remarks(axes, estimates, found, least)
    warn_of_results("fit", notes)
    made_with = {
        "model": fitted,
        "bounds": {key: list(ends) for key, ends in bounds.items()},
        "replicates": found[0].replicates,
        "kinds": [str(kind) for kind in found[0].distance.kinds],
        "weights": found[0].distance.weights.tolist(),
    }
    labels = connectome.read(connectome_path).labels
    with store.new_netcdf(path, TITLE, made_with) as dataset:
        for name, values in _contents(axes, estimates, found, known, least, labels).items():
            store.add(dataset, name, values)
        store.add_notes(dataset, notes)
    parameters.write_table(table_path, axes, estimates, units)


def estimated(axes: Sequence[Axis], found: Sequence[Evaluation]) -> tuple[Least, list[Estimate]]:
    """Where simulations are least far, and what is told of each parameter.

    Raises ValueError where too few evaluations have a finite distance.
    """
    least = surrogate.least(_known(axes, found), _region(axes, found))
    return least, [estimate(axis, least, k) for k, axis in enumerate(axes)]


def _known(axes: Sequence[Axis], found: Sequence[Evaluation]) -> Known:
    """What some evaluations found, over places."""
    several = []
    for one in found:
        place = np.array([axis.place(one.values[axis.name]) for axis in axes])
        several.append(one.distance.known(place))
    return surrogate.together(several)


def _region(axes: Sequence[Axis], found: Sequence[Evaluation]) -> Region:
    """That of the round after all that some evaluations are of."""
    numbers = sorted({one.round for one in found})
    rounds = [_known(axes, [one for one in found if one.round == number]) for number in numbers]
    return surrogate.region(rounds, len(axes))


def estimate(axis: Axis, least: Least, k: int) -> Estimate:
    """What is told of parameter number k: its interval is the jackknife's, in coordinates.

    Left out is each replicate of both sides, and each evaluation. Where a direction may be flat,
    any place along it may be the least, as far as the bounds.
    """
    at = float(least.place[k])
    summary = intervals.of_jackknife(at, [side[:, k] for side in least.closed], 0)
    low = max(summary.ci_low + least.reach[0, k], 0.0)
    high = min(summary.ci_high + least.reach[1, k], 1.0)
    identified = bool(EDGE < at < 1 - EDGE and low > 0 and high < 1)
    value, deviation = axis.value(at), float("nan")
    if identified:
        deviation = float(np.sqrt(least.covariance[k, k])) * axis.slope(value)
    ends = (max(at + BEYOND * (low - at), 0.0), min(at + BEYOND * (high - at), 1.0))
    places = np.linspace(*ends, PROFILED)
    heights = least.quadratic.profile(places, k) - least.quadratic.profile(np.array([at]), k)
    profile = np.stack([[axis.value(place) for place in places], heights], axis=1)
    return Estimate(value, deviation, axis.value(low), axis.value(high), identified, profile)


def _remarks(axes, estimates, found, least):
    """What is to be known of a fit, in words."""
    counts = Counter(note for one in found for note in one.notes)
    notes = [f"{note} (of {number} of {len(found)} points)" for note, number in counts.items()]
    n_out = sum(not np.isfinite(one.distance.values).all() for one in found)
    if n_out:
        notes.append(
            f"activity is not finite or silent at {n_out} of {len(found)} evaluated points, which "
            "are left out"
        )
    for axis, one in zip(axes, estimates, strict=True):
        if one.identified:
            continue
        if _open(axis, one):
            notes.append(f"{axis.name} is not identified: no curvature along it is beyond chance")
        elif parameters.at_bound(axis, one, EDGE):
            notes.append(f"{axis.name} is at a bound")
        else:
            notes.append(f"{axis.name} is not identified: its interval reaches a bound")
    last = max(one.round for one in found)
    region = _region(axes, [one for one in found if one.round < last])
    beyond = np.abs(region.inside(least.place[None])).max() > 1 + 1e-9
    if beyond and all(one.identified for one in estimates):
        notes.append(
            "the best parameters are beyond what the last round has looked at: more of fit.rounds "
            "may move them"
        )
    return notes


def _open(axis, one):
    """Whether an interval is all that is between the bounds."""
    return one.low == axis.value(0.0) and one.high == axis.value(1.0)


def _contents(axes, estimates, found, known, least, labels):
    """Variables of fit.nc."""
    names = [axis.name for axis in axes]
    deviations = np.sqrt(np.diag(least.covariance))
    inner = np.array([np.isfinite(one.deviation) for one in estimates])
    correlation = least.covariance / np.outer(deviations, deviations)
    known_of = np.where(np.outer(inner, inner), correlation, np.nan)
    profiles = np.array([one.profile.T for one in estimates])
    return {
        **parameters.contents(axes, estimates, known_of),
        "profile": profiles[:, 0],
        "profile_distance": profiles[:, 1],
        "round": np.array([one.round for one in found]),
        "path_distance": known.values,
        "path_deviation": [evaluated.deviation(known.of(np.array([k]))) for k in range(len(found))],
        "path": np.array([[one.values[name] for name in names] for one in found]),
        "region": labels,
        "sign": np.ones(len(labels), np.int8),
        "fit.distance": least.value,
    }
