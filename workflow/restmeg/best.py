"""Which values of a sweep explain the target best, and which are no worse for all that is known."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from restmeg import connectome, fourier, tables
from restmeg.scores import KEY, LIKELIHOOD, SCORES
from restmeg.scores.intervals import CURVATURE, POINTS
from restmeg.settings import replaced
from restmeg.theory import maximum

HEAD = [*KEY, "parameter", "value", "ci_low", "ci_high", "interval", "at_edge"]
SIGMA = "model.noise.sigma"


def write(
    scores_path: str | Path,
    differences_path: str | Path,
    connectome_path: str | Path,
    fourier_paths: Sequence[str | Path],
    model: dict,
    times: Mapping,
    axes: Mapping[str, Sequence],
    path: str | Path,
) -> None:
    """Write best.csv: a row for each score that says what is better, and each swept number.

    Of a score, its best point, and the lowest and highest value of the points that it cannot tell
    from that one: their paired difference has an interval with zero in it. Of the likelihood, its
    maximum between points, with an interval from its curvature, which may reach beyond the sweep.
    Where the best value is at an end of the sweep (``at_edge``) nothing bounds it there, and it has
    no interval; nor has it where all points lie on a line or a plane of their parameters, and the
    likeliest of them is given. Of a recording there is no likeliest size of the noise.

    scores_path, differences_path: scores.csv and differences.csv; connectome_path: connectome.nc;
    fourier_paths: fourier.nc of the target's batches; model: the configured one, in plain numbers;
    times: dt in ms and the integrator's method; axes: {dotted key: its values} of the sweep.
    """
    numbers = {key: values for key, values in axes.items() if not isinstance(values[0], str)}
    _, scores = tables.read(scores_path)
    _, differences = tables.read(differences_path)
    rows = _from_points(differences, scores, numbers)
    likely = [row for row in scores if row["score"] == LIKELIHOOD and _finite(row["value"])]
    target, recorded = fourier.read(fourier_paths)
    free = {key: values for key, values in numbers.items() if len(values) > 1}
    if recorded:  # whose scale is arbitrary, so that it does not tell how large the noise is
        free.pop(SIGMA, None)
    if likely and free:
        top = max(likely, key=lambda row: float(row["value"]))
        at: dict[str, Any] = {
            key: top[key] if isinstance(values[0], str) else float(top[key])
            for key, values in axes.items()
        }
        anatomy = connectome.read(connectome_path)
        start = {key: at[key] for key in free}
        found = maximum.Maximum(np.array([*start.values()]), np.full(len(free), np.nan))
        if _span_all(scores, free):
            found = maximum.likeliest(
                anatomy, replaced(model, at), times, free, start, target, gain_free=recorded
            )
        for key, value, deviation in zip(free, found.values, found.deviations, strict=True):
            half = maximum.NORMAL * deviation
            least = 0.0 if min(free[key]) >= 0 else -math.inf  # of what has no other sign
            ends = max(value - half, least), value + half
            rows.append(["", "", LIKELIHOOD, *_row(key, value, ends, CURVATURE, free[key])])
    tables.write(path, [HEAD, *rows])


def _span_all(scores, free):
    """Whether points differ in all directions of their parameters, and not along a line alone."""
    rows = {row["point"]: [float(row[key]) for key in free] for row in scores}
    values = np.array([*rows.values()])
    values = (values - values.min(axis=0)) / np.ptp(values, axis=0)
    return np.linalg.matrix_rank(values - values.mean(axis=0), tol=1e-9) == len(free)


def _from_points(differences, scores, numbers):
    """Rows of the scores that are of points."""
    places = {row["point"]: [float(row[key]) for key in numbers] for row in scores}
    alike: dict[tuple, list[str]] = {}  # the best one first
    told = set()  # of which there is any interval
    for row in differences:
        score = SCORES[row["score"]]
        if score.direction and not score.is_sum:
            kind = row["measure"], row["band"], row["score"]
            points = alike.setdefault(kind, [row["reference"]])
            if _alike(row):
                points.append(row["point"])
            if _finite(row["ci_low"]):
                told.add(kind)
    found = []
    for kind, points in alike.items():
        for key, values in zip(numbers, zip(*map(places.get, points), strict=True), strict=True):
            ends = (min(values), max(values)) if kind in told else (math.nan, math.nan)
            found.append([*kind, *_row(key, values[0], ends, POINTS, numbers[key])])
    return found


def _row(key, value, ends, interval, swept):
    """What is told of a parameter: columns of HEAD after the score. swept: its values."""
    least, most = min(swept), max(swept)
    margin = maximum.EDGE * (1 + 1e-9) * (most - least)
    at_edge = least < most and (value <= least + margin or value >= most - margin)
    if at_edge:
        ends = (math.nan, math.nan)
    numbers = map(tables.number_if_known, (value, *ends))
    return [key, *numbers, interval, str(bool(at_edge)).lower()]


def _alike(row):
    """Whether a difference may be none."""
    low, high = (tables.value(row[name]) for name in ("ci_low", "ci_high"))
    return low <= 0 <= high


def _finite(text):
    return math.isfinite(tables.value(text))
