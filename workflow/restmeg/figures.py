"""Figures of anatomy, activity, connectivity and scores.

Every function takes arrays or a table and returns a matplotlib Figure; `save` writes it as PNG for
reading and SVG for papers.
"""

import textwrap

import matplotlib

matplotlib.use("agg")  # files only; no display is needed

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns

from restmeg import disk

SIMULATED, TARGET = "#2a6f97", "#c8553d"
SCORE_NAMES = {
    "structure_function_coupling": "structure-function coupling",
    "fc_match": "FC match",
}
LABELLED = 24  # regions that have room for a name each
TRACES = 16  # traces that can be told apart in one panel
SHOWN_MS = 500.0  # of time in a trace
NOTES = 3  # that have room under a figure

sns.set_theme(
    context="notebook",
    style="ticks",
    rc={
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
        "figure.constrained_layout.use": True,
        "text.parse_math": False,  # a region may be called $x$
        "svg.fonttype": "none",  # text stays text that an editor can change
        "svg.hashsalt": "restmeg",  # the same identifiers each time
    },
)


def save(figure, *paths):
    """Write a figure in the format that each path's ending names, and close it."""
    for path in paths:
        form = str(path).rsplit(".", 1)[-1]
        clock = {"Date": None} if form == "svg" else None
        with disk.whole(path) as partial:
            figure.savefig(partial, format=form, dpi=150, bbox_inches="tight", metadata=clock)
    plt.close(figure)


def _matrix(axes, matrix, labels, title, bar, **colours):
    names = labels if len(labels) <= LABELLED else False
    if names is False:
        title += f" ({len(labels)} regions)"
    sns.heatmap(
        matrix,
        ax=axes,
        square=True,
        xticklabels=names,
        yticklabels=names,
        rasterized=True,
        cbar_kws={"label": bar, "shrink": 0.8, "pad": 0.03},
        **colours,
    )
    axes.set(title=title)
    axes.tick_params(length=0)
    axes.tick_params(axis="y", rotation=0)


def _two_panels():
    """A figure with two matrices side by side, room between a colour bar and the next labels."""
    figure, panels = plt.subplots(1, 2, figsize=(9.5, 4))
    figure.get_layout_engine().set(w_pad=0.15)
    return figure, panels


def connectome(weights, distances, labels):
    """Weights and distances (N, N) side by side."""
    figure, (left, right) = _two_panels()
    blank = np.eye(len(labels), dtype=bool)
    _matrix(left, weights, labels, "Weights", "weight", cmap="mako_r", mask=blank, vmin=0)
    _matrix(right, distances, labels, "Distances", "mm", cmap="rocket_r", mask=blank, vmin=0)
    for axes in (left, right):
        axes.set(xlabel="source", ylabel="target")
    return figure


def traces(times, activity, labels, field, sensors):
    """Activity and field over a stretch of time, one trace above another.

    times: (samples,) ms; activity: (samples, N); field: (samples, sensors) in T.
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(9.5, 4.5), sharex=True)
    panels = (
        (left, activity, labels, "Regional activity", "excitatory rate", "1", SIMULATED),
        (right, 1e15 * field, sensors, "Sensors", "magnetic field", "fT", TARGET),
    )
    for axes, series, names, title, what, unit, colour in panels:
        shown = series[:, :TRACES]
        shown = shown - shown.mean(axis=0)
        step = 1.1 * np.ptp(shown, axis=0).max() or 1.0
        places = -step * np.arange(shown.shape[1])
        axes.plot(times, shown + places, color=colour, linewidth=0.8)
        more = f" (first {TRACES} of {series.shape[1]})" if series.shape[1] > TRACES else ""
        axes.set(title=title + more, xlim=(times[0], times[-1]))
        axes.set_yticks(places, names[: shown.shape[1]])
        axes.tick_params(axis="y", length=0)
        # A scale bar stands for the vertical axis, which only orders the traces.
        size = float(f"{step / 2:.0e}")
        middle = places.mean()
        axes.plot(
            [1.02, 1.02],
            [middle - size / 2, middle + size / 2],
            transform=axes.get_yaxis_transform(),
            color="black",
            clip_on=False,
        )
        bar = f"bar: {what} {size:g}" + (f" {unit}" if unit != "1" else "")
        axes.set_xlabel(f"time (ms)\n{bar}")
        sns.despine(ax=axes, left=True)
    return figure


def connectivity(simulated, target, labels, measure):
    """Mean functional connectivity (N, N) of both roles on one scale, the diagonal blank."""
    blank = np.eye(len(labels), dtype=bool)
    pairs = np.abs(np.stack([simulated, target])[:, ~blank])
    limit = np.nanmax(pairs) if np.isfinite(pairs).any() else 1.0
    figure, panels = _two_panels()
    for axes, matrix, role in zip(
        panels, (simulated, target), ("simulated", "target"), strict=True
    ):
        title = f"{role.capitalize()} FC"
        _matrix(
            axes,
            matrix,
            labels,
            title,
            measure.capitalize(),
            cmap="vlag",
            vmin=-limit,
            vmax=limit,
            mask=blank,
        )
    return figure


def structure_function(weights, fc, summary):
    """Functional against structural connectivity over pairs of regions.

    weights: (pairs,); fc: (replicates, pairs); summary: table of scores.csv of this point.
    Points are means over replicates; bars, of up to 500 pairs, the standard error of that mean.
    """
    figure, axes = plt.subplots(figsize=(5.5, 4.2))
    mean = fc.mean(axis=0)
    if len(fc) > 1 and len(weights) <= 500:
        error = fc.std(axis=0, ddof=1) / np.sqrt(len(fc))
        axes.errorbar(weights, mean, error, fmt="none", ecolor="0.75", elinewidth=1, zorder=0)
    size = 30 if len(weights) <= 500 else 6
    sns.scatterplot(x=weights, y=mean, ax=axes, color=SIMULATED, s=size, rasterized=size == 6)
    usable = np.isfinite(mean)
    if usable.sum() > 2 and np.ptp(weights[usable]) > 0:
        slope, offset = np.polyfit(weights[usable], mean[usable], 1)
        ends = np.array([weights.min(), weights.max()])
        axes.plot(ends, offset + slope * ends, color=TARGET)
    row = summary[summary["score"] == "structure_function_coupling"].iloc[0]
    label = f"r of a replicate: {_mean(row)}"
    if len(fc) > 1 and np.isfinite(mean).all():
        label += f"\nr of the mean of {len(fc)}: {np.corrcoef(weights, mean)[0, 1]:.2f}"
    axes.set_title(label, fontsize=9, fontweight="normal")
    axes.set(xlabel="structural connectivity (weight)", ylabel="functional connectivity, simulated")
    return figure


def _mean(row):
    """A row of scores.csv in words."""
    if not np.isfinite(row["value"]):
        return "no finite value"
    if not np.isfinite(row["ci_low"]):
        return f"{row['value']:.2f}, no interval"
    return f"mean {row['value']:.2f}, 95 % interval [{row['ci_low']:.2f}, {row['ci_high']:.2f}]"


def scores(single, summary, notes=()):
    """Distribution of each score over replicates, its mean and 95 % interval.

    single: table of scores_replicates.csv, summary: of scores.csv, both of one point and measure;
    notes: what is wrong with what was scored, a few texts.
    """
    figure, panels = plt.subplots(1, len(summary), figsize=(3.6 * len(summary), 4), squeeze=False)
    for axes, (_, row) in zip(panels[0], summary.iterrows(), strict=True):
        values = single.loc[single["score"] == row["score"], "value"].dropna()
        if len(values) >= 5:  # fewer have no shape to show
            sns.violinplot(
                y=values, ax=axes, inner=None, cut=0, color=SIMULATED, alpha=0.25, linewidth=0
            )
        if len(values) <= 500:
            # Points side by side where they are dense; the places are no random numbers.
            ranks = values.rank(method="first").to_numpy()
            x = ((ranks * 0.618034) % 1 - 0.5) * 0.25
            axes.scatter(x, values, s=8, color=SIMULATED, alpha=0.5, linewidth=0)
        if np.isfinite(row["ci_low"]):
            axes.plot([0, 0], [row["ci_low"], row["ci_high"]], color=TARGET, linewidth=3)
        axes.scatter([0], [row["value"]], s=60, color=TARGET, edgecolor="white", zorder=3)
        axes.axhline(0, color="0.7", linewidth=0.8, zorder=0)
        of = "pair" if row["score"] == "fc_match" else "replicate"
        of += "s" if row["n"] != 1 else ""
        axes.set(
            title=SCORE_NAMES[row["score"]],
            xlabel=f"{_mean(row)}\n{row['n']:.0f} {of}",
            ylabel="correlation",
            xticks=[],
            xlim=(-0.5, 0.5),
        )
        sns.despine(ax=axes, bottom=True)
    if notes:
        lines = [textwrap.fill(f"! {note}", 55 * len(summary)) for note in notes[:NOTES]]
        more = [f"and {len(notes) - NOTES} more in scores_notes.csv"] if len(notes) > NOTES else []
        figure.supxlabel("\n".join(lines + more), fontsize=8, color=TARGET, x=0.02, ha="left")
    return figure


def sweep(summary, axis_labels):
    """Each score against the first swept parameter, with its interval, a line per other setting.

    summary: table of scores.csv of one measure; axis_labels: {its column of a swept parameter:
    what to write for it}.
    """
    first, *others = axis_labels
    names = list(summary["score"].unique())
    figure, panels = plt.subplots(1, len(names), figsize=(4.8 * len(names), 4), squeeze=False)
    lines = list(summary.groupby(others, sort=False)) if others else [((), summary)]
    palette = sns.color_palette("viridis", len(lines)) if others else [SIMULATED]
    numeric = pd.api.types.is_numeric_dtype(summary[first])
    span = np.ptp(summary[first]) if numeric else 0.0
    for axes, name in zip(panels[0], names, strict=True):
        for k, ((values, table), colour) in enumerate(zip(lines, palette, strict=True)):
            table = table[table["score"] == name]
            table = table.sort_values(first) if numeric else table
            settings = zip(others, values, strict=True)
            label = ", ".join(
                f"{axis_labels[other]}: {value if isinstance(value, str) else format(value, 'g')}"
                for other, value in settings
            )
            axes.plot(table[first], table["value"], marker="o", color=colour, label=label)
            low, high = table["ci_low"], table["ci_high"]
            if len(lines) <= 3:
                axes.fill_between(table[first], low, high, color=colour, alpha=0.2, linewidth=0)
            else:  # bands would cover each other
                aside = 0.008 * span * (k - (len(lines) - 1) / 2)
                x = table[first] + aside if numeric else table[first]
                axes.vlines(x, low, high, color=colour, linewidth=1)
        axes.axhline(0, color="0.7", linewidth=0.8, zorder=0)
        axes.set(title=SCORE_NAMES[name], xlabel=axis_labels[first], ylabel="correlation")
    if others:
        panels[0][-1].legend(frameon=False, loc="upper left", bbox_to_anchor=(1, 1))
    return figure
