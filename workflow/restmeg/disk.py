"""Files that appear whole or not at all, whoever is killed and whoever else writes them."""

import contextlib
import fcntl
import glob
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from restmeg.errors import InputError


@contextlib.contextmanager
def whole(path: str | Path) -> Iterator[Path]:
    """Yield a path beside ``path``, which becomes ``path`` only if the block succeeds.

    A killed process thus leaves nothing under the name of a result: a truncated NetCDF can be
    opened and read without an error (netcdf4-python issue 1030).
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    # A name that no other process uses, as one that outlived its killed parent may still be at it.
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}.partial")
    with _writers(path) as alone:
        try:
            with _full_disk_told(path):
                yield partial
                with partial.open("rb+") as file:
                    os.fsync(file.fileno())
            partial.replace(path)
            if alone():
                for other in path.parent.glob(f".{glob.escape(path.name)}.*.partial"):
                    other.unlink(missing_ok=True)  # of killed processes
        finally:
            partial.unlink(missing_ok=True)


@contextlib.contextmanager
def _writers(path):
    """Be one of those who write ``path``; yield a function that tells whether there are no others.

    They share a lock. Where the file system has none, nobody is ever alone.
    """
    name = path.with_name(f".{path.name}.lock")

    def current():
        """Whether the lock is still the one of this name: the last one to write takes it away."""
        with contextlib.suppress(FileNotFoundError):
            return name.stat().st_ino == os.fstat(file.fileno()).st_ino
        return False

    def alone():
        with contextlib.suppress(OSError):
            # If others have it too this fails, and the shared lock is lost, which is not needed
            # any more.
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return current()
        return False

    while True:
        file = name.open("a")
        try:
            fcntl.flock(file, fcntl.LOCK_SH)
        except OSError:
            break
        if current():
            break
        file.close()

    with file:
        try:
            yield alone
        finally:
            if alone():
                name.unlink(missing_ok=True)


@contextlib.contextmanager
def _full_disk_told(path):
    """Raise InputError for an error of the block if nothing can be written beside ``path``.

    HDF5 does not say why it fails.
    """
    try:
        yield
    except (OSError, RuntimeError) as error:
        try:
            probe = path.with_name(f".{path.name}.{secrets.token_hex(4)}.probe")
            try:
                probe.write_bytes(bytes(2**20))
            finally:
                probe.unlink(missing_ok=True)
        except OSError as full:
            raise InputError(f"{path}: cannot be written ({full.strerror})") from error
        raise
