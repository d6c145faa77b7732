"""The figure of scores over a sweep: curves, or maps of two swept parameters."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from restmeg.figures import maps, marks, pairs, style
from restmeg.fourier import REDUNDANCY
from restmeg.scores import LIKELIHOOD, LOWEST, SCORES
from restmeg.scores.intervals import CURVATURE
from restmeg.scores.student import quantile
from restmeg.summary import words

CURVES = ["fc_match", "fc_distance", LIKELIHOOD, "structure_function_coupling"]
CEILING = "fc_match_ceiling"
LIKELIHOOD_SCALE = "difference to the best\nper target replicate"
NUMBERS = ["value", "ci_low", "ci_high"]
MARGIN = 0.05  # of a sweep's range beside it
SHADES = ["#9fcbe3", style.SIMULATED, "#0b2233"]  # from light to dark


@style.look()
def sweep(
    summary: pd.DataFrame,
    best: pd.DataFrame,
    differences: pd.DataFrame,
    axis_labels: Mapping[str, str],
    truth: Mapping[str, Any],
) -> Figure:
    """Match, distance, likelihood and coupling over the swept parameters.

    A grid of two numbers makes a map of each. More parameters, or points that are no grid, are
    shown two at a time. Else there are curves over the first parameter that is a number, one for
    each setting of the other.

    summary: table of scores.csv of one measure, with the likelihood; best: table of best.csv, the
    same; differences: of differences.csv, the same; axis_labels: {its column of a swept parameter:
    what to write for it}; truth: {the same: its value in the synthetic target}.
    """
    numbers = [axis for axis in axis_labels if pd.api.types.is_numeric_dtype(summary[axis])]
    known = {axis: x for axis, x in truth.items() if isinstance(x, int | float)}
    varied = {a: label for a, label in axis_labels.items() if summary[a].nunique() > 1}
    several = [axis for axis in numbers if axis in varied]
    tables = {name: readable(summary[summary["score"] == name]) for name in [*CURVES, CEILING]}
    scales = {name: scale(name) for name in CURVES}
    is_grid = summary["point"].nunique() == math.prod(summary[a].nunique() for a in varied)
    if len(varied) > 2 or (not is_grid and len(several) > 1):
        return pairs.pairs(tables, scales, best, differences, varied, truth)
    if len(several) == 2:
        shown = {name: tables[name] for name in CURVES}
        ceiling = tables[CEILING].iloc[0]["value"]
        return maps.maps(shown, scales, best, differences, varied, known, ceiling)
    first = next(iter([*several, *numbers, *axis_labels]))
    return _curves(tables, best, first, axis_labels, known)


def readable(table: pd.DataFrame) -> pd.DataFrame:
    """Values of one score over points, as figures show them.

    Of a squared distance the signed root; of a log likelihood the difference to the highest per
    replicate of the target, so that it does not grow with their number.
    """
    score = SCORES[table["score"].iloc[0]]
    table = table.copy()
    if score.is_sum:
        table[NUMBERS] = table[NUMBERS].sub(table["value"].max()).div(table["n"], axis=0)
    columns = [*NUMBERS, "expected"]
    table[columns] = score.read(table[columns])
    return table


def scale(name: str) -> str:
    """What the axis of such values is called."""
    return LIKELIHOOD_SCALE if SCORES[name].is_sum else SCORES[name].read_scale


def _curves(
    tables: Mapping[str, pd.DataFrame],
    best: pd.DataFrame,
    first: str,
    axis_labels: Mapping[str, str],
    truth: Mapping[str, float],
) -> Figure:
    points = tables[CURVES[0]]
    others = [axis for axis in axis_labels if axis != first and points[axis].nunique() > 1]
    numeric = pd.api.types.is_numeric_dtype(points[first])
    alone = numeric and not others  # one curve, with room for all that belongs to it
    figure = style.new_figure(10.4, 7.6)
    figure.get_layout_engine().set(w_pad=0.12, h_pad=0.08)
    for axes, name in zip(figure.subplots(2, 2).ravel(), CURVES, strict=True):
        table = tables[name]
        if name == "fc_match":
            _ceiling(axes, tables[CEILING].iloc[0])
        _lines(axes, table, first, others, axis_labels)
        if alone:
            line = table.sort_values(first)
            axes.plot(line[first], line["expected"], "--", color=style.THEORY, zorder=2.5)
            _best(axes, table, best[best["parameter"] == first], name, first)
        if numeric:
            # The same also where points have no value.
            low, high = table[first].min(), table[first].max()
            if marks.is_log(table[first].to_numpy()):
                axes.set_xscale("log")
                axes.set_xlim(low / (high / low) ** MARGIN, high * (high / low) ** MARGIN)
                places = marks.log_ticks(low, high)
                axes.set_xticks(places, [f"{x:g}" for x in places])
            else:
                margin = MARGIN * (high - low) or 1.0
                axes.set_xlim(low - margin, high + margin)
            if first in truth:
                _truth(axes, truth[first])
        else:
            axes.margins(x=0.3)
        marks.zero(axes)
        _gaps(axes, table["value"])
        axes.set_title(SCORES[name].label, loc="left")
        axes.set(xlabel=axis_labels[first], ylabel=scale(name))
    _legend(figure, tables, alone)
    return figure


def _gaps(axes: Axes, values: pd.Series) -> None:
    """Say how many points have no value, if some do not."""
    missing = int((~np.isfinite(values)).sum())
    if missing:
        words = f"none at {missing} of {len(values)} points"
        if missing == len(values):
            words = "no finite value"
        place = {"transform": axes.transAxes, "ha": "center", "fontsize": 9, "color": style.INK}
        axes.text(0.5, 0.03, words, **place)


def _lines(axes, table, first, others, axis_labels):
    """A curve for each setting of the other parameters, with its intervals."""
    lines = list(table.groupby(others, sort=False)) if others else [((), table)]
    numeric = pd.api.types.is_numeric_dtype(table[first])
    span = np.ptp(table[first]) if numeric else 0.0
    for k, ((values, line), colour) in enumerate(zip(lines, _colours(len(lines)), strict=True)):
        line = line.sort_values(first) if numeric else line
        label = ", ".join(
            f"{axis_labels[other]}: {value if isinstance(value, str) else format(value, 'g')}"
            for other, value in zip(others, values, strict=True)
        )
        between = "-" if numeric else "none"  # there is nothing between two words
        axes.plot(line[first], line["value"], "o", ls=between, color=colour, label=label, ms=5)
        low, high = line["ci_low"], line["ci_high"]
        if numeric and len(lines) <= 3:
            axes.fill_between(line[first], low, high, color=colour, alpha=0.2, linewidth=0)
        else:  # bands would cover each other
            is_log = numeric and marks.is_log(table[first].to_numpy())
            aside = 0.0 if is_log else 0.008 * span * (k - (len(lines) - 1) / 2)
            x = line[first] + aside if numeric else line[first]
            axes.vlines(x, low, high, color=colour, linewidth=1)


def _colours(n: int) -> Sequence:
    """The model's colour, or a shade of it for each of several settings."""
    return [style.SIMULATED] if n == 1 else sns.blend_palette(SHADES, n)


def _ceiling(axes: Axes, row: pd.Series) -> None:
    """The match that a perfect model would have: the same at every point."""
    if np.isfinite(row["value"]):
        colour, dashes = style.LINES[CEILING]
        axes.axhline(row["value"], color=colour, linestyle=dashes, linewidth=1.5, zorder=1)
    if np.isfinite(row["ci_low"]):
        axes.axhspan(row["ci_low"], row["ci_high"], color=style.TARGET, alpha=0.12, linewidth=0)


def _truth(axes: Axes, truth: float) -> None:
    """A line at the true value, if the panel comes so far."""
    low, high = axes.get_xlim()
    if low <= truth <= high:
        axes.axvline(truth, color=style.INK, linewidth=1.2, linestyle=":", zorder=1)


def _best(axes: Axes, table: pd.DataFrame, best: pd.DataFrame, name: str, first: str) -> None:
    """The best value of the parameter with its interval, and in words."""
    best = best[best["score"] == name]
    if not len(best) or not np.isfinite(table["value"]).any():
        return
    row = best.iloc[0]
    lowest = SCORES[name].direction == LOWEST
    place = table["value"].idxmin() if lowest else table["value"].idxmax()
    y = table.loc[place, "value"]
    if row["interval"] == CURVATURE:
        y = _hill(axes, row, table, table.loc[place])
    if np.isfinite(row["ci_low"]):
        axes.plot(
            [row["ci_low"], row["ci_high"]], [y, y], color=style.BEST, linewidth=2.5, zorder=4
        )
    axes.plot(row["value"], y, "o", color=style.BEST, mec="white", ms=8, zorder=5)
    at = words.best_in_words(words.best(row, table[first]))
    axes.set_title(
        f"{SCORES[name].direction} at {at}", loc="right", color=style.BEST, **style.SMALL
    )


def _hill(axes: Axes, row: pd.Series, table: pd.DataFrame, best: pd.Series) -> float:
    """How high a log likelihood is between points, with the parabola that its interval is from.

    row: of best.csv; table: of the points; best: the best of these, through which it goes.
    """
    first = row["parameter"]
    middle = row["value"]
    # The longer side, as an interval may end with the sweep.
    half = max(row["ci_high"] - middle, middle - row["ci_low"])
    if not half > 0:
        line = table.sort_values(first)
        return float(np.interp(middle, line[first], line["value"]))
    # A curvature counts what neighbouring bins of a spectrum say once, the likelihood of a point
    # twice; both are over the number of the target's replicates.
    steep = REDUNDANCY * quantile(np.inf) ** 2 / (2 * half**2 * best["n"])
    top = best["value"] + steep * (best[first] - middle) ** 2
    reach = 1.2 * max(abs(best[first] - middle), half)
    x = np.linspace(middle - reach, middle + reach, 60)
    axes.plot(x, top - steep * (x - middle) ** 2, color=style.BEST, linewidth=1, zorder=3)
    return float(top)


def _legend(figure: Figure, tables: Mapping[str, pd.DataFrame], alone: bool) -> None:
    """What lines mean, as far as there are any; below all panels."""
    handles, labels = figure.axes[0].get_legend_handles_labels()
    if alone or not labels:
        simulated = {"marker": "o", "ls": "-" if alone else "none"}
        handles = [
            Line2D([], [], color=style.SIMULATED, label="simulated, 95 % interval", **simulated)
        ]
    if alone:
        if any(np.isfinite(tables[name]["expected"]).any() for name in CURVES):
            handles.append(Line2D([], [], color=style.THEORY, ls="--", label="linear theory"))
        best = {"marker": "o", "mec": "white", "ms": 9, "lw": 2.5, "label": "best"}
        handles.append(Line2D([], [], color=style.BEST, **best))
    if np.isfinite(tables[CEILING]["value"].iloc[0]):
        colour, dashes = style.LINES[CEILING]
        handles.append(Line2D([], [], color=colour, ls=dashes, label="ceiling of the match"))
    if any(line.get_color() == style.INK for line in figure.axes[0].lines):
        handles.append(Line2D([], [], color=style.INK, ls=":", label="truth"))
    columns = min(5, len(handles))
    figure.legend(handles=handles, loc="outside lower center", ncols=columns, frameon=False)
