"""What came out of a run, in a few lines of text."""

import json
import textwrap
from pathlib import Path

from restmeg import bundled, settings, tables
from restmeg.scores import ANATOMY, LIKELIHOOD, SCORES
from restmeg.summary import answer, fitted, table, words

PAGES = ("summary.html", "report.html")
OF_SWEEP = ("best.csv", "differences.csv")
KEY = ["structure_function_coupling", "fc_match", "fc_match_ceiling", "leakage_null", "fc_distance"]
BEST = [LIKELIHOOD, "fc_distance"]  # which tell parameters
WIDTH = 90  # of a sentence's lines


def places(folder: Path) -> str:
    """Where to look, of what this study has."""
    results = folder / "results"
    path = results / "scores.csv"
    names = [name for name in PAGES if _is_current(results / name, path)]
    if path.exists():
        columns, rows = tables.read(path)
        names += ["fit.csv"] if _fit(folder) else []
        names += ["scores.csv", *(OF_SWEEP if tables.axes(columns) else ())]
        names += ["nulls.csv"] if _has_nulls(rows) else []
    found = [f"results/{name}" for name in [*names, "figures/"] if (results / name).exists()]
    return words.joined(found)


def _is_current(path, scores_path):
    """Whether there is a page that is not of an earlier run."""
    if not (path.exists() and scores_path.exists()):
        return path.exists()
    return path.stat().st_mtime >= scores_path.stat().st_mtime


def _has_nulls(rows):
    """Whether scores.csv has what null networks say: nulls.csv is then of the same run."""
    return any(row.get("null_n") for row in rows)


def scores(folder: Path) -> list[str]:
    """Lines that tell key scores, where a sweep is best, of nulls and notes; none without scores.

    They are of the first measure and band, and of a sweep at its best point.
    """
    path = folder / "results/scores.csv"
    if not path.exists():
        return []
    columns, found = tables.read(path)
    kind = answer.first_kind(found)
    rows = answer.of_kind(found, kind)
    labels = _labels(tables.axes(columns))
    point, by = answer.deciding(rows, rows[0]["point"], labels)
    lines = _of_point([row for row in rows if row["point"] == point])
    fit = _fit(folder)
    if fit:
        lines = [
            *fit,
            "",
            "Scores of the model as it is configured (results/simulated/fitted/ has",
            "those of the fitted one):",
            "",
            *lines,
        ]
    others = len(answer.kinds(found)) - 1
    if others:
        lines = [f"{kind.words} (and {others} more in results/scores.csv)", "", *lines]
    if labels:
        lines += ["", *_over_points(folder, rows, kind, labels, point, by)]
    if _has_nulls(found):
        lines += _nulls(folder, kind, labels, point)
    plain = (f"  {line}".rstrip() for line in lines)
    text = "\n".join(plain).replace("\N{MINUS SIGN}", "-").replace(words.SPACE, " ")
    return ["", *text.split("\n"), "", *_notes(folder)]


def _labels(axes):
    """{swept parameter: what to write for it, with its unit}."""
    schema = settings.load_schema(bundled.schema()) if axes else {}
    return {axis: settings.axis_label(axis, schema) for axis in axes}


def _of_point(rows):
    """The key scores and the best baseline, as far as there are any."""
    found = {row["score"]: table.in_words(row) for row in rows if row["score"] in SCORES}
    baselines = [one for one in found.values() if one["group"] == ANATOMY and one["finite"]]
    chosen = [found[name] for name in KEY if name in found]
    chosen += sorted(baselines, key=lambda one: -one["number"])[:1]
    lines = [["score", "value", "95 % interval", "n"]]
    lines += [[one["label"], one["value"], one["interval"], one["n"]] for one in chosen]
    return _aligned(lines)


def _over_points(folder, rows, kind, labels, point, by):
    """Which point that is, and the best values of parameters by scores that tell them."""
    n = len({row["point"] for row in rows})
    which = f"the best of {n} points by {SCORES[by].label}" if by else f"the first of {n} points"
    at = _at(next(row for row in rows if row["point"] == point), labels)
    lines = [f"at {at}, {which if n > 1 else 'the only point'}"]
    path = folder / "results/best.csv"
    best = answer.of_kind(tables.read(path)[1], kind) if path.exists() else []
    lines += filter(None, (table.best_values(best, rows, name, labels) for name in BEST))
    doubt = answer.contradiction(rows, best, labels)
    return [*lines, *textwrap.wrap(doubt, WIDTH)]


def _at(row, labels):
    """A point of a sweep in words."""
    return ", ".join(words.setting(label, row[axis]) for axis, label in labels.items())


def _fit(folder):
    """Fitted parameters, if the study that was run has any."""
    path, record = folder / "results/fit.csv", folder / "results/provenance.json"
    if not (path.exists() and record.exists()):
        return []
    asked = json.loads(record.read_text())["config"].get("fit", {}).get("parameters", {})
    schema = settings.load_schema(bundled.schema()) if asked else {}
    free = {key: settings.axis_label(key, schema) for key in asked}
    rows = [row for row in tables.read(path)[1] if row["parameter"] in free]
    return [f"Fitted: {fitted.in_words(row, free)}" for row in rows]


def _nulls(folder, kind, labels, point):
    """The FC match beside that of null networks, and of which point if it is another."""
    path = folder / "results/nulls.csv"
    rows = tables.read(path)[1] if path.exists() else []
    lines = []
    for row in rows:
        if (answer.kind_of(row), row["score"]) == (kind, "fc_match") and row["null_n"] != "0":
            at = f", at {_at(row, labels)}" if row["point"] != point else ""
            lines.append(f"{table.of_null(row)}{at}")
    return ["", *lines] if lines else []


def _notes(folder):
    path = folder / "results/scores_notes.csv"
    rows = tables.read(path)[1] if path.exists() else []
    if not rows:
        return []
    count = "1 note" if len(rows) == 1 else f"{len(rows)} notes"
    return [f"{count} on what was scored: results/scores_notes.csv"]


def _aligned(lines):
    """Rows of texts as lines: numbers to the right, the first column and counts not."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return [
        "   ".join(
            cell.rjust(width) if k in (1, 2) else cell.ljust(width)
            for k, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in lines
    ]
