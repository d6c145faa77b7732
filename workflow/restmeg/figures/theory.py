"""Figures of linear theory: beside what was simulated, and over the length of the recording."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from restmeg.figures import style
from restmeg.scores import SCORES

# Scores that share an axis, as all are correlations, with their colours.
OVER_LENGTH = {
    "fc_match_ceiling": "0.55",
    "fc_match": style.SIMULATED,
    "structure_function_coupling": "#7b9e3e",
    "baseline_weights": "#b58900",
    "baseline_distance": style.TARGET,
}
TICKS = {1: "1 s", 4: "4 s", 15: "15 s", 60: "1 min", 240: "4 min", 900: "15 min", 3600: "1 h"}
FEW = 500  # pairs of regions: more would cover each other's error bars


def z_values(fc: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """By how many standard errors the mean over replicates (n, pairs) is off theory (pairs,)."""
    error = fc.std(axis=0, ddof=1) / np.sqrt(len(fc))
    return (fc.mean(axis=0) - expected) / error


@style.look()
def beside_simulation(fc: np.ndarray, expected: np.ndarray, trouble: str = "") -> Figure:
    """Simulated functional connectivity (replicates, pairs) against that of theory (pairs,).

    trouble: why theory has no numbers, in words.
    """
    figure = style.new_figure(8.4, 4)
    left, right = figure.subplots(1, 2, width_ratios=[1.15, 1])
    if not np.isfinite(expected).all() or not np.isfinite(fc).all() or len(fc) < 2:
        reason = trouble or "too few replicates, or gaps in functional connectivity"
        for axes in (left, right):
            axes.set_axis_off()
        left.text(0, 0.5, f"No comparison with theory: {reason}.", wrap=True)
        return figure
    mean, error = fc.mean(axis=0), fc.std(axis=0, ddof=1) / np.sqrt(len(fc))
    few = fc.shape[1] <= FEW
    if few:
        left.errorbar(expected, mean, error, fmt="none", ecolor="0.75", elinewidth=1, zorder=0)
    left.scatter(
        expected, mean, s=22 if few else 5, color=style.SIMULATED, linewidth=0, rasterized=not few
    )
    ends = [min(expected.min(), mean.min()), max(expected.max(), mean.max())]
    left.plot(ends, ends, color=style.TARGET, linewidth=1.5, zorder=3)
    left.set(
        title="Functional connectivity",
        xlabel="linear theory, endless recording",
        ylabel=f"simulated, mean of {len(fc)}",
    )
    z = z_values(fc, expected)
    right.hist(z, bins=min(30, max(7, len(z) // 4)), density=True, color=style.SIMULATED, alpha=0.5)
    x = np.linspace(-4, 4, 200)
    right.plot(x, np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi), color=style.TARGET)
    right.set(
        title="How far apart",
        xlabel=f"z of {len(z)} pairs, root mean square {np.sqrt((z**2).mean()):.2f}",
        ylabel="density (line: normal)",
    )
    return figure


@style.look()
def over_length(
    lengths: np.ndarray, expected: Mapping[str, np.ndarray], seconds: float, summary: pd.DataFrame
) -> Figure:
    """Expected scores over the length of a recording, and this study's.

    lengths: (n,) in s; expected: {score: (n,)}; seconds: this study's length; summary: table of
    scores.csv of one point and measure.
    """
    figure = style.new_figure(7, 4.2)
    axes = figure.subplots()
    shown = {name: expected[name] for name in OVER_LENGTH if name in expected}
    ends = {}
    for name, values in shown.items():
        dashed = "--" if name in ("fc_match_ceiling",) else "-"
        axes.plot(lengths, values, dashed, color=OVER_LENGTH[name], linewidth=2)
        ends[name] = values[-1]
        row = summary[summary["score"] == name]
        if len(row) and np.isfinite(row["value"].iloc[0]):
            value, low, high = (row[column].iloc[0] for column in ("value", "ci_low", "ci_high"))
            axes.plot([seconds, seconds], [low, high], color=OVER_LENGTH[name], linewidth=2.5)
            axes.plot(seconds, value, "o", color=OVER_LENGTH[name], mec="white", ms=7, zorder=4)
    axes.axvline(seconds, color="0.8", linewidth=1, zorder=0)
    axes.annotate(
        f"this study, {seconds:.3g} s",
        (seconds, 1),
        (4, -2),
        xycoords=("data", "axes fraction"),
        textcoords="offset points",
        va="top",
        color="0.4",
        fontsize=9,
    )
    axes.set(xscale="log", ylabel="expected score (points: found)", xlabel="length of a recording")
    axes.xaxis.set_major_locator(FixedLocator(list(TICKS)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: TICKS.get(round(x), "")))
    axes.axhline(0, color="0.7", linewidth=0.8, zorder=0)
    for name, y in _apart(ends, 0.06 * np.ptp([0, 1, *ends.values()])).items():
        axes.annotate(
            SCORES[name].label,
            (lengths[-1], y),
            (6, 0),
            textcoords="offset points",
            va="center",
            color=OVER_LENGTH[name],
            fontsize=9,
        )
    if not shown:
        axes.text(0.5, 0.5, "no theory of this point", transform=axes.transAxes, ha="center")
    sns.despine(ax=axes)
    return figure


def _apart(ends: Mapping[str, float], distance: float) -> dict[str, float]:
    """Heights of labels, moved apart where lines end close together."""
    order = sorted(ends, key=lambda name: ends[name])
    heights = [ends[name] for name in order]
    for k in range(1, len(heights)):
        heights[k] = max(heights[k], heights[k - 1] + distance)
    return dict(zip(order, heights, strict=True))
