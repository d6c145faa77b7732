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
    analytic: bool = True  # whether it is of the analytic signal in a band, or of any real series
    positive: bool = False  # whether it is never below zero


MEASURES = {
    "pearson": Measure("Pearson correlation", "pearson:Moments", analytic=False),
    "envelope_correlation": Measure("envelope correlation", "envelopes:Correlation"),
    "orthogonalised_envelope_correlation": Measure(
        "orthogonalised envelope correlation", "orthogonalised:Correlation"
    ),
    "phase_locking_value": Measure("phase-locking value", "phases:Locking", positive=True),
    "phase_lag_index": Measure("phase lag index", "phases:LagIndex", positive=True),
    "weighted_phase_lag_index": Measure(
        "weighted phase lag index", "phases:WeightedLagIndex", positive=True
    ),
    "imaginary_coherence": Measure(
        "imaginary coherence", "phases:ImaginaryCoherence", positive=True
    ),
}


def is_analytic(name: str) -> bool:
    """Whether a measure is of the analytic signal in a band; not one of the user's own."""
    return name in MEASURES and MEASURES[name].analytic


def is_positive(name: str) -> bool:
    """Whether a measure is never below zero, so that chance raises it, most in short series."""
    return name in MEASURES and MEASURES[name].positive


def is_signed(name: str) -> bool:
    """Whether a measure turns with the sign of a series, unlike those of envelopes or phases."""
    return name in MEASURES and not MEASURES[name].analytic


class Estimator(Protocol):
    """What gathers the series of one replicate, a piece after another."""

    def add(self, series: np.ndarray) -> None:
        """Add the next samples, (samples, N), complex ones of an analytic measure."""

    def result(self) -> np.ndarray:
        """The measure (N, N) of all samples so far; NaN where there is none."""


def module(name: str) -> str:
    """Dotted name within restmeg of the module that has a measure."""
    return f"measures.{MEASURES[name].where.split(':')[0]}"


def estimator(name: str) -> Estimator:
    """A new Estimator of the measure of this name."""
    found: Any = importlib.import_module(f"restmeg.{module(name)}")
    return getattr(found, MEASURES[name].where.split(":")[1])()
