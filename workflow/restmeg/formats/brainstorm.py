"""A head model of Brainstorm: ``Gain``, ``GridLoc`` and ``GridOrient`` in a MATLAB file."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from restmeg import check
from restmeg.errors import InputError
from restmeg.formats import RawLeadField, matlab

UNIT = "T/(A m)"


def fits(path: str | Path, found: Mapping) -> bool:  # noqa: ARG001
    """Whether a file with these variables (`matlab.variables`) is one."""
    return {"Gain", "GridOrient"} <= found.keys()


def leadfield(path: str | Path) -> RawLeadField:
    """A row for each source along ``GridOrient``, or in three directions if that is empty.

    Sensors that are no MEG sensors, whose rows are NaN, are left to the judge.
    """
    gain = check.matrix(path, "Gain", matlab.array(path, "Gain").values)
    orient = matlab.array(path, "GridOrient").values
    if gain.shape[1] % 3:
        raise InputError(
            f"{path}: Gain: shape {gain.shape}; expected (channels, 3 times the sources)"
        )
    n = gain.shape[1] // 3
    gain = gain.reshape(len(gain), n, 3).transpose(1, 2, 0)
    if not orient.size:
        places = None
        if "GridLoc" in matlab.variables(path):
            places = matlab.array(path, "GridLoc").values
        return RawLeadField(gain, None, None, UNIT, places=places, some_missing=True)
    orient = check.matrix(path, "GridOrient", orient)
    if orient.shape != (n, 3) or not np.isfinite(orient).all():
        raise InputError(
            f"{path}: GridOrient: shape {orient.shape}; expected finite values of ({n}, 3), as "
            f"Gain has {3 * n} columns"
        )
    along = np.einsum("nds,nd->ns", gain, orient)
    return RawLeadField(along, None, None, UNIT, normals=orient, some_missing=True)
