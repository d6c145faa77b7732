"""The summary of a study: one page of HTML that can be sent as it is.

It begins with the answer, and holds all scores, notes on them, the figures with this study's
numbers in their captions, and what was set. There is no clock, no host and no script in it.
"""

import base64
import importlib.metadata
import platform
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path

from restmeg import connectome, disk, store, tables
from restmeg.scores import SCORES
from restmeg.summary import answer, captions, expectation, fitted, table
from restmeg.summary.words import SPACE, duration, setting
from restmeg.version import __version__

TEMPLATE = "summary.html.j2"
PACKAGES = ["numpy", "numba", "netCDF4", "pandas", "matplotlib", "seaborn", "snakemake"]
NOTES = 12  # different ones that are listed
PIXEL = 96 / 150  # of the page over one of a figure, so that it has its own size in inches
WIDE = 960  # pixels: a figure that may be wider than the text, where the screen is


def texts(figures: Sequence[str]) -> list[str]:
    """What the page is made with besides results: its template, and captions of some figures."""
    return [(captions.REPORT / TEMPLATE).read_text(), *captions.texts(figures)]


def write(paths: Mapping, study: Mapping, settings: Sequence[Sequence[str]], path: Path) -> None:
    """Write the page.

    paths: of connectome, leadfield, scores, notes (scores_notes.csv) and theory (theory.nc of the
        shown point), of the connectivity of the shown point and the target (lists ``simulated`` and
        ``target``) and of ``figures``, PNG files whose names are those of their captions; lists
        ``best`` and ``nulls`` of best.csv and nulls.csv or nothing, the latter may be missing, and
        ``fit``, see `fitted.of`.
    study: ``point``, the shown one's name; ``shown``, what it is of a sweep in words; ``axes``,
        {column of a swept parameter: what to write for it}; ``truth``, {the same: its value in the
        synthetic target}; ``otherwise``, {what to write: value} of what the target has beside the
        sweep that the model has not; ``recorded``, of a recording its replicates, samples of each
        and Hz, else None; ``length``, of the replicates that are compared (ms); ``speed``
        (mm/ms); and ``dt``, ``duration``, ``transient`` and
        ``sampling_interval`` (ms).
        And what `fitted.of` asks for.
    settings: from `deviations.of`.
    """
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(captions.REPORT),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    _, scores = tables.read(paths["scores"])
    scores = [row for row in scores if row["score"] in SCORES]
    best_rows, nulls = (
        [row for one in paths.get(name, ()) for row in tables.read(one)[1]]
        for name in ("best", "nulls")
    )
    first = answer.of_kind(scores, answer.first_kind(scores))
    point, by = answer.deciding(first, study["point"], study["axes"])
    of_point = [row for row in first if row["point"] == point]
    fit = fitted.of(paths.get("fit", ()), study)
    run = _run(paths, study, scores, best_rows, nulls)
    run |= {"fitted": fit.get("words", []), "by_simulation": study["by_simulation"]}
    page = environment.get_template(TEMPLATE).render(
        run=run,
        study=study,
        answer=[*filter(None, [fit.get("sentence")])]
        + answer.sentences(scores, best_rows, nulls, study),
        fit=fit,
        point=_point(of_point[0], study),
        by=SCORES[by].label if by else "",
        groups=table.groups(of_point),
        points=table.over_points(first, study["axes"]),
        kinds=table.over_kinds([row for row in scores if row["point"] == point]),
        notes=_notes(paths["notes"]),
        figures=[_figure(Path(figure), run, study["shown"]) for figure in paths["figures"]],
        settings=settings,
        versions=_versions(),
    )
    with disk.whole(path) as partial:
        partial.write_text(page, encoding="utf-8")


def _point(row, study):
    """A point of the sweep in words."""
    return ", ".join(setting(label, row[axis]) for axis, label in study["axes"].items())


def _run(paths: Mapping, study: Mapping, scores: list, best_rows: list, nulls: list) -> dict:
    """This study's numbers as texts, for captions and the page."""
    anatomy = connectome.read(paths["connectome"])
    n_regions = len(anatomy.labels)
    connected = anatomy.weights > 0
    connected[range(n_regions), range(n_regions)] = False
    lengths = anatomy.distances[connected]
    latest = lengths.max() / study["speed"]
    kind = answer.first_kind(scores)
    first = answer.of_kind(scores, kind)
    of_shown = [table.in_words(row) for row in first if row["point"] == study["point"]]
    return {
        "regions": n_regions,
        "pairs": n_regions * (n_regions - 1) // 2,
        "connections": len(lengths),
        "density": f"{100 * len(lengths) / (n_regions * (n_regions - 1)):.3g} %",
        "shortest": f"{lengths.min():.3g}",
        "longest": f"{lengths.max():.3g}",
        "delay": f"{latest:.3g}" if latest < 100 else f"{latest:.0f}",
        "speed": f"{study['speed']:.4g}",
        "sensors": _size(paths["leadfield"], "gain", "sensor"),
        "simulated": sum(_size(path, "fc", "replicate") for path in paths["simulated"]),
        "target": sum(_size(path, "fc", "replicate") for path in paths["target"]),
        "recorded": bool(study["recorded"]),
        "recording": _recording(study["recorded"]) if study["recorded"] else "",
        "duration": duration(study["duration"]),
        "recorded_time": duration(study["length"]),
        "transient": duration(study["transient"]) if study["transient"] else "",
        "dt": duration(study["dt"]),
        "sampling_interval": duration(study["sampling_interval"]),
        "measure": kind.words,
        "kinds": len(answer.kinds(scores)),
        "points": len({row["point"] for row in scores}),
        "scores": {score["name"]: score for score in of_shown},
        "best": _best(first, answer.of_kind(best_rows, kind), study),
        "theory": expectation.of(paths["theory"], study["point"], kind),
        "nulls": [table.of_null(row) for row in nulls if answer.is_told(row, kind)],
        "truth": ", ".join(
            setting(label, value)
            for label, value in {
                **{study["axes"][key]: value for key, value in study["truth"].items()},
                **(study["otherwise"] if study["truth"] else {}),
            }.items()
        ),
    }


def _best(rows, best_rows, study):
    """Where each score that figures show over the sweep is best, in words."""
    axes = study["axes"]
    found = (table.best_values(best_rows, rows, name, axes) for name in table.OVER_POINTS)
    return [*filter(None, found)]


def _size(path: Path, variable: str, dimension: str) -> int:
    with store.open_netcdf(path, variable) as dataset:
        return dataset.dimensions[dimension].size


def _recording(recorded: tuple) -> str:
    """A recording by its replicates, their length and its sampling rate, in words."""
    n, n_samples, hertz = recorded
    whole = "one recording of" if n == 1 else f"a recording of {n} replicates of"
    return f"{whole} {duration(1000 * n_samples / hertz)} at {hertz:.6g}{SPACE}Hz"


def _notes(path: Path) -> dict:
    """Notes on what was scored, each text once, and how many more there are."""
    _, rows = tables.read(path)
    found: dict[str, tuple[dict, dict]] = {}
    for row in rows:
        about, points = found.setdefault(row["note"], ({}, {}))
        about[row["about"]] = points[row["point"]] = None
    listed = [
        {"about": ", ".join(about), "note": note, "points": len(points)}
        for note, (about, points) in found.items()
    ]
    return {"listed": listed[:NOTES], "more": max(0, len(listed) - NOTES)}


def _figure(path: Path, run: Mapping, shown: str) -> dict:
    """A figure as an address that holds it, its size, and its caption."""
    data = path.read_bytes()
    width, height = struct.unpack(">II", data[16:24])  # of a PNG's first chunk
    (source,) = captions.texts([path.stem])
    caption = captions.render(source, run, shown)
    return {
        "name": path.stem,
        "source": "data:image/png;base64," + base64.b64encode(data).decode(),
        "width": round(width * PIXEL),
        "height": round(height * PIXEL),
        "wide": width * PIXEL > WIDE,
        "caption": caption,
        "words": captions.plain(caption),
    }


def _versions() -> list[tuple[str, str]]:
    found = [("restmeg", __version__), ("Python", platform.python_version())]
    for package in PACKAGES:
        try:
            found.append((package, importlib.metadata.version(package)))
        except importlib.metadata.PackageNotFoundError:
            continue
    return found
