"""How results are stored: as NetCDF-4 that says what it holds. And arrays by name in .npz.

Files are written and read with netCDF4 rather than xarray because most steps are short processes,
and importing xarray (and with it pandas) would be the longest thing they do.
`xarray.open_dataset` reads every file as it stands.
"""

import contextlib
import importlib.util
import json
import os
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from restmeg import check, disk
from restmeg.errors import InputError, reason
from restmeg.variables import VARIABLES, in_file
from restmeg.version import __version__


@contextlib.contextmanager
def _filters_found() -> Iterator[None]:
    """Let HDF5 find the Zstandard filter that the netCDF4 package brings.

    HDF5 looks where this variable says when it starts, and netCDF4 adds its own folder only where
    it is not set, as the modules of some clusters do.
    """
    name = "HDF5_PLUGIN_PATH"
    given, package = os.environ.get(name), importlib.util.find_spec("netCDF4")
    own = Path(package.origin).parent / "plugins" if package and package.origin else None
    if given is None or own is None or not own.is_dir():
        yield
        return
    os.environ[name] = given + os.pathsep + str(own)
    try:
        yield
    finally:
        os.environ[name] = given


with _filters_found():
    import netCDF4

PIECE = 2**18  # values that are held at once of what may be long: a megabyte of float32


@contextlib.contextmanager
def new_netcdf(
    path: str | Path, title: str, parameters: dict, seed: int | None = None
) -> Iterator[netCDF4.Dataset]:
    """Yield a new dataset that appears at ``path`` when the block succeeds.

    title: what the file is, in words; parameters: what it was made with, stored as JSON.
    There is no clock and no host in it: the same study gives the same bytes.
    """
    with disk.whole(path) as partial, netCDF4.Dataset(partial, "w", format="NETCDF4") as dataset:
        dataset.title = title
        dataset.parameters = json.dumps(parameters, sort_keys=True)
        if seed is not None:
            dataset.seed = np.int64(seed)
        dataset.source = f"restmeg {__version__}"
        yield dataset


def add(
    dataset: netCDF4.Dataset, name: str, values: Any, over: Sequence[str] | None = None
) -> netCDF4.Variable:
    """Add a variable of `variables.VARIABLES` with its values.

    Its dimensions are made from the shape of ``values`` where they are new; over: those in the
    place of ``point``. In the file it has the name that `variables.in_file` says.
    """
    values = np.asarray(values)
    dtype = str if values.dtype.kind in "UO" else values.dtype
    # Most values of a score of all points, measures and bands may be none.
    storage = {} if over is None or values.ndim < 3 else {"compression": "zlib", "complevel": 1}
    variable = add_empty(dataset, name, values.shape, dtype, over, **storage)
    variable[...] = values.astype(object) if dtype is str else values
    return variable


def add_empty(
    dataset: netCDF4.Dataset,
    name: str,
    shape: tuple[int, ...],
    dtype: Any,
    over: Sequence[str] | None = None,
    **storage: Any,
) -> netCDF4.Variable:
    """Add a variable to be filled later.

    over: dimensions in the place of ``point``; storage: passed on to netCDF4's createVariable
    (chunksizes, ...).
    """
    described = VARIABLES[name]
    dimensions: list[str] = []
    for dimension in described.dimensions:
        dimensions += [dimension] if over is None or dimension != "point" else over
    for dimension, size in zip(dimensions, shape, strict=True):
        if dimension not in dataset.dimensions:
            dataset.createDimension(dimension, size)
    variable = dataset.createVariable(in_file(name), dtype, dimensions, **storage)
    if described.units is not None:
        variable.units = described.units
    variable.long_name = described.long_name
    return variable


def open_netcdf(path: str | Path, *names: str) -> netCDF4.Dataset:
    """Open a NetCDF file that must hold the variables ``names``; close it after use.

    Raises InputError if it cannot be read or lacks one.
    """
    try:
        dataset = netCDF4.Dataset(path)
    except (OSError, RuntimeError, UnicodeError) as error:  # or what it says of itself is damaged
        raise InputError(f"{path}: cannot be read as NetCDF ({reason(error)})") from None
    dataset.set_always_mask(False)  # a masked array then means that values are missing
    for name in names:
        if name not in dataset.variables:
            found = ", ".join(dataset.variables) or "none"
            dataset.close()
            raise InputError(f"{path}: no variable '{name}'; found {found}")
    return dataset


def piece_length(width: int) -> int:
    """Samples of a float32 series ``width`` wide that make about a megabyte.

    That much is stored as one compressed piece, and read and worked on at once.
    """
    return max(1, PIECE // width)


def add_series(
    dataset: netCDF4.Dataset, name: str, shape: tuple[int, int, int]
) -> netCDF4.Variable:
    """Add a float32 time series of VARIABLES in compressed pieces of time, to be filled later.

    Raises InputError if the netCDF4 package has no Zstandard.
    """
    length = min(shape[1], piece_length(shape[2]))
    # Bytes: a few pieces, as each is written once and whole.
    storage: dict[str, Any] = {"chunksizes": (1, length, shape[2]), "chunk_cache": 16 * PIECE}
    return add_empty(dataset, name, shape, np.float32, **storage, **_compression(dataset))


def add_matrices(dataset: netCDF4.Dataset, name: str, shape: tuple[int, ...]) -> netCDF4.Variable:
    """Add float32 matrices (..., rows, columns) of VARIABLES, compressed one by one, to be filled.

    Raises InputError if the netCDF4 package has no Zstandard.
    """
    chunks = (*(1 for _ in shape[:-2]), *shape[-2:])
    storage: dict[str, Any] = {"chunksizes": chunks, **_compression(dataset)}
    return add_empty(dataset, name, shape, np.float32, **storage)


def _compression(dataset):
    """How float32 values are compressed.

    Noise hardly compresses. zlib would take longer to write it than the network takes to make it,
    for a file 13 % smaller; Blosc fails on what it cannot compress.
    """
    if not netCDF4.__has_zstandard_support__ or not dataset.has_zstd_filter():
        raise InputError(
            f"netCDF4 {netCDF4.__version__}: has no Zstandard; expected a build with it, as those "
            "of PyPI and conda-forge are"
        )
    return {"compression": "zstd", "complevel": 1}


def provenance(dataset: netCDF4.Dataset) -> tuple[dict, int | None]:
    """The parameters and the seed that `new_netcdf` wrote; none for a file from elsewhere."""
    return provenance_of(dataset.filepath(), dataset.__dict__)


def provenance_of(where: str | Path, attributes: Mapping) -> tuple[dict, int | None]:
    """The same of attributes; where: what messages call what they are of."""
    if not str(attributes.get("source", "")).startswith("restmeg "):
        return {}, None
    try:
        return dict(json.loads(attributes["parameters"])), attributes.get("seed")
    except (KeyError, TypeError, ValueError):
        raise InputError(
            f"{where}: attribute 'parameters' is missing or no JSON; expected it as it was written"
        ) from None


def add_notes(dataset: netCDF4.Dataset, notes: list[str]) -> None:
    """Store what is wrong with results, a list of texts, if anything is; `notes` reads them."""
    if notes:
        dataset.notes = json.dumps(notes)


def notes(dataset: netCDF4.Dataset) -> list[str]:
    """What was noted about the results in a file: a list of texts."""
    return json.loads(getattr(dataset, "notes", "[]"))


def copy_variables(source: netCDF4.Dataset, dataset: netCDF4.Dataset, *names: str) -> None:
    """Copy one-dimensional variables of VARIABLES from one dataset to another.

    Long ones go piece by piece.
    """
    for name in names:
        variable = source[name]
        if variable.dtype is str:
            add(dataset, name, read_values(variable))
            continue
        copy = add_empty(dataset, name, variable.shape, variable.dtype)
        (length,) = variable.shape
        for first in range(0, length, PIECE):
            piece = slice(first, first + PIECE)
            copy[piece] = read_values(variable, piece)


def read_values(
    variable: netCDF4.Variable, index: Any = ..., missing: float | None = None
) -> np.ndarray:
    """Values of a netCDF4 variable, all of them there.

    missing: what to put in the place of missing values. Raises InputError if values cannot be read,
    or some are missing and nothing is given for them.
    """
    path = variable.group().filepath()
    if index is ...:
        check.size(
            path, variable.name, variable.shape, object if variable.dtype is str else variable.dtype
        )
    try:
        array = variable[index]
    except (RuntimeError, UnicodeError) as error:  # damaged data, or text that is not UTF-8
        raise InputError(f"{path}: {variable.name} cannot be read ({reason(error)})") from error
    if variable.dtype == "S1":  # text in the classic way, a character an element
        # Bytes, as whether they are UTF-8 is for the reader of names to say.
        return netCDF4.chartostring(np.ma.filled(array, b""), encoding="bytes")
    if np.ma.isMaskedArray(array) and missing is None:
        n = np.count_nonzero(array.mask)
        raise InputError(f"{path}: {variable.name}: missing values ({n}); expected none")
    return np.ma.filled(array, missing)


def read_npz(path: str | Path, *names: str) -> list[np.ndarray]:
    """The arrays ``names`` of an .npz file.

    Raises InputError if it cannot be read or lacks one.
    """
    with _npz(path) as archive:
        found = archive.files
        for name in set(names) & set(found):
            check.size(path, name, *_declared(archive, name))
        arrays = {name: archive[name] for name in names if name in found}
    for name in names:
        if name not in arrays:
            raise InputError(f"{path}: no array '{name}'; found {', '.join(found) or 'none'}")
    return [arrays[name] for name in names]


def names_in_npz(path: str | Path) -> list[str]:
    """Names of the arrays of an .npz file. Raises InputError if it cannot be read."""
    with _npz(path) as archive:
        return list(archive.files)


@contextlib.contextmanager
def _npz(path):
    """An open .npz archive; raises InputError for what is wrong with it."""
    try:
        # Opened here, because numpy leaves a broken archive open.
        with Path(path).open("rb") as file:
            if not zipfile.is_zipfile(file):
                raise InputError(f"{path}: not a whole .npz archive; expected one by numpy.savez")
            with np.load(file, allow_pickle=False) as archive:
                yield archive
    except InputError:
        raise
    except Exception as error:  # a zip archive can be broken in many ways
        why = reason(error)
        if "allow_pickle" in why:
            why = "it holds Python objects; save labels as text, np.array(labels, dtype=str)"
        raise InputError(f"{path}: cannot be read as .npz ({why})") from error


def _declared(archive, name):
    """Shape and type of an array of an open .npz file, before it is read."""
    member = name if name in archive.zip.namelist() else f"{name}.npy"
    with archive.zip.open(member) as file:
        version = np.lib.format.read_magic(file)
        header = np.lib.format
        read = header.read_array_header_1_0 if version == (1, 0) else header.read_array_header_2_0
        shape, _, dtype = read(file)
    return shape, dtype
