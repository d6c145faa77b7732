"""Vectors by name, as text: a line for each, with a name and numbers."""

from pathlib import Path

import numpy as np

from restmeg import check
from restmeg.errors import InputError
from restmeg.formats import text


def named(path: str | Path, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Unique names (n,) and finite numbers (n, width).

    What separates them is a tab, a comma, a semicolon or spaces; a name may have spaces in it.
    Lines that begin with # are comments. Raises InputError for a line that is not of that kind.
    """
    names, values = [], []
    for k, line in enumerate(text.lines(path), 1):
        if line.lstrip().startswith("#"):
            continue
        rest = line.strip().rsplit(text.separator(line), width)
        try:
            numbers = [float(cell) for cell in rest[1:]]
            assert len(numbers) == width and np.isfinite(numbers).all() and rest[0].strip()
        except (ValueError, AssertionError):
            shown = line.strip()
            shown = shown if len(shown) < 60 else f"{shown[:60]}..."
            raise InputError(
                f"{path}: line {k}: {shown!r}; expected a name and {width} finite numbers"
            ) from None
        names.append(rest[0].strip())
        values.append(numbers)
    if not names:
        raise InputError(f"{path}: is empty; expected a name and {width} numbers a line")
    return check.unique_names(path, "name", names), np.array(values)


def of_regions(path: str | Path, labels: check.Names) -> np.ndarray:
    """Three numbers (N, 3) of each region; InputError unless the file names the same ones."""
    names, values = named(path, 3)
    return values[check.match_regions(path, names, labels)]
