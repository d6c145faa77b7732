"""Measures of functional connectivity: a table of them, and a small module each.

A measure's module is imported where it is used, so that one that is added or edited computes
nothing again but itself.
"""

import importlib
from typing import Any, NamedTuple, Protocol

import numpy as np


class Measure(NamedTuple):
    """A measure of functional connectivity."""

    label: str  # what figures call it
    where: str  # module of this package and class of an Estimator in it


MEASURES = {
    "pearson": Measure("Pearson correlation", "pearson:Moments"),
}


class Estimator(Protocol):
    """What gathers the series of one replicate, a piece after another."""

    def add(self, series: np.ndarray) -> None:
        """Add the next samples, (samples, N)."""

    def result(self) -> np.ndarray:
        """The measure (N, N) of all samples so far; NaN where there is none."""


def module(name: str) -> str:
    """Dotted name within restmeg of the module that has a measure."""
    return f"measures.{MEASURES[name].where.split(':')[0]}"


def estimator(name: str) -> Estimator:
    """A new Estimator of the measure of this name."""
    found: Any = importlib.import_module(f"restmeg.{module(name)}")
    return getattr(found, MEASURES[name].where.split(":")[1])()
