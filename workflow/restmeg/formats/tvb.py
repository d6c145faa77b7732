"""A connectome as The Virtual Brain keeps it: a zip of files, one for each part."""

import bz2
import io
import zipfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

import numpy as np

from restmeg import check
from restmeg.errors import InputError, reason
from restmeg.formats import RawConnectome

PARTS = {"weights": "weights", "distances": "tract_lengths", "centres": "cent"}


def connectome(path: str | Path, given: Mapping) -> RawConnectome:  # noqa: ARG001
    """``weights``, ``tract_lengths`` (mm) and ``centres``: name, x, y, z (mm) of each region.

    A part is known by its name within the zip, in whatever folder: text (.txt, also .bz2) or .npy,
    in which names and centres are four columns of text.
    The library's code takes rows for targets, its guide says the opposite: the user knows.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            read = {part: _part(path, archive, name) for part, name in PARTS.items()}
    except InputError:
        raise
    except Exception as error:  # a zip archive can be broken in many ways
        raise InputError(
            f"{path}: cannot be read as zip ({reason(error)}); expected a connectome of The "
            "Virtual Brain"
        ) from None
    weights, distances = (_matrix(path, part, read[part]) for part in ("weights", "distances"))
    labels, centres = _centres(path, read["centres"])
    return RawConnectome(weights, distances, labels, usual_unit="mm", centres=centres)


def _part(path, archive, wanted):
    """Name and content of the one member whose name has ``wanted`` in it."""
    found = [
        info
        for info in archive.infolist()
        if wanted in PurePosixPath(info.filename).name.lower()
        and "__MACOSX" not in info.filename
        and not info.is_dir()
    ]
    if len(found) != 1:
        names = [info.filename for info in archive.infolist()]
        raise InputError(
            f"{path}: {len(found)} files named {wanted}*; expected one (found "
            f"{check.some(names, shown=8) or 'none'})"
        )
    name = found[0].filename
    check.size(path, name, (found[0].file_size,), np.uint8)  # as declared, before it is unpacked
    with archive.open(found[0]) as member:
        content = member.read(check.MAX_BYTES)
    if name.endswith(".bz2"):
        unpacker = bz2.BZ2Decompressor()
        content = unpacker.decompress(content, check.MAX_BYTES)
        if not unpacker.eof:
            raise InputError(
                f"{path}: {name}: unpacks to more than {check.MAX_BYTES / 1e9:.3g} GB or is cut "
                "off; expected a matrix"
            )
    return name, content


def _matrix(path, part, member):
    name, content = member
    try:
        rows = _rows(name, content)
        return rows if isinstance(rows, np.ndarray) else np.array(rows, dtype=np.float64)
    except Exception as error:  # a .npy file can be broken in many ways
        raise InputError(
            f"{path}: {name}: cannot be read as {part} ({reason(error)}); expected a matrix of "
            "numbers"
        ) from None


def _centres(path, member):
    name, content = member
    try:
        rows = _rows(name, content)
        labels = [str(row[0]) for row in rows]
        centres = np.array([row[1:4] for row in rows], dtype=np.float64)
        assert centres.shape == (len(rows), 3)
    except Exception:
        raise InputError(
            f"{path}: {name}: cannot be read; expected a name and three numbers a line, in UTF-8"
        ) from None
    return labels, centres


def _rows(name, content):
    """An array, or the cells of each line of text that is not empty."""
    if name.endswith(".npy"):
        return np.asarray(np.load(io.BytesIO(content), allow_pickle=False))
    return [line.split() for line in content.decode().splitlines() if line.strip()]
