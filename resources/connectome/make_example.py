"""Make the bundled example connectome: python resources/connectome/make_example.py.

Eight regions on a ring of radius 40 mm. The distance of two is the chord between them; the weight
is a uniform random number, symmetrised, that falls off with distance. All weights are below 1.
"""

from pathlib import Path

import numpy as np

REGIONS = 8
RADIUS = 40.0  # mm

angles = 2 * np.pi * np.arange(REGIONS) / REGIONS
positions = RADIUS * np.column_stack([np.cos(angles), np.sin(angles)])
distances = np.linalg.norm(positions[:, None] - positions[None], axis=2)
weights = np.random.default_rng(0).random((REGIONS, REGIONS))
weights = (weights + weights.T) / 2 / (1 + distances / 40)
np.fill_diagonal(weights, 0)
weights /= 1.0001 * weights.max()
labels = np.array([f"R{k}" for k in range(REGIONS)])
np.savez(
    Path(__file__).with_name("example.npz"), weights=weights, distances=distances, labels=labels
)
