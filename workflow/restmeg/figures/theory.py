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

# What is drawn over the length of a recording: colour, style of the line and name of each score.
MATCH = {
    "fc_match": (style.SIMULATED, "-", "model"),
    "fc_match_ceiling": (style.TARGET, "--", "ceiling"),
    "baseline_weights": (style.ANATOMY, "-", "weights"),
    "baseline_distance": (style.ANATOMY, "--", "minus distance"),
}
COUPLING = {"structure_function_coupling": (style.SIMULATED, "-", "model")}
TICKS = {1: "1 s", 4: "4 s", 15: "15 s", 60: "1 min", 240: "4 min", 900: "15 min", 3600: "1 h"}
FEW = 500  # pairs of regions: more would cover each other's error bars
ASIDE = 1.12  # factor on the length between found scores, which would cover each other
APART = 0.06  # of the panel between names of lines
FARTHEST = 5.0  # standard errors, if none is farther


@style.look()
def beside_simulation(fc: np.ndarray, expected: np.ndarray, trouble: str = "") -> Figure:
    """Simulated functional connectivity (replicates, pairs) against that of theory (pairs,).

    And by how many standard errors the mean of each pair is off. trouble: why theory has no
    numbers, in words.
    """
    if not (np.isfinite(expected).all() and np.isfinite(fc).all() and len(fc) > 1):
        reason = trouble or "one replicate, or gaps in functional connectivity"
        return style.no_figure(f"Nothing to compare with linear theory: {reason}.")
    mean, error = fc.mean(axis=0), fc.std(axis=0, ddof=1) / np.sqrt(len(fc))
    z = (mean - expected) / error
    figure = style.new_figure(9, 4.2)
    left, right = figure.subplots(1, 2, width_ratios=[1.15, 1])
    few = len(mean) <= FEW
    if few:
        left.errorbar(expected, mean, error, fmt="none", ecolor="0.75", elinewidth=1, zorder=0)
    left.scatter(
        expected, mean, s=24 if few else 5, color=style.SIMULATED, linewidth=0, rasterized=not few
    )
    ends = [min(expected.min(), mean.min()), max(expected.max(), mean.max())]
    left.plot(ends, ends, color=style.THEORY, linewidth=1.5, zorder=3)
    left.set(
        title="Functional connectivity",
        xlabel="linear theory, endless recording",
        ylabel=f"simulated, mean of {len(fc)} replicates",
    )
    farthest = max(FARTHEST, np.abs(z).max())
    edges = np.linspace(-farthest, farthest, int(np.clip(len(z) // 2, 10, 40)) + 1)
    right.hist(z, edges, density=True, color=style.SIMULATED, alpha=0.4)
    x = np.linspace(-farthest, farthest, 400)
    right.plot(x, np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi), color=style.THEORY)
    right.set(
        title="How far apart",
        xlabel=f"z of {len(z)} pairs, root mean square {np.sqrt((z**2).mean()):.2f}",
        ylabel="density (line: normal)",
    )
    return figure


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
        words = f"this study, {seconds:.3g} s"
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
