"""What came out of a run, in a few lines of text."""

from pathlib import Path

from restmeg import tables
from restmeg.scores import ANATOMY, LIKELIHOOD, SCORES
from restmeg.summary import answer, table, words

PLACES = ("summary.html", "report.html", "scores.csv", "figures/")
KEY = ["structure_function_coupling", "fc_match", "fc_match_ceiling", "fc_distance"]
BEST = [LIKELIHOOD, "fc_distance"]  # which tell parameters


def places(folder: Path) -> str:
    """Where to look, of what there is."""
    found = [f"results/{name}" for name in PLACES if _is_current(folder / "results", name)]
    return words.joined(found)


def _is_current(results, name):
    """Whether there is something to look at that is not of an earlier run."""
    path, tables_path = results / name, results / "scores.csv"
    if not path.exists() or name == "figures/" or not tables_path.exists():
        return path.exists()
    return path.stat().st_mtime >= tables_path.stat().st_mtime


def scores(folder: Path) -> list[str]:
    """Lines that tell the key scores, where a sweep is best, and of notes; none without scores.

    They are of the first measure, and of a sweep at its best point.
    """
    path = folder / "results/scores.csv"
    if not path.exists():
        return []
    columns, found = tables.read(path)
    measure = answer.first_measure(found)
    rows = answer.of_measure(found, measure)
    axes = columns[columns.index("point") + 1 : columns.index("measure")]
    point, by = answer.deciding(rows, rows[0]["point"], axes)
    lines = _of_point([row for row in rows if row["point"] == point])
    if axes:
        lines += ["", *_over_points(folder, rows, measure, axes, point, by)]
    plain = (f"  {line}".rstrip().replace("\N{MINUS SIGN}", "-") for line in lines)
    return ["", *plain, "", *_notes(folder)]


def _of_point(rows):
    """The key scores and the best baseline, as far as there are any."""
    found = {row["score"]: table.in_words(row) for row in rows if row["score"] in SCORES}
    baselines = [one for one in found.values() if one["group"] == ANATOMY and one["finite"]]
    chosen = [found[name] for name in KEY if name in found]
    chosen += sorted(baselines, key=lambda one: -one["number"])[:1]
    lines = [["score", "value", "95 % interval", "n"]]
    lines += [[one["label"], one["value"], one["interval"], one["n"]] for one in chosen]
    return _aligned(lines)


def _over_points(folder, rows, measure, axes, point, by):
    """Which point that is, and the best values of parameters by scores that tell them."""
    at = next(row for row in rows if row["point"] == point)
    named = ", ".join(f"{_short(axis)} {words.plain(at[axis])}" for axis in axes)
    n = len({row["point"] for row in rows})
    which = f"best by {SCORES[by].label}" if by else "the first"
    lines = [f"at {named}, {which} of {n} points"]
    path = folder / "results/best.csv"
    best = answer.of_measure(tables.read(path)[1], measure) if path.exists() else []
    names = {axis: _short(axis) for axis in axes}
    return [*lines, *filter(None, (table.best_values(best, rows, name, names) for name in BEST))]


def _short(axis):
    return axis.rsplit(".", 1)[-1]


def _notes(folder):
    path = folder / "results/scores_notes.csv"
    rows = tables.read(path)[1] if path.exists() else []
    if not rows:
        return []
    count = "1 note says" if len(rows) == 1 else f"{len(rows)} notes say"
    return [f"{count} what is wrong with what was scored: results/scores_notes.csv"]


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
