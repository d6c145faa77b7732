"""How alike simulated and target connectivity or spectra are, and how alike they could be."""

import numpy as np

from restmeg.scores import correlation, intervals
from restmeg.scores.comparison import (
    REPLICATE,
    TARGET_REPLICATE,
    Comparison,
    Found,
    jackknifed,
)
from restmeg.scores.intervals import LeftOut

ALONE = "a single target replicate without segments does not tell how well its pattern is known"
SHORTER = (
    "connectivity in a band is expected to be another in short segments than in whole replicates; "
    "with a simulation.duration of less than a third of the recording that is three replicates"
)
SHORT = "the recording is too short for its pattern to repeat itself from segment to segment"
FEW = "three replicates of each side are needed to know how well their patterns repeat themselves"
NOISE = "the pattern of {} connectivity does not repeat itself beyond chance"


def match(given: Comparison) -> Found:
    """Pearson correlation over what is compared, of all pairs of replicates."""
    return _of_pairs(given.match)


def partial(given: Comparison) -> Found:
    """The same of what a line over distance leaves of either."""
    target = given.beyond_distance(given.target)
    values = correlation.products(given.simulated_beyond_distance, target)
    return _of_pairs(values, given.unlocated)


def leakage(given: Comparison) -> Found:
    """The match of uncoupled regions that leak as the simulated ones do."""
    return _of_pairs(given.leaked_match)


def minus_leakage(given: Comparison) -> Found:
    """The match less that, paired by replicates: 0 in expectation if leakage makes all of it."""
    return _of_pairs(given.match - given.leaked_match)


def ceiling(given: Comparison) -> Found:
    """The expected match of a perfect model of the same duration.

    It is the mean correlation of different target replicates, unbiased whatever their number. Of a
    single recording it follows from its K segments, whose mean correlation is U, as
    K U / (1 + (K - 1) U) (Spearman 1910, Brown 1910, Br J Psychol 3:271, 296).
    """
    return jackknifed(given, _ceiling(given), len(given.target), _no_ceiling(given))


def minus_ceiling(given: Comparison) -> Found:
    """The mean match less the ceiling: zero in expectation for a perfect model."""
    gap = LeftOut.of(np.subtract, given.mean_match, _ceiling(given, as_long=False))
    return jackknifed(given, gap, given.n_pairs, _no_ceiling(given))


def corrected(given: Comparison) -> Found:
    """The correlation of expected patterns, mean(M) / sqrt(U_S U_T); it may exceed 1.

    U: mean correlation of different replicates of a side (Spearman 1904, Am J Psychol 15:72).
    """
    likeness, _ = given.repeats
    with np.errstate(invalid="ignore", divide="ignore"):
        statistic = LeftOut.of(
            lambda mean, ours, theirs: mean / np.sqrt(ours * theirs),
            *(given.mean_match, likeness, _ceiling(given, as_long=False)),
        )
    return jackknifed(given, statistic, given.n_pairs, _no_correction(given))


def _of_pairs(values: np.ndarray, note: str = "") -> Found:
    return Found(intervals.of_pairs(values), {(REPLICATE, TARGET_REPLICATE): values}, note)


def _ceiling(given: Comparison, as_long: bool = True) -> LeftOut:
    """Expected correlation of two recordings.

    as_long: of the whole's length also where a segment is left out, or of what is then left.
    """
    _, likeness = given.repeats
    if not given.by_segments:
        return likeness
    k = len(given.segments)
    times = LeftOut(k, k, k if as_long else k - 1)
    return LeftOut.of(lambda u, times: times * u / (1 + (times - 1) * u), likeness, times)


def _no_ceiling(given: Comparison) -> str:
    """Why there is no ceiling, in words; nothing where there is one, or no replicate at all."""
    if given.by_segments and given.shorter_is_more:
        return SHORTER
    if given.by_segments:
        return "" if _is_sure(given.repeats[1]) else SHORT
    return ALONE if len(given.target) == 1 else ""


def _no_correction(given: Comparison) -> str:
    """Why a match cannot be corrected for noise; nothing where it can."""
    if _no_ceiling(given) or not given.n_pairs:
        return _no_ceiling(given)
    if len(given.simulated) < 3 or (len(given.target) < 3 and not given.by_segments):
        return FEW
    for side, likeness in zip(("simulated", "target"), given.repeats, strict=True):
        if not _is_sure(likeness):
            return NOISE.format(side)
    return ""


def _is_sure(likeness: LeftOut) -> bool:
    """Whether replicates or segments are alike beyond chance."""
    found = intervals.of_jackknife(likeness.whole, likeness.pseudo_values(), 0)
    return found.ci_low > 0
