"""Null networks through the model: made, simulated as the study's point is, and their connectivity.

Their activity is never written, and no longer held than it takes to estimate connectivity.
"""

import contextlib
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from restmeg import (
    connectome,
    estimands,
    estimation,
    fitted,
    inverse,
    reconstruction,
    segments,
    simulation,
    store,
)
from restmeg.connectome import Connectome
from restmeg.errors import InputError, warn_of_results
from restmeg.nested import replaced
from restmeg.nulls import ROLE
from restmeg.nulls.making import network

TITLE = "Functional connectivity of null networks"
# Share of the sum of weights that is on other pairs than in the study's connectome.
SAME, NEAR = 0.01, 0.1


def weights_moved(anatomy: Connectome, null: Connectome) -> float:
    """Share of the sum of weights that a null network has on other pairs, 0 to 1."""
    gone = np.maximum(anatomy.weights - null.weights, 0.0)
    return math.fsum(gone.flat) / math.fsum(anatomy.weights.flat)


def strength_error(anatomy: Connectome, null: Connectome) -> float:
    """Largest error of a region's strength, in or out, over the mean strength."""
    differences = anatomy.weights - null.weights
    errors = [abs(math.fsum(row)) for matrix in (differences, differences.T) for row in matrix]
    return max(errors) * len(differences) / math.fsum(anatomy.weights.flat)


def notes(anatomy: Connectome, method: str, moved: Sequence[float]) -> list[str]:
    """What is to be known of some null networks, in words. moved: `weights_moved` of each.

    Raises InputError if they are the study's own.
    """
    if method != "degree_length":
        return []
    connected = anatomy.weights > 0
    mean = math.fsum(moved) / len(moved)
    if mean < SAME:
        raise InputError(
            f"config: nulls: {method} cannot rewire this connectome: {np.count_nonzero(connected)} "
            f"connections of {len(connected)} regions, of which degrees, strengths and lengths "
            "leave no other; expected another method"
        )
    texts = []
    apart = ~connected & ~np.eye(len(connected), dtype=bool)
    if not apart.any():
        texts.append("all regions are connected, so weights alone change their places")
    elif not anatomy.distances[apart].any() and anatomy.distances.any():
        texts.append(
            "only connected pairs have a length, so only they are connected and weights alone "
            "change their places"
        )
    if mean < NEAR:
        texts.append(
            f"{100 * mean:.2g} % of the weights change their places: null networks are nearly the "
            "study's own, and no p of theirs is small"
        )
    return texts


def simulate_batch(
    connectome_path: str | Path,
    name: str,
    method: str,
    numbers: Sequence[int],
    model: dict,
    times: dict,
    seed: int,
    point: str,
    replicates: Sequence[int],
    asked: estimands.Asked,
    path: str | Path,
    alike: tuple[int, float] | None = None,
    inverse_path: str | Path | None = None,
    refit_path: str | Path | None = None,
) -> None:
    """Make some null networks, simulate each as the point is, and write their connectivity.nc.

    connectome_path: connectome.nc; name: of the null; method: out of nulls.NULLS; numbers: which
        networks; model, times, seed, replicates: those of the point's simulated batches (times:
        ``dt``, ``duration``, ``transient``, ``sampling_interval`` in ms), so that random numbers
        are the same; point: its name; asked, alike: see `estimation.estimate_file`; inverse_path:
        inverse.nc, if the point's activity is seen through it; refit_path: of the fitted point,
        what `refit.refit_batch` has found: values that each network has in place of the model's.
    path: ``fc`` (null, measure, band, replicate, region_to, region_from) in 32 bits, and of each
        network ``weights_moved`` and ``strength_error``.

    Warns (ResultWarning), and notes in the file, of what is wrong with rates, connectivity or the
    networks. Raises InputError if there are no such networks, the settings do not fit the
    connectome, or the activity is not finite.
    """
    anatomy = connectome.read(connectome_path)
    role = "simulated"
    operator = None if inverse_path is None else inverse.operator(inverse_path)
    own: list[dict] = [{}] * len(numbers)
    if refit_path is not None:
        own = fitted.of_nulls(refit_path, name, numbers)
    study = simulation.Batch(anatomy, model, times, seed, role, replicates)
    parameters = study.parameters(point) | {"role": ROLE, "null": name, "method": method}
    parameters |= asked.parameters() | {"fitted": list(own[0])}
    moved, errors, found = [], [], []
    with (
        tqdm(
            total=len(numbers) * study.n_steps, mininterval=1, bar_format=simulation.PROGRESS
        ) as bar,
        store.new_netcdf(path, TITLE, parameters, seed) as dataset,
    ):
        store.add(dataset, "null", np.asarray(numbers))
        kinds = asked.kinds
        names, bands, none = estimands.over_bands(kinds, np.empty(len(kinds)))
        store.add(dataset, "measure", np.array(names, dtype=object))
        store.add(dataset, "band", np.array(bands, dtype=object))
        store.add(dataset, "replicate", np.asarray(replicates))
        for end in ("region_to", "region_from"):
            store.add(dataset, end, anatomy.labels)
        shape = len(numbers), *none.shape, len(replicates), *anatomy.weights.shape
        fc = store.add_matrices(dataset, "nulls.fc", shape)
        for k, number in enumerate(numbers):
            null = network(method, anatomy, seed, number)
            moved.append(weights_moved(anatomy, null))
            errors.append(strength_error(anatomy, null))
            if not np.isfinite([*own[k].values()]).all():
                fc[k] = np.nan
                found.append(f"network {number}: has no fit")
                continue
            batch = study._replace(anatomy=null, model=replaced(model, own[k]))
            values = simulation.simulated(batch, progress=lambda **_: contextlib.nullcontext(bar))
            series = simulation.Passing(batch, (piece for piece, _ in values))
            given: Any = series
            if operator is not None:
                given = reconstruction.Reconstructed(given, operator, seed, role)
            given = given if alike is None else segments.alike(given, alike)
            try:
                estimate = estimation.estimate(given, asked, role)
            except InputError as error:
                raise InputError(f"null {name}, network {number}: {error}") from None
            *_, fc[k] = estimands.over_bands(estimate.kinds, estimate.fc)
            told = [*series.extremes().found, *estimate.notes]
            found += [f"network {number}: {text}" for text in told]
        store.add(dataset, "weights_moved", np.array(moved))
        store.add(dataset, "strength_error", np.array(errors))
        found = notes(anatomy, method, moved) + found
        store.add_notes(dataset, found)
    warn_of_results(f"null {name}", found)
