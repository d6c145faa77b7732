"""How far simulated functional connectivity follows the connectome."""

import numpy as np

from restmeg.scores import correlation, intervals
from restmeg.scores.comparison import REPLICATE, Comparison, Found


def _found(values: np.ndarray, note: str = "") -> Found:
    return Found(intervals.of_mean(values), {(REPLICATE,): values}, note)


def coupling(given: Comparison) -> Found:
    """Pearson correlation over pairs of connectivity and weights (Honey et al. 2009)."""
    weights = correlation.standardised(given.weights[None])
    return _found(correlation.products(given.simulated_patterns, weights)[:, 0])


def spearman(given: Comparison) -> Found:
    """The same of their ranks."""
    ranked = correlation.ranks(given.simulated), correlation.ranks(given.weights[None])
    return _found(correlation.correlations(*ranked)[:, 0])


def partial(given: Comparison) -> Found:
    """Pearson correlation of what a line over distance leaves of either."""
    weights = given.beyond_distance(given.weights[None])
    values = correlation.products(given.simulated_beyond_distance, weights)[:, 0]
    return _found(values, given.unlocated)
