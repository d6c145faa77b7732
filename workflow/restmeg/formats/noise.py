"""A noise covariance of MNE: what ``mne.write_cov`` writes."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from restmeg import sensors
from restmeg.formats import RawCovariance


def covariance(path: str | Path, given: Mapping) -> RawCovariance:  # noqa: ARG001
    """Of all its channels, in T^2 and of gradiometers (T/m)^2."""
    import mne

    with sensors.problems_told(path, "a noise covariance by mne.write_cov"):
        found = mne.read_cov(path, verbose="ERROR")
        values = np.diag(found.data) if found["diag"] else np.asarray(found.data)
        return RawCovariance(values, list(found["names"]))
