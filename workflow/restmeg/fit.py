"""Which parameters explain the target best, and how sure that is: from files to fit.nc and fit.csv.

Fitted is to the first replicates of the target; the others are for scores of the fitted model.
"""

from collections.abc import Mapping, Sequence, Sized
from pathlib import Path
from typing import NamedTuple

import numpy as np

from restmeg import connectome, fourier, inverse, parameters, segments, store
from restmeg.connectome import Connectome
from restmeg.errors import InputError, warn_of_results
from restmeg.fourier import Fourier
from restmeg.nested import flat, replaced
from restmeg.theory import fitting, observed
from restmeg.theory.observed import CrossSpectra, Observation
from restmeg.theory.search import NOISE, Search
from restmeg.theory.settled import settle

TITLE = "Fitted parameters"
LOST = 0.3  # of the fitted model's power: a recording has less where it was filtered
SEEN_NOISE = 0.02  # of the power, in the median over frequencies: less changes no score by much
SURELY = 6.0  # log likelihood of independent numbers, that signs of a file are others


class Given(NamedTuple):
    """What is fitted to."""

    data: CrossSpectra  # of channels: regions, or what an inverse keeps of sensors
    seen: Observation  # how channels see regions
    recorded: bool  # of a recording, whose gain, noise and signs are not known
    # The same of each file of a recording, if it has several, of what is held out as well: signs
    # are looked at there.
    files: dict[str, CrossSpectra]
    notes: list[str]

    def search(
        self, anatomy: Connectome, model: dict, times: Mapping, bounds: Mapping, threads: int = 1
    ) -> Search:
        """What is fitted to it; arguments as in `search.Search`."""
        fitted = anatomy, model, times, bounds, self.data, self.seen
        return Search(*fitted, not self.recorded, threads)


def given(
    fourier_paths: Sequence[str | Path],
    recording_path: str | Path | None,
    replicates: Sequence[int],
    inverse_path: str | Path | None,
) -> Given:
    """What some replicates of a target's fourier.nc tell; paths as in `fit_file`.

    Files of a recording, of which each has a gain of its own, are brought to one power. Raises
    InputError where there is nothing to be fitted to.
    """
    target, recorded = fourier.read(fourier_paths)
    files: dict[str, list[int]] = {}
    if recording_path is not None:
        files = segments.files(recording_path)
    if len(files) > 1:
        target = _of_one_power(target, files.values())
    data, notes = cross_spectra(target, replicates)
    single = {}
    if len(files) > 1:
        whole = np.isfinite(target.coefficients).all(axis=(1, 2, 3))
        usable = {
            name: np.intersect1d(of_file, target.replicates[whole]).tolist()
            for name, of_file in files.items()
        }
        single = {name: cross_spectra(target, own)[0] for name, own in usable.items() if len(own)}
    seen = Observation()
    if inverse_path is not None:
        operator = inverse.operator(inverse_path)
        data, seen = through_inverse(data, operator)
        single = {name: through_inverse(one, operator)[0] for name, one in single.items()}
    return Given(data, seen, recorded, single, notes)


def _of_one_power(target, files):
    """Coefficients with the power of all files, (lists of replicates), that of their mean."""
    coefficients = target.coefficients.copy()
    which = [np.isin(target.replicates, replicates) for replicates in files]
    power = [np.nanmean(np.abs(coefficients[of_file]) ** 2) for of_file in which]
    if not np.all(np.isfinite(power)) or not min(power) > 0:
        return target
    for of_file, size in zip(which, power, strict=True):
        coefficients[of_file] *= np.sqrt(np.mean(power) / size)
    return target._replace(coefficients=coefficients)


def of_regions(signs: np.ndarray, labels: Sized) -> np.ndarray:
    """Signs of regions; those of channels that an inverse makes are known, and all one."""
    return signs if len(signs) == len(labels) else np.ones(len(labels))


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
    recording_path: str | Path | None,
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

    connectome_path: connectome.nc; fourier_paths: fourier.nc of the target's batches;
    recording_path: recording.nc, where the target is one, or None; model: what is not fitted, and
    where to start, as in the configuration, plain numbers; times: dt in ms and the integrator's
    method; bounds: {dotted key: lowest and highest value}; replicates: of the target that are
    fitted to; units: of parameters, {dotted key: unit}, "" of none; inverse_path: inverse.nc where
    the target is of series that it makes, or None: their leakage and noise are then a part of what
    is fitted; threads: that share the work, of which the result is the same.

    Warns of what the data do not tell. Raises InputError where there is nothing to be fitted to, or
    theory holds nowhere between the bounds.
    """
    anatomy = connectome.read(connectome_path)
    target = given(fourier_paths, recording_path, replicates, inverse_path)
    notes = list(target.notes)
    search = target.search(anatomy, model, times, bounds, threads)
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
    if target.recorded:
        notes += _of_recording(found, search, target)
    warn_of_results("fit", notes)
    made_with = {
        "model": fitted,
        "bounds": {key: list(ends) for key, ends in bounds.items()},
        "replicates": list(replicates),
        "frequencies": [float(target.data.frequencies[0]), float(target.data.frequencies[-1])],
        "dt": times["dt"],
        "method": times["method"],
        "recorded": target.recorded,
    }
    _write(path, made_with, found, anatomy.labels, notes)
    parameters.write_table(table_path, found.axes, found.estimates, units)


def _remarks(found, anatomy, fitted, times):
    """What is to be known of a fit, in words."""
    notes = []
    for axis, one in zip(found.axes, found.estimates, strict=True):
        near = parameters.at_bound(axis, one, 2 * fitting.EDGE)
        if one.identified or axis.name == NOISE:  # a recording may have none
            continue
        all_of_it = axis.place(one.high) - axis.place(one.low) > 1 - fitting.EDGE
        known = f"{axis.name} is not identified: "
        if all_of_it:
            known += "all values between its bounds are as likely"
        elif near:
            known = f"{axis.name} is at a bound"
        else:
            known += "its interval reaches a bound, its own or another one's, or where theory does "
            known += "not hold"
        notes.append(known)
    if not found.settled:
        notes.append("profiles went on finding better places: the intervals are not to be trusted")
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


def _of_recording(found, search, target):
    """What is to be known of a recording that was fitted to, in words."""
    notes = []
    net, seen = search.net(found.at), search.observation(found.at)
    frequencies = target.data.frequencies
    ratio = observed.power_ratio(net, search.data, seen)
    less = ratio < LOST
    for few, ends in ((less, "from {0:.3g} Hz on down"), (less[::-1], "from {0:.3g} Hz on up")):
        lost = int(np.argmin(few)) if not few.all() else 0
        if lost:
            at = frequencies[lost - 1] if few is less else frequencies[-lost]
            notes.append(
                f"{ends.format(at)} the target has less than a third of the power of the fitted "
                "model, as where a filter has taken it: name what it has left by fit.frequencies"
            )
    if search.seen.lead is None:
        # Of the model's power, which is that of the target over the ratio.
        power = np.trace(search.data.matrices, axis1=1, axis2=2).real
        share = float(np.median(seen.noise * len(found.signs) * ratio / power))
        if share > SEEN_NOISE:
            notes.append(
                f"{100 * share:.2g} % of the power is white noise beside the activity, which the "
                "fitted model is simulated without: its FC is stronger for that, and its FC and "
                "spectral distances tell of the noise and not of the parameters"
            )
        turned = np.outer(found.signs, found.signs)
        for name, one in target.files.items():
            own = one._replace(matrices=one.matrices * turned)
            others = observed.likeliest_signs(net, own, seen)
            one_more = own._replace(matrices=own.matrices * np.outer(others, others))
            gain = [observed.likelihood(net, [], of, seen, False).value for of in (one_more, own)]
            if gain[0] - gain[1] > SURELY * fourier.REDUNDANCY:
                notes.append(
                    f"{name}: the signs of its regions are others than those of the other files, "
                    "which the fit takes for weaker coupling: bring them in line first"
                )
    return notes


def _write(path, made_with, found, labels, notes):
    estimates = found.estimates
    longest = max(len(one.profile) for one in estimates)
    profiles = np.full((2, len(estimates), longest), np.nan)
    for k, one in enumerate(estimates):
        profiles[:, k, : len(one.profile)] = one.profile.T
    signs = of_regions(found.signs, labels)
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
