"""Matrices of pairs of regions, with names that can be read or none."""

import re
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties

from restmeg import check
from restmeg.figures import style

SCREEN = 13.0  # inches: a page on a screen
NAMED = 90  # regions: with more the figure would be larger than a screen
SIDE = 3.2  # inches: of a matrix whose names have room
LARGEST, SMALLEST = 9.0, 5.0  # size of names in points; 5 are ten pixels high
ALONE = 7.0  # the smallest where panels stand one above the other and have the width of a page
LINE = 1.25  # height of a line of text over the size of its font
LONGEST = 32  # letters of a name
SHORT = 0.15  # inches: of names that need no more room than there is
BAR = 1.2  # width of a matrix with its colour bar over that without
INCH = 72  # points
# A side of the head in the name of a region, as a word of its own.
SIDED = re.compile(r"(?:^|[^A-Za-z])([LlRr])(?:h|H|eft|ight)?(?:[^A-Za-z]|$)")


class Names(NamedTuple):
    """Names of regions beside a matrix, and the room that they take."""

    texts: list  # none where they have no room
    size: float  # of the font, in points
    length: float  # of the longest, in inches
    upright: bool  # whether they stand below their columns, as they are too long to lie there
    side: float  # of the matrix, in inches
    order: np.ndarray  # (N,) of regions: one hemisphere after the other where names say so
    groups: list  # hemispheres as name, first place and the one after its last; or none


def hemispheres(labels: check.Names) -> tuple[np.ndarray, list[tuple[str, int, int]]]:
    """The order of regions with one hemisphere after the other, and where each then is.

    As given, and no groups, where not every name says a side ("Insula_L", "rh.insula", "l_insula").
    """
    found = [SIDED.search(str(label)) for label in labels]
    sides = [one[1].lower() if one else "" for one in found]
    order = np.arange(len(labels))
    if {"l", "r"} != {*sides}:
        return order, []
    first = sides[0]
    order = np.array(sorted(order, key=lambda k: sides[k] != first))
    n = sides.count(first)
    words = {"l": "left", "r": "right"}
    other = next(side for side in sides if side != first)
    return order, [(words[first], 0, n), (words[other], n, len(labels))]


def names(labels: check.Names, smallest: float = SMALLEST, most: int = NAMED) -> Names:
    """How to write names beside a matrix of so many regions, and how large that has to be.

    smallest: size of the font in points; most: regions that are named.
    """
    order, groups = hemispheres(labels)
    if len(labels) > most:
        return Names([], SMALLEST, 0.0, False, SIDE, order, groups)
    texts = [_shortened(str(labels[k])) for k in order]
    side = max(SIDE, len(texts) * smallest * LINE / INCH)
    pitch = side * INCH / len(texts)
    size = float(np.clip(pitch / LINE, smallest, LARGEST))
    length = max(_width(text, size) for text in texts)
    return Names(texts, size, length, length * INCH > 0.9 * pitch, side, order, groups)


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."


def _width(text: str, size: float) -> float:
    """Width of a text in inches."""
    with style.look():
        figure = style.new_figure(1, 1)
        drawn = figure.text(0, 0, text, fontproperties=FontProperties(size=size))
        return drawn.get_window_extent(figure.canvas.get_renderer()).width / figure.dpi


def _size(written: Names) -> tuple[float, float]:
    """Width and height of a panel in inches, with names and colour bar."""
    grown = written.side - SIDE
    beside = max(0.0, written.length - SHORT)
    return 4.75 + BAR * grown + beside, 4 + grown + (beside if written.upright else 0.0)


def two_panels(labels: check.Names) -> tuple[Figure, np.ndarray, Names]:
    """A figure for two matrices, as large as their names need.

    They are side by side, or one above the other where that would be wider than a screen.
    """
    across, written = 2, names(labels)
    if 2 * _size(written)[0] > SCREEN:
        across, written = 1, names(labels, ALONE)
    width, height = _size(written)
    figure = style.new_figure(across * width, 2 // across * height)
    panels = figure.subplots(2 // across, across).ravel()
    # Room between a colour bar and the names of the next panel.
    figure.get_layout_engine().set(w_pad=0.15)
    return figure, panels, written


def mark(axes: Axes, groups: list[tuple[str, int, int]]) -> None:
    """Write groups of regions beside a matrix whose regions have no names there."""
    places = [(first + stop) / 2 for _, first, stop in groups]
    texts = [name for name, *_ in groups]
    axes.set_xticks(places, texts)
    axes.set_yticks(places, texts, rotation=90, va="center")
    axes.tick_params(length=0)
    for _, first, _ in groups[1:]:
        axes.axhline(first, color=style.LINE, linewidth=0.6)
        axes.axvline(first, color=style.LINE, linewidth=0.6)


def draw(
    axes: Axes, matrix: np.ndarray, labels: check.Names, written: Names, title: str, bar: str,
    **colours: Any,
) -> None:  # fmt: skip
    """Draw a matrix (N, N) without its diagonal, the first row on top.

    written: from `two_panels`; bar: what colours mean; colours: for matplotlib's pcolormesh.
    """
    matrix = matrix[np.ix_(written.order, written.order)]
    blank = np.ma.masked_where(np.eye(len(labels), dtype=bool) | np.isnan(matrix), matrix)
    mesh = axes.pcolormesh(blank, rasterized=True, **colours)
    axes.set(xlim=(0, len(labels)), ylim=(len(labels), 0), aspect="equal")
    scale = axes.figure.colorbar(mesh, ax=axes, label=bar, shrink=0.8, pad=0.03)
    scale.outline.set_linewidth(0)
    scale.solids.set_rasterized(True)
    axes.spines[:].set_visible(False)
    if written.texts:
        places = np.arange(len(labels)) + 0.5
        axes.set_xticks(places, written.texts, rotation=90 if written.upright else 0)
        axes.set_yticks(places, written.texts)
        axes.tick_params(length=0, labelsize=written.size)
    else:
        mark(axes, written.groups)
        title += f" ({len(labels)} regions)"
    axes.set(title=title)
