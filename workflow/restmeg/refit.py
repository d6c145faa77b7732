"""Fits of null networks to the study's target, so that each is compared with parameters of its own.

Without them a null network is simulated with parameters that were chosen for another network, and
does worse for that alone.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from restmeg import connectome, fit, parameters, store
from restmeg.errors import warn_of_results
from restmeg.fourier import REDUNDANCY
from restmeg.nulls import ROLE
from restmeg.nulls.making import network
from restmeg.theory import fitting

TITLE = "Parameters fitted on null networks"


def refit_batch(
    connectome_path: str | Path,
    fourier_paths: Sequence[str | Path],
    recording_path: str | Path | None,
    name: str,
    method: str,
    numbers: Sequence[int],
    seed: int,
    model: dict,
    times: Mapping,
    bounds: Mapping[str, Sequence[float]],
    replicates: Sequence[int],
    inverse_path: str | Path | None,
    path: str | Path,
) -> None:
    """Write the likeliest parameters of the model on some null networks.

    name, method, numbers, seed: of the null networks, as in `null_networks.simulate_batch`; all
    else as in `fit.fit_file`. path: ``value`` (null, parameter), ``log_likelihood`` (null,) and
    ``sign`` (null, region), and ``own_log_likelihood`` of the study's own network, looked for in
    the same way, which has no more starts and no profiles that find a better place. Values are
    rounded as those of the fit are, and NaN where theory holds nowhere between the bounds, which is
    noted.

    Raises InputError where there is nothing to be fitted to, or no such network.
    """
    anatomy = connectome.read(connectome_path)
    target = fit.given(fourier_paths, recording_path, replicates, inverse_path)
    notes = list(target.notes)
    values = np.full((len(numbers), len(bounds)), np.nan)
    heights, own = np.full(len(numbers), np.nan), np.nan
    signs = np.ones((len(numbers), len(anatomy.labels)), np.int8)
    names = ["the study's own", *(f"network {number}" for number in numbers)]
    for k, of_network in enumerate(names, -1):
        null = anatomy if k < 0 else network(method, anatomy, seed, numbers[k])
        search = target.search(null, model, times, bounds)
        try:
            best = fitting.likeliest(search)
        except fitting.NoFitError as error:
            notes.append(f"{of_network}: {error}")
            continue
        if k < 0:
            own = best.value * REDUNDANCY
            continue
        axes = search.axes[: len(bounds)]  # those of the model
        found = [axis.value(at) for axis, at in zip(axes, best.at, strict=False)]
        values[k] = list(parameters.rounded(axes, found).values())
        heights[k] = best.value * REDUNDANCY
        signs[k] = fit.of_regions(search.signs, anatomy.labels)
    made_with = {
        "role": ROLE,
        "null": name,
        "method": method,
        "model": model,
        "bounds": {key: list(ends) for key, ends in bounds.items()},
        "replicates": list(replicates),
        "dt": times["dt"],
        "integrator": times["method"],
        "recorded": target.recorded,
    }
    with store.new_netcdf(path, TITLE, made_with, seed) as dataset:
        store.add(dataset, "null", np.asarray(numbers))
        store.add(dataset, "parameter", np.array(list(bounds), dtype=object))
        store.add(dataset, "nulls.value", values)
        store.add(dataset, "nulls.log_likelihood", heights)
        store.add(dataset, "own_log_likelihood", own)
        store.add(dataset, "region", anatomy.labels)
        store.add(dataset, "nulls.sign", signs)
        store.add_notes(dataset, notes)
    warn_of_results(f"null {name}", notes)
