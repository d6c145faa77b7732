"""Differences between the points of a sweep: surer than the points, which share noise and target.

They follow from the tables of scores alone.
"""

import csv
import math
from array import array
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from restmeg import tables
from restmeg.scores import KEY, LIKELIHOOD, SCORES, Score, intervals
from restmeg.scores.intervals import Summary

Key = tuple[str, ...]  # measure, band and score


class Singles:
    """Values of one score for single replicates, or pairs of them, at all points."""

    def __init__(self) -> None:
        """Begin with none."""
        # Of replicate and target replicate; one of them is empty for a value of the other alone.
        self.places: dict[tuple[str, str], int] = {}
        self.values: dict[str, array] = {}  # by point, in that order, NaN where there is none

    def add(self, point: str, at: tuple[str, str], value: float) -> None:
        """Add a value of a point."""
        found = self.values.setdefault(point, array("d"))
        place = self.places.setdefault(at, len(self.places))
        if place < len(found):
            found[place] = value
        else:
            found.extend([math.nan] * (place - len(found)))
            found.append(value)

    def of(self, point: str) -> np.ndarray:
        """The values of a point, one for each place, and a NaN at the end."""
        found = np.full(len(self.places) + 1, np.nan)
        own = self.values.get(point, ())
        found[: len(own)] = own
        return found

    def matrix(self, rows: Sequence[str], columns: Sequence[str]) -> np.ndarray:
        """Where values of these replicates and target replicates are; -1 for none."""
        found = [[self.places.get((row, column), -1) for column in columns] for row in rows]
        return np.array(found, dtype=int).reshape(len(rows), len(columns))


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
            of_points = singles.get(key, Singles())
            replicates, targets = (
                list(dict.fromkeys(at[k] for at in of_points.places if at[k])) for k in (0, 1)
            )
            best = of_points.of(reference)
            for name, row in points.items():
                if name != reference:
                    n = min(int(points[one]["n"]) for one in (name, reference))
                    whole = Summary(values[name] - values[reference], np.nan, np.nan, n)
                    apart = of_points.of(name) - best
                    summary = difference(score, apart, of_points, replicates, targets, whole)
                    start = [name, *(row[axis] for axis in axes), reference, *key]
                    table.writerow([*start, *map(tables.number, summary)])


def difference(
    score: Score,
    apart: np.ndarray,
    singles: Singles,
    replicates: Sequence[str],
    targets: Sequence[str],
    whole: Summary,
) -> Summary:
    """A score's difference between two points, paired by replicates.

    apart: differences of the values of singles, in their places and a NaN at the end; replicates,
    targets: their names; whole: the difference of the scores, and how many values are behind the
    one with fewer. The mean of differences of each replicate has a t interval, that of each pair
    one as in `intervals.of_pairs`. A difference of jackknifed scores has the jackknife's, as
    differences of pseudo-values are its pseudo-values.
    """
    if score.is_mean:
        return intervals.of_pairs(apart[singles.matrix(replicates, targets or [""])])
    sides = [apart[singles.matrix(replicates, [""])[:, 0]], apart[singles.matrix([""], targets)[0]]]
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


def _read_singles(path: str | Path) -> dict[Key, Singles]:
    """Values of scores_replicates.csv by score."""
    found: dict[Key, Singles] = {}
    with Path(path).open(newline="") as file:
        rows = csv.reader(file)
        head = next(rows)
        places = [head.index(name) for name in (*KEY, "point", "replicate", "target_replicate")]
        value = head.index("value")
        for row in rows:
            measure, band, score, point, replicate, target = (row[place] for place in places)
            key = measure, band, score
            if key not in found:
                found[key] = Singles()
            found[key].add(point, (replicate, target), float(row[value]))
    return found
