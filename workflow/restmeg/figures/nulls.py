"""The figure of null networks: their scores, and the study's among them."""

import textwrap

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from restmeg.figures import marks, style
from restmeg.scores import LOWEST, SCORES
from restmeg.summary.words import decimal

# What has a panel, as far as there is any: the match minus its ceiling would be the match again.
PANELS = [
    "structure_function_coupling",
    "structure_function_partial",
    "fc_distance",
    "fc_match",
    "fc_match_partial",
    "fc_match_corrected",
]
COLUMNS = 3  # panels beside each other
MARGIN, LETTER = 0.7, 0.11  # inches: beside a panel, and of its title


def beside(row: pd.Series) -> str:
    """What null networks say of a score, in words."""
    networks = f"{row['null_n']:.0f} network" + ("s" if row["null_n"] != 1 else "")
    texts = [f"z = {decimal(row['null_z'], 2)}"] if np.isfinite(row["null_z"]) else []
    texts += [f"p = {row['null_p']:.2g}"] if np.isfinite(row["null_p"]) else []
    return "\n".join([str(row["null"]), *texts, networks])


@style.look()
def nulls(beside_nulls: pd.DataFrame, networks: pd.DataFrame, own: pd.DataFrame) -> Figure:
    """Scores of null networks, a column for each null, with the study's value.

    That has no interval here: null networks are simulated with its noise, so that an interval,
    which noise makes, is no measure of how far they are from it.

    beside_nulls: table of nulls.csv; networks: of nulls_networks.csv; own: of scores.csv; all of
    one point and measure.
    """
    found = set(beside_nulls["score"])
    scores = [name for name in PANELS if name in found]
    kinds = list(dict.fromkeys(beside_nulls["null"]))
    if not scores:
        figure = style.new_figure(5, 1)
        figure.text(0.02, 0.5, "No score of this point has a finite value.")
        return figure
    columns = min(COLUMNS, len(scores))
    rows = -(-len(scores) // columns)
    width = max(2.9, 0.8 + 1.15 * len(kinds))
    figure = style.new_figure(width * columns, 3.9 * rows)
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes in panels[len(scores) :]:
        axes.set_axis_off()
    for axes, name in zip(panels, scores, strict=False):
        score = SCORES[name]
        study = own[own["score"] == name].iloc[0]
        labels = []
        for x, kind in enumerate(kinds):
            values = networks[(networks["score"] == name) & (networks["null"] == kind)]["value"]
            marks.distribution(axes, x, score.read(values.to_numpy()), style.NULL)
            row = beside_nulls[(beside_nulls["score"] == name) & (beside_nulls["null"] == kind)]
            labels.append(beside(row.iloc[0]))
        axes.axhline(score.read(study["value"]), color=style.SIMULATED, linewidth=2)
        better = "\nlower is better" if score.direction == LOWEST else ""
        axes.set_title(textwrap.fill(score.label, int((width - MARGIN) / LETTER)))
        axes.set(
            ylabel=score.read_scale + better,
            xticks=range(len(kinds)),
            xlim=(-0.6, len(kinds) - 0.4),
        )
        axes.set_xticklabels(labels, fontsize=8)
        axes.tick_params(axis="x", length=0)
        sns.despine(ax=axes, bottom=True)
    return figure
