"""The figure of scores over a sweep: curves, or a map of two swept parameters."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from restmeg.figures import style
from restmeg.scores import SCORES, Score

WIDE, HIGH = 9, 14  # columns and rows of a map with room for a number in each cell
TICKS = 8  # values that have room along a side of it


@style.look()
def sweep(summary: pd.DataFrame, axis_labels: Mapping[str, str]) -> Figure:
    """Each score over the swept parameters: a map of two numbers, else curves.

    Curves have their interval, run over the first parameter that is a number, and are one for each
    setting of the others.

    summary: table of scores.csv of one measure; axis_labels: {its column of a swept parameter:
    what to write for it}.
    """
    numbers = [axis for axis in axis_labels if pd.api.types.is_numeric_dtype(summary[axis])]
    if len(numbers) == len(axis_labels) == 2 and summary[numbers].nunique().min() > 1:
        return _maps(summary, axis_labels)
    first = next(iter(numbers or axis_labels))
    return _curves(summary, first, axis_labels)


def _maps(summary: pd.DataFrame, axis_labels: Mapping[str, str]) -> Figure:
    scores = list(summary["score"].unique())
    figure = style.new_figure(5.2 * len(scores), 4.4)
    figure.get_layout_engine().set(w_pad=0.1)
    for axes, score in zip(figure.subplots(1, len(scores), squeeze=False)[0], scores, strict=True):
        table = summary[summary["score"] == score]
        _map(axes, table, axis_labels, SCORES[score])
    return figure


def _map(axes: Axes, table: pd.DataFrame, axis_labels: Mapping[str, str], score: Score) -> None:
    """One score over two parameters, a cell for each point, the best one framed."""
    across, up = axis_labels
    grid = table.pivot(index=up, columns=across, values="value").sort_index().sort_index(axis=1)
    values = grid.to_numpy(dtype=float)
    mesh = axes.pcolormesh(np.ma.masked_invalid(values), cmap="mako_r", rasterized=True)
    axes.spines[:].set_visible(False)
    for side, ticks in ((axes.xaxis, grid.columns), (axes.yaxis, grid.index)):
        every = -(-len(ticks) // TICKS)
        side.set_ticks(np.arange(len(ticks))[::every] + 0.5, [f"{x:.4g}" for x in ticks[::every]])
    axes.tick_params(length=0)
    below = "no finite value"
    if np.isfinite(values).any():
        bar = axes.figure.colorbar(mesh, ax=axes, label=score.scale, shrink=0.8, pad=0.03)
        bar.outline.set_linewidth(0)
        if values.shape[0] <= HIGH and values.shape[1] <= WIDE:
            _write_values(axes, values, mesh)
        row, column = np.unravel_index(np.nanargmax(values), values.shape)
        frame = Rectangle((column, row), 1, 1, fill=False, edgecolor=style.TARGET, linewidth=2.5)
        frame.set_clip_on(False)
        axes.add_patch(frame)
        below = f"framed: highest, {values[row, column]:.2f}"
        below += f" at {grid.columns[column]:g}, {grid.index[row]:g}"
    axes.set(title=score.label, ylabel=axis_labels[up])
    axes.set_xlabel(f"{axis_labels[across]}\n{below}")


def _write_values(axes: Axes, values: np.ndarray, mesh: QuadMesh) -> None:
    for (row, column), value in np.ndenumerate(values):
        if np.isfinite(value):
            dark = sns.utils.relative_luminance(mesh.to_rgba(value)) < 0.4
            place = {"ha": "center", "va": "center", "fontsize": 8}
            colour = "white" if dark else "0.15"
            axes.text(column + 0.5, row + 0.5, f"{value:.2f}", color=colour, **place)


def _curves(summary: pd.DataFrame, first: str, axis_labels: Mapping[str, str]) -> Figure:
    others = [axis for axis in axis_labels if axis != first]
    scores = list(summary["score"].unique())
    figure = style.new_figure(4.8 * len(scores), 4)
    panels = figure.subplots(1, len(scores), squeeze=False)
    lines = list(summary.groupby(others, sort=False)) if others else [((), summary)]
    palette = sns.color_palette("viridis", len(lines)) if others else [style.SIMULATED]
    numeric = pd.api.types.is_numeric_dtype(summary[first])
    span = np.ptp(summary[first]) if numeric else 0.0
    for axes, score in zip(panels[0], scores, strict=True):
        for k, ((values, table), colour) in enumerate(zip(lines, palette, strict=True)):
            table = table[table["score"] == score]
            table = table.sort_values(first) if numeric else table
            settings = zip(others, values, strict=True)
            label = ", ".join(
                f"{axis_labels[other]}: {value if isinstance(value, str) else format(value, 'g')}"
                for other, value in settings
            )
            between = "-" if numeric else "none"  # there is nothing between two words
            axes.plot(table[first], table["value"], "o", ls=between, color=colour, label=label)
            low, high = table["ci_low"], table["ci_high"]
            if numeric and len(lines) <= 3:
                axes.fill_between(table[first], low, high, color=colour, alpha=0.2, linewidth=0)
            else:  # bands would cover each other
                aside = 0.008 * span * (k - (len(lines) - 1) / 2)
                x = table[first] + aside if numeric else table[first]
                axes.vlines(x, low, high, color=colour, linewidth=1)
        axes.axhline(0, color="0.7", linewidth=0.8, zorder=0)
        if not numeric:
            axes.margins(x=0.3)
        named = SCORES[score]
        axes.set(title=named.label, xlabel=axis_labels[first], ylabel=named.scale)
    if others:
        panels[0][-1].legend(frameon=False, loc="upper left", bbox_to_anchor=(1, 1))
    return figure
