"""All scores of a sweep as one array: scores.nc."""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from restmeg import store, tables
from restmeg.scores import KEY

TITLE = "Scores over a sweep"
NUMBERS = ["value", "ci_low", "ci_high", "expected", "expected_sd", "null_z", "null_p"]
COUNTS = ["n", "null_n"]


def write(points_path: str | Path, scores_path: str | Path, path: str | Path) -> None:
    """Write scores.nc from points.csv and scores.csv of the same study.

    path: numbers of scores.csv over the swept parameters, each a dimension and a coordinate by its
    dotted name, ``measure``, ``band`` and ``score``; ``point`` has the short names. Where points
    are no whole grid there is a dimension ``point`` in the place of the parameters. NaN, and counts
    of 0, where there is no such score; measure and band of the likelihood are empty, as there.
    """
    axes, points = tables.swept(points_path, "simulated")
    columns = list(zip(*points.values(), strict=True)) if axes else []
    sides = {axis: list(dict.fromkeys(column)) for axis, column in zip(axes, columns, strict=True)}
    shape = [len(side) for side in sides.values()]
    over = list(axes)
    if math.prod(shape) == len(points):
        where = {
            name: tuple(side.index(x) for side, x in zip(sides.values(), values, strict=True))
            for name, values in points.items()
        }
    else:
        over, shape = ["point"], [len(points)]
        where = {name: (k,) for k, name in enumerate(points)}
    _, rows = tables.read(scores_path)
    keys = {name: list(dict.fromkeys(row[name] for row in rows)) for name in KEY}
    place = {name: {value: k for k, value in enumerate(values)} for name, values in keys.items()}
    at = tuple(
        np.array(
            [(*where[row["point"]], *(place[name][row[name]] for name in KEY)) for row in rows]
        ).T
    )
    size = *shape, *(len(values) for values in keys.values())
    names = np.empty(shape, dtype=object)
    for name, index in where.items():
        names[index] = name
    with store.new_netcdf(path, TITLE, {"swept": axes}) as dataset:
        for axis, side, column in zip(axes, sides.values(), columns, strict=True):
            if over == ["point"]:
                store.add(dataset, axis, _numbers(column), over)
            else:
                store.add(dataset, axis, _numbers(side), [axis])
        store.add(dataset, "point", names, over)
        for name, values in keys.items():
            store.add(dataset, name, np.array(values, dtype=object))
        for name in [*NUMBERS, *COUNTS]:
            counted = name in COUNTS
            found = np.zeros(size, np.int64) if counted else np.full(size, np.nan)
            found[at] = [tables.value(row[name] or ("0" if counted else "")) for row in rows]
            variable = store.add(dataset, f"sweep.{name}", found, over)
            if over == ["point"]:  # for what reads these as coordinates and not as results
                variable.coordinates = " ".join(axes)


def _numbers(texts: Sequence[str]) -> np.ndarray:
    """Values of an axis: numbers, or words."""
    try:
        return np.array([float(text) for text in texts])
    except ValueError:
        return np.array(texts, dtype=object)
