"""Long jobs that go on where they were stopped."""

import hashlib
import json
import os
import zipfile
from pathlib import Path

import numpy as np

from restmeg import files

INTERVAL = 2**24  # values between two saved states: 64 MB of float32


class Journal:
    """The parts of a long result, with the state after them, in two files beside the result.

    The result itself, a NetCDF file, cannot be gone on with after a kill: what a killed process
    leaves of it may not be readable. Here parts are appended to a plain file, and every so often
    the state is saved, which counts the bytes that belong to it. What comes after those is
    forgotten.
    """

    def __init__(self, path, *content):
        """Take up what is there for the result ``path``, if it was made from the same content.

        content: all that the parts depend on: arrays, paths of files, and what JSON can hold.
        """
        path = Path(path)
        self.parts = path.with_name(f".{path.name}.parts")
        self.state = path.with_name(f".{path.name}.state")
        digest = hashlib.sha256()
        for item in content:
            if isinstance(item, np.ndarray):
                digest.update(np.ascontiguousarray(item))
            elif isinstance(item, Path):
                digest.update(item.read_bytes())
            else:
                digest.update(json.dumps(item, sort_keys=True).encode())
        self.key = digest.hexdigest()

    def last(self):
        """The number of parts that are there, their bytes, and the arrays saved after them."""
        try:
            # Opened here, because numpy leaves a broken archive open.
            with self.state.open("rb") as file, np.load(file, allow_pickle=False) as archive:
                saved = dict(archive)
            if saved.pop("key") == self.key and self.parts.stat().st_size >= saved["size"]:
                return int(saved.pop("count")), int(saved.pop("size")), saved
        except (OSError, KeyError, ValueError, zipfile.BadZipFile):
            pass  # none yet, or of a job that was killed while it wrote the first one
        return 0, 0, {}

    def write(self, parts):
        """Append parts, (array, state) each, where ``last`` says; state: a NamedTuple of arrays."""
        count, size, _ = self.last()
        self.parts.parent.mkdir(parents=True, exist_ok=True)
        with self.parts.open("r+b" if count else "wb") as file:
            file.truncate(size)
            file.seek(size)
            waiting = 0
            for part, state in parts:
                file.write(np.ascontiguousarray(part))
                count += 1
                waiting += part.size
                if waiting >= INTERVAL:
                    file.flush()
                    os.fsync(file.fileno())
                    self._save(count, file.tell(), state)
                    waiting = 0

    def _save(self, count, size, state):
        with files.whole(self.state) as partial, partial.open("wb") as file:
            np.savez(file, key=self.key, count=count, size=size, **state._asdict())

    def read(self, shapes, dtype):
        """Yield all parts again, whose shapes are given."""
        with self.parts.open("rb") as file:
            for shape in shapes:
                yield np.fromfile(file, dtype, int(np.prod(shape))).reshape(shape)

    def remove(self):
        """Forget it all."""
        self.parts.unlink(missing_ok=True)
        self.state.unlink(missing_ok=True)
