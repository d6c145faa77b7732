"""Long jobs that go on where they were stopped."""

import fcntl
import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np

from restmeg import disk, store
from restmeg.errors import InputError

INTERVAL = 2**24  # values between two saved states: 64 MB of float32


class Journal:
    """The pieces of a long result, with the state after them, in two files beside the result.

    The result itself, a NetCDF file, cannot be gone on with after a kill: what a killed process
    leaves of it may not be readable. Here pieces are appended to a plain file, and every so often
    the state is saved, which counts the bytes that belong to it. What comes after those is
    forgotten. A context manager: other processes are kept out meanwhile.
    """

    def __init__(self, path: str | Path, shapes: Sequence[tuple[int, int]], *content: Any) -> None:
        """Take up what is there for the result ``path``, if it was made from the same content.

        shapes: of all pieces; content: all else that they depend on: arrays, and what JSON can
        hold.

        Raises InputError if another process is at the same result.
        """
        self.path, self.shapes = path, shapes
        self.pieces, self.state = _names(path)
        digest = hashlib.sha256()
        for item in (shapes, *content):
            if isinstance(item, np.ndarray):
                digest.update(np.ascontiguousarray(item).tobytes())
            else:
                digest.update(json.dumps(item, sort_keys=True).encode())
        self.key = digest.hexdigest()
        self.pieces.parent.mkdir(parents=True, exist_ok=True)
        self.file = self.pieces.open("a+b")
        try:
            fcntl.flock(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.file.close()
            raise InputError(
                f"{path}: another process is making it; expected none, so wait for it or stop it"
            ) from None
        except OSError:
            pass  # some network drives lock nothing

    def __enter__(self) -> Self:
        """Return the journal."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let other processes in."""
        self.file.close()

    def last(self, names: Sequence[str]) -> tuple[int, list[np.ndarray]]:
        """The number of pieces that are there, and the state after them: the arrays ``names``."""
        try:
            key, count, *arrays = store.read_npz(self.state, "key", "count", *names)
        except InputError:  # none yet, or a damaged one
            key = None
        if key is not None and str(key) == self.key:
            size = 4 * sum(int(np.prod(shape)) for shape in self.shapes[: int(count)])
            if self.pieces.stat().st_size >= size:
                self.file.truncate(size)
                return int(count), arrays
        self.state.unlink(missing_ok=True)
        self.file.truncate(0)
        return 0, []

    def write(self, pieces: Iterable[tuple[np.ndarray, Any]], count: int) -> None:
        """Append pieces, (float32 array, state) each, to the ``count`` that `last` found.

        state: a NamedTuple of arrays.
        """
        waiting = 0
        for number, (piece, state) in enumerate(pieces, count + 1):
            self.file.write(np.ascontiguousarray(piece, np.float32))
            waiting += piece.size
            if waiting >= max(INTERVAL, sum(array.size for array in state)):
                self.file.flush()
                os.fsync(self.file.fileno())
                with disk.whole(self.state) as partial, partial.open("wb") as file:
                    np.savez(file, key=self.key, count=number, **state._asdict())
                waiting = 0
        self.file.flush()

    def read(self) -> Iterator[np.ndarray]:
        """Yield all pieces again."""
        with self.pieces.open("rb") as file:
            for shape in self.shapes:
                yield np.fromfile(file, np.float32, int(np.prod(shape))).reshape(shape)


def remove(path: str | Path) -> None:
    """Forget what is kept for the result ``path``."""
    for file in _names(path):
        file.unlink(missing_ok=True)


def _names(path):
    path = Path(path)
    return path.with_name(f".{path.name}.pieces"), path.with_name(f".{path.name}.state")
