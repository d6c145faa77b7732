"""What linear theory expects of longer recordings, in words."""

from pathlib import Path

import numpy as np

from restmeg.estimands import Kind
from restmeg.summary.words import SPACE
from restmeg.theory import predicted

CEILING = "fc_match_ceiling"
LEVELS = (0.5, 0.9)  # of the ceiling


def of(path: str | Path, point: str, kind: Kind) -> dict:
    """What captions say of theory.nc of a point, of a measure in a band.

    ``trouble``, why theory does not hold; ``levels``, how long recordings must be for some values
    of the ceiling of the match, as texts; and ``holds``, whether it expects anything.
    """
    found = predicted.over_length(path, point, kind)
    ceiling, lengths = found.expected.get(CEILING, np.zeros(1)), found.lengths
    if CEILING in found.expected:  # of a band, there is none of the shortest
        known = np.isfinite(ceiling)
        ceiling, lengths = ceiling[known], lengths[known]
    levels = []
    for level in LEVELS:
        if ceiling[0] < level < ceiling[-1]:  # it rises with the length
            seconds = np.exp(np.interp(level, ceiling, np.log(lengths)))
            levels.append(f"{level:g} with {_time(seconds)}")
    return {"trouble": found.trouble, "levels": levels, "holds": bool(found.expected)}


def _time(seconds):
    unit, size = next(
        (part for part in (("h", 3600), ("minutes", 60)) if seconds >= 2 * part[1]), ("s", 1)
    )
    number = seconds / size
    text = f"{number:.1f}".removesuffix(".0") if number < 20 else f"{number:.0f}"
    return f"{text}{SPACE}{unit}"
