"""A recording as a matrix of numbers, samples by regions or the other way round."""

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from restmeg import formats
from restmeg.errors import InputError
from restmeg.formats import RawRecording, matlab, npy, text

WAYS = ("time_region", "region_time")
TEXT = (".csv", ".tsv", ".txt")
SCOUTS = {"Value", "Time", "Description"}  # variables of what Brainstorm exports


@contextlib.contextmanager
def recording(path: str | Path, given: Mapping) -> Iterator[RawRecording]:
    """A matrix in one of the layouts of FORMATS["array"], or (replicate, time, region).

    given: of its keys ``variable`` names the matrix within a MATLAB file, and ``orientation`` says
    what its rows are, samples ("time_region") or regions ("region_time"); where names of regions
    stand beside columns or rows, the file says that itself. Of three dimensions the first are
    replicates, and ``orientation`` is of the other two. Scouts of Brainstorm say all of it.
    """
    regions = times = unit = None
    if str(path).endswith(".mat") and given["variable"] is None and _is_scouts(path):
        variable, own = "Value", "region_time"
        values = matlab.array(path, variable).values
        times, unit = np.ravel(matlab.array(path, "Time").values), "s"
        regions = matlab.names(path, "Description")
    else:
        variable = given["variable"] or "matrix"
        values, rows, columns = formats.reader("array", path)(path, given["variable"])
        regions, own = _named(rows, columns)
    if values.dtype.kind not in "fiub" or values.ndim not in (2, 3) or not values.size:
        raise InputError(
            f"{path}: {variable}: shape {values.shape} of {values.dtype}; expected numbers over "
            "time and regions, or replicates, time and regions"
        )
    if str(path).endswith(TEXT) and _is_count(values[0]):
        raise InputError(
            f"{path}: its first row, {values[0, 0]:g} to {values[0, -1]:g}, counts regions or "
            "samples and is none; expected names there, or no such row"
        )
    stated = given["orientation"]
    if own and stated and own != stated:
        raise InputError(
            f"config: target.orientation: {stated}, but the names in {path} are those of "
            f"{own}; expected the same or auto"
        )
    way = own or stated
    if way is None:
        last = " by ".join(map(str, values.shape[-2:]))
        raise InputError(
            f"{path}: {variable} is {last}, and whether its rows are samples or regions is not "
            f"said; expected target.orientation: {' or '.join(WAYS)}"
        )

    def turned(values: np.ndarray) -> np.ndarray:
        stack = values if values.ndim == 3 else values[None]
        return stack.swapaxes(1, 2) if way == "region_time" else stack

    def read(k: int, piece: slice) -> np.ndarray:
        if not isinstance(values, np.memmap):
            return stack[k, piece]
        # A map of its own for each piece: what was read of a map counts as memory until it goes.
        return np.array(turned(npy.array(path).values)[k, piece])

    stack = turned(values)
    if regions is not None and len(regions) != stack.shape[2]:
        raise InputError(
            f"{path}: {len(regions)} names for {stack.shape[2]} regions; expected one of each"
        )
    if times is not None and len(times) != stack.shape[1]:
        raise InputError(
            f"{path}: {len(times)} times for {stack.shape[1]} samples; expected one of each"
        )
    yield RawRecording(
        n_replicates=len(stack),
        n_samples=stack.shape[1],
        dtype=stack.dtype,
        regions=regions,
        n_regions=stack.shape[2],
        replicates=None,
        times=times,
        time_unit=unit,
        read=read,
        variable=variable,
    )


def _is_scouts(path):
    return matlab.variables(path).keys() >= SCOUTS


def _is_count(row):
    """Whether numbers are 0, 1, 2, ... or 1, 2, 3, ..., as tools write in place of names."""
    return len(row) > 2 and row[0] in (0, 1) and np.array_equal(row, row[0] + np.arange(len(row)))


def _named(rows, columns):
    """Names of regions, and which way round they say that a matrix is.

    Numbers are no names: they count samples, or say their times.
    """
    of_rows, of_columns = (
        bool(names) and any(map(text.is_text, names)) for names in (rows, columns)
    )
    if of_rows == of_columns:
        return None, None
    return (columns, "time_region") if of_columns else (rows, "region_time")
