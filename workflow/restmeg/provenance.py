"""What a study's results were computed from and with, and digests that say what came out.

A NetCDF file's digest is one of its content: of its attributes, and of the name, attributes, type,
shape and values of each variable. So it stays the same where another version of the netCDF4 package
or HDF5 lays the same content out in other bytes. Which version of restmeg wrote it (the attribute
``source``) is left out, as that is told beside it. Of any other file the bytes count.
"""

import hashlib
import importlib.metadata
import json
import math
import platform
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from restmeg import disk, store
from restmeg.errors import InputError
from restmeg.version import __version__

NAME = "provenance.json"
PACKAGES = ("numpy", "numba", "scipy", "netCDF4", "snakemake")
# Files with the same bits on every machine, where nothing was filtered; others have nine digits,
# and figures are for the eye.
BITS = {"activity.nc", "connectivity.nc"}


def write(
    path: str | Path,
    config: Mapping[str, Any],
    inputs: Mapping[str, Any],
    outputs: Iterable[str | Path],
    workflow: str | Path,
) -> None:
    """Write down what results are, as JSON, without a clock or a host.

    config: the checked settings, in plain numbers (ms, mm/ms); inputs: {key: path of its file, or a
    list of them}, or None for what is made; outputs: results, below the folder of ``path``;
    workflow: the folder of the workflow's code.
    """
    folder = Path(path).parent
    found = {
        "restmeg": __version__,
        "git": commit(workflow),
        "versions": versions(),
        "config": config,
        "inputs": {
            name: [*map(of_bytes, given)] if isinstance(given, list) else given and of_bytes(given)
            for name, given in inputs.items()
        },
        "outputs": {
            Path(output).relative_to(folder).as_posix(): digest(output)
            for output in sorted(map(str, outputs))
        },
    }
    with disk.whole(path) as partial:
        partial.write_text(json.dumps(found, indent=1) + "\n")


def read(folder: str | Path) -> dict[str, Any]:
    """What `write` wrote into a folder of results. Raises InputError if there is nothing of it."""
    path = Path(folder) / NAME
    try:
        found = json.loads(path.read_text())
        if not isinstance(found["outputs"], dict):
            raise TypeError("outputs")
    except OSError as error:
        raise InputError(
            f"{path}: cannot be read ({error.strerror}); expected the folder of a study that has "
            "been run to its end"
        ) from None
    except (ValueError, LookupError, TypeError) as error:
        raise InputError(f"{path}: {error!r}; expected it as it was written") from None
    return found


def versions() -> dict[str, str | None]:
    """Versions of Python and of packages that results depend on; None for what is not there."""
    found: dict[str, str | None] = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            found[package] = None
    return found


def commit(workflow: str | Path) -> dict[str, Any] | None:
    """The git commit of the folder of a workflow, and whether its code is as committed.

    None where there is no git, no repository, or one that does not hold that folder.
    """
    kept = _git(workflow, "ls-files", "--error-unmatch", "common.smk")
    head = _git(workflow, "rev-parse", "HEAD")
    changed = _git(workflow, "status", "--porcelain", "--", ".", "../Snakefile")
    if not (kept and head) or changed is None:
        return None
    return {"commit": head, "clean": not changed}


def _git(folder, *arguments):
    """What git prints, or None where it fails. It takes no lock: the checkout may be read-only."""
    try:
        done = subprocess.run(
            ["git", "--no-optional-locks", "-C", str(folder), *arguments],
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()


def digest(path: str | Path) -> str:
    """SHA-256 of what a file holds, in hexadecimal: see the module's description.

    Raises InputError if it cannot be read.
    """
    return _of_netcdf(path) if Path(path).suffix == ".nc" else of_bytes(path)


def of_bytes(path: str | Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal. Raises InputError if it cannot be read."""
    try:
        with Path(path).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from None


def _of_netcdf(path):
    total = hashlib.sha256()
    with store.open_netcdf(path) as dataset:
        dataset.set_auto_maskandscale(False)
        _add(total, sorted(item for item in _attributes(dataset) if item[0] != "source"))
        for name, variable in sorted(dataset.variables.items()):
            text = variable.dtype is str
            kind = "text" if text else variable.dtype.newbyteorder("<").str
            about = [name, variable.dimensions, variable.shape, kind]
            _add(total, [*about, sorted(_attributes(variable))])
            if text:
                _add(total, store.read_values(variable).tolist())
                continue
            for values in pieces(variable):
                total.update(np.ascontiguousarray(values, kind))
    return total.hexdigest()


def _add(total, item):
    """Count what JSON can hold, with its length, so that no two items can make one."""
    text = json.dumps(item).encode()
    total.update(len(text).to_bytes(8, "little") + text)


def _attributes(holder):
    return [[name, np.asarray(value).tolist()] for name, value in holder.__dict__.items()]


def pieces(variable: Any, index: tuple[int, ...] = ()) -> Iterator[np.ndarray]:
    """The values of a variable in C order, in arrays of about `store.PIECE` values.

    Or of a stored chunk where that is larger: HDF5 unpacks one anew each time a part is asked for.
    """
    chunks = variable.chunking()
    largest = store.PIECE if isinstance(chunks, str) else max(store.PIECE, math.prod(chunks))
    shape = variable.shape[len(index) :]
    row = math.prod(shape[1:])
    if not shape or shape[0] * row <= largest:
        yield np.asarray(variable[index or ...])
    elif row > largest:
        for k in range(shape[0]):
            yield from pieces(variable, (*index, k))
    else:
        step = largest // row
        for first in range(0, shape[0], step):
            yield np.asarray(variable[(*index, slice(first, first + step))])
