"""Differences between the points of a sweep: surer than the points, which share noise and target.

They follow from the tables of scores alone.
"""

import csv
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from restmeg import tables
from restmeg.scores import KEY, LIKELIHOOD, SCORES, Score, intervals
from restmeg.scores.intervals import Summary

Key = tuple[str, ...]  # measure, band and score
# By replicate and target replicate; one of them is empty for a value of the other alone.
Values = Mapping[tuple[str, str], float]


def write(scores_path: str | Path, replicates_path: str | Path, path: str | Path) -> None:
    """Write what each point differs by from the best one, for each score that models differ in.

    scores_path, replicates_path: scores.csv and scores_replicates.csv of the same points; path: a
    row for each point, but the reference, of each measure, band and score. The reference is the
    point where the score is best, or highest where none is better, the first of equals. A score
    without a finite value has no rows.
    """
    columns, rows = tables.read(scores_path)
    axes = tables.axes(columns)
    found: dict[Key, dict[str, dict[str, str]]] = {}
    for row in rows:
        found.setdefault(tuple(row[name] for name in KEY), {})[row["point"]] = row
    singles = _read_singles(replicates_path)
    with tables.new_csv(path, ["point", *axes, "reference", *KEY, *Summary._fields]) as table:
        for key, points in found.items():
            score = SCORES.get(key[-1])
            values = {name: tables.value(row["value"]) for name, row in points.items()}
            reference = _best(values, score.sign) if score and score.of_model else None
            if score is None or reference is None:
                continue
            of_points = singles.get(key, {})
            for name, row in points.items():
                if name != reference:
                    n = min(int(points[one]["n"]) for one in (name, reference))
                    whole = Summary(values[name] - values[reference], np.nan, np.nan, n)
                    both = of_points.get(name, {}), of_points.get(reference, {})
                    summary = difference(score, *both, whole)
                    start = [name, *(row[axis] for axis in axes), reference, *key]
                    table.writerow([*start, *map(tables.number, summary)])


def difference(score: Score, values: Values, reference: Values, whole: Summary) -> Summary:
    """A score's difference between two points, paired by replicates.

    values, reference: of both points, from scores_replicates.csv; whole: the difference of their
    scores, and how many values are behind the one with fewer. The mean of differences of each
    replicate has a t interval, that of each pair one as in `intervals.of_pairs`. A difference of
    jackknifed scores has the jackknife's, as differences of pseudo-values are its pseudo-values.
    """
    replicates, targets = (
        list(dict.fromkeys(at[side] for at in reference if at[side])) for side in (0, 1)
    )

    def differences(rows, columns):
        places = [(row, column) for row in rows for column in columns]
        each = [values.get(at, np.nan) - reference.get(at, np.nan) for at in places]
        return np.array(each, dtype=np.float64).reshape(len(rows), len(columns))

    if score.is_mean:
        return intervals.of_pairs(differences(replicates, targets or [""]))
    sides = [differences(replicates, [""])[:, 0], differences([""], targets)[0]]
    sides = [side[np.isfinite(side)] for side in sides]
    if score.is_sum:  # of values of the target's replicates, whose pseudo-values these are
        sides = [len(side) * side for side in sides[1:]]
    found = intervals.of_jackknife(whole.value, sides, whole.n)
    return found if np.isfinite(whole.value) else found._replace(n=0)


def place_likelihoods(scores_path: str | Path, differences_path: str | Path) -> None:
    """Give log likelihoods in scores.csv the interval of their difference to the best point.

    One alone has none. scores_path: scores.csv, written anew; differences_path: differences.csv.
    """
    columns, rows = tables.read(scores_path)
    _, differences = tables.read(differences_path)
    apart = {row["point"]: row for row in differences if row["score"] == LIKELIHOOD}
    for row in rows:
        if row["score"] != LIKELIHOOD:
            continue
        row["ci_low"] = row["ci_high"] = ""
        if row["point"] in apart:
            found = apart[row["point"]]
            best = float(row["value"]) - float(found["value"])
            for end in ("ci_low", "ci_high"):
                row[end] = tables.number(best + float(found[end]))
    tables.write(scores_path, [columns, *(list(row.values()) for row in rows)])


def _best(values: Mapping[str, float], sign: int) -> str | None:
    """The point with the best value; None if no value is finite. sign: see `scores.Score`."""
    finite = {name: value for name, value in values.items() if np.isfinite(value)}
    if not finite:
        return None
    return max(finite, key=lambda name: sign * finite[name])


def _read_singles(path: str | Path) -> dict[Key, dict[str, dict[tuple[str, str], float]]]:
    """Values of scores_replicates.csv by score, point and replicates."""
    found: dict[Key, dict[str, dict[tuple[str, str], float]]] = {}
    with Path(path).open(newline="") as file:
        rows = csv.reader(file)
        head = next(rows)
        places = [head.index(name) for name in (*KEY, "point", "replicate", "target_replicate")]
        value = head.index("value")
        for row in rows:
            measure, band, score, point, replicate, target = (row[place] for place in places)
            of_score = found.setdefault((measure, band, score), {})
            of_score.setdefault(point, {})[replicate, target] = float(row[value])
    return found
