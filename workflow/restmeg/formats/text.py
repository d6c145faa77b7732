"""Matrices as text: CSV, tab or space separated, with or without names of rows and columns."""

import csv
import re
from pathlib import Path

import numpy as np

from restmeg import check
from restmeg.errors import InputError, reason
from restmeg.formats import RawArray

DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+([eE][+-]?\d+)?")


def lines(path: str | Path) -> list[str]:
    """Lines of a text file without what is empty. Raises InputError if it cannot be read."""
    try:
        check.size(path, "text", (Path(path).stat().st_size,), np.uint8)
        text = Path(path).read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({reason(error)})") from None
    except UnicodeDecodeError:
        raise InputError(f"{path}: is not text in UTF-8; expected a text file") from None
    if "\0" in text:
        raise InputError(f"{path}: has zero bytes in it; expected a text file")
    return [line for line in text.splitlines() if line.strip()]


def names(path: str | Path) -> list[str]:
    """A file of names: one whole line each, no header. Raises InputError if it cannot be read."""
    return [line.strip() for line in lines(path)]


def array(path: str | Path, variable: str | None = None) -> RawArray:
    """A matrix. Lines that begin with # are comments; an empty cell is NaN.

    Names stand in the first row if a cell of it after the first is no number, or its first is
    empty, and in the first column if a cell of it is no number, or that of the names is empty.
    """
    if variable is not None:
        raise InputError(f"{path}: is text, which has no variable '{variable}'; expected none")
    rows = cells([line for line in lines(path) if not line.lstrip().startswith("#")], path)
    if not rows:
        raise InputError(f"{path}: is empty; expected a matrix")
    header = rows.pop(0) if _named(rows[0]) else None
    width = max(map(len, rows), default=0)
    for k, row in enumerate(rows, 1):
        if len(row) != width:
            raise InputError(f"{path}: row {k} has {len(row)} cells; expected {width} as in others")
    names = None
    corner = header is not None and len(header) == width and not header[0]
    if width > 1 and (corner or any(_is_name(row[0]) for row in rows)):
        names = [row[0] for row in rows]
        rows = [row[1:] for row in rows]
        if header is not None and len(header) == width:
            header = header[1:]
    values = np.array([[_number(path, cell, k) for cell in row] for k, row in enumerate(rows, 1)])
    if header is not None and len(header) != values.shape[-1]:
        raise InputError(
            f"{path}: {len(header)} names in its first row for {values.shape[-1]} columns"
        )
    return RawArray(values, names, header)


def cells(texts: list[str], path: str | Path = "text") -> list[list[str]]:
    """Cells of lines, by what separates them in the first: tab, semicolon, comma or space.

    path: what messages call it. Raises InputError for a quotation that does not end in its line.
    """
    mark = separator(texts[0]) if texts else None
    split = (_split(path, line, mark, k) for k, line in enumerate(texts, 1))
    return [[cell.strip() for cell in row] for row in split]


def separator(line: str) -> str | None:
    """What separates its cells, None for spaces. A comma beside a semicolon is within a cell."""
    return next((mark for mark in "\t;," if mark in line), None)


def _split(path, line, mark, number):
    if mark is None or '"' not in line:
        return line.split(mark)
    rows = csv.reader([line, ""], delimiter=mark)
    try:
        row = next(rows)
        ends = rows.line_num == 1  # or it has gone on to the next one
    except csv.Error:  # of what is too long for a cell
        ends = False
    if not ends:
        raise InputError(
            f"{path}: line {number} has a quotation mark without its other one; expected both in "
            "one line"
        )
    return row


def is_text(cell: str) -> bool:
    """Whether a cell is no number; an empty one is."""
    try:
        float(cell or "nan")
    except ValueError:
        return True
    return False


def _named(row):
    return not row[0] or any(map(_is_name, row[1:] or row))


def _is_name(cell):
    """Whether it is neither a number nor meant as one."""
    return is_text(cell) and not DECIMAL_COMMA.fullmatch(cell)


def _number(path, cell, row):
    try:
        return float(cell or "nan")
    except ValueError:
        shown = cell if len(cell) < 40 else f"{cell[:40]}..."
        hint = " with a decimal point, not a comma" if DECIMAL_COMMA.fullmatch(cell) else ""
        raise InputError(f"{path}: row {row}: {shown!r}; expected a number{hint}") from None
