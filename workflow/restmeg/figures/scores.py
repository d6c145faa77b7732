"""The figure of the scores of one point."""

import textwrap
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from restmeg.figures import marks, style
from restmeg.scores import SCORES
from restmeg.scores.intervals import decimals
from restmeg.scores.standing import standing
from restmeg.summary.words import decimal

LIMIT = 1.05  # of an axis of correlations, as intervals may reach farther than these can
NOTES = 3  # that have room under a figure
COLUMN, LETTER = 1.25, 0.065  # inches
COUPLING, MATCH, DISTANCE = "structure_function_coupling", "fc_match", "fc_distance"
CEILING = "fc_match_ceiling"
# What stands beside the match, all in its scale, and what to write below it.
BESIDE = {
    CEILING: "ceiling",
    "leakage_null": "leakage alone",  # where there is an inverse
    "baseline_weights": "weights",
    "baseline_log_weights": "log weights",
    "baseline_distance": "minus distance",
}
BASELINES = [name for name in BESIDE if name.startswith("baseline")]


def mean_in_words(row: pd.Series) -> str:
    """A row of scores.csv in words."""
    if not np.isfinite(row["value"]):
        return "no finite value"
    value, low, high = (row[name] for name in ("value", "ci_low", "ci_high"))
    if not np.isfinite(low):
        return f"{decimal(value, 2)}, no interval"
    n = decimals(low, high)
    return f"mean {decimal(value, n)}, 95 % interval {_interval(low, high, n)}"


def _interval(low: float, high: float, digits: int) -> str:
    return f"[{decimal(low, digits)}, {decimal(high, digits)}]"


@style.look()
def scores(
    single: pd.DataFrame,
    summary: pd.DataFrame,
    notes: Sequence[str] = (),
    nulls: pd.DataFrame | None = None,
) -> Figure:
    """Coupling, match and distance of a point, with all that the match is to be held against.

    single: table of scores_replicates.csv, summary: of scores.csv, both of one point and measure;
    notes: what is wrong with what was scored, a few texts; nulls: of nulls_networks.csv, the same
    point and measure, if there are null networks.
    """
    rows = {row["score"]: row for _, row in summary.iterrows()}
    networks = {} if nulls is None else _by_kind(nulls[nulls["score"] == MATCH])
    beside = [name for name in BESIDE if name in rows]
    columns = np.array([1, 1 + len(beside) + len(networks), 1])
    widths = 0.75 + COLUMN * columns + [0.7, 0, 0.3]
    lines = _note_lines(notes, widths.sum())
    figure = style.new_figure(widths.sum(), 4.6 + 0.15 * len(lines))
    figure.get_layout_engine().set(w_pad=0.1)
    panels = figure.subplots(1, 3, width_ratios=widths)
    for axes, name in zip(panels, (COUPLING, MATCH, DISTANCE), strict=True):
        values = single.loc[single["score"] == name, "value"] if SCORES[name].is_mean else []
        _panel(axes, name, rows, np.asarray(values, float))
    _beside(panels[1], rows, networks)
    for axes, name in zip(panels, (COUPLING, MATCH, DISTANCE), strict=True):
        if name == DISTANCE:  # zero is what a true model has
            axes.axhline(0, color=style.LINE, linewidth=0.8, zorder=0)
        else:
            low, high = axes.get_ylim()
            axes.set_ylim(max(low, -LIMIT), min(high, LIMIT))
            marks.zero(axes)
    drawn = [rows[name] for name in (COUPLING, MATCH, DISTANCE, *beside)]
    _legend(figure, any(np.isfinite(row["expected"]) for row in drawn))
    if lines:
        figure.supxlabel("\n".join(lines), fontsize=8, x=0.01, ha="left")
    return figure


def _by_kind(nulls: pd.DataFrame) -> dict[str, np.ndarray]:
    """Values of null networks: {name of the null: (networks,)}."""
    kinds = nulls.groupby("null", sort=False)["value"]
    return {str(kind): values.dropna().to_numpy() for kind, values in kinds}


def _panel(axes: Axes, name: str, rows: Mapping[str, pd.Series], values: np.ndarray) -> None:
    """One score of the model. values: of replicates, if it is the mean of some."""
    score = SCORES[name]
    marks.distribution(axes, 0, values, style.SIMULATED)
    label = _column(axes, 0, rows[name], "model", style.SIMULATED)
    axes.set_xticks([0], [f"{label}\n{score.counted(rows[name]['n'])}"], fontsize=8)
    axes.set_xlim(-0.6, 0.6)
    axes.tick_params(axis="x", length=0)
    axes.set_title(score.label, loc="left")
    axes.set_ylabel(score.read_scale)
    sns.despine(ax=axes, bottom=True)


def _beside(axes: Axes, rows: Mapping[str, pd.Series], networks: Mapping[str, np.ndarray]) -> None:
    """Add what the match is to be held against to its panel."""
    _levels(axes, rows)
    axes.set_title(_verdict(rows), loc="right", color=style.ANATOMY, **style.SMALL)
    labels = [axes.get_xticklabels()[0].get_text()]
    for name in filter(rows.__contains__, BESIDE):
        label = BESIDE[name]
        labels.append(_column(axes, len(labels), rows[name], label, style.LINES[name][0]))
    for kind, values in networks.items():
        marks.distribution(axes, len(labels), values, style.NULL)
        count = f"{len(values)} network" + ("s" if len(values) != 1 else "")
        labels.append(f"{_folded(f'null {kind}')}\n{count}")
    axes.set_xticks(range(len(labels)), labels, fontsize=8)
    axes.set_xlim(-0.6, len(labels) - 0.4)


def _note_lines(notes: Sequence[str], width: float) -> list[str]:
    """The first notes in lines as long as a figure is wide, in inches."""
    lines = [
        line for note in notes[:NOTES] for line in textwrap.wrap(f"! {note}", int(width / LETTER))
    ]
    more = len(notes) - NOTES
    return [*lines, f"and {more} more in scores_notes.csv"] if more > 0 else lines


def _verdict(rows: Mapping[str, pd.Series]) -> str:
    """What of anatomy alone a model does not match the target better than."""
    match, *baselines = (
        tuple(rows[name][column] for column in ("value", "ci_low", "ci_high"))
        for name in (MATCH, *BASELINES)
    )
    found = standing(match, dict(zip(BASELINES, baselines, strict=True)))
    texts = [
        f"{words} {', '.join(BESIDE[name] for name in names)}"
        for words, names in (("worse than", found.below), ("not surely better than", found.unclear))
        if names
    ]
    return "; ".join(texts) or ("better than all of anatomy" if found.above else "")


def _column(axes: Axes, x: int, row: pd.Series, label: str, colour: str) -> str:
    """Draw one estimate with its interval, and theory beside it; give its label."""
    score = SCORES[row["score"]]
    value, low, high, expected = (
        score.read(row[name]) for name in ("value", "ci_low", "ci_high", "expected")
    )
    if np.isfinite(low):
        for width, line in ((5, "white"), (3, colour)):
            axes.plot([x, x], [low, high], color=line, linewidth=width)
    axes.scatter([x], [value], s=60, color=colour, edgecolor="white", zorder=3)
    if np.isfinite(expected):
        axes.scatter(
            [x + 0.3], [expected], s=45, marker="D", color=style.THEORY, edgecolor="white", zorder=3
        )
    if not np.isfinite(value):
        return f"{_folded(label)}\nnone"
    n = decimals(low, high)
    interval = _interval(low, high, n) if np.isfinite(low) else "no interval"
    return f"{_folded(label)}\n{decimal(value, n)}\n{interval}"


def _folded(label: str) -> str:
    """A label in lines that a column has room for."""
    return textwrap.fill(label, 14)


def _levels(axes: Axes, rows: Mapping[str, pd.Series]) -> None:
    """The ceiling with its interval, and the best of anatomy alone, over the whole panel."""
    low, high = rows[CEILING]["ci_low"], rows[CEILING]["ci_high"]
    if np.isfinite(low):
        axes.axhspan(low, high, color=style.TARGET, alpha=0.12, linewidth=0)
    for names in ([CEILING], BASELINES):
        finite = [name for name in names if np.isfinite(rows[name]["value"])]
        if finite:
            highest = max(finite, key=lambda name: rows[name]["value"])
            colour, dashes = style.LINES[highest]
            level = rows[highest]["value"]
            axes.axhline(level, color=colour, linewidth=1, linestyle=dashes, zorder=0)


def _legend(figure: Figure, with_theory: bool) -> None:
    mean = {"marker": "o", "ms": 8, "mec": "white", "lw": 3}
    dot, diamond = ({"marker": marker, "ls": "none"} for marker in "oD")
    handles = [
        Line2D([], [], color=style.SIMULATED, label="mean, 95 % interval", **mean),
        Line2D([], [], color=style.SIMULATED, alpha=0.35, ms=4, label="replicate, or pair", **dot),
    ]
    if with_theory:
        handles.append(Line2D([], [], color=style.THEORY, label="linear theory", **diamond))
    figure.legend(handles=handles, loc="outside upper right", ncols=3, frameon=False)
