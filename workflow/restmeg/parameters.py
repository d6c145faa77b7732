"""Parameters of a model between bounds, and what a fit knows of them."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from restmeg import tables

HEAD = ["parameter", "value", "ci_low", "ci_high", "identified", "unit"]
DIGITS = 9  # of a fitted value: more than it is known to, fewer than processors differ in


class Axis(NamedTuple):
    """A parameter between bounds."""

    name: str
    low: float
    high: float

    @property
    def positive(self) -> bool:
        """Whether its logarithm is what is moved along."""
        return self.low > 0

    def value(self, place: float) -> float:
        """What is at a place, 0 to 1."""
        if self.positive:
            return float(self.low * (self.high / self.low) ** place)
        return float(self.low + (self.high - self.low) * place)

    def place(self, value: float) -> float:
        """Where a value is."""
        if self.positive:
            return float(np.log(value / self.low) / np.log(self.high / self.low))
        return float((value - self.low) / (self.high - self.low))

    @property
    def rate(self) -> float:
        """Change of the logarithm, or of the value itself, over the whole range."""
        return float(np.log(self.high / self.low) if self.positive else self.high - self.low)

    def slope(self, value: float) -> float:
        """Change of a value with its place."""
        return self.rate * (value if self.positive else 1.0)


def axes(bounds: Mapping[str, Sequence[float]]) -> list[Axis]:
    """Parameters of {dotted key: lowest and highest value}."""
    return [Axis(key, *map(float, ends)) for key, ends in bounds.items()]


class Estimate(NamedTuple):
    """What is known of one parameter."""

    value: float
    deviation: float  # standard error, NaN where it is not identified or at a bound
    low: float  # ends of the interval, or a bound that it reaches
    high: float
    identified: bool  # whether the interval ends within the bounds
    profile: np.ndarray  # (n, 2) values, ascending, and log likelihoods below the best one


def rounded(axes: Sequence[Axis], values: Iterable[float]) -> dict[str, float]:
    """{name: fitted value} in DIGITS digits."""
    return {
        axis.name: float(f"{value:.{DIGITS}g}") for axis, value in zip(axes, values, strict=True)
    }


def at_bound(axis: Axis, one: Estimate, edge: float) -> bool:
    """Whether an estimate is at a bound, or nearer to it than a part of the range, ``edge``."""
    return min(abs(axis.place(one.value) - bound) for bound in (0, 1)) < edge


def contents(
    axes: Sequence[Axis], estimates: Sequence[Estimate], correlation: np.ndarray
) -> dict[str, Any]:
    """Variables of fit.nc that are alike however it was fitted. correlation: (P, P)."""
    names = [axis.name for axis in axes]
    return {
        "parameter": names,
        "fit.value": [one.value for one in estimates],
        "deviation": [one.deviation for one in estimates],
        "fit.ci_low": [one.low for one in estimates],
        "fit.ci_high": [one.high for one in estimates],
        "identified": np.array([one.identified for one in estimates], np.int8),
        "parameter_other": names,
        "correlation": correlation,
    }


def write_table(
    path: str | Path,
    axes: Sequence[Axis],
    estimates: Sequence[Estimate],
    units: Mapping[str, str],
) -> None:
    """Write fit.csv: a row of each parameter. units: {name: unit}, "" of none."""
    rows: list[list[Any]] = [HEAD]
    for axis, one in zip(axes, estimates, strict=True):
        numbers = map(tables.number, (one.value, one.low, one.high))
        told = str(one.identified).lower()
        rows.append([axis.name, *numbers, told, units.get(axis.name, "")])
    tables.write(path, rows)
