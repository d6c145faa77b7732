"""How far simulations of a model are from a target: one evaluation of a fit by simulation.

Replicates are simulated with the random numbers that those of a sweep point have, so that the same
model always is as far, and nearby ones differ by little. Their activity is never written, and one
replicate of it is held at a time.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from restmeg import (
    check,
    connectome,
    estimands,
    estimated,
    estimation,
    evaluated,
    inverse,
    power,
    reconstruction,
    segments,
    simulation,
    store,
)
from restmeg.bands import BROADBAND
from restmeg.errors import InputError
from restmeg.estimands import Kind
from restmeg.evaluated import TITLE, Distance
from restmeg.nested import replaced
from restmeg.scores import correlation, distance, spectral
from restmeg.surrogate import REPLICATES

POWER = Kind("power", BROADBAND)


class Patterns(NamedTuple):
    """What is compared: of each kind, rows of replicates, without a gap if they are usable."""

    replicates: np.ndarray  # (replicates,)
    rows: dict[Kind, np.ndarray]  # (replicates, values)
    frequencies: np.ndarray  # (n,) Hz of POWER, in its rows region by region
    gain_free: bool  # whether the scale of power is arbitrary

    @property
    def usable(self) -> np.ndarray:
        """Which replicates (replicates,) have a pattern of each kind."""
        whole = np.ones(len(self.replicates), bool)
        for rows in self.rows.values():
            whole &= np.isfinite(rows).all(axis=1) & (np.ptp(rows, axis=1) > 0)
        return whole


def target_patterns(
    connectivity_paths: Sequence[str | Path],
    spectra_paths: Sequence[str | Path],
    labels: check.Names,
    only: Sequence[int],
    frequencies: Sequence[float] | None,
) -> tuple[Patterns, list[str]]:
    """What some replicates of the target look like, and what is left out of them, in words.

    only: their numbers; frequencies: lowest and highest in Hz that count, or None for the usual
    ones. Raises InputError if fewer than REPLICATES have no silent region, or files do not belong
    together.
    """
    connectivity = estimated.read(connectivity_paths, "target", labels).of(only)
    band = frequencies or spectral.FREQUENCIES
    spectra = power.read(spectra_paths, "target", labels, band).of(only)
    found = _patterns(connectivity, spectra)
    number, usable = len(found.replicates), found.usable
    if usable.sum() < REPLICATES:
        raise InputError(
            f"target: {usable.sum()} of {number} replicates that are fitted to have no silent "
            f"region; expected at least {REPLICATES}, for a fit by simulation"
        )
    notes = [] if found.rows.get(POWER) is not None else [f"of spectra: {spectra.trouble}"]
    if not usable.all():
        n_out = number - usable.sum()
        notes.append(f"{n_out} of {number} replicates have a silent region and are left out")
    rows = {kind: rows[usable] for kind, rows in found.rows.items()}
    for kind, of_kind in rows.items():
        if not np.ptp(of_kind, axis=0).any():
            raise InputError(
                f"target: {kind} is the same in all replicates; expected some with noise, for a "
                "fit by simulation"
            )
    return found._replace(replicates=found.replicates[usable], rows=rows), notes


def _patterns(connectivity, spectra):
    rows = {
        kind: correlation.edges(of_kind)
        for kind, of_kind in zip(connectivity.kinds, connectivity.fc, strict=True)
    }
    if len(spectra.frequencies):
        rows[POWER] = spectral.patterns(spectra.power, spectra.recorded)
    return Patterns(connectivity.replicates, rows, spectra.frequencies, spectra.recorded)


class Held:
    """One replicate of a batch, held as a whole: an `estimation.Series` to be read repeatedly."""

    def __init__(self, series: Any, k: int) -> None:
        """series: an `estimation.Series` as its replicates pass; k: which is next."""
        self.replicates, self.labels = series.replicates[k : k + 1], series.labels
        self.n_samples, self.sampling_rate = series.n_samples, series.sampling_rate
        self.held = list(series.pieces(k))

    def pieces(self, k: int) -> Iterator[np.ndarray]:  # noqa: ARG002
        """Yield the replicate in pieces (samples, N)."""
        yield from self.held


def simulated_patterns(
    batch: simulation.Batch,
    asked: estimands.Asked,
    target: Patterns,
    alike: tuple[int, float, float] | None = None,
    operator: inverse.Operator | None = None,
) -> tuple[Patterns | None, list[str]]:
    """What replicates of a batch look like, compared with a target, and notes on their rates.

    None, once the activity of one is not finite.

    asked: without windows; alike: see `estimation.estimate_file`; operator: of an inverse that they
    are seen through.
    """
    values = simulation.simulated(batch)
    series = simulation.Passing(batch, (piece for piece, _ in values))
    of_replicates = []
    for k in range(len(batch.replicates)):
        given: Any = Held(series, k)
        if not all(np.isfinite(piece).all() for piece in given.held):
            return None, [f"activity of replicate {batch.replicates[k]} is not finite"]
        if operator is not None:
            given = reconstruction.Reconstructed(given, operator, batch.seed, batch.role)
        given = given if alike is None else segments.alike(given, alike)
        found = estimation.estimate(given, asked, batch.role)
        rows = {
            kind: correlation.edges(fc)[0] for kind, fc in zip(found.kinds, found.fc, strict=True)
        }
        if POWER in target.rows:
            spectra = power.estimate(given, given.sampling_rate, target.gain_free)
            at = _places(spectra.frequencies, target.frequencies)
            rows[POWER] = spectral.patterns(spectra.power[..., at], target.gain_free)[0]
        of_replicates.append(rows)
    whole = {kind: np.array([rows[kind] for rows in of_replicates]) for kind in of_replicates[0]}
    extremes = series.extremes()
    return target._replace(replicates=series.replicates, rows=whole), extremes.notes


def _places(frequencies, wanted):
    """Where some frequencies are among others. Raises InputError if one is not."""
    at = np.abs(frequencies[:, None] - wanted).argmin(axis=0) if len(frequencies) else np.arange(0)
    if len(at) != len(wanted) or not np.allclose(frequencies[at], wanted, rtol=power.EVEN, atol=0):
        raise InputError(
            "spectra.nc: frequencies of the target are not those of what is simulated; expected "
            "the same"
        )
    return at


def compare(simulated: Patterns | None, target: Patterns, number: int) -> Distance:
    """How far simulated replicates, so many, are from a target's; None if they are not finite.

    Of each kind it is the squared distance per value that no sampling error biases
    (`scores.distance`). In the whole, every value of each kind counts alike, in units of the
    variance over the target's replicates that values of its kind have on average. NaN if any
    simulated replicate has a silent region.
    """
    kinds = list(target.rows)
    weights = np.array(
        [rows.shape[1] / rows.var(axis=0, ddof=1).mean() for rows in target.rows.values()]
    )
    n_target = len(target.replicates)
    if simulated is None or not simulated.usable.all():
        value = np.inf if simulated is None else np.nan
        sides = (np.full((len(kinds), size), value) for size in (number, n_target))
        return Distance(kinds, np.full(len(kinds), value), weights, *sides)
    found = [distance.left_out(simulated.rows[kind], target.rows[kind]) for kind in kinds]
    parts = (np.array(part) for part in zip(*found, strict=True))
    values, without_replicate, without_target = parts
    return Distance(kinds, values, weights, without_replicate, without_target)


def evaluate_file(
    connectome_path: str | Path,
    proposal_path: str | Path,
    place: tuple[int, int],
    connectivity_paths: Sequence[str | Path],
    spectra_paths: Sequence[str | Path],
    model: dict,
    times: dict,
    seed: int,
    replicates: Sequence[int],
    only: Sequence[int],
    asked: estimands.Asked,
    frequencies: Sequence[float] | None,
    path: str | Path,
    alike: tuple[int, float, float] | None = None,
    inverse_path: str | Path | None = None,
) -> None:
    """Simulate one proposal of a round and write how far it is from the target.

    connectome_path: connectome.nc; proposal_path: points.csv of the round; place: the
    number of that round, and of the row;
    connectivity_paths, spectra_paths, only, frequencies: of the target, see `target_patterns`;
    model: what is not fitted, as in the configuration, plain numbers; times, seed, replicates:
    those of simulated batches; asked, alike: see `simulated_patterns`; inverse_path: inverse.nc, if
    there is one.
    path: ``objective``, its standard error, and what both are made of. Of activity that is not
    finite it is infinite, of silent regions NaN, as the file notes.

    Raises InputError if there is nothing to compare, or the files do not belong together.
    """
    anatomy = connectome.read(connectome_path)
    target, notes = target_patterns(
        connectivity_paths, spectra_paths, anatomy.labels, only, frequencies
    )
    values = evaluated.proposal(proposal_path, place[1])
    batch = simulation.Batch(anatomy, replaced(model, values), times, seed, "simulated", replicates)
    operator = None if inverse_path is None else inverse.operator(inverse_path)
    ours, told = simulated_patterns(batch, asked, target, alike, operator)
    notes += told
    if ours is not None and not ours.usable.all():
        n_out = len(replicates) - ours.usable.sum()
        notes.append(f"{n_out} of {len(replicates)} replicates have a silent region")
    found = compare(ours, target, len(replicates))
    parameters = batch.parameters("fit") | asked.parameters()
    parameters |= {"round": place[0], "number": place[1]}
    parameters |= {"target_replicates": target.replicates.tolist()} | segments.parameters(alike)
    with store.new_netcdf(path, TITLE, parameters, seed) as dataset:
        store.add(dataset, "parameter", np.array(list(values), dtype=object))
        store.add(dataset, "evaluation.value", np.array(list(values.values())))
        for name, of_kinds in zip(Kind._fields, zip(*found.kinds, strict=True), strict=True):
            store.add(dataset, f"evaluation.{name}", np.array(of_kinds, dtype=object))
        store.add(dataset, "evaluation.distance", found.values)
        store.add(dataset, "weight", found.weights)
        store.add(dataset, "without_replicate", found.without_replicate)
        store.add(dataset, "without_target", found.without_target)
        known = found.known(np.zeros(len(values)))
        store.add(dataset, "objective", known.values[0])
        store.add(dataset, "objective_deviation", evaluated.deviation(known))
        store.add_notes(dataset, notes)
