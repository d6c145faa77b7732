"""What came out of a run, in a few lines of text."""

import math
from pathlib import Path

from restmeg import tables
from restmeg.scores import SCORES, is_shown
from restmeg.scores.intervals import decimals

PLACES = ("summary.html", "report.html", "scores.csv", "figures/")


def places(folder: Path) -> str:
    """Where to look, of what there is."""
    found = [f"results/{name}" for name in PLACES if _is_current(folder / "results", name)]
    return ", ".join(found[:-1]) + " and " * (len(found) > 1) + found[-1] if found else ""


def _is_current(results, name):
    """Whether there is something to look at that is not of an earlier run."""
    path, tables_path = results / name, results / "scores.csv"
    if not path.exists() or name == "figures/" or not tables_path.exists():
        return path.exists()
    return path.stat().st_mtime >= tables_path.stat().st_mtime


def scores(folder: Path) -> list[str]:
    """Lines that tell the scores in results/scores.csv and of notes on them; none without it."""
    path = folder / "results/scores.csv"
    if not path.exists():
        return []
    columns, rows = tables.read(path)
    rows = [row for row in rows if is_shown(row["score"])]
    axes = columns[columns.index("point") + 1 : columns.index("measure")]
    points = {row["point"] for row in rows}
    lines = _over_points(rows, axes) if len(points) > 1 else _of_point(rows)
    return ["", *(f"  {line}".rstrip() for line in lines), "", *_notes(folder)]


def _of_point(rows):
    named = len({row["measure"] for row in rows}) > 1
    table = [["score", "value", "95 % interval", "n"]]
    for row in rows:
        low, high = _value(row, "ci_low"), _value(row, "ci_high")
        sure = math.isfinite(low)
        digits = decimals(low, high)
        interval = f"{low:.{digits}f} to {high:.{digits}f}" if sure else "none"
        value = f"{_value(row):.{digits}f}" if math.isfinite(_value(row)) else "none"
        table.append([_name(row, named), value, interval, row["n"]])
    return _aligned(table)


def _over_points(rows, axes):
    """The range of each score over the points of a sweep, and where it is highest."""
    named = len({row["measure"] for row in rows}) > 1
    table = [["score", "lowest", "highest", "highest at"]]
    for name in dict.fromkeys(_name(row, named) for row in rows):
        mine = [row for row in rows if _name(row, named) == name and math.isfinite(_value(row))]
        if mine:
            low, high = min(mine, key=_value), max(mine, key=_value)
            at = ", ".join(f"{axis.split('.')[-1]} {high[axis]}" for axis in axes)
            table.append([name, f"{_value(low):.3f}", f"{_value(high):.3f}", at])
        else:
            table.append([name, "none", "none", ""])
    points = len({row["point"] for row in rows})
    return [*_aligned(table), "", f"{points} points; the scores of each are in results/scores.csv."]


def _notes(folder):
    path = folder / "results/scores_notes.csv"
    rows = tables.read(path)[1] if path.exists() else []
    if not rows:
        return []
    count = "1 note says" if len(rows) == 1 else f"{len(rows)} notes say"
    return [f"{count} what is wrong with what was scored: results/scores_notes.csv"]


def _name(row, with_measure):
    label = SCORES[row["score"]].label
    return f"{label} ({row['measure']})" if with_measure else label


def _value(row, column="value"):
    return float(row[column] or "nan")


def _aligned(table):
    """Rows of texts as lines: numbers to the right, the first column and what is no number not."""
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    numbers = range(1, len(widths) - (table[0][-1] != "n"))
    return [
        "   ".join(
            cell.rjust(width) if k in numbers else cell.ljust(width)
            for k, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in table
    ]
