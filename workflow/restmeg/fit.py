"""Which parameters explain the target best, and how sure that is: from files to fit.nc and fit.csv.

Fitted is to the first replicates of the target; the others are for scores of the fitted model.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from restmeg import connectome, fourier, inverse, parameters, store
from restmeg.errors import InputError, warn_of_results
from restmeg.fourier import Fourier
from restmeg.nested import flat, replaced
from restmeg.theory import fitting, observed
from restmeg.theory.observed import CrossSpectra, Observation
from restmeg.theory.search import Search
from restmeg.theory.settled import settle

TITLE = "Fitted parameters"


class Given(NamedTuple):
    """What is fitted to."""

    data: CrossSpectra  # of channels: regions, or what an inverse keeps of sensors
    seen: Observation  # how channels see regions
    recorded: bool  # of a recording, whose gain, noise and signs are not known
    notes: list[str]


def given(
    fourier_paths: Sequence[str | Path],
    replicates: Sequence[int],
    inverse_path: str | Path | None,
) -> Given:
    """What some replicates of a target's fourier.nc tell; paths as in `fit_file`.

    Raises InputError where that is nothing.
    """
    target, recorded = fourier.read(fourier_paths)
    data, notes = cross_spectra(target, replicates)
    if inverse_path is None:
        return Given(data, Observation(), recorded, notes)
    return Given(*through_inverse(data, inverse.operator(inverse_path)), recorded, notes)


def cross_spectra(target: Fourier, replicates: Sequence[int]) -> tuple[CrossSpectra, list[str]]:
    """Mean periodograms of some replicates, and what is left out of them, in words.

    Raises InputError if there is no frequency, or no replicate without a silent region.
    """
    if not len(target.frequencies):
        raise InputError(f"target: {target.trouble}; expected frequencies that can be fitted to")
    given = target.coefficients[np.isin(target.replicates, replicates)]
    whole = np.isfinite(given).all(axis=(1, 2, 3))
    if not whole.any():
        raise InputError("target: all replicates that are fitted to have a silent region")
    notes = []
    if not whole.all():
        n_out = np.count_nonzero(~whole)
        notes.append(f"{n_out} of {len(whole)} replicates have a silent region and are left out")
    # (frequencies, N, replicates and segments)
    series = given[whole].transpose(2, 3, 0, 1)
    series = series.reshape(*series.shape[:2], -1)
    number = series.shape[2]
    matrices = series @ series.conj().transpose(0, 2, 1) / number
    return CrossSpectra(target.frequencies, matrices, number), notes


def through_inverse(
    data: CrossSpectra, operator: inverse.Operator
) -> tuple[CrossSpectra, Observation]:
    """Cross-spectra of series that an inverse has made, and how they see regions.

    The minimum norm of the sensors' field loses nothing that sensors with Gaussian noise tell of
    regions, so that this is a fit at the sensors.
    """
    noise = operator.noise.T @ operator.noise * (1000 / operator.parameters["rate"])
    return observed.whitened(data, operator.leakage, noise)


def fit_file(
    connectome_path: str | Path,
    fourier_paths: Sequence[str | Path],
    model: dict,
    times: Mapping,
    bounds: Mapping[str, Sequence[float]],
    replicates: Sequence[int],
    units: Mapping[str, str],
    inverse_path: str | Path | None,
    path: str | Path,
    table_path: str | Path,
    threads: int = 1,
) -> None:
    """Write fit.nc and fit.csv: the likeliest parameters of the model between bounds.

    connectome_path: connectome.nc; fourier_paths: fourier.nc of the target's batches; model: what
    is not fitted, and where to start, as in the configuration, plain numbers; times: dt in ms and
    the integrator's method; bounds: {dotted key: lowest and highest value}; replicates: of the
    target that are fitted to; units: of parameters, {dotted key: unit}, "" of none; inverse_path:
    inverse.nc where the target is of series that it makes, or None: their leakage and noise are
    then a part of what is fitted; threads: that share the work, of which the result is the same.

    Warns of what the data do not tell. Raises InputError where there is nothing to be fitted to, or
    theory holds nowhere between the bounds.
    """
    anatomy = connectome.read(connectome_path)
    data, seen, recorded, notes = given(fourier_paths, replicates, inverse_path)
    search = Search(anatomy, model, times, bounds, data, seen, not recorded, threads)
    own = flat(model, "model.")
    start = {key: own[key] for key in bounds}
    inside = all(low <= start[key] <= high for key, (low, high) in bounds.items())
    try:
        found = fitting.fit(search, start if inside else None)
    except fitting.NoFitError as error:
        raise InputError(
            f"config: fit.parameters: {error}; expected bounds within which the network has a "
            "stable fixed point"
        ) from None
    rounded = parameters.rounded(found.axes, [one.value for one in found.estimates])
    fitted = replaced(model, {key: rounded[key] for key in bounds})
    notes += _remarks(found, anatomy, fitted, times)
    warn_of_results("fit", notes)
    made_with = {
        "model": fitted,
        "bounds": {key: list(ends) for key, ends in bounds.items()},
        "replicates": list(replicates),
        "frequencies": [float(data.frequencies[0]), float(data.frequencies[-1])],
        "dt": times["dt"],
        "method": times["method"],
        "recorded": recorded,
    }
    _write(path, made_with, found, anatomy.labels, notes)
    parameters.write_table(table_path, found.axes, found.estimates, units)


def _remarks(found, anatomy, fitted, times):
    """What is to be known of a fit, in words."""
    notes = []
    for axis, one in zip(found.axes, found.estimates, strict=True):
        if one.identified:
            continue
        near = parameters.at_bound(axis, one, 2 * fitting.EDGE)
        where = "is at a bound" if near else "is not identified"
        known = f"{axis.name} {where}"
        if where != "is at a bound":
            known += ": its interval reaches a bound, or where theory does not hold"
        notes.append(known)
    notes += [f"what the data tell of these together: {text}" for text in found.told]
    n_turned = int(np.count_nonzero(found.signs < 0))
    if n_turned:
        notes.append(
            f"the signs of {n_turned} of {len(found.signs)} regions are turned, as those of a "
            "reconstructed recording are arbitrary"
        )
    given = anatomy.weights, anatomy.distances, fitted, times["dt"], times["method"]
    trouble = settle(*given).trouble
    if trouble:
        notes.append(f"at the fitted parameters, {trouble}: linear theory is not to be relied on")
    return notes


def _write(path, made_with, found, labels, notes):
    estimates = found.estimates
    longest = max(len(one.profile) for one in estimates)
    profiles = np.full((2, len(estimates), longest), np.nan)
    for k, one in enumerate(estimates):
        profiles[:, k, : len(one.profile)] = one.profile.T
    # Channels are not regions where an inverse is fitted through, whose signs are known.
    signs = found.signs if len(found.signs) == len(labels) else np.ones(len(labels))
    contents = {
        **parameters.contents(found.axes, estimates, found.correlation),
        "profile": profiles[0],
        "profile_log_likelihood": profiles[1],
        "start": found.path[:, 0].astype(int),
        "path_log_likelihood": found.path[:, 1],
        "path": found.path[:, 2:],
        "region": labels,
        "sign": signs.astype(np.int8),
    }
    with store.new_netcdf(path, TITLE, made_with) as dataset:
        for name, values in contents.items():
            store.add(dataset, name, values)
        store.add(dataset, "fit.log_likelihood", found.log_likelihood)
        store.add_notes(dataset, notes)
