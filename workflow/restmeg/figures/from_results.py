"""Which results go into which figure: from files to pictures."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from restmeg import check, connectome, estimated, fitted, power, sensors, store
from restmeg.estimands import Kind
from restmeg.figures import (
    activity,
    anatomy,
    connectivity,
    dynamics,
    fit,
    nulls,
    planning,
    spectra,
    style,
    sweep,
    theory,
    topography,
)
from restmeg.figures import scores as score_figures
from restmeg.scores import correlation
from restmeg.theory import predicted


def draw_activity(
    connectome_path: Path,
    activity_path: Path,
    sensors_path: Path,
    shown: str,
    out: Mapping[str, Path],
) -> None:
    """Draw the connectome, and the start of the first replicate at regions and sensors.

    shown: the point of a sweep in words, empty if there is none; out: paths by name,
    ``connectome`` and ``traces`` as PNG, and each with ``_svg``.
    """
    structure = connectome.read(connectome_path)
    _save(
        anatomy.connectome(structure.weights, structure.distances, structure.labels),
        "connectome",
        out,
    )
    with (
        store.open_netcdf(activity_path, "time", "rate_E") as active,
        store.open_netcdf(sensors_path, "field", "sensor") as measured,
    ):
        times = active["time"][...]
        start = slice(0, int((times < times[0] + activity.SHOWN_MS).sum()))
        figure = activity.traces(
            times[start],
            active["rate_E"][0, start],
            structure.labels,
            measured["field"][0, start],
            measured["sensor"][...],
            measured["sensor_kind"][...] if "sensor_kind" in measured.variables else None,
        )
    _save(figure, "traces", out, shown)


def draw_topography(sensors_paths: Sequence[Path], shown: str, out: Mapping[str, Path]) -> None:
    """Draw how strong the field is over the head; out: paths, ``topography`` and with ``_svg``.

    sensors_paths: of sensors.nc, whose sensors are of known kinds and places; shown: see
    `draw_activity`.
    """
    variances, coils = [], None
    for path in sensors_paths:
        with store.open_netcdf(path, "field", *sensors.VARIABLES) as dataset:
            known = {name: store.read_values(dataset[name]) for name in sensors.VARIABLES}
            coils = sensors.stored(path, known)
            field = dataset["field"]
            for k in range(len(field)):
                variances.append(store.read_values(field, k).var(axis=0, dtype=np.float64))
    assert coils is not None
    finite = [row for row in variances if np.isfinite(row).all()]  # others diverge
    deviation = np.sqrt(np.mean(finite or variances, axis=0))
    _save(topography.topography(deviation, coils), "topography", out, shown)


def draw_comparison(
    connectome_path: Path,
    simulated_paths: Sequence[Path],
    target_paths: Sequence[Path],
    theory_path: Path,
    tables: Sequence[Path],
    networks_paths: Sequence[Path],
    point: str,
    shown: str,
    out: Mapping[str, Path],
) -> None:
    """Draw functional connectivity, its relation to structure and theory, and scores of one point.

    theory_path: theory.nc of the point; tables: paths of scores.csv, scores_replicates.csv and
    scores_notes.csv, in any order of points; networks_paths: of nulls_networks.csv, or none;
    shown: the point of a sweep in words, empty if there is none; out: paths by name,
    ``connectivity``, ``structure_function``, ``scores``, ``theory`` and ``length`` as PNG, and each
    with ``_svg``.

    Raises InputError if files are of another role or point.
    """
    structure = connectome.read(connectome_path)
    simulated = estimated.read(simulated_paths, "simulated", structure.labels)
    target = estimated.read(target_paths, "target", structure.labels)
    check.same(simulated_paths[0], "point", simulated.point, point)
    kind = simulated.kinds[0]
    expected = predicted.over_length(theory_path, point, kind)
    summary, single, notes = (pd.read_csv(path) for path in tables)
    summary, single = (_of(table, point, kind) for table in (summary, single))
    networks = [_of(pd.read_csv(path), point, kind) for path in networks_paths]
    notes = notes[notes["point"].isin([point, target.point])]
    figure = connectivity.connectivity(
        simulated.fc[0].mean(axis=0), target.fc[0].mean(axis=0), structure.labels, kind
    )
    _save(figure, "connectivity", out, shown)
    pairs = correlation.edges(simulated.fc[0])
    weights = correlation.undirected(structure.weights)
    figure = connectivity.structure_function(weights, pairs, summary)
    _save(figure, "structure_function", out, shown)
    same = notes.groupby("note", sort=False)["about"]
    texts = [f"{', '.join(about.unique())}: {note}" for note, about in same]
    _save(score_figures.scores(single, summary, texts, *networks), "scores", out, shown)
    of_theory = correlation.edges(expected.fc), expected.trouble, expected.endless
    _save(theory.beside_simulation(pairs, *of_theory), "theory", out, shown)
    figure = theory.over_length(
        expected.lengths, expected.expected, expected.seconds, summary, expected.trouble
    )
    _save(figure, "length", out, shown)


def draw_spectra(
    connectome_path: Path,
    simulated_paths: Sequence[Path],
    target_paths: Sequence[Path],
    theory_path: Path,
    bands: power.Bands,
    point: str,
    shown: str,
    out: Mapping[str, Path],
) -> None:
    """Draw power spectra of one point beside those of the target and of theory.

    simulated_paths, target_paths: spectra.nc of both; theory_path, point, shown: see
    `draw_comparison`; bands: whose shares are drawn; out: paths, ``spectra`` and with ``_svg``.

    Raises InputError if files are of another role or point.
    """
    labels = connectome.read(connectome_path).labels
    simulated = power.read(simulated_paths, "simulated", labels)
    target = power.read(target_paths, "target", labels)
    check.same(simulated_paths[0], "point", simulated.point, point)
    expected = predicted.power(theory_path, point)
    _save(spectra.spectra(simulated, target, expected, bands), "spectra", out, shown)


def draw_sweep(
    scores_path: Path,
    best_path: Path,
    differences_path: Path,
    axis_labels: Mapping[str, str],
    truth: Mapping[str, float | str],
    out: Mapping[str, Path],
) -> None:
    """Draw scores over the sweep; out: paths by name, ``sweep`` as PNG and ``sweep_svg``.

    best_path, differences_path: best.csv and differences.csv; axis_labels, truth: see
    `sweep.sweep`.
    """
    tables = [pd.read_csv(path) for path in (scores_path, best_path, differences_path)]
    kind = _first(tables[0])
    scores, best, differences = (
        table[_is_of(table, kind) | table["measure"].isna()] for table in tables
    )
    _save(sweep.sweep(scores, best, differences, axis_labels, truth), "sweep", out)


def draw_nulls(
    nulls_path: Path, networks_path: Path, scores_path: Path, shown: str, out: Mapping[str, Path]
) -> None:
    """Draw scores of null networks beside those of their point; out: ``nulls`` and ``nulls_svg``.

    nulls_path, networks_path, scores_path: nulls.csv, nulls_networks.csv and scores.csv;
    shown: see `draw_comparison`.
    """
    beside, networks, own = (pd.read_csv(path) for path in (nulls_path, networks_path, scores_path))
    kind = _first(own)
    own = own[own["point"].isin(beside["point"])]
    tables = (table[_is_of(table, kind)] for table in (beside, networks, own))
    _save(nulls.nulls(*tables), "nulls", out, shown)


def draw_bands(
    simulated_paths: Sequence[Path],
    target_paths: Sequence[Path],
    connectome_path: Path,
    scores_path: Path,
    point: str,
    shown: str,
    out: Mapping[str, Path],
) -> None:
    """Draw functional connectivity of all measures and bands; out: ``bands`` and ``bands_svg``.

    shown: see `draw_comparison`. Raises InputError if files are of another role or point.
    """
    labels = connectome.read(connectome_path).labels
    simulated = estimated.read(simulated_paths, "simulated", labels)
    target = estimated.read(target_paths, "target", labels)
    check.same(simulated_paths[0], "point", simulated.point, point)
    scores = pd.read_csv(scores_path)
    ours, theirs = (
        dict(zip(of.kinds, of.fc.mean(axis=1), strict=True)) for of in (simulated, target)
    )
    figure = connectivity.by_band(ours, theirs, labels, scores[scores["point"] == point])
    _save(figure, "bands", out, shown)


def draw_dynamics(
    simulated_paths: Sequence[Path],
    target_paths: Sequence[Path],
    connectome_path: Path,
    point: str,
    shown: str,
    out: Mapping[str, Path],
) -> None:
    """Draw functional connectivity dynamics of the first measure and band.

    The files have them; shown: see `draw_comparison`; out: ``dynamics`` and ``dynamics_svg``.
    Raises InputError if files are of another role or point.
    """
    labels = connectome.read(connectome_path).labels
    simulated = estimated.read(simulated_paths, "simulated", labels)
    target = estimated.read(target_paths, "target", labels)
    check.same(simulated_paths[0], "point", simulated.point, point)
    assert simulated.dynamics is not None
    assert target.dynamics is not None
    figure = dynamics.dynamics(simulated.dynamics[0], target.dynamics[0], simulated.kinds[0])
    _save(figure, "dynamics", out, shown)


def draw_fit(
    paths: Mapping,
    labels: Mapping[str, str],
    truth: Mapping[str, float],
    bounds: Mapping[str, Sequence[float]],
    held_out: Sequence[int],
    out: Mapping[str, Path],
) -> None:
    """Draw profiles of fitted parameters, and spectra and connectivity of what was held out.

    paths: of connectome, fit and theory (of the fitted point), and lists of connectivity and
    spectra: simulated, target, simulated_spectra and target_spectra; labels, truth, bounds: see
    `fit.fit`; held_out: replicates of the target; out: ``fit`` and ``fit_svg``.

    Raises InputError if files are of another role or point.
    """
    found = fitted.read(paths["fit"])
    structure = connectome.read(paths["connectome"])
    simulated = estimated.read(paths["simulated"], "simulated", structure.labels)
    target = estimated.read(paths["target"], "target", structure.labels).of(held_out)
    target = target.turned(found.signs)
    fc = {
        "target": np.nanmean(correlation.edges(target.fc[0]), axis=0),
        "fitted model": np.nanmean(correlation.edges(simulated.fc[0]), axis=0),
    }
    expected = predicted.over_length(paths["theory"], simulated.point, simulated.kinds[0])
    if np.isfinite(expected.fc).all():
        fc["theory"] = correlation.edges(expected.fc)
    ours = power.read(paths["simulated_spectra"], "simulated", structure.labels, power.WHOLE)
    theirs = power.read(paths["target_spectra"], "target", structure.labels, power.WHOLE)
    curves = {
        "target": _median(theirs.frequencies, theirs.of(held_out).power.mean(axis=0)),
        "fitted model": _median(ours.frequencies, ours.power.mean(axis=0)),
    }
    frequencies, of_theory = predicted.power(paths["theory"], simulated.point)
    inside = (frequencies >= power.WHOLE[0]) & (frequencies <= power.WHOLE[1])
    if np.isfinite(of_theory).all():
        curves["theory"] = _median(frequencies[inside], of_theory[:, inside])
    if theirs.recorded:  # whose scale is arbitrary
        scale = np.exp(
            np.mean(np.log(curves["fitted model"].power)) - np.mean(np.log(curves["target"].power))
        )
        curves["target"] = curves["target"]._replace(power=scale * curves["target"].power)
    figure = fit.fit(found, labels, truth, bounds, curves, fc, len(target.replicates))
    _save(figure, "fit", out)


def draw_planning(planning_path: Path, labels: Mapping[str, str], out: Mapping[str, Path]) -> None:
    """Draw expected standard errors; labels: see `planning.planning`; out: paths, ``planning`` and
    with ``_svg``.
    """
    _save(planning.planning(pd.read_csv(planning_path), labels), "planning", out)


def _median(frequencies: np.ndarray, of_regions: np.ndarray) -> fit.Curves:
    """Median power over regions (N, n)."""
    return fit.Curves(frequencies, np.median(of_regions, axis=0))


def _first(table: pd.DataFrame) -> Kind:
    """The first measure and band of a table."""
    row = table[table["measure"].notna()].iloc[0]
    return Kind(row["measure"], row["band"])


def _is_of(table: pd.DataFrame, kind: Kind) -> pd.Series:
    """Which rows are of a measure and band."""
    return (table["measure"] == kind.measure) & (table["band"] == kind.band)


def _of(table: pd.DataFrame, point: str, kind: Kind) -> pd.DataFrame:
    """Rows of one point, measure and band."""
    return table[(table["point"] == point) & _is_of(table, kind)]


def _save(figure: Figure, name: str, out: Mapping[str, Path], shown: str = "") -> None:
    """Write a figure, with the point of a sweep that it is of."""
    if shown:
        figure.suptitle(f"at {shown}", x=0.01, ha="left", **style.SMALL)
    style.save(figure, out[name], out[f"{name}_svg"])
