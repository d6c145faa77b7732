"""What fit.nc says of fitted parameters."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from restmeg import check, store

POINT = "fitted"  # in place of a point's name, that of the model that a fit finds
QUANTILE = 3.841458820694124  # of a chi-squared of one degree of freedom, 95 %: twice a loss


class Estimates(NamedTuple):
    """What fit.nc says."""

    model: dict  # fitted, as in the configuration, plain numbers
    names: list[str]  # of parameters, and of what is not known of a recording
    values: np.ndarray  # (P,)
    low: np.ndarray  # (P,) ends of intervals
    high: np.ndarray
    identified: np.ndarray  # (P,) bool
    by_simulation: bool  # whether profiles are of a distance, and not of the likelihood
    profiles: list[np.ndarray]  # (n, 2) values and log likelihoods, or distances, from the best one
    path: np.ndarray  # (evaluations, 1 + P) the same, and values, of what was simulated; or (0, 0)
    signs: np.ndarray  # (N,) that regions of the target were turned by
    replicates: list[int]  # of the target that were fitted to
    notes: list[str]


def read(path: str | Path) -> Estimates:
    """What fit.nc says. Raises InputError for another file."""
    with store.open_netcdf(path, "parameter", "profile", "sign") as dataset:
        parameters, _ = store.provenance(dataset)
        by_simulation = "profile_distance" in dataset.variables
        heights = "profile_distance" if by_simulation else "profile_log_likelihood"
        curves = np.stack([dataset["profile"][...], dataset[heights][...]], -1)
        tried = np.empty((0, 0))
        if by_simulation:
            apart = dataset["path_distance"][...] - dataset["distance"][...]
            tried = np.column_stack([apart, dataset["path"][...]])
        return Estimates(
            parameters["model"],
            [str(name) for name in dataset["parameter"][...]],
            dataset["value"][...],
            dataset["ci_low"][...],
            dataset["ci_high"][...],
            dataset["identified"][...].astype(bool),
            by_simulation,
            [curve[np.isfinite(curve[:, 0])] for curve in curves],
            tried,
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


def of_nulls(path: str | Path, null: str, numbers: Sequence[int]) -> list[dict[str, float]]:
    """{dotted key: value} of what was fitted on each of some null networks, NaN without a fit.

    path: as `refit.refit_batch` writes it. Raises InputError if it is of others.
    """
    with store.open_netcdf(path, "null", "parameter", "value") as dataset:
        parameters, _ = store.provenance(dataset)
        check.same(path, "null", parameters.get("null"), null)
        check.same(path, "networks", dataset["null"][...].tolist(), list(numbers))
        names = [str(name) for name in dataset["parameter"][...]]
        return [dict(zip(names, map(float, row), strict=True)) for row in dataset["value"][...]]


def of_null_fits(path: str | Path) -> dict[int, tuple[float, np.ndarray]]:
    """{number of a null network: log likelihood of its fit, and signs (N,) of regions for it}.

    path: as `refit.refit_batch` writes it.
    """
    with store.open_netcdf(path, "null", "log_likelihood", "sign") as dataset:
        values, turned = dataset["log_likelihood"][...], dataset["sign"][...]
        numbers = dataset["null"][...].tolist()
        return {n: (float(values[k]), turned[k].astype(float)) for k, n in enumerate(numbers)}


def searched_alike(path: str | Path) -> float:
    """Log likelihood of the study's own network, had it been fitted as null networks are."""
    with store.open_netcdf(path, "own_log_likelihood") as dataset:
        return float(dataset["own_log_likelihood"][...])


def signs(path: str | Path) -> np.ndarray:
    """Signs (N,) that the regions of a target were multiplied with for fit.nc."""
    with store.open_netcdf(path, "sign") as dataset:
        return dataset["sign"][...].astype(float)
