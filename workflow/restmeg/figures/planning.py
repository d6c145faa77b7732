"""The figure of a planned study: how well parameters would be known, over its length."""

from collections.abc import Mapping

import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator

from restmeg.figures import style

UNTOLD = 1000  # %: what is known no better is not told
# Where it is recorded, as planning.csv names that.
DASHES = {"sensors": "-", "regions": ":"}
WORDS = {"sensors": "seen by sensors, with their noise", "regions": "regions themselves, no noise"}


@style.look()
def planning(table: pd.DataFrame, labels: Mapping[str, str]) -> Figure:
    """Relative standard errors over the length of a recording.

    table: of planning.csv; labels: {parameter: what to write for it}.
    """
    figure = style.new_figure(7.2, 4.2)
    axes = figure.subplots()
    colours = dict(zip(labels, sns.color_palette("deep", len(labels)), strict=True))
    for (where, key), rows in table.groupby(["seen_at", "parameter"], sort=False):
        percent = 100 * rows["relative"]
        axes.plot(rows["seconds"], percent, DASHES[where], color=colours[key], linewidth=2)
    axes.set(xscale="log", yscale="log", ylabel="standard error (% of the value)")
    axes.set_ylim(top=min(axes.get_ylim()[1], UNTOLD))
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    known = set(table[table["relative"] < UNTOLD / 100]["parameter"])
    without = {
        key: ": value 0, see planning.csv"
        if table[table["parameter"] == key]["relative"].isna().all()
        else ": not told"
        for key in labels.keys() - known
    }
    number = table["recordings"].iloc[0]
    of = "the recording" if number == 1 else f"each of {number:g} recordings"
    axes.set_xlabel(f"length of {of} (s)")
    for one in (axes.xaxis, axes.yaxis):
        one.set_major_formatter("{x:g}")
        one.set_minor_formatter("")
    axes.xaxis.minorticks_off()
    ticks = [10, 60, 300, 900, 3600]
    axes.set_xticks(ticks, [f"{t} s" if t < 60 else f"{t // 60} min" for t in ticks])
    axes.set_title("What could be known")
    handles = [
        Line2D([], [], color=colours[key], label=label + without.get(key, ""))
        for key, label in labels.items()
    ]
    ways = [where for where in DASHES if where in set(table["seen_at"])]
    handles += [
        Line2D([], [], color=style.INK, linestyle=DASHES[where], label=WORDS[where])
        for where in ways
    ]
    axes.grid(True, color="0.92")
    axes.legend(handles=handles, frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return figure
