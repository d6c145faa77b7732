"""The figure of the scores of one point."""

import textwrap
from collections.abc import Sequence

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from restmeg.figures import style
from restmeg.scores import SCORES
from restmeg.scores.intervals import decimals

NOTES = 3  # that have room under a figure


def mean_in_words(row: pd.Series) -> str:
    """A row of scores.csv in words."""
    if not np.isfinite(row["value"]):
        return "no finite value"
    value, low, high = (row[name] for name in ("value", "ci_low", "ci_high"))
    if not np.isfinite(low):
        return f"{value:.2f}, no interval"
    n = decimals(low, high)
    return f"mean {value:.{n}f}, 95 % interval [{low:.{n}f}, {high:.{n}f}]"


@style.look()
def scores(single: pd.DataFrame, summary: pd.DataFrame, notes: Sequence[str] = ()) -> Figure:
    """Distribution of each score over replicates, its mean and 95 % interval.

    single: table of scores_replicates.csv, summary: of scores.csv, both of one point and measure;
    notes: what is wrong with what was scored, a few texts.
    """
    figure = style.new_figure(3.6 * len(summary), 4)
    panels = figure.subplots(1, len(summary), squeeze=False)
    for axes, (_, row) in zip(panels[0], summary.iterrows(), strict=True):
        values = single.loc[single["score"] == row["score"], "value"].dropna()
        if len(values) >= 5:  # fewer have no shape to show
            sns.violinplot(
                y=values, ax=axes, inner=None, cut=0, color=style.SIMULATED, alpha=0.25, linewidth=0
            )
        if len(values) <= 500:
            # Points side by side where they are dense; the places are no random numbers.
            ranks = values.rank(method="first").to_numpy()
            x = ((ranks * 0.618034) % 1 - 0.5) * 0.25
            axes.scatter(x, values, s=8, color=style.SIMULATED, alpha=0.5, linewidth=0)
        if np.isfinite(row["ci_low"]):
            axes.plot([0, 0], [row["ci_low"], row["ci_high"]], color=style.TARGET, linewidth=3)
        axes.scatter([0], [row["value"]], s=60, color=style.TARGET, edgecolor="white", zorder=3)
        axes.axhline(0, color="0.7", linewidth=0.8, zorder=0)
        score = SCORES[row["score"]]
        axes.set(
            title=score.label,
            xlabel=f"{mean_in_words(row)}\n{score.counted(row['n'])}",
            ylabel=score.scale,
            xticks=[],
            xlim=(-0.5, 0.5),
        )
        sns.despine(ax=axes, bottom=True)
    if notes:
        lines = [textwrap.fill(f"! {note}", 55 * len(summary)) for note in notes[:NOTES]]
        more = [f"and {len(notes) - NOTES} more in scores_notes.csv"] if len(notes) > NOTES else []
        figure.supxlabel("\n".join(lines + more), fontsize=8, color=style.TARGET, x=0.02, ha="left")
    return figure
