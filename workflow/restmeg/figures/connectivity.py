"""The figures of functional connectivity, alone and beside structure."""

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from restmeg import check
from restmeg.figures import matrix, style
from restmeg.figures.scores import mean_in_words
from restmeg.measures import MEASURES

FEW = 500  # pairs of regions: more would cover each other's error bars


@style.look()
def connectivity(
    simulated: np.ndarray, target: np.ndarray, labels: check.Names, measure: str
) -> Figure:
    """Mean functional connectivity (N, N) of both roles on one scale, the diagonal blank."""
    blank = np.eye(len(labels), dtype=bool)
    pairs = np.abs(np.stack([simulated, target])[:, ~blank])
    limit = np.nanmax(pairs) if np.isfinite(pairs).any() else 1.0
    scale = {"cmap": "vlag", "vmin": -limit, "vmax": limit}
    figure, panels, written = matrix.two_panels(labels)
    for axes, fc, role in zip(panels, (simulated, target), ("Simulated", "Target"), strict=True):
        matrix.draw(axes, fc, labels, written, f"{role} FC", MEASURES[measure].label, **scale)
    return figure


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
