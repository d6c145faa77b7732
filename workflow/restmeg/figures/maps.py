"""Maps of scores over two swept parameters."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.colors import Colormap, FuncNorm, Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from restmeg.figures import style
from restmeg.scores import LOWEST, SCORES
from restmeg.scores.intervals import CURVATURE
from restmeg.summary import words

MATCH = "fc_match"
COLUMNS = 2  # maps beside each other
WIDE, HIGH = 7, 8  # columns and rows of a map with room for a number in each cell
TICKS = 6  # values that have room along a side of it
BELOW = -50.0  # units of log likelihood per target replicate: less has the lightest colour
LIGHT, DARK = "#eef5f9", "#1d4e6e"  # on which marks and numbers can be seen
FRAME = {"fill": False, "edgecolor": style.BEST, "linewidth": 3}
ALIKE = {"fill": False, "edgecolor": style.BEST, "linewidth": 1.8, "linestyle": (0, (3, 1.5))}
INSIDE = 0.06  # of a cell, between it and the frame of its own
ESTIMATE = {"color": style.BEST, "marker": "o", "ms": 8, "mec": "white", "lw": 2}
# Open, so that the estimate is seen in it.
TRUTH = {"color": style.INK, "marker": "D", "ms": 14, "mfc": "none", "mew": 1.8, "ls": "none"}
NUMBER, RAISED = 0.2, 0.8  # of a cell's height: where its number is, and where if there is a mark


def maps(
    tables: Mapping[str, pd.DataFrame],
    scales: Mapping[str, str],
    best: pd.DataFrame,
    differences: pd.DataFrame,
    axis_labels: Mapping[str, str],
    truth: Mapping[str, float],
    ceiling: float = np.nan,
) -> Figure:
    """Scores over two parameters, a cell for each point, dark where they are good.

    The best point is framed, and thinly those that a paired comparison cannot tell from it; where
    best.csv has a best value between points, it has a mark with its interval, and so has the
    truth. Colours of a log likelihood go with the root of what it is below the best, as distances
    of parameters do.

    tables: by name of the score, rows of its points, with what is shown as ``value``; scales: the
    same, what that is; best: table of best.csv; differences: of differences.csv; axis_labels:
    {column of a swept parameter: what to write for it}; truth: {the same: its value in the
    synthetic target}; ceiling: of the FC match.
    """
    across, up = axis_labels
    rows = -(-len(tables) // COLUMNS)
    figure = style.new_figure(4.9 * COLUMNS, 0.5 + 4.2 * rows)
    figure.get_layout_engine().set(w_pad=0.1, h_pad=0.08)
    handles = {"best": Rectangle((0, 0), 1, 1, label="best point", **FRAME)}
    for axes, name in zip(figure.subplots(rows, COLUMNS).ravel(), tables, strict=True):
        table = tables[name]
        grid = table.pivot(index=up, columns=across, values="value")
        grid = grid.sort_index().sort_index(axis=1)
        mesh = _map(axes, grid, name, scales[name])
        axes.set(title=SCORES[name].label, xlabel=axis_labels[across], ylabel=axis_labels[up])
        if mesh is None:
            continue
        places = [
            dict(zip(values, np.arange(len(values)) + 0.5, strict=True))
            for values in (grid.columns, grid.index)
        ]
        if name == MATCH:
            _told(axes, table, ceiling)
        if SCORES[name].direction:
            frame = table.set_index("point")[[across, up]]
            near = alike(differences[differences["score"] == name])
            _frame(axes, [_cell(places, frame.loc[point]) for point in near], ALIKE, INSIDE)
            row = table["value"].mul(SCORES[name].sign).idxmax()
            _frame(axes, [_cell(places, table.loc[row, [across, up]])], FRAME)
            if len(near):
                handles["alike"] = Rectangle((0, 0), 1, 1, label="not surely worse", **ALIKE)
        marked = []
        found = best[best["score"] == name].set_index("parameter").reindex(list(axis_labels))
        if (found["interval"] == CURVATURE).all():
            marked.append(_estimate(axes, found, places))
            label = "most likely, 95 % interval"
            handles["estimate"] = Line2D([], [], label=label, **ESTIMATE)
        if len(truth) == 2 and all(
            min(at) <= truth[axis] <= max(at) for axis, at in zip(axis_labels, places, strict=True)
        ):
            x, y = (_between(at, truth[axis]) for axis, at in zip(axis_labels, places, strict=True))
            casing = {"mec": "white", "mew": 4.0}
            axes.plot(x, y, clip_on=False, zorder=7, **(TRUTH | casing))
            axes.plot(x, y, clip_on=False, zorder=7, **TRUTH)
            marked.append((x, y))
            handles["truth"] = Line2D([], [], label="truth", **(TRUTH | {"ms": 9}))
        if grid.shape[0] <= HIGH and grid.shape[1] <= WIDE:
            _write_values(axes, grid.to_numpy(dtype=float), mesh, marked)
    ordered = [handles[key] for key in ("best", "alike", "estimate", "truth") if key in handles]
    figure.legend(handles=ordered, loc="outside lower center", ncols=4, frameon=False)
    return figure


def _told(axes: Axes, table: pd.DataFrame, ceiling: float) -> None:
    """What linear theory expects at the best point, and the ceiling, beside the title."""
    expected = table.loc[table["value"].idxmax(), "expected"]
    texts = [f"theory at the best {words.decimal(expected, 2)}"] if np.isfinite(expected) else []
    texts += [f"ceiling {words.decimal(ceiling, 2)}"] if np.isfinite(ceiling) else []
    axes.set_title(", ".join(texts), loc="right", **style.SMALL)


def _map(axes: Axes, grid: pd.DataFrame, name: str, scale: str) -> QuadMesh | None:
    """One score in colours; None if it has no finite value."""
    values = grid.to_numpy(dtype=float)
    colours, norm, more = shades(values, name)
    scale += " (root scale)" if SCORES[name].is_sum else ""
    mesh = axes.pcolormesh(np.ma.masked_invalid(values), cmap=colours, norm=norm, rasterized=True)
    axes.spines[:].set_visible(False)
    for side, ticks in ((axes.xaxis, grid.columns), (axes.yaxis, grid.index)):
        every = -(-len(ticks) // TICKS)
        side.set_ticks(np.arange(len(ticks))[::every] + 0.5, [f"{x:.4g}" for x in ticks[::every]])
    axes.tick_params(length=0)
    if not np.isfinite(values).any():
        axes.text(0.5, 0.5, "no finite value", transform=axes.transAxes, ha="center")
        return None
    bar = axes.figure.colorbar(mesh, ax=axes, label=scale, shrink=0.8, pad=0.03, **more)
    bar.outline.set_linewidth(0)
    return mesh


def shades(values: np.ndarray, name: str) -> tuple[Colormap, Normalize, dict]:
    """Colours of a score, dark where it is good, what values have them, and of the bar the rest."""
    ends = [DARK, LIGHT] if SCORES[name].direction == LOWEST else [LIGHT, DARK]
    norm, more = Normalize(), {}
    if SCORES[name].is_sum:
        lowest = np.nanmin(values, initial=0.0)
        # Of a single point with a value there is no range.
        norm = FuncNorm((_root, _square), max(lowest, BELOW) or -1.0, 0.0, clip=True)
        more = {"extend": "min"} if lowest < BELOW else {}
    return sns.blend_palette(ends, as_cmap=True), norm, more


def _root(value: np.ndarray) -> np.ndarray:
    return -np.sqrt(np.abs(value))


def _square(root: np.ndarray) -> np.ndarray:
    return -np.square(root)


def alike(differences: pd.DataFrame) -> list[str]:
    """Points whose paired difference to the best may be none."""
    return differences[(differences["ci_low"] <= 0) & (differences["ci_high"] >= 0)][
        "point"
    ].tolist()


def _cell(places: Sequence[Mapping[float, float]], point: pd.Series) -> tuple[float, float]:
    """Lower left corner of a point's cell."""
    x, y = (at[value] - 0.5 for at, value in zip(places, point, strict=True))
    return x, y


def _frame(axes: Axes, cells: Sequence, look: Mapping, inside: float = 0.0) -> None:
    """Frames of cells, in white to stand on any colour."""
    side = 1 - 2 * inside
    casing = {"edgecolor": "white", "linewidth": look["linewidth"] + 2, "linestyle": "-"}
    for x, y in cells:
        for one in ({**look, **casing}, look):
            corner = x + inside, y + inside
            axes.add_patch(Rectangle(corner, side, side, clip_on=False, zorder=4, **one))


def _write_values(
    axes: Axes, values: np.ndarray, mesh: QuadMesh, marked: Sequence[tuple[float, float]]
) -> None:
    """Numbers in the lower part of cells, or in the upper if a mark is in that. marked: places."""
    largest = np.nanmax(np.abs(values))
    digits = int(np.clip(2 - np.floor(np.log10(largest)), 0, 3)) if largest > 0 else 0
    for (row, column), value in np.ndenumerate(values):
        if np.isfinite(value):
            below = mesh.to_rgba(value)
            colour = "white" if sns.utils.relative_luminance(below) < 0.4 else style.INK
            hidden = any(0 <= x - column <= 1 and 0 <= y - row <= 0.45 for x, y in marked)
            place = column + 0.5, row + (RAISED if hidden else NUMBER)
            # On its own ground, as intervals run below it.
            ground = {"boxstyle": "square,pad=0.15", "facecolor": below, "edgecolor": "none"}
            at = {"ha": "center", "va": "center", "zorder": 6, "bbox": ground}
            axes.text(*place, words.decimal(value, digits), color=colour, fontsize=8, **at)


def _between(places: Mapping[float, float], value: float) -> float:
    """Where a value is along a side whose cells are at ``places``."""
    return float(np.interp(value, list(places), list(places.values())))


def _estimate(axes: Axes, found: pd.DataFrame, places: list) -> tuple[float, float]:
    """A mark between points with its intervals, and where. found: rows of both parameters."""
    x, y = (_between(at, value) for at, value in zip(places, found["value"], strict=True))
    ends = [
        [_between(at, row[end]) for end in ("ci_low", "ci_high")]
        for at, (_, row) in zip(places, found.iterrows(), strict=True)
    ]
    for colour, width in (("white", 4), (style.BEST, 2)):
        axes.plot(ends[0], [y, y], color=colour, linewidth=width, zorder=5)
        axes.plot([x, x], ends[1], color=colour, linewidth=width, zorder=5)
    axes.plot(x, y, zorder=8, clip_on=False, **ESTIMATE)
    return x, y
