"""What anatomy alone matches of the target, without a model of its dynamics."""

import numpy as np

from restmeg.scores import correlation, intervals
from restmeg.scores.comparison import TARGET_REPLICATE, Comparison, Found


def weights(given: Comparison) -> Found:
    """Pearson correlation of target connectivity with the weights themselves."""
    return _of(given.target_patterns, given.weights)


def log_weights(given: Comparison) -> Found:
    """The same with their logarithm.

    Pairs without a connection count too, as they do in the match that this stands beside: as half
    the smallest weight, whatever the scale of the weights.
    """
    return _of(given.target_patterns, correlation.log_pattern(given.weights))


def distance(given: Comparison) -> Found:
    """The same with minus the distance."""
    rows = correlation.standardised(given.target[:, given.located])
    return _of(rows, -given.distances[given.located], given.unlocated)


def _of(targets: np.ndarray, pattern: np.ndarray, note: str = "") -> Found:
    """targets: standardised (m, pairs); pattern: (pairs,)."""
    patterns = correlation.standardised(pattern[None])
    values = correlation.products(targets, patterns)[:, 0]
    return Found(intervals.of_mean(values), {(TARGET_REPLICATE,): values}, note)
