"""How figures look, and how they are written.

Nothing here is set for the whole process: what draws or writes does so within `look`.
"""

import contextlib
import textwrap
from collections.abc import Iterator
from pathlib import Path

import matplotlib
import seaborn as sns
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from restmeg import disk

# What a colour means, in every figure.
SIMULATED = "#2a6f97"  # the model, and what it simulates
TARGET = "#c8553d"  # the target, and how well it can be matched at all
ANATOMY = "#6a8f3c"  # what anatomy says without dynamics
THEORY = "#d99a00"  # what linear theory expects
BEST = "#7d3c98"  # what explains the target best
NULL = "0.45"  # null networks
INK, LINE = "0.15", "0.7"  # the truth, and other lines; zero and what only guides the eye
# Lines that say how well the target can be matched, by whom: colour and style in every figure.
LINES = {
    "fc_match_ceiling": (TARGET, "--"),  # others lie below it where the model is true
    "leakage_null": (NULL, ":"),
    "baseline_weights": (ANATOMY, "-"),
    "baseline_log_weights": (ANATOMY, "-."),
    "baseline_distance": (ANATOMY, "--"),
}
# Kinds of sensors: title, what they measure, its unit in figures and the factor to it.
SENSORS = {
    "mag": ("Magnetometers", "magnetic field", "fT", 1e15),
    "grad": ("Gradiometers", "gradient of the field", "fT/cm", 1e13),
}
SMALL = {"fontsize": 9, "fontweight": "normal"}  # of a title beside another
DPI = 150
SETTINGS = {
    "font.family": ["sans-serif"],
    "font.size": 10,
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 10,
    "xtick.labelsize": 9,
    "ytick.labelsize": 9,
    "legend.fontsize": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "text.parse_math": False,  # a region may be called $x$
    "svg.fonttype": "none",  # text stays text that an editor can change
    "svg.hashsalt": "restmeg",  # the same identifiers each time
}


@contextlib.contextmanager
def look() -> Iterator[None]:
    """Matplotlib's settings for figures of this package, as a block or over a function.

    Some are read when a figure is made and others when it is drawn, so `save` needs them too.
    """
    with matplotlib.rc_context():
        matplotlib.rcParams.update(sns.plotting_context("notebook"))
        matplotlib.rcParams.update(sns.axes_style("ticks"))
        matplotlib.rcParams.update(SETTINGS)
        yield


def no_figure(words: str) -> Figure:
    """Words in place of a figure: why there is nothing to draw."""
    figure = new_figure(7, 1.2)
    figure.text(0.02, 0.5, textwrap.fill(words, 90), va="center")
    return figure


def new_figure(width: float, height: float) -> Figure:
    """An empty figure of a size in inches, which no window and no other figure knows of."""
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


@look()
def save(figure: Figure, *paths: Path | str) -> None:
    """Write a figure in the format that each path's ending names."""
    for path in paths:
        form = str(path).rsplit(".", 1)[-1]
        clock = {"Date": None} if form == "svg" else None
        with disk.whole(path) as partial:
            figure.savefig(partial, format=form, dpi=DPI, bbox_inches="tight", metadata=clock)
