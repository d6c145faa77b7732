"""Which results go into which figure: from files to pictures."""

import pandas as pd

from restmeg import check, connectome, figures, scoring, store
from restmeg.scores import correlation


def activity(connectome_path, activity_path, sensors_path, out):
    """Draw the connectome, and the start of the first replicate at regions and sensors.

    out: paths by name, ``connectome`` and ``traces`` as PNG, and each with ``_svg``.
    """
    anatomy = connectome.read(connectome_path)
    _save(figures.connectome(*anatomy), "connectome", out)
    with (
        store.open_netcdf(activity_path, "time", "rate_E") as active,
        store.open_netcdf(sensors_path, "field", "sensor") as sensors,
    ):
        times = active["time"][...]
        shown = slice(0, int((times < times[0] + figures.SHOWN_MS).sum()))
        figure = figures.traces(
            times[shown],
            active["rate_E"][0, shown],
            anatomy.labels,
            sensors["field"][0, shown],
            sensors["sensor"][...],
        )
    _save(figure, "traces", out)


def comparison(connectome_path, simulated_paths, target_paths, tables, point, out):
    """Draw functional connectivity, its relation to structure, and the scores of one point.

    tables: paths of scores.csv, scores_replicates.csv and scores_notes.csv, in any order of points;
    out: paths by name, ``connectivity``, ``structure_function`` and ``scores`` as PNG, and each
    with ``_svg``.

    Raises InputError if files are of another role or point.
    """
    anatomy = connectome.read(connectome_path)
    simulated = scoring.read_fc(simulated_paths, "simulated", anatomy.labels)
    target = scoring.read_fc(target_paths, "target", anatomy.labels)
    check.same(simulated_paths[0], "point", simulated.point, point)
    measure = simulated.measures[0]
    summary, single, notes = (pd.read_csv(path) for path in tables)
    summary, single = (
        table[(table["point"] == point) & (table["measure"] == measure)]
        for table in (summary, single)
    )
    notes = notes[notes["point"].isin([point, target.point])]
    figure = figures.connectivity(
        simulated.fc[0].mean(axis=0), target.fc[0].mean(axis=0), anatomy.labels, measure
    )
    _save(figure, "connectivity", out)
    figure = figures.structure_function(
        correlation.undirected(anatomy.weights), correlation.edges(simulated.fc[0]), summary
    )
    _save(figure, "structure_function", out)
    same = notes.groupby("note", sort=False)["about"]
    texts = [f"{', '.join(about.unique())}: {note}" for note, about in same]
    _save(figures.scores(single, summary, texts), "scores", out)


def sweep(scores_path, axis_labels, out):
    """Draw each score over the sweep; out: paths by name, ``sweep`` as PNG and ``sweep_svg``."""
    summary = pd.read_csv(scores_path)
    first = summary[summary["measure"] == summary["measure"].iloc[0]]
    _save(figures.sweep(first, axis_labels), "sweep", out)


def _save(figure, name, out):
    figures.save(figure, out[name], out[f"{name}_svg"])
