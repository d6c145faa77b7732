"""How results are stored: whole or not at all, as NetCDF-4 that says what it holds.

Files are written and read with netCDF4 rather than xarray because most steps are short processes,
and importing xarray (and with it pandas) would be the longest thing they do.
`xarray.open_dataset` reads every file as it stands.
"""

import contextlib
import gc
import glob
import importlib.util
import json
import os
import secrets
import signal
import sys
import traceback
import warnings
import zipfile
from pathlib import Path

import numpy as np

# The netCDF4 package brings the Zstandard filter, but does not look for it in its own folder where
# this variable is set, as the modules of some clusters do.
PLUGINS = Path(importlib.util.find_spec("netCDF4").origin).parent / "plugins"
if "HDF5_PLUGIN_PATH" in os.environ and PLUGINS.is_dir():
    os.environ["HDF5_PLUGIN_PATH"] += os.pathsep + str(PLUGINS)

import netCDF4  # noqa: E402

from restmeg import InputError, ResultWarning, __version__  # noqa: E402

PIECE = 2**18  # values that are held at once of what may be long: a megabyte of float32


@contextlib.contextmanager
def whole(path):
    """Yield a path beside ``path``, which becomes ``path`` only if the block succeeds.

    A killed process thus leaves nothing under the name of a result: a truncated NetCDF can be
    opened and read without an error (netcdf4-python issue 1030).
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    # A name that no other process uses, as one that outlived its killed parent may still be at it.
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}.partial")
    try:
        yield partial
        with partial.open("rb+") as file:
            os.fsync(file.fileno())
        partial.replace(path)
        for other in path.parent.glob(f".{glob.escape(path.name)}.*.partial"):
            other.unlink(missing_ok=True)  # of killed processes
    finally:
        partial.unlink(missing_ok=True)


@contextlib.contextmanager
def new_netcdf(path, title, parameters, seed=None):
    """Yield a new dataset that appears at ``path`` when the block succeeds.

    title: what the file is, in words; parameters: what it was made with, stored as JSON.
    There is no clock and no host in it: the same study gives the same bytes.
    """
    with whole(path) as partial, netCDF4.Dataset(partial, "w", format="NETCDF4") as dataset:
        dataset.title = title
        dataset.parameters = json.dumps(parameters, sort_keys=True)
        if seed is not None:
            dataset.seed = np.int64(seed)
        dataset.source = f"restmeg {__version__}"
        yield dataset


def add_variable(dataset, name, dimensions, values, units=None, long_name=None, **storage):
    """Add a variable; its dimensions are made from the shape of ``values`` where they are new.

    values: an array, or a shape (tuple) and ``dtype`` in ``storage`` for one to be filled later.
    storage: passed on to netCDF4's createVariable (chunksizes, ...).
    """
    shape = values if isinstance(values, tuple) else np.shape(values)
    for dimension, size in zip(dimensions, shape, strict=True):
        if dimension not in dataset.dimensions:
            dataset.createDimension(dimension, size)
    if isinstance(values, tuple):
        dtype = storage.pop("dtype")
    else:
        values = np.asarray(values)
        dtype = str if values.dtype.kind in "UO" else values.dtype
    variable = dataset.createVariable(name, dtype, dimensions, **storage)
    if units is not None:
        variable.units = units
    if long_name is not None:
        variable.long_name = long_name
    if not isinstance(values, tuple):
        variable[...] = values.astype(object) if dtype is str else values
    return variable


def open_netcdf(path, *names):
    """Open a NetCDF file that must hold the variables ``names``; close it after use.

    Raises InputError if it cannot be read or lacks one.
    """
    try:
        dataset = netCDF4.Dataset(path)
    except OSError as error:
        raise InputError(f"{path}: cannot be read as NetCDF ({error.strerror or error})") from None
    dataset.set_always_mask(False)  # a masked array then means that values are missing
    for name in names:
        if name not in dataset.variables:
            found = ", ".join(dataset.variables) or "none"
            dataset.close()
            raise InputError(f"{path}: no variable '{name}'; found {found}")
    return dataset


def piece_length(width):
    """Samples of a float32 series ``width`` wide that make about a megabyte.

    That much is stored as one compressed piece, and read and worked on at once.
    """
    return max(1, PIECE // width)


def add_series(dataset, name, shape, last_dimension, units, long_name):
    """Add a float32 time series (replicate, time, last_dimension) in compressed pieces of time.

    Raises InputError if the netCDF4 package has no Zstandard.
    """
    if not netCDF4.__has_zstandard_support__ or not dataset.has_zstd_filter():
        raise InputError(
            f"netCDF4 {netCDF4.__version__}: has no Zstandard; expected a build with it, as those "
            "of PyPI and conda-forge are"
        )
    length = min(shape[1], piece_length(shape[2]))
    dimensions = ["replicate", "time", last_dimension]
    # Noise hardly compresses. zlib would take longer to write it than the network takes to make
    # it, for a file 13 % smaller; Blosc fails on what it cannot compress.
    storage = {"chunksizes": (1, length, shape[2]), "compression": "zstd", "complevel": 1}
    storage["chunk_cache"] = 16 * PIECE  # bytes: a few pieces, as each is written once and whole
    return add_variable(
        dataset, name, dimensions, shape, units, long_name, dtype=np.float32, **storage
    )


def provenance(dataset):
    """The parameters and the seed that `new_netcdf` wrote; none for a file from elsewhere."""
    if not str(getattr(dataset, "source", "")).startswith("restmeg "):
        return {}, None
    return json.loads(dataset.parameters), getattr(dataset, "seed", None)


def copy_variables(source, dataset, *names):
    """Copy one-dimensional variables, with units and long names, from one dataset to another.

    Long ones go piece by piece.
    """
    for name in names:
        variable = source[name]
        attributes = (getattr(variable, key, None) for key in ("units", "long_name"))
        if variable.dtype is str:
            add_variable(dataset, name, variable.dimensions, read_values(variable), *attributes)
            continue
        shape, dtype = variable.shape, variable.dtype
        copy = add_variable(dataset, name, variable.dimensions, shape, *attributes, dtype=dtype)
        for first in range(0, *shape, PIECE):
            piece = slice(first, first + PIECE)
            copy[piece] = read_values(variable, piece)


def read_values(variable, index=...):
    """Values of a netCDF4 variable, all of them there.

    Raises InputError if they cannot be read or some are missing.
    """
    path = variable.group().filepath()
    try:
        array = variable[index]
    except RuntimeError as error:  # of the HDF5 library, about damaged data
        raise InputError(f"{path}: {variable.name} cannot be read ({error})") from error
    if variable.dtype == "S1":  # text in the classic way, a character an element
        return netCDF4.chartostring(np.ma.filled(array, b""))
    if np.ma.isMaskedArray(array):
        missing = np.count_nonzero(array.mask)
        raise InputError(f"{path}: {variable.name}: missing values ({missing}); expected none")
    return array


def read_npz(path, *names):
    """The arrays ``names`` of an .npz file.

    Raises InputError if it cannot be read or lacks one.
    """
    try:
        # Opened here, because numpy leaves a broken archive open.
        with Path(path).open("rb") as file:
            if not zipfile.is_zipfile(file):
                raise InputError(f"{path}: not a whole .npz archive; expected one by numpy.savez")
            with np.load(file, allow_pickle=False) as archive:
                found = archive.files
                arrays = [archive[name] if name in found else None for name in names]
    except InputError:
        raise
    except OSError as error:
        raise InputError(f"{path}: cannot be read as .npz ({error.strerror or error})") from error
    except Exception as error:  # a zip archive can be broken in many ways
        reason = str(error)
        if "allow_pickle" in reason:
            reason = "it holds Python objects; save labels as text, np.array(labels, dtype=str)"
        raise InputError(f"{path}: cannot be read as .npz ({reason})") from error
    for name, array in zip(names, arrays, strict=True):
        if array is None:
            raise InputError(f"{path}: no array '{name}'; found {', '.join(found) or 'none'}")
    return arrays


def numbers(path, name, array):
    """A matrix as finite doubles. Raises InputError if it is none."""
    array = np.asarray(array)
    if array.dtype.kind not in "fiub":
        raise InputError(f"{path}: {name}: type {array.dtype}; expected real numbers")
    if array.ndim != 2 or not array.size:
        raise InputError(f"{path}: {name}: shape {array.shape}; expected a matrix")
    array = np.array(array, dtype=np.float64)
    check_all(path, name, array, np.isfinite(array), "finite values")
    return array


def check_all(path, name, matrix, good, expected):
    """Raise InputError, with the first bad place and the number of such, unless all are good."""
    if not good.all():
        i, j = np.argwhere(~good)[0]
        raise InputError(
            f"{path}: {name}[{i}, {j}] is {matrix[i, j]}; expected {expected} "
            f"({np.count_nonzero(~good)} of {matrix.size} are not)"
        )


def unique_names(path, what, array):
    """Names of regions or sensors as an array of str. Raises InputError if one is there twice."""
    flat = np.ravel(array)
    texts = [name.decode() if isinstance(name, bytes) else str(name) for name in flat]
    if len(set(texts)) < len(texts):
        double = next(text for k, text in enumerate(texts) if text in texts[:k])
        raise InputError(f"{path}: {what} '{double}' is there more than once")
    return np.array(texts, dtype=object)


def match_regions(path, regions, labels):
    """The order that brings ``regions`` (of the file ``path``) to ``labels`` (of the connectome).

    Raises InputError unless both are the same set.
    """
    position = {region: k for k, region in enumerate(unique_names(path, "region", regions))}
    missing = [label for label in labels if label not in position]
    if missing or len(position) != len(labels):
        detail = f", without '{missing[0]}'" if missing else ""
        raise InputError(
            f"{path}: {len(position)} regions{detail}; the connectome has {len(labels)}, "
            "and both must name the same ones"
        )
    return [position[label] for label in labels]


@contextlib.contextmanager
def reporting(log):
    """Run a job's body: what it prints goes to ``log``, warnings and errors also to the user.

    The user sees one line for each; a traceback is in the log. A polite kill (SIGTERM) unwinds like
    an error, so that unfinished files are removed.
    """
    # The garbage collector need not look at modules again, which takes 0.2 s of a short job's time,
    # most of it when the process ends.
    gc.freeze()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped by SIGTERM"))
    terminal = os.dup(2)

    def tell(line):
        os.write(terminal, f"{line}\n".encode())

    def show(message, category, *_):
        print(f"{category.__name__}: {message}", file=sys.stderr)
        if issubclass(category, ResultWarning):  # others are a library's, for the log
            tell(f"restmeg: warning: {str(message).splitlines()[0]}")

    with Path(log).open("w", buffering=1) as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
        sys.stdout.reconfigure(line_buffering=True)  # so that the log is in the order of events
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.showwarning = show
            try:
                yield
            except Exception as error:
                traceback.print_exc()
                known = isinstance(error, InputError)
                line = str(error) if known else f"{type(error).__name__}: {error}"
                tell(f"restmeg: {line.splitlines()[0]} (details in {log})")
                sys.exit(1)
            finally:
                gc.freeze()
