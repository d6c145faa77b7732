"""Which results go into which figure: from files to pictures."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from restmeg import check, connectome, scoring, store
from restmeg.figures import activity, anatomy, connectivity, nulls, style, sweep
from restmeg.figures import scores as score_figures
from restmeg.scores import correlation, is_shown


def draw_activity(
    connectome_path: Path, activity_path: Path, sensors_path: Path, out: Mapping[str, Path]
) -> None:
    """Draw the connectome, and the start of the first replicate at regions and sensors.

    out: paths by name, ``connectome`` and ``traces`` as PNG, and each with ``_svg``.
    """
    structure = connectome.read(connectome_path)
    _save(
        anatomy.connectome(structure.weights, structure.distances, structure.labels),
        "connectome",
        out,
    )
    with (
        store.open_netcdf(activity_path, "time", "rate_E") as active,
        store.open_netcdf(sensors_path, "field", "sensor") as sensors,
    ):
        times = active["time"][...]
        shown = slice(0, int((times < times[0] + activity.SHOWN_MS).sum()))
        figure = activity.traces(
            times[shown],
            active["rate_E"][0, shown],
            structure.labels,
            sensors["field"][0, shown],
            sensors["sensor"][...],
        )
    _save(figure, "traces", out)


def draw_comparison(
    connectome_path: Path,
    simulated_paths: Sequence[Path],
    target_paths: Sequence[Path],
    tables: Sequence[Path],
    point: str,
    out: Mapping[str, Path],
) -> None:
    """Draw functional connectivity, its relation to structure, and the scores of one point.

    tables: paths of scores.csv, scores_replicates.csv and scores_notes.csv, in any order of points;
    out: paths by name, ``connectivity``, ``structure_function`` and ``scores`` as PNG, and each
    with ``_svg``.

    Raises InputError if files are of another role or point.
    """
    structure = connectome.read(connectome_path)
    simulated = scoring.read_fc(simulated_paths, "simulated", structure.labels)
    target = scoring.read_fc(target_paths, "target", structure.labels)
    check.same(simulated_paths[0], "point", simulated.point, point)
    measure = simulated.measures[0]
    summary, single, notes = (pd.read_csv(path) for path in tables)
    summary, single = (
        table[(table["point"] == point) & (table["measure"] == measure) & _shown(table)]
        for table in (summary, single)
    )
    notes = notes[notes["point"].isin([point, target.point])]
    figure = connectivity.connectivity(
        simulated.fc[0].mean(axis=0), target.fc[0].mean(axis=0), structure.labels, measure
    )
    _save(figure, "connectivity", out)
    figure = connectivity.structure_function(
        correlation.undirected(structure.weights), correlation.edges(simulated.fc[0]), summary
    )
    _save(figure, "structure_function", out)
    same = notes.groupby("note", sort=False)["about"]
    texts = [f"{', '.join(about.unique())}: {note}" for note, about in same]
    _save(score_figures.scores(single, summary, texts), "scores", out)


def draw_sweep(scores_path: Path, axis_labels: Mapping[str, str], out: Mapping[str, Path]) -> None:
    """Draw each score over the sweep; out: paths by name, ``sweep`` as PNG and ``sweep_svg``."""
    summary = pd.read_csv(scores_path)
    first = summary[(summary["measure"] == summary["measure"].iloc[0]) & _shown(summary)]
    _save(sweep.sweep(first, axis_labels), "sweep", out)


def draw_nulls(
    nulls_path: Path, networks_path: Path, scores_path: Path, out: Mapping[str, Path]
) -> None:
    """Draw scores of null networks beside those of their point; out: ``nulls`` and ``nulls_svg``.

    nulls_path, networks_path, scores_path: nulls.csv, nulls_networks.csv and scores.csv.
    """
    beside, networks, own = (pd.read_csv(path) for path in (nulls_path, networks_path, scores_path))
    own = own[own["point"].isin(beside["point"])]
    tables = (
        table[table["measure"] == own["measure"].iloc[0]] for table in (beside, networks, own)
    )
    _save(nulls.nulls(*tables), "nulls", out)


def _shown(table: pd.DataFrame) -> pd.Series:
    """Which rows are of scores that figures show."""
    return table["score"].map(is_shown)


def _save(figure: Figure, name: str, out: Mapping[str, Path]) -> None:
    style.save(figure, out[name], out[f"{name}_svg"])
