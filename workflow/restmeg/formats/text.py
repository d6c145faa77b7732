"""Matrices as text: CSV, tab or space separated, with or without names of rows and columns."""

import csv
from pathlib import Path

import numpy as np

from restmeg import check
from restmeg.errors import InputError
from restmeg.formats import RawArray


def lines(path: str | Path) -> list[str]:
    """Lines of a text file without what is empty. Raises InputError if it cannot be read."""
    try:
        check.size(path, "text", (Path(path).stat().st_size,), np.uint8)
        text = Path(path).read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from None
    except UnicodeDecodeError:
        raise InputError(f"{path}: is not text in UTF-8; expected a text file") from None
    if "\0" in text:
        raise InputError(f"{path}: has zero bytes in it; expected a text file")
    return [line for line in text.splitlines() if line.strip()]


def array(path: str | Path, variable: str | None = None) -> RawArray:
    """A matrix. Lines that begin with # are comments; an empty cell is NaN.

    Names stand in the first row if a cell of it is no number, or its first is empty, and in the
    first column likewise.
    """
    if variable is not None:
        raise InputError(f"{path}: is text, which has no variable '{variable}'; expected none")
    rows = cells([line for line in lines(path) if not line.lstrip().startswith("#")])
    if not rows:
        raise InputError(f"{path}: is empty; expected a matrix")
    header = rows.pop(0) if _named(rows[0]) else None
    width = max(map(len, rows), default=0)
    for k, row in enumerate(rows, 1):
        if len(row) != width:
            raise InputError(f"{path}: row {k} has {len(row)} cells; expected {width} as in others")
    names = None
    corner = header is not None and len(header) == width and not header[0]
    if width > 1 and (corner or any(is_text(row[0]) for row in rows)):
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


def cells(texts: list[str]) -> list[list[str]]:
    """Cells of lines, by what separates them in the first: tab, comma, semicolon or space."""
    if not texts:
        return []
    mark = next((mark for mark in "\t,;" if mark in texts[0]), None)
    split = csv.reader(texts, delimiter=mark) if mark else (line.split() for line in texts)
    return [[cell.strip() for cell in row] for row in split]


def is_text(cell: str) -> bool:
    """Whether a cell is no number; an empty one is."""
    try:
        float(cell or "nan")
    except ValueError:
        return True
    return False


def _named(row):
    return not row[0] or any(map(is_text, row))


def _number(path, cell, row):
    try:
        return float(cell or "nan")
    except ValueError:
        shown = cell if len(cell) < 40 else f"{cell[:40]}..."
        raise InputError(f"{path}: row {row}: {shown!r}; expected a number") from None
