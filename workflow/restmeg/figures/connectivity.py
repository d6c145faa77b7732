"""The figures of functional connectivity, alone and beside structure."""

import textwrap
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from restmeg import check
from restmeg.bands import BROADBAND
from restmeg.estimands import Kind
from restmeg.figures import matrix, style
from restmeg.figures.scores import mean_in_words
from restmeg.measures import MEASURES, is_positive
from restmeg.summary.words import decimal

BESIDE = {"fc_match": "match", "fc_match_ceiling": "ceiling", "leakage_null": "leakage"}
STRONG = 0.99  # of pairs that have a colour of their own
PANEL = 2.3  # inches: of a matrix among others
FEW = 500  # pairs of regions: more would cover each other's error bars


@style.look()
def connectivity(
    simulated: np.ndarray, target: np.ndarray, labels: check.Names, kind: Kind
) -> Figure:
    """Mean functional connectivity (N, N) of both roles on one scale, the diagonal blank."""
    colours = _colours(kind, np.stack([simulated, target]))
    figure, panels, written = matrix.two_panels(labels)
    for axes, fc, role in zip(panels, (simulated, target), ("Simulated", "Target"), strict=True):
        matrix.draw(axes, fc, labels, written, f"{role} FC", kind.words, **colours)
    return figure


def _colours(kind: Kind, fc: np.ndarray) -> dict[str, Any]:
    """Colours for matrices (..., N, N): from zero, or symmetric about it."""
    pairs = np.abs(fc[..., ~np.eye(fc.shape[-1], dtype=bool)])
    limit = np.nanmax(pairs) if np.isfinite(pairs).any() else 1.0
    if is_positive(kind.measure):
        return {"cmap": "rocket_r", "vmin": 0, "vmax": limit}
    return {"cmap": "vlag", "vmin": -limit, "vmax": limit}


@style.look()
def by_band(
    simulated: Mapping[Kind, np.ndarray],
    target: Mapping[Kind, np.ndarray],
    labels: check.Names,
    summary: pd.DataFrame,
) -> Figure:
    """Mean functional connectivity (N, N) of all measures (rows) and bands (columns).

    Simulated above the diagonal, the target below it, on one scale. summary: table of scores.csv of
    this point, whose match and ceiling stand with each.
    """
    measures, bands = (list(dict.fromkeys(each)) for each in zip(*simulated, strict=True))
    bands.sort(key=lambda band: band != BROADBAND)
    figure = style.new_figure(0.6 + PANEL * len(bands), 0.2 + PANEL * len(measures))
    panels = figure.subplots(len(measures), len(bands), squeeze=False)
    order, groups = matrix.hemispheres(labels)
    for axes in panels.ravel():
        axes.set_axis_off()
    for kind, fc in simulated.items():
        row, column = measures.index(kind.measure), bands.index(kind.band)
        axes, turned = panels[row, column], np.ix_(order, order)
        both = np.triu(fc[turned], 1) + np.tril(target[kind][turned], -1)
        both[np.eye(len(fc), dtype=bool)] = np.nan
        colours = _colours(kind, both)
        # A few strong pairs would leave no colour for the others.
        limit = np.nanquantile(np.abs(both), STRONG) if np.isfinite(both).any() else 1.0
        colours |= {"vmax": limit or 1.0, "vmin": np.sign(colours["vmin"]) * (limit or 1.0)}
        mesh = axes.pcolormesh(both, rasterized=True, **colours)
        axes.set(xlim=(0, len(fc)), ylim=(len(fc), 0), aspect="equal")
        matrix.mark(axes, groups)
        axes.tick_params(labelsize=8)
        axes.set_axis_on()
        axes.spines[:].set_visible(False)
        extend = "both" if colours["vmin"] else "max"
        bar = figure.colorbar(mesh, ax=axes, shrink=0.7, pad=0.03, extend=extend)
        bar.outline.set_linewidth(0)
        bar.ax.tick_params(labelsize=7)
        axes.set_title(kind.band, fontsize=10)
        axes.set_xlabel(_match(summary, kind), fontsize=8)
        if kind == next(other for other in simulated if other.measure == kind.measure):
            label = MEASURES[kind.measure].label if kind.measure in MEASURES else kind.measure
            axes.set_ylabel(textwrap.fill(label, 22), fontsize=9)
    figure.supxlabel("above the diagonal simulated, below it target", fontsize=9)
    return figure


def _match(summary: pd.DataFrame, kind: Kind) -> str:
    """Match and ceiling of a measure in a band, in words."""
    own = summary[(summary["measure"] == kind.measure) & (summary["band"] == kind.band)]
    values = own.set_index("score")["value"]
    texts = []
    for name, word in BESIDE.items():
        value = values.get(name, np.nan)
        texts += [f"{word} {decimal(value, 2)}"] if np.isfinite(value) else []
    return ", ".join(texts)


@style.look()
def structure_function(weights: np.ndarray, fc: np.ndarray, summary: pd.DataFrame) -> Figure:
    """Functional against structural connectivity over pairs of regions.

    weights: (pairs,); fc: (replicates, pairs); summary: table of scores.csv of this point.
    Points are means over replicates; bars, of up to 500 pairs, the standard error of that mean.
    """
    figure = style.new_figure(5.5, 4.2)
    axes = figure.subplots()
    mean = fc.mean(axis=0)
    few = len(weights) <= FEW
    if len(fc) > 1 and few:
        error = fc.std(axis=0, ddof=1) / np.sqrt(len(fc))
        axes.errorbar(weights, mean, error, fmt="none", ecolor="0.75", elinewidth=1, zorder=0)
    sns.scatterplot(
        x=weights, y=mean, ax=axes, color=style.SIMULATED, s=30 if few else 6, rasterized=not few
    )
    usable = np.isfinite(mean)
    if usable.sum() > 2 and np.ptp(weights[usable]) > 0:
        slope, offset = np.polyfit(weights[usable], mean[usable], 1)
        ends = np.array([weights.min(), weights.max()])
        axes.plot(ends, offset + slope * ends, color=style.INK)
    row = summary[summary["score"] == "structure_function_coupling"].iloc[0]
    label = f"r of a replicate: {mean_in_words(row)}"
    if len(fc) > 1 and np.isfinite(mean).all():
        label += f"\nr of the mean of {len(fc)}: {np.corrcoef(weights, mean)[0, 1]:.2f}"
    axes.set_title(label, fontsize=9, fontweight="normal")
    axes.set(xlabel="structural connectivity (weight)", ylabel="functional connectivity, simulated")
    return figure
