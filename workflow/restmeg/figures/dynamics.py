"""The figure of functional connectivity dynamics."""

import textwrap

import numpy as np
import seaborn as sns
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from restmeg.estimands import Kind
from restmeg.figures import style
from restmeg.scores.dynamics import values

BINS = 30


@style.look()
def dynamics(simulated: np.ndarray, target: np.ndarray, kind: Kind) -> Figure:
    """Correlations between windows of a replicate of either role, and how all are distributed.

    simulated, target: (replicates, windows, windows).
    """
    figure = style.new_figure(11.5, 3.6)
    panels = figure.subplots(1, 3, width_ratios=[1, 1, 1.3])
    roles = {"Simulated": (simulated, style.SIMULATED), "Target": (target, style.TARGET)}
    for axes, (role, (found, _)) in zip(panels, roles.items(), strict=False):
        windows = found.shape[-1]
        blank = np.ma.masked_where(np.eye(windows, dtype=bool) | np.isnan(found[0]), found[0])
        mesh = axes.pcolormesh(blank, cmap="vlag", vmin=-1, vmax=1, rasterized=True)
        axes.set(
            xlim=(0, windows), ylim=(windows, 0), aspect="equal", xlabel="window", ylabel="window"
        )
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_locator(MaxNLocator(5, integer=True))
        axes.set_title(f"{role}, first replicate")
        axes.spines[:].set_visible(False)
    bar = figure.colorbar(mesh, ax=panels[1], label="correlation of FC", shrink=0.8, pad=0.03)
    bar.outline.set_linewidth(0)
    pooled = {role: values(found).ravel() for role, (found, _) in roles.items()}
    pooled = {role: found[np.isfinite(found)] for role, found in pooled.items()}
    edges = np.histogram_bin_edges(np.concatenate(list(pooled.values())), BINS)
    for role, found in pooled.items():
        for kind_of_line, look in (("stepfilled", {"alpha": 0.25}), ("step", {"label": role})):
            if len(found):
                panels[2].hist(
                    found, edges, density=True, histtype=kind_of_line, color=roles[role][1], **look
                )
    panels[2].set(xlabel="correlation of FC between windows apart", ylabel="density")
    panels[2].set_title(textwrap.fill(kind.words, 40), fontsize=9)
    panels[2].xaxis.set_major_locator(MaxNLocator(6))
    panels[2].legend(frameon=False, loc="upper right")
    sns.despine(ax=panels[2])
    return figure
