"""Maps of scores over two swept parameters."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from restmeg.figures import style
from restmeg.scores import LOWEST, SCORES
from restmeg.scores.intervals import CURVATURE
from restmeg.summary import words

WIDE, HIGH = 7, 8  # columns and rows of a map with room for a number in each cell
TICKS = 6  # values that have room along a side of it
FRAME = {"fill": False, "edgecolor": style.BEST, "linewidth": 2.5}
ESTIMATE = {"color": style.BEST, "marker": "o", "ms": 8, "mec": "white", "lw": 2}
TRUTH = {"color": style.INK, "marker": "X", "ms": 8, "mec": "white", "ls": "none"}


def maps(
    tables: Mapping[str, pd.DataFrame],
    scales: Mapping[str, str],
    best: pd.DataFrame,
    axis_labels: Mapping[str, str],
    truth: Mapping[str, float],
) -> Figure:
    """Scores over two parameters, a cell for each point, dark where they are good.

    The best point is framed; where best.csv has a best value between points, it has a mark with
    its interval, and so has the truth.

    tables: by name of the score, rows of its points, with what is shown as ``value``; scales: the
    same, what that is; best: table of best.csv; axis_labels: {column of a swept parameter: what to
    write for it}; truth: {the same: its value in the synthetic target}.
    """
    across, up = axis_labels
    figure = style.new_figure(4.5 * len(tables), 4.7)
    figure.get_layout_engine().set(w_pad=0.1)
    handles = [Rectangle((0, 0), 1, 1, label="best point", **FRAME)]
    for axes, name in zip(figure.subplots(1, len(tables)), tables, strict=True):
        table = tables[name]
        grid = table.pivot(index=up, columns=across, values="value")
        grid = grid.sort_index().sort_index(axis=1)
        _map(axes, grid, name, scales[name])
        places = [
            dict(zip(values, np.arange(len(values)) + 0.5, strict=True))
            for values in (grid.columns, grid.index)
        ]
        found = best[best["score"] == name].set_index("parameter").reindex(list(axis_labels))
        if (found["interval"] == CURVATURE).all():
            _estimate(axes, found, places)
            handles[1:2] = [Line2D([], [], label="most likely, 95 % interval", **ESTIMATE)]
        if len(truth) == 2 and all(
            min(at) <= truth[axis] <= max(at) for axis, at in zip(axis_labels, places, strict=True)
        ):
            x, y = (_between(at, truth[axis]) for axis, at in zip(axis_labels, places, strict=True))
            axes.plot(x, y, clip_on=False, zorder=6, **TRUTH)
            handles[2:] = [Line2D([], [], label="truth", **TRUTH)]
        axes.set(title=SCORES[name].label, xlabel=axis_labels[across], ylabel=axis_labels[up])
    figure.legend(handles=handles, loc="outside lower center", ncols=3, frameon=False)
    return figure


def _map(axes: Axes, grid: pd.DataFrame, name: str, scale: str) -> None:
    """One score, the best point framed."""
    values = grid.to_numpy(dtype=float)
    lowest = SCORES[name].direction == LOWEST
    mesh = axes.pcolormesh(
        np.ma.masked_invalid(values), cmap="mako" if lowest else "mako_r", rasterized=True
    )
    axes.spines[:].set_visible(False)
    for side, ticks in ((axes.xaxis, grid.columns), (axes.yaxis, grid.index)):
        every = -(-len(ticks) // TICKS)
        side.set_ticks(np.arange(len(ticks))[::every] + 0.5, [f"{x:.4g}" for x in ticks[::every]])
    axes.tick_params(length=0)
    if not np.isfinite(values).any():
        axes.text(0.5, 0.5, "no finite value", transform=axes.transAxes, ha="center")
        return
    bar = axes.figure.colorbar(mesh, ax=axes, label=scale, shrink=0.8, pad=0.03)
    bar.outline.set_linewidth(0)
    if values.shape[0] <= HIGH and values.shape[1] <= WIDE:
        _write_values(axes, values, mesh)
    place = np.nanargmin(values) if lowest else np.nanargmax(values)
    row, column = np.unravel_index(place, values.shape)
    axes.add_patch(Rectangle((column, row), 1, 1, clip_on=False, zorder=4, **FRAME))


def _write_values(axes: Axes, values: np.ndarray, mesh: QuadMesh) -> None:
    """Numbers in the lower part of cells, as marks are in their middle."""
    largest = np.nanmax(np.abs(values))
    digits = int(np.clip(2 - np.floor(np.log10(largest)), 0, 3)) if largest > 0 else 0
    for (row, column), value in np.ndenumerate(values):
        if np.isfinite(value):
            dark = sns.utils.relative_luminance(mesh.to_rgba(value)) < 0.4
            colour = "white" if dark else style.INK
            text = words.decimal(value, digits)
            axes.text(
                column + 0.5, row + 0.2, text, color=colour, ha="center", va="center", fontsize=8
            )


def _between(places: Mapping[float, float], value: float) -> float:
    """Where a value is along a side whose cells are at ``places``."""
    return float(np.interp(value, list(places), list(places.values())))


def _estimate(axes: Axes, found: pd.DataFrame, places: list) -> None:
    """A mark between points with its intervals. found: rows of both parameters."""
    x, y = (_between(at, value) for at, value in zip(places, found["value"], strict=True))
    ends = [
        [_between(at, row[end]) for end in ("ci_low", "ci_high")]
        for at, (_, row) in zip(places, found.iterrows(), strict=True)
    ]
    axes.plot(ends[0], [y, y], color=style.BEST, linewidth=2, zorder=5)
    axes.plot([x, x], ends[1], color=style.BEST, linewidth=2, zorder=5)
    axes.plot(x, y, zorder=5, clip_on=False, **ESTIMATE)
