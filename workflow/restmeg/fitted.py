"""What fit.nc says of fitted parameters."""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from restmeg import store

QUANTILE = 3.841458820694124  # of a chi-squared of one degree of freedom, 95 %: twice a loss


class Estimates(NamedTuple):
    """What fit.nc says."""

    model: dict  # fitted, as in the configuration, plain numbers
    names: list[str]  # of parameters, and of what is not known of a recording
    values: np.ndarray  # (P,)
    low: np.ndarray  # (P,) ends of intervals
    high: np.ndarray
    identified: np.ndarray  # (P,) bool
    profiles: list[np.ndarray]  # (n, 2) values and log likelihoods below the best one
    signs: np.ndarray  # (N,) that regions of the target were turned by
    replicates: list[int]  # of the target that were fitted to
    notes: list[str]


def read(path: str | Path) -> Estimates:
    """What fit.nc says. Raises InputError for another file."""
    with store.open_netcdf(path, "parameter", "profile", "sign") as dataset:
        parameters, _ = store.provenance(dataset)
        curves = np.stack([dataset["profile"][...], dataset["profile_log_likelihood"][...]], -1)
        return Estimates(
            parameters["model"],
            [str(name) for name in dataset["parameter"][...]],
            dataset["value"][...],
            dataset["ci_low"][...],
            dataset["ci_high"][...],
            dataset["identified"][...].astype(bool),
            [curve[np.isfinite(curve[:, 0])] for curve in curves],
            dataset["sign"][...],
            parameters["replicates"],
            store.notes(dataset),
        )


def model_of(given: dict | None, path: str | Path | None) -> dict:
    """The model of a point: the one given, or, of the fitted point, that of fit.nc."""
    if given is not None:
        return given
    if path is None:
        raise ValueError("a point without a model")
    with store.open_netcdf(path, "parameter") as dataset:
        return store.provenance(dataset)[0]["model"]
