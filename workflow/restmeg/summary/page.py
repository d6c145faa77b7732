"""The summary of a study: one page of HTML that can be sent as it is.

It holds the scores, what is wrong with them, the figures with this study's numbers in their
captions, and what was set. There is no clock, no host and no script in it.
"""

import base64
import importlib.metadata
import math
import platform
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from restmeg import connectome, disk, store, tables
from restmeg.measures import MEASURES
from restmeg.scores import SCORES, is_shown
from restmeg.scores.intervals import decimals
from restmeg.summary import captions
from restmeg.version import __version__

TEMPLATE = "summary.html.j2"
PACKAGES = ["numpy", "numba", "netCDF4", "pandas", "matplotlib", "seaborn", "snakemake"]
ALL_POINTS = 24  # of a sweep that are listed one by one
BEST = 5  # of more, for each score
NOTES = 12  # different ones that are listed
PIXEL = 96 / 150  # of the page over one of a figure, so that it has its own size in inches
WIDE = 960  # pixels: a figure that may be wider than the text, where the screen is
SPACE = "\N{NO-BREAK SPACE}"  # between a number and its unit


def texts(figures: Sequence[str]) -> list[str]:
    """What the page is made with besides results: its template, and captions of some figures."""
    return [(captions.REPORT / TEMPLATE).read_text(), *captions.texts(figures)]


def write(paths: Mapping, study: Mapping, settings: Sequence[Sequence[str]], path: Path) -> None:
    """Write the page.

    paths: of connectome, leadfield, scores and notes (scores_notes.csv), of the connectivity of
        the shown point and the target (lists ``simulated`` and ``target``) and of ``figures``,
        PNG files whose names are those of their captions; ``nulls``, a list of nulls.csv or
        nothing.
    study: ``point``, the shown one's name; ``shown``, what it is of a sweep in words; ``axes``,
        {column of a swept parameter: what to write for it}; ``truth``, {the same: its value in the
        synthetic target}; ``recorded``, whether the target is a recording; ``speed`` (mm/ms); and
        ``dt``, ``duration``, ``transient`` and ``sampling_interval`` (ms).
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
    _, rows = tables.read(paths["scores"])
    scores = [_score(row, study["axes"]) for row in rows if is_shown(row["score"])]
    _place_bars(scores)
    run = _run(paths, study, scores)
    page = environment.get_template(TEMPLATE).render(
        run=run,
        study=study,
        points=_points(scores, study),
        notes=_notes(paths["notes"]),
        figures=[_figure(Path(figure), run, study["shown"]) for figure in paths["figures"]],
        settings=settings,
        versions=_versions(),
    )
    with disk.whole(path) as partial:
        partial.write_text(page, encoding="utf-8")


def _run(paths: Mapping, study: Mapping, scores: list[dict]) -> dict:
    """This study's numbers as texts, for captions and the page."""
    anatomy = connectome.read(paths["connectome"])
    n_regions = len(anatomy.labels)
    connected = anatomy.weights > 0
    connected[range(n_regions), range(n_regions)] = False
    lengths = anatomy.distances[connected]
    measure = scores[0]["measure"]
    of_shown = [score for score in scores if score["point"] == study["point"]]
    first = [score for score in scores if score["measure"] == measure]
    return {
        "regions": n_regions,
        "pairs": n_regions * (n_regions - 1) // 2,
        "connections": len(lengths),
        "density": f"{100 * len(lengths) / (n_regions * (n_regions - 1)):.3g} %",
        "shortest": f"{lengths.min():.3g}",
        "longest": f"{lengths.max():.3g}",
        "delay": f"{lengths.max() / study['speed']:.3g}",
        "speed": f"{study['speed']:.4g}",
        "sensors": _size(paths["leadfield"], "gain", "sensor"),
        "simulated": sum(_size(path, "fc", "replicate") for path in paths["simulated"]),
        "target": sum(_size(path, "fc", "replicate") for path in paths["target"]),
        "recorded": study["recorded"],
        "duration": _time(study["duration"]),
        "recorded_time": _time(study["duration"] - study["transient"]),
        "transient": _time(study["transient"]) if study["transient"] else "",
        "dt": _time(study["dt"]),
        "sampling_interval": _time(study["sampling_interval"]),
        "measure": MEASURES[measure].label,
        "measures": len({score["measure"] for score in scores}),
        "points": len({score["point"] for score in scores}),
        "scores": of_shown,
        "coupling": next(s for s in of_shown if s["name"] == "structure_function_coupling"),
        "highest": _highest(scores),
        "highest_first": _highest(first),
        "nulls": [words for path in paths.get("nulls", ()) for words in _nulls(path)],
        "truth": ", ".join(
            setting(study["axes"][key], value) for key, value in study["truth"].items()
        ),
    }


def _size(path: Path, variable: str, dimension: str) -> int:
    with store.open_netcdf(path, variable) as dataset:
        return dataset.dimensions[dimension].size


def _time(ms: float) -> str:
    return f"{ms / 1000:.6g}{SPACE}s" if ms >= 1000 else f"{ms:.6g}{SPACE}ms"


def setting(label: str, value: Any) -> str:
    """A parameter and its value: "conduction speed 10 mm/ms" of "conduction speed (mm/ms)"."""
    name, _, unit = label.rstrip(")").partition(" (")
    if isinstance(value, list):
        return f"{name} of one value per region"
    return f"{name} {_number(value)}" + (f"{SPACE}{unit}" if unit else "")


def _number(value: Any) -> str:
    try:
        return f"{float(value):.6g}"
    except ValueError:
        return str(value)


def _decimal(number: float, digits: int) -> str:
    """A score in so many decimals."""
    rounded = f"{number:.{digits}f}"
    return (rounded if float(rounded) else f"{0:.{digits}f}").replace("-", "\N{MINUS SIGN}")


def _score(row: Mapping[str, str], axes: Mapping[str, str]) -> dict:
    """A row of scores.csv in words."""
    value, low, high = (float(row[name]) for name in ("value", "ci_low", "ci_high"))
    finite, sure = math.isfinite(value), math.isfinite(low)
    digits = decimals(low, high)
    interval = f"{_decimal(low, digits)} to {_decimal(high, digits)}" if sure else ""
    counted = SCORES[row["score"]].counted(int(row["n"]))
    if not finite:
        words = "no finite value"
    else:
        sureness = f"95{SPACE}% interval {interval}" if sure else "no interval"
        words = f"{_decimal(value, digits)} ({sureness}, {counted})"
    return {
        "point": row["point"],
        "measure": row["measure"],
        "name": row["score"],
        "label": SCORES[row["score"]].label,
        "meaning": SCORES[row["score"]].meaning,
        "number": value if finite else -math.inf,
        "finite": finite,
        "ends": (low, high) if sure else (value, value),
        "value": _decimal(value, digits) if finite else "none",
        "interval": interval or "none",
        "n": counted,
        "words": words,
        "at": ", ".join(setting(label, row[axis]) for axis, label in axes.items()),
        "values": [_number(row[axis]) for axis in axes],
    }


def _place_bars(scores: list[dict]) -> None:
    """Give each score the places of its value and interval on one scale, in percent of it."""
    ends = [end for score in scores if score["finite"] for end in score["ends"]]
    low, high = min([0.0, *ends]), max([0.0, *ends])
    margin = 0.05 * (high - low) or 1.0

    def place(x: float) -> float:
        return round(100 * (x - low + margin) / (high - low + 2 * margin), 2)

    for score in scores:
        score["bar"] = None
        if score["finite"]:
            start, end = map(place, score["ends"])
            bar = {"start": start, "width": round(end - start, 2), "middle": place(score["number"])}
            score["bar"] = {"zero": place(0.0), **bar}


def _highest(scores: list[dict]) -> list[dict]:
    """Of each measure and score the point where it is highest, the first of equals."""
    best: dict[tuple, dict] = {}
    for score in scores:
        key = (score["measure"], score["name"])
        if key not in best or score["number"] > best[key]["number"]:
            best[key] = score
    return list(best.values())


def _points(scores: list[dict], study: Mapping) -> dict:
    """The points of a sweep as a table: all of them, or the best of each score where many."""
    kinds = list(dict.fromkeys((score["measure"], score["name"]) for score in scores))
    rows: dict[str, dict] = {}
    for score in scores:
        row = rows.setdefault(score["point"], {"values": score["values"], "scores": {}})
        row["scores"][score["measure"], score["name"]] = score
    kept = set(rows)
    if len(rows) > ALL_POINTS:
        kept = set()
        for kind in kinds:
            order = sorted(rows, key=lambda name: -rows[name]["scores"][kind]["number"])
            kept |= set(order[:BEST])
    best = {(score["measure"], score["name"]): score for score in _highest(scores)}
    several = len({measure for measure, _ in kinds}) > 1
    return {
        "total": len(rows),
        "best": BEST if len(kept) < len(rows) else 0,
        "axes": list(study["axes"].values()),
        "heads": [
            SCORES[name].label + (f" ({measure})" if several else "") for measure, name in kinds
        ],
        "rows": [
            {
                "values": row["values"],
                "scores": [row["scores"][kind] for kind in kinds],
                "best": [row["scores"][kind] is best[kind] for kind in kinds],
            }
            for name, row in rows.items()
            if name in kept
        ],
    }


def _nulls(path: Path) -> list[str]:
    """What null networks say of the shown scores of the first measure, in words."""
    _, rows = tables.read(path)
    return [
        f"{SCORES[row['score']].label} {_decimal(float(row['value']), 2)} against "
        f"{row['null_n']} of '{row['null']}'"
        + (f", z = {_decimal(float(row['null_z']), 2)}" if row["null_z"] else "")
        + (f", p = {float(row['null_p']):.2g}" if row["null_p"] else "")
        for row in rows
        if is_shown(row["score"]) and row["measure"] == rows[0]["measure"]
    ]


def _notes(path: Path) -> dict:
    """What is wrong with what was scored, each text once, and how many more there are."""
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
