"""Connectomes with a brain's statistics: sparse, near regions connected more often and more."""

import numpy as np
from restmeg.connectome import Connectome


def connectome(n_regions=80, density=0.2, seed=0, directed=False):
    """Two hemispheres of 140 mm; lognormal weights that fall off with length, and hubs."""
    rng = np.random.default_rng(seed)
    place = rng.normal(size=(n_regions, 3))
    place *= [50, 70, 45] / np.linalg.norm(place, axis=1, keepdims=True)
    side = np.where(np.arange(n_regions) % 2, 1, -1)
    place[:, 0] = side * (abs(place[:, 0]) + 5)
    distances = np.linalg.norm(place[:, None] - place, axis=2)

    def noise(draw):
        matrix = draw(size=(n_regions, n_regions))
        return matrix if directed else np.triu(matrix, 1) + np.triu(matrix, 1).T

    liking = noise(rng.gumbel) - distances / 30
    np.fill_diagonal(liking, -np.inf)
    n_pairs = round(density * n_regions * (n_regions - 1) / 2) * 2
    connected = liking >= np.sort(liking.ravel())[-n_pairs]
    hubs = np.exp(0.4 * rng.normal(size=n_regions))
    weights = np.exp(noise(rng.normal) - distances / 25) * np.sqrt(hubs[:, None] * hubs)
    weights = np.where(connected, weights, 0.0)
    labels = np.array([f"R{k}" for k in range(n_regions)], dtype=object)
    return Connectome(weights / weights.max(), distances, labels)


def likeness(study, null):
    """How a network that is rewired is like the study's, by name."""
    before, after = study.weights > 0, null.weights > 0
    strengths = study.weights.sum(axis=1), null.weights.sum(axis=1)

    def fall(weights, connected):
        return np.corrcoef(np.log(weights[connected]), study.distances[connected])[0, 1]

    return {
        "connections_moved": float((before & ~after).sum() / before.sum()),
        "strength_correlation": float(np.corrcoef(*strengths)[0, 1]),
        "weight_length_correlation": float(fall(null.weights, after)),
        "mean_length_mm": float(study.distances[after].mean()),
    }
