"""Figures of linear theory: beside what was simulated, and over the length of the recording."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from restmeg.figures import style
from restmeg.scores import SCORES
from restmeg.scores.student import quantile
from restmeg.summary.words import duration

# What is drawn over the length of a recording: colour, style of the line and name of each score.
MATCH = {
    "fc_match": (style.SIMULATED, "-", "model"),
    "fc_match_ceiling": (*style.LINES["fc_match_ceiling"], "ceiling"),
    "baseline_weights": (*style.LINES["baseline_weights"], "weights"),
    "baseline_distance": (*style.LINES["baseline_distance"], "minus distance"),
}
COUPLING = {"structure_function_coupling": (style.SIMULATED, "-", "model")}
TICKS = {1: "1 s", 4: "4 s", 15: "15 s", 60: "1 min", 240: "4 min", 900: "15 min", 3600: "1 h"}
FEW = 500  # pairs of regions: more would cover each other's error bars
ASIDE = 1.12  # factor on the length between found scores, which would cover each other
APART = 0.06  # of the panel between names of lines
MIDDLE = 200  # pairs between the farthest ones whose places are computed
ENDS = 50  # pairs at either end, each of them
MARGIN = 0.06  # of a panel beside its points


@style.look()
def beside_simulation(
    fc: np.ndarray, expected: np.ndarray, trouble: str = "", endless: bool = True
) -> Figure:
    """Simulated functional connectivity (replicates, pairs) against that of theory (pairs,).

    And by how many standard errors t the mean of each pair is off, in order, against what chance
    alone gives: quantiles of Student's t, as the standard errors are estimated from the same
    replicates. trouble: why theory has no numbers, in words; endless: whether these are of an
    endless recording, or of one as long as replicates are.
    """
    if not (np.isfinite(expected).all() and np.isfinite(fc).all() and len(fc) > 1):
        reason = trouble or "one replicate, or gaps in functional connectivity"
        return style.no_figure(f"Nothing to compare with linear theory: {reason}.")
    mean, error = fc.mean(axis=0), fc.std(axis=0, ddof=1) / np.sqrt(len(fc))
    if not (error > 0).all():
        return style.no_figure("Nothing to compare with linear theory: replicates do not differ.")
    figure = style.new_figure(9, 4.2)
    left, right = figure.subplots(1, 2, width_ratios=[1.15, 1])
    few = len(mean) <= FEW
    if few:
        left.errorbar(expected, mean, error, fmt="none", ecolor="0.75", elinewidth=1, zorder=0)
    left.scatter(
        expected, mean, s=24 if few else 5, color=style.SIMULATED, linewidth=0, rasterized=not few
    )
    shown = (mean - error, mean + error) if few else (mean, mean)
    left.axline((0, 0), slope=1, color=style.THEORY, linestyle="--", linewidth=1.5, zorder=3)
    left.set(
        xlim=_limits(expected, expected),
        ylim=_limits(*shown),
        title="Functional connectivity",
        xlabel=f"linear theory, {'endless recording' if endless else 'recordings of this length'}",
        ylabel=f"simulated, mean of {len(fc)} replicates",
    )
    _against_chance(right, (mean - expected) / error, len(fc) - 1)
    return figure


def _limits(low: np.ndarray, high: np.ndarray) -> tuple[float, float]:
    """Ends of an axis that holds all of these, with a margin."""
    least, most = low.min(), high.max()
    margin = MARGIN * (most - least) or MARGIN
    return least - margin, most + margin


def _against_chance(axes: Axes, t: np.ndarray, df: int) -> None:
    """How far pairs are off, in order, against quantiles of Student's t; the line is chance."""
    n = len(t)
    ranks = np.arange(n)
    if n > MIDDLE + 2 * ENDS:  # where they are dense, some stand for all
        middle = np.linspace(ENDS, n - 1 - ENDS, MIDDLE).round().astype(int)
        ranks = np.concatenate([ranks[:ENDS], middle, ranks[-ENDS:]])
    levels = 2 * (ranks + 0.5) / n - 1
    chance = [np.sign(x) * quantile(df, abs(x)) if x else 0.0 for x in levels]
    axes.axline((0, 0), slope=1, color=style.INK, linewidth=1.2, zorder=1)
    axes.axhline(0, color=style.LINE, linewidth=0.8, zorder=0)
    axes.scatter(chance, np.sort(t)[ranks], s=18, color=style.SIMULATED, linewidth=0, zorder=2)
    limit = quantile(df)
    beyond = np.abs(t) > limit
    axes.set(
        title="How far apart",
        xlabel=f"by chance: Student's t with {df} degree{'s' if df > 1 else ''} of freedom",
        ylabel="found: standard errors off theory",
    )
    text = f"off by more than {limit:.2f}: {beyond.sum()} of {n} pairs\n(5 % by chance)"
    corner = {"transform": axes.transAxes, "va": "top", "fontsize": 9, "color": style.INK}
    axes.text(0.04, 0.97, text, **corner)
    axes.margins(y=0.18)


@style.look()
def over_length(
    lengths: np.ndarray,
    expected: Mapping[str, np.ndarray],
    seconds: float,
    summary: pd.DataFrame,
    trouble: str = "",
) -> Figure:
    """Expected scores over the length of a recording, and this study's.

    lengths: (n,) in s; expected: {score: (n,)}, of theory; seconds: this study's length; summary:
    table of scores.csv of one point and measure; trouble: why theory expects nothing, in words.
    """
    panels = {}
    for name, lines in (("fc_match", MATCH), ("structure_function_coupling", COUPLING)):
        if name in expected:
            panels[name] = {score: line for score, line in lines.items() if score in expected}
    if not panels:
        return style.no_figure(f"No expected scores: {trouble or 'linear theory has none'}.")
    figure = style.new_figure(0.6 + 4.8 * len(panels), 4.2)
    figure.get_layout_engine().set(w_pad=0.12)
    rows = {row["score"]: row for _, row in summary.iterrows()}
    found = figure.subplots(1, len(panels), squeeze=False, sharey=True)[0]
    for axes, (name, lines) in zip(found, panels.items(), strict=True):
        places = seconds * ASIDE ** (np.arange(len(lines)) - (len(lines) - 1) / 2)
        ends = {}
        for place, (score, (colour, dashes, label)) in zip(places, lines.items(), strict=True):
            axes.plot(lengths, expected[score], dashes, color=colour, linewidth=2)
            ends[label] = expected[score][-1], colour
            row = rows[score]
            if np.isfinite(row["ci_low"]):
                axes.plot([place] * 2, [row["ci_low"], row["ci_high"]], color=colour, linewidth=2.5)
            axes.plot(place, row["value"], "o", color=colour, mec="white", ms=7, zorder=4)
        axes.axvline(seconds, color=style.LINE, linewidth=1, zorder=0)
        axes.axhline(0, color=style.LINE, linewidth=0.8, zorder=0)
        axes.set_title(SCORES[name].label, loc="left")
        axes.set(xscale="log", xlabel="length of a recording")
        axes.xaxis.set_major_locator(FixedLocator(list(TICKS)))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: TICKS.get(round(x), "")))
        _name_lines(axes, lengths[-1], ends)
        place = {"xycoords": ("data", "axes fraction"), "textcoords": "offset points"}
        words = f"this study, {duration(1000 * seconds)}"
        right = seconds > np.sqrt(lengths[0] * lengths[-1])  # in the middle of the logarithm
        side = {"ha": "right" if right else "left", "va": "top", "fontsize": 9, "color": style.INK}
        axes.annotate(words, (seconds, 1.0), (-4 if right else 4, -2), **place, **side)
        sns.despine(ax=axes)
    found[0].set_ylabel("expected (lines) and found (points)")
    return figure


def _name_lines(axes: Axes, x: float, ends: Mapping[str, tuple[float, str]]) -> None:
    """Names at the right ends of lines, moved apart where these are close together."""
    low, high = axes.get_ylim()
    names = sorted(ends, key=lambda name: ends[name][0])
    heights = np.array([ends[name][0] for name in names])
    step = APART * (high - low)
    for k in range(1, len(heights)):
        heights[k] = max(heights[k], heights[k - 1] + step)
    heights[-1] = min(heights[-1], high)
    for k in range(len(heights) - 1, 0, -1):
        heights[k - 1] = min(heights[k - 1], heights[k] - step)
    for name, y in zip(names, heights, strict=True):
        axes.annotate(
            name,
            (x, y),
            (6, 0),
            textcoords="offset points",
            va="center",
            color=ends[name][1],
            fontsize=9,
        )
