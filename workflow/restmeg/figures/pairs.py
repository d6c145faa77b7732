"""A sweep of many parameters, or of scattered points: two of them against each other at a time."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from restmeg.figures import maps, marks, style
from restmeg.scores import LIKELIHOOD, SCORES
from restmeg.scores.intervals import CURVATURE

CEILING = "fc_match_ceiling"
MATCH, ABOVE = "fc_match", "fc_distance"
SIDE = 10.4, 2.0, 3.6  # inches of all panels, and of one at least and at most
MARGIN = 0.08  # of a parameter's range beside it
TICKS = 4
BEST = {"color": style.BEST, "marker": "o", "mfc": "none", "mew": 2.4, "ls": "none"}
ALIKE = BEST | {"mew": 1.1}
ESTIMATE = {"color": style.BEST, "marker": "+", "ms": 9, "mew": 2, "lw": 2}
TRUTH = {"color": style.INK, "marker": "D", "ms": 9, "mfc": "none", "mew": 1.6, "ls": "none"}
NOTHING = {"color": style.LINE, "marker": "x", "ms": 4, "ls": "none"}
THEORY = {"color": style.THEORY, "marker": "_", "ls": "none"}


def pairs(
    tables: Mapping[str, pd.DataFrame],
    scales: Mapping[str, str],
    best: pd.DataFrame,
    differences: pd.DataFrame,
    axis_labels: Mapping[str, str],
    truth: Mapping[str, Any],
) -> Figure:
    """Points of a sweep by two parameters at a time, dark where a score is good.

    Below the diagonal their log likelihood, or without any their FC match, above it their FC
    distance; of points at one place the best is seen. On it the FC match over each parameter, with
    its ceiling, what linear theory expects, and the interval of the best value. What has no value
    is a small cross. Other arguments as of `maps.maps`, whose marks have the same meaning.
    """
    axes_of = [_Axis(name, label, tables[MATCH][name]) for name, label in axis_labels.items()]
    below = LIKELIHOOD if np.isfinite(tables[LIKELIHOOD]["value"]).any() else MATCH
    n = len(axes_of)
    side = float(np.clip(SIDE[0] / n, *SIDE[1:]))
    figure = style.new_figure(n * side + 2.6, n * side + 0.8)
    panels = figure.subplots(n, n, squeeze=False)
    shown: dict[str, Line2D] = {}
    for name in dict.fromkeys((below, ABOVE)):
        table = tables[name].sort_values("value", key=lambda x: SCORES[name].sign * x)
        cells = [
            (i, j) for i in range(n) for j in range(n) if (i > j) == (name == below) and i != j
        ]
        found = best[best["score"] == name].set_index("parameter")
        alike = maps.alike(differences[differences["score"] == name])
        for i, j in cells:
            x, y = axes_of[j], axes_of[i]
            points = _points(panels[i, j], table, x, y, name, alike, shown)
            _estimate(panels[i, j], found, x, y, shown)
            if x.name in truth and y.name in truth:
                _truth(panels[i, j], x.place(truth[x.name]), y.place(truth[y.name]), shown)
        where = "below" if name == below else "above"
        if cells and points is not None:
            label = f"{SCORES[name].label} ({where} the diagonal)\n{scales[name]}"
            label += " (root scale)" if SCORES[name].is_sum else ""
            bar = figure.colorbar(points, ax=panels, label=label, shrink=0.6, pad=0.02, aspect=30)
            bar.outline.set_linewidth(0)
    deciding = best[best["score"] == below].set_index("parameter")
    for k, axis in enumerate(axes_of):
        _match(panels[k, k], tables, axis, deciding, truth, shown)
    for (i, j), axes in np.ndenumerate(panels):
        _frame(axes, axes_of[j], axes_of[i], i, j, n)
    handles = list(shown.values())
    figure.legend(handles=handles, loc="outside lower center", ncols=min(4, n + 1), frameon=False)
    return figure


class _Axis:
    """A parameter as a side of panels: numbers, or words one after the other."""

    def __init__(self, name: str, label: str, values: pd.Series) -> None:
        self.name, self.label = name, label
        numeric = pd.api.types.is_numeric_dtype(values)
        self.words = [] if numeric else list(dict.fromkeys(values))
        self.is_log = numeric and marks.is_log(values.to_numpy())
        places = self.place(values)
        low, high = places.min(), places.max()
        if self.is_log:
            wide = (high / low) ** MARGIN
            self.limits = low / wide, high * wide
        else:
            wide = MARGIN * (high - low) or 1.0
            wide = 0.6 if self.words else wide
            self.limits = low - wide, high + wide

    def place(self, values: Any) -> Any:
        """Where values are; NaN for a word that no point has."""
        if not self.words:
            return values
        if isinstance(values, str):
            return self.words.index(values) if values in self.words else np.nan
        return values.map(self.words.index)


def _points(axes, table, x, y, name, alike, shown):
    """Points in the colours of a score; None if it has no finite value."""
    size = float(np.clip(4000 / len(table), 8, 90))
    finite = np.isfinite(table["value"])
    left = table[~finite]
    if len(left):
        axes.plot(x.place(left[x.name]), y.place(left[y.name]), zorder=1.5, **NOTHING)
        shown["nothing"] = Line2D([], [], label="no finite value", **(NOTHING | {"ms": 6}))
    table = table[finite]
    if not len(table):
        return None
    colours, norm, _ = maps.shades(table["value"].to_numpy(), name)
    found = axes.scatter(
        x.place(table[x.name]), y.place(table[y.name]), s=size, c=table["value"], cmap=colours,
        norm=norm, linewidth=0.3, edgecolor="white", zorder=2,
    )  # fmt: skip
    if SCORES[name].direction:
        ring = np.sqrt(size) + 4
        near = table[table["point"].isin(alike)]
        for label, rows, look in (
            ("not surely worse", near, ALIKE),
            ("best point", table.iloc[-1:], BEST),
        ):
            if len(rows):
                places = x.place(rows[x.name]), y.place(rows[y.name])
                axes.plot(*places, ms=ring, zorder=4, **look)
                shown[label] = Line2D([], [], label=label, ms=9, **look)
    return found


def _estimate(axes, found, x, y, shown):
    """The likeliest values between points, with their intervals. found: by parameter."""
    if not {x.name, y.name} <= set(found.index):
        return
    row, other = found.loc[x.name], found.loc[y.name]
    if row["interval"] != CURVATURE or x.words or y.words:
        return
    axes.plot(row["value"], other["value"], zorder=5, **ESTIMATE)
    axes.plot([row["ci_low"], row["ci_high"]], [other["value"]] * 2, **(ESTIMATE | {"marker": ""}))
    axes.plot(
        [row["value"]] * 2, [other["ci_low"], other["ci_high"]], **(ESTIMATE | {"marker": ""})
    )
    shown["estimate"] = Line2D([], [], label="most likely, 95 % interval", **ESTIMATE)


def _truth(axes: Axes, x: float, y: float, shown: dict[str, Line2D]) -> None:
    """A mark at the true values."""
    if np.isfinite([x, y]).all():
        axes.plot(x, y, zorder=6, **(TRUTH | {"color": "white", "mew": 3.2}))
        axes.plot(x, y, zorder=6, **TRUTH)
        shown["truth"] = Line2D([], [], label="truth", **TRUTH)


def _match(axes, tables, axis, deciding, truth, shown):
    """The FC match over one parameter."""
    table, ceiling = tables[MATCH], tables[CEILING].iloc[0]
    places = axis.place(table[axis.name])
    size = float(np.clip(120 / np.sqrt(len(table)), 2, 6))
    dots = {"color": style.SIMULATED, "marker": "o", "ls": "none", "mew": 0}
    axes.plot(places, table["value"], ms=size, alpha=0.7, zorder=2, **dots)
    shown["match"] = Line2D([], [], label="FC match", ms=5, **dots)
    if np.isfinite(table["expected"]).any():
        axes.plot(places, table["expected"], ms=size + 2, alpha=0.7, zorder=1.8, **THEORY)
        shown["theory"] = Line2D([], [], label="linear theory", ms=9, **(THEORY | {"mew": 2}))
    if np.isfinite(ceiling["value"]):
        colour, dashes = style.LINES[CEILING]
        axes.axhline(ceiling["value"], color=colour, ls=dashes, lw=1.5, zorder=1)
        shown["ceiling"] = Line2D([], [], color=colour, ls=dashes, label="ceiling of the match")
    if np.isfinite(ceiling["ci_low"]):
        axes.axhspan(
            ceiling["ci_low"], ceiling["ci_high"], color=style.TARGET, alpha=0.12, linewidth=0
        )
    heights = np.r_[table["value"], table["expected"], ceiling["value"]]
    heights = heights[np.isfinite(heights)]
    if len(heights):  # an interval of the ceiling may be much wider
        wide = MARGIN * np.ptp(heights) or 0.1
        axes.set_ylim(heights.min() - wide, heights.max() + wide)
    if axis.name in deciding.index:
        row = deciding.loc[axis.name]
        axes.axvline(row["value"], color=style.BEST, lw=1.2, zorder=1.2)
        if np.isfinite(row["ci_low"]):
            axes.axvspan(row["ci_low"], row["ci_high"], color=style.BEST, alpha=0.15, linewidth=0)
    if axis.name in truth and np.isfinite(axis.place(truth[axis.name])):
        axes.axvline(axis.place(truth[axis.name]), color=style.INK, lw=1.2, ls=":", zorder=1.3)


def _frame(axes: Axes, x: _Axis, y: _Axis, i: int, j: int, n: int) -> None:
    """Limits, ticks and what sides are called: names at the left and below alone."""
    for side, axis, outer in ((axes.xaxis, x, i == n - 1), (axes.yaxis, y, j == 0)):
        if side is axes.yaxis and i == j:
            axes.tick_params(axis="y", labelsize=7)
            axes.set_title("FC match", loc="left", **(style.SMALL | {"color": style.SIMULATED}))
            if i == 0:
                axes.set_ylabel("FC match")
            continue
        if axis.is_log:
            (axes.set_xscale if side is axes.xaxis else axes.set_yscale)("log")
        (axes.set_xlim if side is axes.xaxis else axes.set_ylim)(*axis.limits)
        _ticks(side, axis, outer)
        if outer:
            side.set_label_text(axis.label)


def _ticks(side: Any, axis: _Axis, outer: bool) -> None:
    """Few ticks, and what they say on the outer sides."""
    if axis.words:
        side.set_ticks(range(len(axis.words)), axis.words if outer else [""] * len(axis.words))
        return
    if axis.is_log:
        places: Sequence = marks.log_ticks(*axis.limits)
    else:
        places = marks.ticks(*axis.limits, TICKS)
    side.set_ticks(places, [f"{x:g}" if outer else "" for x in places])
    side.set_ticks([], minor=True)
