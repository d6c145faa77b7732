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
from restmeg.theory.search import Search

TITLE = "Parameters fitted on null networks"


def refit_batch(
    connectome_path: str | Path,
    fourier_paths: Sequence[str | Path],
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
    else as in `fit.fit_file`. path: ``value`` (null, parameter) and ``log_likelihood`` (null,),
    which is to be compared with that of fit.nc. Values are rounded as those of the fit are, and NaN
    where theory holds nowhere between the bounds, which is noted.

    Raises InputError where there is nothing to be fitted to, or no such network.
    """
    anatomy = connectome.read(connectome_path)
    data, seen, recorded, notes = fit.given(fourier_paths, replicates, inverse_path)
    values = np.full((len(numbers), len(bounds)), np.nan)
    heights = np.full(len(numbers), np.nan)
    for k, number in enumerate(numbers):
        null = network(method, anatomy, seed, number)
        search = Search(null, model, times, bounds, data, seen, not recorded)
        try:
            best = fitting.likeliest(search)
        except fitting.NoFitError as error:
            notes.append(f"network {number}: {error}")
            continue
        axes = search.axes[: len(bounds)]  # those of the model
        found = [axis.value(at) for axis, at in zip(axes, best.at, strict=False)]
        values[k] = list(parameters.rounded(axes, found).values())
        heights[k] = best.value * REDUNDANCY
    made_with = {
        "role": ROLE,
        "null": name,
        "method": method,
        "model": model,
        "bounds": {key: list(ends) for key, ends in bounds.items()},
        "replicates": list(replicates),
        "dt": times["dt"],
        "integrator": times["method"],
        "recorded": recorded,
    }
    with store.new_netcdf(path, TITLE, made_with, seed) as dataset:
        store.add(dataset, "null", np.asarray(numbers))
        store.add(dataset, "parameter", np.array(list(bounds), dtype=object))
        store.add(dataset, "nulls.value", values)
        store.add(dataset, "nulls.log_likelihood", heights)
        store.add_notes(dataset, notes)
    warn_of_results(f"null {name}", notes)
