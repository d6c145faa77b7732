"""Tables as CSV: the plan of a study, and the scores of its points brought together."""

import contextlib
import csv
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from restmeg import disk
from restmeg.errors import InputError


@contextlib.contextmanager
def new_csv(path: str | Path, head: Sequence[str]) -> Iterator[Any]:
    """Yield a CSV writer after the names of columns; the file appears when the block succeeds."""
    with disk.whole(path) as partial, partial.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(head)
        yield writer


def number(value: float) -> str:
    """A number as text, in nine digits: more than a score carries, fewer than rounding moves."""
    return f"{value:.9g}"


def number_if_known(value: float) -> str:
    """The same, and nothing in the place of a number that there is not."""
    return number(value) if math.isfinite(value) else ""


def value(text: str) -> float:
    """The number that a cell of a table holds; NaN where it is empty."""
    return math.nan if text == "" else float(text)


def read(path: str | Path) -> tuple[list[str], list[dict[str, str]]]:
    """Names of the columns of a CSV file, and its rows as dicts of texts."""
    with Path(path).open(newline="") as file:
        reader = csv.DictReader(file)
        return list(reader.fieldnames or []), list(reader)


def write(path: str | Path, rows: Sequence[Sequence]) -> None:
    """Write rows, the first of which names the columns."""
    head, *rows = rows
    with new_csv(path, head) as table:
        table.writerows(rows)


def fill(
    path: str | Path, other_path: str | Path, by: Sequence[str], columns: Sequence[str]
) -> None:
    """Fill columns of a table with those of another, from its first row with the same key.

    path: the table, written anew; by: names of the columns that make the key; columns: names of
    those to be filled, which both have. A row whose key the other has not stays as it is.
    """
    head, rows = read(path)
    found: dict[tuple, dict[str, str]] = {}
    for row in read(other_path)[1]:
        found.setdefault(tuple(row[name] for name in by), row)
    for row in rows:
        other = found.get(tuple(row[name] for name in by), row)
        row |= {name: other[name] for name in columns}
    write(path, [head, *([row[name] for name in head] for row in rows)])


def axes(columns: Sequence[str], before: str = "measure") -> list[str]:
    """The swept parameters, which stand between ``point`` and the column ``before``."""
    return [*columns[columns.index("point") + 1 : columns.index(before)]]


def swept(
    points_path: str | Path, role: str | None = None
) -> tuple[list[str], dict[str, list[str]]]:
    """The swept parameters of points.csv, and {point: its value of each}, in its order.

    role: of the points, or None for those of both.
    """
    columns, points = read(points_path)
    found = axes(columns, before="replicates")
    points = [row for row in points if role in (None, row["role"])]
    return found, {row["point"]: [row[axis] for axis in found] for row in points}


def gather(points_path: str | Path, point_paths: Sequence[str | Path], path: str | Path) -> None:
    """Write the rows of the tables of all points as one, with the swept parameters of each.

    points_path: points.csv; point_paths: tables with a column ``point``, joined by it, in any
    order; path: the same rows in the order of points.csv, a column for each swept parameter after
    ``point``. What stands in several tables, as notes on the target do, stands there once.

    Raises InputError for a point that points.csv does not know.
    """
    parameters, known = swept(points_path)
    found: dict[str, dict[tuple, None]] = {name: {} for name in known}
    head: list[str] = []
    for table in point_paths:
        names, rows = read(table)
        head = head or names
        if names != head:
            raise InputError(f"{table}: columns {names}; expected {head}, as in {point_paths[0]}")
        for row in rows:
            if row["point"] not in known:
                raise InputError(
                    f"{table}: point '{row['point']}' is none of {points_path}; expected its names"
                )
            found[row["point"]][tuple(row[name] for name in head[1:])] = None
    with new_csv(path, [head[0], *parameters, *head[1:]]) as out:
        for name, kept in found.items():
            out.writerows([name, *known[name], *row] for row in kept)
