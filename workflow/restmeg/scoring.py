"""Score a point of a study: from files of functional connectivity to tables."""

import math
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from restmeg import check, connectome, estimated, fitted, measures, power, tables
from restmeg.bands import BROADBAND
from restmeg.errors import InputError, warn_of_results
from restmeg.estimands import Kind
from restmeg.estimated import Connectivity
from restmeg.scores import (
    KEY,
    LEAKAGE,
    LIKELIHOOD,
    OF_CONNECTIVITY,
    OF_DYNAMICS,
    OF_LEAKAGE,
    OF_SPECTRA,
    SCORES,
    correlation,
    dynamics,
    spectral,
)
from restmeg.scores.comparison import REPLICATE, SEGMENT, TARGET_REPLICATE, Comparison, Found
from restmeg.scores.intervals import Summary
from restmeg.theory import predicted

POWER = "power"  # the measure that scores of spectra are of
HEAD = ["point", *KEY]
# What theory expects of a score, and what null networks say of it; others fill them.
EXPECTED = ["expected", "expected_sd"]
NULL = ["null_z", "null_p", "null_n"]


class Scored(NamedTuple):
    """One score of one measure in one band; both are empty for one that is of neither."""

    measure: str
    band: str
    score: str
    found: Found  # with NaN for replicates that were left out


def gaps(simulated: Connectivity, target: Connectivity) -> list[str]:
    """Which replicates scores leave out, in words."""
    found: dict[str, list[Kind]] = {}
    for role, of in (("simulated", simulated), ("target", target)):
        for m, kind in enumerate(of.kinds):
            n, n_out = len(of.replicates), np.count_nonzero(~_usable(correlation.edges(of.fc[m])))
            if n_out:
                text = f"is NaN in {n_out} of {n} {role} replicates, which scores leave out"
                found.setdefault(text, []).append(kind)
    return [
        f"functional connectivity ({estimated.listed(of)}) {text}" for text, of in found.items()
    ]


def silences(simulated: power.Spectra, target: power.Spectra) -> list[str]:
    """Which replicates scores of spectra leave out, in words."""
    found = []
    for role, of in (("simulated", simulated), ("target", target)):
        n, n_out = len(of.replicates), np.count_nonzero(~(of.power > 0).all(axis=(1, 2)))
        if n_out:
            found.append(
                f"power is zero or NaN in {n_out} of {n} {role} replicates, which scores leave out"
            )
    return found


def scored(
    simulated: Connectivity,
    target: Connectivity,
    weights: np.ndarray,
    distances: np.ndarray,
    names: Iterable[str] = tuple(OF_CONNECTIVITY),
    leaked: Connectivity | None = None,
) -> Iterator[Scored]:
    """Yield some scores of connectivity, or all, of all measures and bands.

    weights, distances: (N, N); leaked: of the same replicates with uncoupled regions, where scores
    of leakage are asked for.
    """
    lengths = correlation.lengths(distances)
    for m, kind in enumerate(simulated.kinds):
        rows = {
            REPLICATE: correlation.edges(simulated.fc[m]),
            TARGET_REPLICATE: correlation.edges(target.fc[m]),
            SEGMENT: correlation.edges(
                target.fc[m, :0] if target.segments is None else target.segments[m]
            ),
        }
        kept = {name: _usable(values) for name, values in rows.items()}
        uncoupled = None
        if leaked is not None:
            uncoupled = correlation.edges(leaked.fc[m])
            kept[REPLICATE] &= _usable(uncoupled)
            uncoupled = uncoupled[kept[REPLICATE]]
        simulated_rows, target_rows, segments = (rows[name][kept[name]] for name in rows)
        given = Comparison(
            *(simulated_rows, target_rows, correlation.undirected(weights), lengths, segments),
            shorter_is_other=kind.band != BROADBAND,
            shorter_is_more=measures.is_positive(kind.measure),
            leaked=uncoupled,
        )
        for name in names:
            function = SCORES[name].function
            if function:
                yield Scored(*kind, name, _spread(function(given), kept))


def scored_dynamics(simulated: Connectivity, target: Connectivity) -> Iterator[Scored]:
    """Yield all scores of functional connectivity dynamics, if both sides have them."""
    if simulated.dynamics is None or target.dynamics is None:
        return
    for m, kind in enumerate(simulated.kinds):
        rows = {
            REPLICATE: dynamics.patterns(simulated.dynamics[m]),
            TARGET_REPLICATE: dynamics.patterns(target.dynamics[m]),
        }
        yield from _compared(kind, rows, OF_DYNAMICS)


def _compared(kind, rows, names, trouble=""):
    """Yield some scores of rows that have nothing to do with anatomy, by name of the side."""
    kept = {name: _usable(values) for name, values in rows.items()}
    given = Comparison.of_patterns(*(rows[name][kept[name]] for name in rows))
    for name in names:
        function = SCORES[name].function
        assert function is not None
        result = _spread(function(given), kept)
        yield Scored(*kind, name, result._replace(note=trouble or result.note))


def scored_spectra(simulated: power.Spectra, target: power.Spectra) -> list[Scored]:
    """All scores of spectra, over the frequencies that both have.

    The overall gain of a recording, which is arbitrary, is taken out of either side. Raises
    InputError if they are not of the same frequencies.
    """
    if not power.comparable(simulated, target):
        raise InputError(
            "spectra.nc: frequencies of the target are not those of what is simulated; expected "
            "the same"
        )
    n = min(len(simulated.frequencies), len(target.frequencies))
    trouble = simulated.trouble or target.trouble
    if not n:
        trouble = trouble or "no frequency of the spectra is among those that count"
    # Without a frequency there is a gap in each replicate.
    rows = {
        name: spectral.patterns(of.power[..., :n], target.recorded)
        if n
        else np.full((len(of.replicates), 1), np.nan)
        for name, of in ((REPLICATE, simulated), (TARGET_REPLICATE, target))
    }
    return list(_compared(Kind(POWER, BROADBAND), rows, OF_SPECTRA, trouble))


def _usable(rows):
    """Which replicates (n, pairs) have a pattern over pairs: no gap, and not one value alone."""
    return np.isfinite(rows).all(axis=-1) & (np.ptp(rows, axis=-1) > 0)


def _spread(found, kept):
    """What a score finds, with NaN in the places of replicates that were left out."""
    values = {}
    for names, array in found.values.items():
        masks = [kept[name] for name in names]
        values[names] = np.full([len(mask) for mask in masks], np.nan)
        values[names][np.ix_(*masks)] = array
    return found._replace(values=values)


def remarks(found: Iterable[Scored]) -> list[str]:
    """What is wrong with scores, in words; of scores with the same note together."""
    whole: dict[Kind, dict[str, list[str]]] = {}
    for one in found:
        note = one.found.note
        if not note and not math.isfinite(one.found.summary.value):
            note = "no finite value"
        if note:
            of_kind = whole.setdefault(Kind(one.measure, one.band), {})
            of_kind.setdefault(note, []).append(one.score)
    same: dict[tuple[str, str], list[Kind]] = {}
    for kind, notes in whole.items():
        for note, names in notes.items():
            same.setdefault((", ".join(names), note), []).append(kind)
    return [
        f"{names}{f' ({estimated.listed(kinds)})' if kinds[0].measure else ''}: {note}"
        for (names, note), kinds in same.items()
    ]


def score_point(
    simulated_paths: Sequence[str | Path],
    target_paths: Sequence[str | Path],
    connectome_path: str | Path,
    point: str,
    out: Sequence[str | Path],
    theory_path: str | Path | None = None,
    spectra_paths: Sequence[Sequence[str | Path]] = (),
    frequencies: Sequence[float] | None = None,
    leaked_paths: Sequence[str | Path] = (),
    only: Sequence[int] | None = None,
    fit_path: str | Path | None = None,
) -> None:
    """Write the scores of one point, those of each of its replicates, and notes on them.

    simulated_paths, target_paths: connectivity.nc of the point's batches and of the target's;
    point: its name, which the files must have; out: paths of three tables; theory_path: theory.nc
    of the point, which tells what scores are to be expected, and how likely the target is;
    spectra_paths: spectra.nc of the point's batches and of the target's, or nothing; frequencies:
    lowest and highest of theirs in Hz that count, or None for spectral.FREQUENCIES; leaked_paths:
    leakage.nc of the point's batches, where there is an inverse; only: replicates of the target
    that are compared with, or None for all; fit_path: fit.nc, of the fitted point, which tells what
    signs the regions of a recording have.

    Warns of replicates that scores leave out. Raises InputError if the files do not belong
    together.
    """
    anatomy = connectome.read(connectome_path)
    simulated = estimated.read(simulated_paths, "simulated", anatomy.labels)
    target = estimated.read(target_paths, "target", anatomy.labels).of(only)
    if fit_path is not None:
        target = target.turned(fitted.signs(fit_path))
    if simulated.kinds != target.kinds:
        raise InputError(
            f"{target_paths[0]}: measures {estimated.listed(target.kinds)}; expected "
            f"{estimated.listed(simulated.kinds)}, as of what is simulated"
        )
    check.same(simulated_paths[0], "point", simulated.point, point)
    leaked, asked = None, OF_CONNECTIVITY
    if leaked_paths:
        leaked, asked = estimated.read(leaked_paths, LEAKAGE, anatomy.labels), asked + OF_LEAKAGE
        same = np.array_equal(leaked.replicates, simulated.replicates)
        if not same or (leaked.point, leaked.kinds) != (point, simulated.kinds):
            raise InputError(
                f"{leaked_paths[0]}: is not of the replicates and measures of {simulated_paths[0]}"
            )
    given = simulated, target, anatomy.weights, anatomy.distances
    found = list(scored(*given, sorted(asked, key=[*SCORES].index), leaked))
    found += scored_dynamics(simulated, target)
    theory = None if theory_path is None else predicted.read(theory_path, point).of(only)
    left_out = gaps(simulated, target)
    warn_of_results(f"point {point}", left_out)
    if spectra_paths:
        band = frequencies or spectral.FREQUENCIES
        of_spectra = [
            power.read(paths, role, anatomy.labels, band)
            for role, paths in zip(("simulated", "target"), spectra_paths, strict=True)
        ]
        of_spectra[1] = of_spectra[1].of(only)
        _check_same_replicates(of_spectra, [simulated, target])
        left_out += silences(*of_spectra)
        found += scored_spectra(*of_spectra)
    told = list(found)
    if theory:
        found.append(likelihood(theory, target))
        if not theory.notes:  # which say why there is none
            told.append(found[-1])
    notes = [
        *([simulated.point, "simulated", note] for note in simulated.notes),
        *([point, "leakage null", note] for note in (leaked.notes if leaked else [])),
        *([target.point, "target", note] for note in target.notes),
        *([point, "theory", note] for note in (theory.notes + theory.remarks if theory else [])),
        *([point, "scores", note] for note in [*left_out, *remarks(told)]),
    ]
    numbers = {REPLICATE: simulated.replicates, TARGET_REPLICATE: target.replicates}
    summary_path, single_path, notes_path = out
    _write_summaries(summary_path, point, found, theory.scores if theory else {})
    _write_values(single_path, point, found, numbers)
    tables.write(notes_path, [["point", "about", "note"], *notes])


def _check_same_replicates(spectra, connectivity):
    """Raise InputError unless spectra are of the same points and replicates as connectivity."""
    for one, other in zip(spectra, connectivity, strict=True):
        check.same("spectra.nc", "point", one.point, other.point)
        check.same("spectra.nc", "replicates", one.replicates.tolist(), other.replicates.tolist())


def likelihood(theory: predicted.Predicted, target: Connectivity) -> Scored:
    """The log likelihood of the target: the sum over its replicates without a silent region.

    Its interval is that of a difference to another point, and so none of this one's alone. Raises
    InputError if theory is of another target.
    """
    if not np.array_equal(theory.replicates, target.replicates):
        raise InputError("theory.nc: its target's replicates are not those of the connectivity")
    values = theory.log_likelihood
    finite = values[np.isfinite(values)]
    summary = Summary(finite.sum() if len(finite) else np.nan, np.nan, np.nan, len(finite))
    note = ""
    if not np.isfinite(summary.value):
        # Of a model without noise it is -inf, of a replicate with a silent region NaN.
        silent = np.isnan(values).all()
        note = "all target replicates have a silent region" if silent else "the model has no noise"
    return Scored("", "", LIKELIHOOD, Found(summary, {(TARGET_REPLICATE,): values}, note))


def _write_summaries(path, point, found, expected):
    """expected: by measure and band, and name of the score."""
    rows = [[*HEAD, *Summary._fields, *EXPECTED, *NULL]]
    for measure, band, score, result in found:
        of_theory = expected.get(Kind(measure, band), {}).get(score, ())
        theory = map(tables.number_if_known, of_theory)
        row = [point, measure, band, score, *map(tables.number, result.summary), *theory]
        rows.append(row + [""] * (len(rows[0]) - len(row)))
    tables.write(path, rows)


def _write_values(path, point, found, numbers):
    """numbers: of replicates, by dimension; segments are counted."""
    with tables.new_csv(path, [*HEAD, REPLICATE, TARGET_REPLICATE, "value"]) as table:
        for measure, band, score, result in found:
            start = [point, measure, band, score]
            for names, values in result.values.items():
                for index, value in np.ndenumerate(values):
                    at = {
                        name: numbers[name][k] if name in numbers else k
                        for name, k in zip(names, index, strict=True)
                    }
                    # A single recording's segments stand in the place of its replicates.
                    other = at.get(TARGET_REPLICATE, at.get(SEGMENT, ""))
                    table.writerow([*start, at.get(REPLICATE, ""), other, tables.number(value)])
