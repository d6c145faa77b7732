"""What scores compare, and what they find."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from restmeg.scores import correlation, intervals
from restmeg.scores.intervals import LeftOut, Summary

# What values are of, as dimensions of a labelled array.
REPLICATE, TARGET_REPLICATE, SEGMENT = "replicate", "target_replicate", "segment"


class Found(NamedTuple):
    """What a score finds.

    ``values`` has arrays by what they are of: of each replicate, or pair of them, by its
    dimensions; of a score without such values the jackknife's pseudo-values, one array for each
    side.
    """

    summary: Summary
    values: Mapping[tuple[str, ...], np.ndarray]
    note: str = ""  # why there is no value, or what is wrong with it, in words


@dataclass(frozen=True)
class Comparison:
    """Functional connectivity of replicates over pairs of regions, and anatomy beside it.

    Replicates that have a gap, or the same value in all pairs, are not among them. Of power spectra
    regions and frequencies are in the place of pairs, and of dynamics pairs of windows.
    """

    simulated: np.ndarray  # (n, pairs)
    target: np.ndarray  # (m, pairs)
    weights: np.ndarray  # (pairs,), of both directions the mean
    distances: np.ndarray  # (pairs,), the same; 0 where it is not known, or all 0
    segments: np.ndarray  # (K, pairs) of a single target replicate, in order; or none, (0, pairs)
    shorter_is_other: bool = False  # whether a segment is expected to differ from the whole
    shorter_is_more: bool = False  # and to have more by chance, where there is least of it
    leaked: np.ndarray | None = None  # (n, pairs) of simulated replicates with uncoupled regions

    @classmethod
    def of_patterns(cls, simulated: np.ndarray, target: np.ndarray) -> "Comparison":
        """One without anatomy, of rows (n, values) and (m, values) without gaps."""
        nothing = np.zeros(simulated.shape[1])
        return cls(simulated, target, nothing, nothing, target[:0])

    @property
    def n_pairs(self) -> int:
        """Pairs of a simulated and a target replicate."""
        return len(self.simulated) * len(self.target)

    @cached_property
    def located(self) -> np.ndarray:
        """Which pairs of regions have a distance: all of them if none has one, (pairs,)."""
        return correlation.located(self.distances)

    @property
    def unlocated(self) -> str:
        """What is wrong with scores that need all distances, in words; nothing if they are there.

        Tract lengths are often known for connected pairs alone.
        """
        n = np.count_nonzero(~self.located)
        if not n:
            return ""
        return f"{n} of {len(self.located)} pairs of regions have no distance and are left out"

    @property
    def by_segments(self) -> bool:
        """Whether the segments of a single recording tell how sure it is."""
        return len(self.target) == 1 and len(self.segments) > 2

    @property
    def sides(self) -> tuple[str, str]:
        """What a jackknife leaves out: replicates of both sides, or a recording's segments."""
        return REPLICATE, SEGMENT if self.by_segments else TARGET_REPLICATE

    @cached_property
    def simulated_patterns(self) -> np.ndarray:
        """Standardised, so that products are correlations: (n, pairs)."""
        return correlation.standardised(self.simulated)

    @cached_property
    def target_patterns(self) -> np.ndarray:
        """The same of the target: (m, pairs)."""
        return correlation.standardised(self.target)

    @cached_property
    def simulated_beyond_distance(self) -> np.ndarray:
        """What a line over distance leaves of simulated patterns: (n, located pairs)."""
        return self.beyond_distance(self.simulated)

    def beyond_distance(self, rows: np.ndarray) -> np.ndarray:
        """The same of any rows (k, pairs)."""
        return correlation.freed(rows[:, self.located], self.distances[self.located])

    @cached_property
    def match(self) -> np.ndarray:
        """Correlations of all pairs of a simulated and a target replicate: (n, m)."""
        return correlation.products(self.simulated_patterns, self.target_patterns)

    @cached_property
    def leaked_match(self) -> np.ndarray:
        """The same of simulated replicates whose regions are uncoupled: (n, m)."""
        assert self.leaked is not None
        rows = correlation.standardised(self.leaked)
        return correlation.products(rows, self.target_patterns)

    @cached_property
    def repeats(self) -> tuple[LeftOut, LeftOut]:
        """Mean correlation of different replicates, simulated and target.

        Of a single recording, that of its segments.
        """
        target = self.target_patterns
        if self.by_segments:
            target = correlation.standardised(self.segments)
        return own(self.simulated_patterns, 1), own(target, 2)

    @cached_property
    def mean_match(self) -> LeftOut:
        """Mean of ``match``; of a single recording segments are left out."""
        found = intervals.means(self.match)
        if self.by_segments:
            without = correlation.standardised(self._shortened())
            products = correlation.products(self.simulated_patterns, without)
            found = found._replace(target=products.mean(axis=0))
        return found

    def _shortened(self):
        """A single recording without each of its segments, to first order: (K, pairs)."""
        apart = self.segments.mean(axis=0) - self.segments
        return self.target + apart / (len(self.segments) - 1)


def own(rows: np.ndarray, side: int) -> LeftOut:
    """Mean product of different rows. side: 1 if they are simulated, 2 if they are the target's."""
    whole, without = intervals.mean_of_others(correlation.gram(rows))
    sides = (without, whole) if side == 1 else (whole, without)
    return LeftOut(whole, *sides)


def jackknifed(given: Comparison, statistic: LeftOut, n: int, note: str = "") -> Found:
    """A statistic with its jackknife interval and pseudo-values; NaN if a note says why."""
    if note:
        statistic = LeftOut.of(lambda value: value * np.nan, statistic)
    names = [
        (name,) for name, side in zip(given.sides, statistic[1:], strict=True) if np.ndim(side)
    ]
    values = statistic.pseudo_values()
    summary = intervals.of_jackknife(statistic.whole, values, n)
    return Found(summary, dict(zip(names, values, strict=True)), note)
