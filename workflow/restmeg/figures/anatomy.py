"""The figure of the connectome."""

import numpy as np
from matplotlib.figure import Figure

from restmeg import check
from restmeg.figures import matrix, style


@style.look()
def connectome(weights: np.ndarray, distances: np.ndarray, labels: check.Names) -> Figure:
    """Weights and distances (N, N) side by side."""
    figure, (left, right), written = matrix.two_panels(labels)
    matrix.draw(left, weights, labels, written, "Weights", "weight", cmap="mako_r", vmin=0)
    matrix.draw(right, distances, labels, written, "Distances", "mm", cmap="rocket_r", vmin=0)
    for axes in (left, right):
        axes.set(xlabel="source", ylabel="target")
    return figure
