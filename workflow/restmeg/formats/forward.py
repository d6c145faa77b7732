"""A forward solution of MNE: what ``mne.write_forward_solution`` writes."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from restmeg import sensors
from restmeg.errors import InputError
from restmeg.formats import RawLeadField

UNIT = "T/(A m)"  # of magnetometers; of gradiometers that over a metre


def leadfield(path: str | Path, given: Mapping) -> RawLeadField:  # noqa: ARG001
    """A row for each source in use, along the normal of its surface; MEG sensors alone."""
    import mne

    with sensors.problems_told(path, "a forward solution by mne.write_forward_solution"):
        forward = mne.read_forward_solution(path, verbose="ERROR")
        names, coils = sensors.of_info(path, forward["info"])
        for space in forward["src"]:
            used = space["nn"][space["inuse"].astype(bool)]
            # In a grid MNE makes all normals z, which says nothing.
            if space["type"] == "vol" or (len(used) > 1 and (used == [0, 0, 1]).all()):
                raise InputError(
                    f"{path}: has a volume of sources, which have no direction; expected sources "
                    "on a surface (or leadfield.source: sphere, with the centres of regions)"
                )
        forward = mne.convert_forward_solution(
            forward, surf_ori=True, force_fixed=True, copy=False, verbose="ERROR"
        )
        rows = list(forward["sol"]["row_names"])
        gain = np.asarray(forward["sol"]["data"], dtype=np.float64)
        gain = gain[[rows.index(name) for name in names]].T
        normals = np.asarray(forward["source_nn"], dtype=np.float64)
    return RawLeadField(gain, None, names, UNIT, coils, normals=normals)
