"""How a match stands beside what anatomy matches without a model of its dynamics."""

import math
from collections.abc import Mapping
from typing import NamedTuple

Estimate = tuple[float, float, float]  # value and its interval, NaN where there is none


class Standing(NamedTuple):
    """Names of baselines: those that a match is above, those it is below, and the others."""

    above: list[str]
    unclear: list[str]
    below: list[str]


def standing(match: Estimate, baselines: Mapping[str, Estimate]) -> Standing:
    """Which baselines a match is above or below for sure: their intervals have nothing in common.

    Both are against the same target replicates, so this rather says too little than too much. A
    baseline of a single recording counts with its value. Without a finite value it is in no list.
    """
    found = Standing([], [], [])
    low, high = _ends(match)
    for name, baseline in baselines.items():
        least, most = _ends(baseline)
        if low > most:
            found.above.append(name)
        elif high < least:
            found.below.append(name)
        elif math.isfinite(low) and math.isfinite(least):
            found.unclear.append(name)
    return found


def _ends(estimate):
    value, low, high = estimate
    return (low, high) if math.isfinite(low) and math.isfinite(high) else (value, value)
