"""Outside layouts of files: a table of them, and a small module each that knows its own alone.

A reader returns raw arrays, names, units and what it cannot know (None). What to make of it is for
the judges, `connectome`, `leadfield`, `inverse` and `recording`, which check, align and write the
messages.
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
    held: float = 0.0  # memory over its size of a recording that is read as a whole, not in pieces


MEANING = ("orientation", "distance_unit")  # of two matrices that are nothing but numbers
PAIR = (*MEANING, "distances", "labels")  # of which each has a file
# Of a lead field of many sources a region.
SOURCES = ("labels", "parcellation", "combine", "sign_flip")
GAIN = ("unit", "orientation", "labels", "parcellation", "combine")  # that is nothing but numbers
SERIES = ("orientation", "sampling_rate", "labels")  # of a matrix of series

# {kind: {how the name of a file ends: its format}}; the first that fits counts.
FORMATS = {
    "connectome": {
        ".npz": Format("npz", leaves_open=(*MEANING, "labels", "variables")),
        ".nc": Format("netcdf", fragile=True),
        ".zip": Format("tvb", leaves_open=MEANING),
        ".mat": Format("pair", leaves_open=(*PAIR, "variables"), fragile=True),
        "relmat.tsv": Format("bids", leaves_open=PAIR),
        "weights.tsv": Format("bids", leaves_open=PAIR),
        ".csv": Format("pair", leaves_open=PAIR),
        ".tsv": Format("pair", leaves_open=PAIR),
        ".txt": Format("pair", leaves_open=PAIR),
        ".npy": Format("pair", leaves_open=PAIR),
    },
    "leadfield": {
        ".npz": Format("npz", leaves_open=("unit",)),
        ".nc": Format("netcdf", fragile=True),
        ".fif": Format("forward", leaves_open=SOURCES),
        ".mat": Format(
            "gain", leaves_open=(*GAIN, "variable", "dipoles", "sign_flip"), fragile=True
        ),
        ".csv": Format("gain", leaves_open=GAIN),
        ".tsv": Format("gain", leaves_open=GAIN),
        ".txt": Format("gain", leaves_open=GAIN),
        ".npy": Format("gain", leaves_open=GAIN),
    },
    "recording": {
        ".nc": Format("netcdf", leaves_open=("variable", "sampling_rate", "labels"), fragile=True),
        ".fif": Format("fif", leaves_open=("labels",)),
        ".mat": Format("series", leaves_open=("variable", *SERIES), fragile=True, held=3.0),
        ".csv": Format("series", leaves_open=SERIES, held=12.0),
        ".tsv": Format("series", leaves_open=SERIES, held=12.0),
        ".txt": Format("series", leaves_open=SERIES, held=12.0),
        ".npy": Format("series", leaves_open=SERIES),
    },
    "inverse": {
        ".nc": Format("netcdf", fragile=True),
        ".npz": Format("npz"),
    },
    "covariance": {
        ".fif": Format("noise"),
        ".npz": Format("npz"),
    },
    # Arrays of numbers, which the formats above may be made of.
    "array": {
        ".mat": Format("matlab", leaves_open=("variable",), fragile=True),
        ".csv": Format("text"),
        ".tsv": Format("text"),
        ".txt": Format("text"),
        ".npy": Format("npy"),
    },
}
WORDS = {"leadfield": "lead field", "array": "matrix", "covariance": "noise covariance"}


class RawArray(NamedTuple):
    """An array of numbers as a file has it."""

    values: np.ndarray
    rows: list[str] | None = None  # their names
    columns: list[str] | None = None


class RawConnectome(NamedTuple):
    """Matrices as a file has them."""

    weights: np.ndarray
    distances: np.ndarray
    labels: Any  # None where the file has none
    distance_unit: Any = None  # None where the file does not say it
    usual_unit: str | None = None  # that of its format then, if there is one
    orientation: str | None = None  # of the rows, "target_source" or "source_target", if known
    centres: Any = None  # (regions, 3) in mm


class RawLeadField(NamedTuple):
    """A gain matrix as a file has it."""

    gain: np.ndarray  # (row, sensor), or of three directions a row (row, 3, sensor)
    regions: Any  # names of its rows; None where rows are sources
    sensors: Any  # names, or None
    unit: Any  # None where the file does not say it
    coils: Any = None  # sensors.Coils, where it knows kinds and places
    oriented: bool = True  # whether rows are known to be regions or sources, and columns sensors
    normals: Any = None  # (row, 3) directions of sources
    places: Any = None  # (row, 3) of sources, where they have three directions, in any unit
    there: Any = None  # (row,) whether the row has a gain; None: each has
    some_missing: bool = False  # whether channels that are no MEG sensors may be NaN
    remarks: tuple[str, ...] = ()  # what a user should be told


class RawInverse(NamedTuple):
    """An inverse operator as a file has it."""

    inverse: np.ndarray  # (region, sensor), in any scale
    regions: Any  # names
    sensors: Any  # names


class RawCovariance(NamedTuple):
    """A noise covariance as a file has it."""

    covariance: np.ndarray  # (sensor, sensor) in T^2, of gradiometers (T/m)^2
    sensors: Any  # names


class RawSensors(NamedTuple):
    """What is known of sensors that a recording is of, beside their names."""

    kinds: list[str]  # "mag" (T) or "grad" (T/m)
    grades: list[int]  # of compensation by reference sensors, 0 of none
    positions: np.ndarray | None  # (sensors, 3) m, in head coordinates
    bad: list[str]  # names of others, which are marked as bad
    projected: np.ndarray  # (directions, sensors) that projectors took out of the data
    filtered: bool  # by Maxwell filtering (SSS), after which noise is not white


class RawRecording(NamedTuple):
    """An open file of one or several replicates of series of regions, or of sensors."""

    n_replicates: int
    n_samples: int
    dtype: Any
    regions: Any  # their names, or those of sensors; None where the file has none
    n_regions: int
    replicates: Any  # their numbers or names, or None
    times: np.ndarray | None
    time_unit: Any
    read: Callable  # (replicate's place, slice of samples) -> (samples, regions), NaN if missing
    provenance: dict = {}  # parameters, seed and notes of a file of our own  # noqa: RUF012
    seed: int | None = None
    notes: list[str] = []  # noqa: RUF012
    variable: str = "rate_E"  # what messages call the series
    sampling_rate: float | None = None  # Hz, where the file says it without a time axis
    spans: list[tuple[int, int]] | None = None  # samples that may be used, where not all may
    sensors: RawSensors | None = None  # where its series are of sensors, in T and T/m

    @property
    def what(self) -> str:
        """What messages call that which a series is of."""
        return "region" if self.sensors is None else "sensor"


def find(kind: str, path: str | Path) -> Format:
    """The format of a file, by how its name ends. Raises InputError if there is none.

    kind: a key of FORMATS.
    """
    for ending, described in FORMATS[kind].items():
        if str(path).endswith(ending):
            return described
    words, endings = WORDS.get(kind, kind), " or ".join(FORMATS[kind])
    raise InputError(f"{path}: not a {words} file; expected a name that ends in {endings}")


def leaves_open(kind: str, path: str | Path) -> tuple[str, ...]:
    """Keys that say what a file does not; none for what is in no file of a known format."""
    endings = (row.leaves_open for end, row in FORMATS[kind].items() if str(path).endswith(end))
    return next(endings, ())


def is_fragile(path: str | Path) -> bool:
    """Whether its name is that of a fragile array."""
    return any(row.fragile and str(path).endswith(end) for end, row in FORMATS["array"].items())


def module(kind: str, path: str | Path) -> str:
    """Dotted name within restmeg of the module that reads a file. Raises InputError as `find`."""
    return f"formats.{find(kind, path).module}"


def parts(path: str | Path) -> list[str | Path]:
    """The files that a recording is in: itself, and those that it goes on in."""
    read = importlib.import_module(f"restmeg.{module('recording', path)}")
    return read.parts(path) if hasattr(read, "parts") else [path]


def reader(kind: str, path: str | Path) -> Callable:
    """The function that reads a file: path, ... -> what the class Raw... of its kind says.

    All but those of arrays also get the section of the configuration, for the keys that their
    format leaves open; those of arrays get the name of a variable, or None. Those of recordings
    are context managers. Raises InputError for a format that is not known.
    """
    return getattr(importlib.import_module(f"restmeg.{module(kind, path)}"), kind)
