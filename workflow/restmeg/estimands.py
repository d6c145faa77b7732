"""What of functional connectivity is estimated: by which measures, in which bands."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from restmeg import bands
from restmeg.bands import BROADBAND, NYQUIST
from restmeg.errors import InputError
from restmeg.measures import MEASURES, is_analytic

SHORTEST = 20  # samples of a segment or window: fewer are no recording
FEWEST = 6  # windows that do not overlap
EDGES = 2000.0  # ms, as the schema has it


class Kind(NamedTuple):
    """Functional connectivity by one measure, in one band."""

    measure: str
    band: str

    def __str__(self) -> str:
        """Its name in messages."""
        return self.measure + ("" if self.band == BROADBAND else f", {self.band}")

    @property
    def words(self) -> str:
        """The same as figures and the page call it."""
        label = MEASURES[self.measure].label if self.measure in MEASURES else self.measure
        return label if self.band == BROADBAND else f"{label} in the {self.band} band"


class Asked(NamedTuple):
    """What is to be estimated."""

    measures: Sequence[str]
    bands: Mapping[str, tuple[float, float]] = MappingProxyType({})  # {name: limits in Hz}
    edges: float = EDGES  # ms that are left out at each end of a replicate in a band
    windows: float = 0.0  # ms, of functional connectivity dynamics; 0 if there are none

    @property
    def kinds(self) -> list[Kind]:
        """All that is estimated, bands of the first measure first."""
        return kinds(self.measures, [BROADBAND, *self.bands])

    def without_windows(self) -> "Asked":
        """The same without dynamics."""
        return self._replace(windows=0.0)

    def parameters(self) -> dict[str, Any]:
        """What a file of results says of it."""
        found: dict[str, Any] = {"measures": list(self.measures)}
        if self.bands:
            found |= {"bands": {k: list(v) for k, v in self.bands.items()}, "edges": self.edges}
        return found | ({"windows": self.windows} if self.windows else {})

    def check(self, rate: float, seconds: float, replicates: str, passed: float = NYQUIST) -> None:
        """Raise InputError for what series of some rate (Hz) and length do not have.

        replicates: what these are, in words; passed: see `bands.check`.
        """
        bands.check(self.bands, self.edges, rate, seconds, replicates, passed)
        left = seconds - (2 * self.edges / 1000 if self.bands else 0)
        length, least = self.windows / 1000, SHORTEST / rate
        for limits in self.bands.values():  # a filter has as many samples that are of their own
            least = max(least, 2 * bands.reach(*limits, rate) / rate)
        if length and not least <= length <= left / FEWEST:
            raise InputError(
                f"config: connectivity.windows: {length:g} s; expected {least:.3g} s, as long as a "
                f"filter or {SHORTEST} samples are, to {left / FEWEST:.4g} s, a sixth of "
                f"what is used of {replicates}"
            )


def asked(given: Mapping[str, Any]) -> Asked:
    """What the section ``connectivity`` asks for: without bands the usual ones, if any is needed.

    Raises InputError for bands that are none, and for what has no effect.
    """
    names = list(given["measures"])
    needing = [name for name in names if is_analytic(name)]
    limits = bands.of(given["bands"], bool(needing))
    if needing and not limits:
        raise InputError(
            f"config: connectivity.bands: found none, but {needing[0]} is of a band; expected one, "
            "such as {alpha: [8 Hz, 13 Hz]}, or auto"
        )
    if not limits and given["edges"] != EDGES:
        raise InputError(
            f"config: connectivity.edges: has no effect without bands; expected its default, "
            f"{EDGES:g} ms, or left out"
        )
    return Asked(names, limits, given["edges"], given["windows"])


def kinds(measures: Iterable[str], names: Sequence[str]) -> list[Kind]:
    """Measures in the bands (names) that they have; what needs a band is nothing of broadband."""
    return [
        Kind(measure, band)
        for measure in measures
        for band in names
        if band != BROADBAND or not is_analytic(measure)
    ]


def places(kinds: Iterable[Kind], names: Sequence[str], bands: Sequence[str]) -> list[tuple]:
    """Where kinds are in an array over measures (names) and bands."""
    return [(names.index(kind.measure), bands.index(kind.band)) for kind in kinds]


def over_bands(
    kinds: Sequence[Kind], values: np.ndarray
) -> tuple[list[str], list[str], np.ndarray]:
    """Measures, bands, and values (kinds, ...) over both: NaN for what a measure has not."""
    names, bands = (list(dict.fromkeys(each)) for each in zip(*kinds, strict=True))
    found = np.full((len(names), len(bands), *values.shape[1:]), np.nan)
    for place, of_kind in zip(places(kinds, names, bands), values, strict=True):
        found[place] = of_kind
    return names, bands, found
