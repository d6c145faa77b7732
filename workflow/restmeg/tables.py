"""Tables as CSV: the plan of a study, and the scores of its points brought together."""

import contextlib
import csv
import io
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
    where: dict[str, list] = {name: [] for name in known}  # tables that have rows of a point
    head = ""
    for table in point_paths:
        first, rows = _rows(table)
        head = head or first
        if first != head:
            text = f"columns {first}; expected {head}, as in {point_paths[0]}"
            raise InputError(f"{table}: {text}")
        for name in dict.fromkeys(name for name, _, _ in rows):
            if name not in known:
                raise InputError(
                    f"{table}: point '{name}' is none of {points_path}; expected its names"
                )
            where[name].append(table)
    with disk.whole(path) as partial, partial.open("w", newline="") as out:
        name, _, columns = head.partition(",")
        out.write(",".join([name, *parameters, columns]) + "\n")
        for name, paths in where.items():
            start = ",".join([name, *known[name], ""])
            own = (rest for one in paths for of, _, rest in _rows(one)[1] if of == name)
            out.writelines(f"{start}{rest}\n" for rest in dict.fromkeys(own))


def _rows(path):
    """The first line of a CSV file, and of each row its first cell, a comma and the rest, as text.

    Texts, because of a large sweep there are millions.
    """
    with Path(path).open(newline="") as file:
        if '"' in file.read():
            file.seek(0)
            lines = [_line(row) for row in csv.reader(file)]
        else:
            file.seek(0)
            lines = file.read().removesuffix("\n").split("\n")
    return lines[0], [line.partition(",") for line in lines[1:]]


def _line(row):
    """A row as it stands in a CSV file."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow(row)
    return out.getvalue().removesuffix("\n")
