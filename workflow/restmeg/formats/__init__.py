"""Outside layouts of files: a table of them, and a small module each that knows its own alone.

A reader returns raw arrays, names, units and what it cannot know (None). What to make of it is for
the judges, `connectome`, `leadfield` and `recording`, which check, align and write the messages.
Readers are imported when they are used.
"""

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from restmeg.errors import InputError


class Format(NamedTuple):
    """An outside layout."""

    module: str  # of this package, with a function for each kind of content
    leaves_open: tuple[str, ...] = ()  # keys of the configuration that say what a file does not
    fragile: bool = False  # whether a damaged file may end the process that opens it


# {kind: {how the name of a file ends: its format}}
FORMATS = {
    "connectome": {
        ".npz": Format("npz", leaves_open=("orientation", "distance_unit")),
        ".nc": Format("netcdf", fragile=True),
    },
    "leadfield": {
        ".npz": Format("npz", leaves_open=("unit",)),
        ".nc": Format("netcdf", fragile=True),
    },
    "recording": {
        ".nc": Format("netcdf", fragile=True),
    },
}


class RawConnectome(NamedTuple):
    """Matrices as a file has them."""

    weights: np.ndarray  # rows are targets where the format says so
    distances: np.ndarray
    labels: np.ndarray
    distance_unit: Any  # None where the file does not say it


class RawLeadField(NamedTuple):
    """A gain matrix as a file has it."""

    gain: np.ndarray  # (region, sensor)
    regions: np.ndarray
    sensors: np.ndarray | None
    unit: Any  # None where the file does not say it


class RawRecording(NamedTuple):
    """An open file of one or several replicates of regional series."""

    n_replicates: int
    n_samples: int
    dtype: Any
    regions: np.ndarray
    replicates: np.ndarray | None  # their numbers or names
    times: np.ndarray | None
    time_unit: Any
    read: Callable  # (replicate's place, slice of samples) -> (samples, regions), NaN if missing
    provenance: dict  # parameters, seed and notes of a file of our own
    seed: int | None
    notes: list[str]


def find(kind: str, path: str | Path) -> Format:
    """The format of a file, by how its name ends. Raises InputError if there is none.

    kind: "connectome", "leadfield" or "recording".
    """
    for ending, described in FORMATS[kind].items():
        if str(path).endswith(ending):
            return described
    words = {"leadfield": "lead field"}.get(kind, kind)
    endings = " or ".join(FORMATS[kind])
    raise InputError(f"{path}: not a {words} file; expected a name that ends in {endings}")


def leaves_open(kind: str, path: str | Path) -> tuple[str, ...]:
    """Keys that say what a file does not; none for what is in no file of a known format."""
    endings = (row.leaves_open for end, row in FORMATS[kind].items() if str(path).endswith(end))
    return next(endings, ())


def module(kind: str, path: str | Path) -> str:
    """Dotted name within restmeg of the module that reads a file. Raises InputError as `find`."""
    return f"formats.{find(kind, path).module}"


def reader(kind: str, path: str | Path) -> Callable:
    """The function that reads a file: path -> what the class Raw... of its kind says.

    That of recordings is a context manager. Raises InputError for a format that is not known.
    """
    return getattr(importlib.import_module(f"restmeg.{module(kind, path)}"), kind)
