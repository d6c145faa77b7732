"""Marks that several figures have."""

import numpy as np
from matplotlib.axes import Axes

FEW, MANY = 5, 500  # values: fewer have no shape to show, and more would be one block of dots


def distribution(axes: Axes, x: float, values: np.ndarray, colour: str) -> None:
    """Values of replicates or networks in a column: their shape, and a dot for each."""
    values = values[np.isfinite(values)]
    if len(values) >= FEW and np.ptp(values) > 0:
        (body,) = axes.violinplot([values], [x], widths=0.8, showextrema=False)["bodies"]
        body.set(facecolor=colour, alpha=0.2, linewidth=0)
    if len(values) <= MANY:
        # Side by side where they are dense; the places are no random numbers.
        ranks = np.argsort(np.argsort(values, kind="stable"), kind="stable")
        aside = ((ranks * 0.618034) % 1 - 0.5) * 0.3 * (len(values) > 1)
        size, alpha = (8, 0.35) if len(values) >= FEW else (24, 0.7)
        axes.scatter(x + aside, values, s=size, color=colour, alpha=alpha, linewidth=0)
