"""Checks that files of every kind share: matrices of numbers, and names of regions and sensors."""

import difflib
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from restmeg.errors import InputError

Names = Sequence[str] | np.ndarray  # of regions, sensors, ...
MAX_BYTES = 2**30  # of one array of a user's file: a matrix of 11 000 regions


def size(path: str | Path, name: str, shape: tuple[int, ...], dtype: Any) -> None:
    """Raise InputError if an array that a file declares is too large to be what it should be."""
    n_bytes = int(np.prod([int(n) for n in shape], dtype=object)) * max(np.dtype(dtype).itemsize, 1)
    if n_bytes > MAX_BYTES:
        raise InputError(
            f"{path}: {name}: shape {tuple(shape)} of {np.dtype(dtype)}, {n_bytes / 1e9:.3g} GB; "
            f"expected at most {MAX_BYTES / 1e9:.3g} GB"
        )


def same(path: str | Path, what: str, found: Any, expected: Any) -> None:
    """Raise InputError unless a file is of what it should be of."""
    if found != expected:
        raise InputError(f"{path}: {what} {found}; expected {expected}")


def numbers(path: str | Path, name: str, array: Any) -> np.ndarray:
    """A matrix as finite doubles. Raises InputError if it is none."""
    array = matrix(path, name, array)
    every(path, name, array, np.isfinite(array), "finite values")
    return array


def matrix(path: str | Path, name: str, array: Any) -> np.ndarray:
    """A matrix of real numbers as doubles. Raises InputError if it is none."""
    array = np.asarray(array)
    if array.dtype.kind not in "fiub":
        raise InputError(f"{path}: {name}: type {array.dtype}; expected real numbers")
    if array.ndim != 2 or not array.size:
        raise InputError(f"{path}: {name}: shape {array.shape}; expected a matrix")
    return np.array(array, dtype=np.float64)


def square(path: str | Path, name: str, array: Any) -> np.ndarray:
    """A square matrix of real numbers as doubles. Raises InputError if it is none."""
    array = matrix(path, name, array)
    if array.shape[0] != array.shape[1]:
        raise InputError(f"{path}: {name}: shape {array.shape}; expected a square matrix")
    return array


def every(path: str | Path, name: str, matrix: np.ndarray, good: np.ndarray, expected: str) -> None:
    """Raise InputError, with the first bad place and the number of such, unless all are good."""
    if not good.all():
        i, j = np.argwhere(~good)[0]
        raise InputError(
            f"{path}: {name}[{i}, {j}] is {matrix[i, j]}; expected {expected} "
            f"({np.count_nonzero(~good)} of {matrix.size} are not)"
        )


def per_region(where: str, shape: tuple[int, ...], n_regions: int) -> None:
    """Raise InputError unless a list of the configuration has a value for each region."""
    if shape != (n_regions,):
        raise InputError(
            f"config: {where}: {math.prod(shape)} values; expected one, or one for each of "
            f"{n_regions} regions"
        )


def unique_names(path: str | Path, what: str, array: Any) -> np.ndarray:
    """Names of regions, sensors or replicates as an array of str.

    Raises InputError if one is there twice or cannot be stored as text.
    """
    texts = [_text(path, what, name) for name in np.ravel(array)]
    double, times = Counter(texts).most_common(1)[0] if texts else ("", 1)
    if times > 1:
        raise InputError(f"{path}: {what} '{double}' is there more than once")
    return np.array(texts, dtype=object)


def _text(path, what, name):
    try:
        text = name.decode() if isinstance(name, bytes) else str(name)
        text.encode()  # fails for half of a surrogate pair
    except UnicodeError:
        name = bytes(name) if isinstance(name, bytes) else str(name)
        raise InputError(f"{path}: {what} {name!r} is not UTF-8; expected text in UTF-8") from None
    if any(ord(character) < 32 for character in text):
        raise InputError(
            f"{path}: {what} {text!r} has a control character in it; expected one line of text"
        )
    return text


def match_regions(
    path: str | Path, regions: Any, labels: Names, of: str = "the connectome", mend: str = ""
) -> list[int]:
    """The order that brings ``regions`` (of the file ``path``) to ``labels`` (of the connectome).

    of: what messages call what the labels are of; mend: what they say at their end.

    Raises InputError, which tells what is missing and what may be meant, unless both are the same
    set.
    """
    position = {region: k for k, region in enumerate(unique_names(path, "region", regions))}
    missing = [label for label in labels if label not in position]
    known = set(labels)
    extra = [region for region in position if region not in known]
    if missing or extra:
        without = f", without {some(missing)}" if missing else ""
        has = "have" if of.endswith("s") else "has"
        hint = f"; {of} {has} no {some(extra)}" if extra else ""
        near = _near_matches(missing, extra)
        if near:
            hint += f"; {near}?"
        raise InputError(
            f"{path}: {len(position)} regions{without}; {of} {has} {len(labels)}, "
            f"and both must name the same ones{hint}" + (f"; {mend}" if mend else "")
        )
    return [position[label] for label in labels]


def nearest(name: str, known: Iterable[str]) -> str:
    """A name that is not known, quoted, and what may be meant: "'V1'; did you mean 'v1'?"."""
    by_lower_case = {str(other).lower(): str(other) for other in known}
    near = difflib.get_close_matches(name.lower(), by_lower_case, n=1)
    return f"'{name}'" + (f"; did you mean '{by_lower_case[near[0]]}'?" if near else "")


def some(names: Sequence | np.ndarray, quote: str = "'", shown: int = 3) -> str:
    """The first few names of a list in words: "'a', 'b', 'c' and 5 more"."""
    more = f" and {len(names) - shown} more" if len(names) > shown else ""
    return ", ".join(f"{quote}{name}{quote}" for name in names[:shown]) + more


def _near_matches(missing, extra):
    by_lower_case = {name.lower(): name for name in extra}
    pairs = []
    for label in missing[:3]:
        nearest = difflib.get_close_matches(label.lower(), by_lower_case, n=1)
        if nearest:
            pairs.append(f"is '{by_lower_case[nearest[0]]}' its '{label}'")
    return ", ".join(pairs)
