"""The tables of the summary: all scores at one point, and a few of them over a sweep."""

import math
from collections.abc import Mapping, Sequence

from restmeg import tables
from restmeg.estimands import Kind
from restmeg.measures import MEASURES
from restmeg.scores import ANATOMY, CORRELATION, LIKELIHOOD, SCORES
from restmeg.scores.intervals import decimals
from restmeg.summary.words import best, best_in_words, decimal, estimate, plain

ALL_POINTS = 24  # of a sweep that are listed one by one
BEST = 5  # of more, for each score
# What is told of each point of a sweep, the most decisive first.
OVER_POINTS = [LIKELIHOOD, "fc_distance", "fc_match", "structure_function_coupling"]
# And of each measure and band; what leakage makes is there with an inverse.
OVER_KINDS = [
    *("fc_match", "leakage_null", "fc_match_ceiling", "fc_distance"),
    "structure_function_coupling",
]

Rows = Sequence[Mapping[str, str]]  # of scores.csv


def in_words(row: Mapping[str, str], highest: float = math.nan) -> dict:
    """A row of scores.csv in words: what the page and captions say of it.

    highest: of log likelihoods, the highest over points, which differences are to; they are then
    per replicate of the target.
    """
    score = SCORES[row["score"]]
    found = [tables.value(row[name]) for name in ("value", "ci_low", "ci_high", "expected")]
    if math.isfinite(highest) and row["n"] != "0":  # of a point where theory does not hold
        found = [(x - highest) / int(row["n"]) for x in found]
    value, low, high, expected = (float(score.read(x)) for x in found)
    finite, sure = math.isfinite(value), math.isfinite(low)
    digits = decimals(low, high)
    if score.is_sum:  # of large numbers two decimals would be too many
        digits = max(0, 1 - math.floor(math.log10(high - low))) if sure and high > low else 0
    interval = f"{decimal(low, digits)} to {decimal(high, digits)}" if sure else "none"
    counted = score.counted(int(row["n"]))
    of_target = "target" if not score.of_model else "model"
    return {
        "point": row["point"],
        "measure": row["measure"],
        "name": row["score"],
        "label": score.label + (" (root)" if score.is_squared else ""),
        "meaning": score.meaning,
        "group": score.group,
        "colour": "anatomy" if score.group == ANATOMY else of_target,
        "on_scale": score.scale == CORRELATION and finite,
        "number": value,
        "ends": (low, high) if sure else (value, value),
        "finite": finite,
        "value": decimal(value, digits) if finite else "none",
        "interval": interval,
        "n": counted,
        "expected": decimal(expected, digits) if math.isfinite(expected) else "",
        "words": estimate(value, low, high, f", {counted}"),
        "bar": None,  # see `groups`
    }


def groups(rows: Rows) -> list[dict]:
    """Scores of a point by what they are about: dicts of ``name`` and ``scores``."""
    found: dict[str, list[dict]] = {}
    for row in rows:
        score = in_words(row)
        found.setdefault(score["group"], []).append(score)
    scores = [score for several in found.values() for score in several if score["on_scale"]]
    _place_bars(scores)
    return [{"name": name, "scores": several} for name, several in found.items()]


def _place_bars(scores: list[dict]) -> None:
    """Give correlations the places of their value and interval on one scale, in percent of it."""
    ends = [end for score in scores for end in score["ends"]]
    low, high = min([0.0, *ends]), max([0.0, *ends])
    margin = 0.05 * (high - low) or 1.0

    def place(x: float) -> float:
        return round(100 * (x - low + margin) / (high - low + 2 * margin), 2)

    for score in scores:
        start, end = map(place, score["ends"])
        bar = {"start": start, "width": round(end - start, 2), "middle": place(score["number"])}
        score["bar"] = {"zero": place(0.0), **bar}


def over_points(rows: Rows, axes: Mapping[str, str]) -> dict:
    """A few scores of the points of a sweep: of all, or of the best of each score where many.

    axes: {column of a swept parameter: what to write for it}.
    """
    rows = [row for row in rows if row["score"] in OVER_POINTS]
    rows = sorted(rows, key=lambda row: OVER_POINTS.index(row["score"]))
    likely = [tables.value(row["value"]) for row in rows if row["score"] == LIKELIHOOD]
    highest = max(filter(math.isfinite, likely), default=math.nan)
    points: dict[str, dict] = {}
    for row in rows:
        point = points.setdefault(row["point"], {"values": [plain(row[axis]) for axis in axes]})
        to = highest if row["score"] == LIKELIHOOD else math.nan
        point[row["score"]] = in_words(row, to)
    names = list(dict.fromkeys(row["score"] for row in rows))
    orders = {name: _best_first(points, name) for name in names if SCORES[name].direction}
    kept = list(points)
    if len(points) > ALL_POINTS:
        listed = {name for order in orders.values() for name in order[:BEST]}
        kept = [name for name in points if name in listed]
    return {
        "total": len(points),
        "best": BEST if len(kept) < len(points) else 0,
        "axes": list(axes.values()),
        "heads": [_head(name) for name in names],
        "rows": [
            {
                "values": points[point]["values"],
                "scores": [points[point][name] for name in names],
                "best": [orders.get(name, [""])[:1] == [point] for name in names],
            }
            for point in kept
        ],
    }


def _best_first(points, score):
    """Names of points in the order of a score, those without a finite value left out."""
    sign = SCORES[score].sign
    finite = [name for name in points if points[name][score]["finite"]]
    return sorted(finite, key=lambda name: -sign * points[name][score]["number"])


def over_kinds(rows: Rows) -> dict:
    """A few scores of a point by measure and band; no rows where there is but one."""
    found: dict[Kind, dict[str, dict]] = {}
    for row in rows:
        if row["score"] in OVER_KINDS:
            kind = Kind(row["measure"], row["band"])
            found.setdefault(kind, {})[row["score"]] = in_words(row)
    several = len(found) > 1
    names = [name for name in OVER_KINDS if any(name in scores for scores in found.values())]
    return {
        "heads": [_head(name) for name in names],
        "rows": [
            {
                "measure": MEASURES[kind.measure].label,
                "band": kind.band,
                "scores": [scores[name] for name in names],
            }
            for kind, scores in (found.items() if several else ())
        ],
    }


def _head(name):
    label = SCORES[name].label + (" (root)" if SCORES[name].is_squared else "")
    if name == LIKELIHOOD:
        label += ", difference to the highest per target replicate"
    return label


def best_values(best_rows: Rows, rows: Rows, name: str, axes: Mapping[str, str]) -> str:
    """Where a score is best over a sweep, in words; empty where it has no best value.

    best_rows, rows: of best.csv and scores.csv, of one measure and band and of none; axes: {swept
    parameter: what to write for it}.
    """
    places, between = [], False
    for row in best_rows:
        axis = row["parameter"]
        if row["score"] == name:
            value = best(row, [tables.value(other[axis]) for other in rows])
            places.append(best_in_words(value, axes[axis]))
            between |= value.is_estimate and bool(value.low)
    score = SCORES[name]
    where = "between points, at" if between else "at"
    return f"{score.label} {score.direction} {where} {', '.join(places)}" if places else ""


def of_null(row: Mapping[str, str]) -> str:
    """A row of nulls.csv in words."""
    n = int(row["null_n"])
    score = SCORES[row["score"]]
    value, mean = (float(score.read(tables.value(row[key]))) for key in ("value", "null_mean"))
    networks = f"{n} network{'s' if n != 1 else ''} '{row['null']}'"
    told = f"{decimal(value, 2)} against {decimal(mean, 2)} of {networks}"
    if row["score"] == LIKELIHOOD:  # of which only a difference says anything
        told = f"{value - mean:+.1f} beside that of {networks}"
    return (
        f"{score.label} {told}"
        + (f", z = {decimal(float(row['null_z']), 2)}" if row["null_z"] else "")
        + (f", p = {float(row['null_p']):.2g}" if row["null_p"] else "")
    )
