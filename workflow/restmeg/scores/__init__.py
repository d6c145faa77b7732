"""Scores against anatomy and target: a table of them.

A score's function takes a `comparison.Comparison`, of functional connectivity or of power spectra,
and gives a `comparison.Found`: its value with an interval, and what that is made of.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from restmeg.scores import baselines, distance, match, structure
from restmeg.scores.comparison import Comparison, Found

CORRELATION = "correlation"
SQUARED_DISTANCE = "squared distance per pair"
SQUARED_SHARES = "mean squared difference of shares"
SQUARED_DECADES = "mean squared difference of log10 power"
ROOTS = {  # scales of what is read by its root, and the scale of that
    SQUARED_DISTANCE: "signed root of the distance per pair",
    SQUARED_SHARES: "signed root of the squared difference of shares",
    SQUARED_DECADES: "signed root of the squared difference, in decades",
}
HIGHEST, LOWEST = "highest", "lowest"
LIKELIHOOD = "log_likelihood"
# What a score is of.
CONNECTIVITY, SPECTRA, THEORY, DYNAMICS = "connectivity", "spectra", "theory", "dynamics"
LEAKAGE = "leakage"  # connectivity, and that of uncoupled regions seen through an inverse
KEY = ["measure", "band", "score"]  # columns of tables that say which score a row is of
# Groups of scores.
STRUCTURE = "structure and function"
MATCH = "match with the target, and what it could be"
DISTANCE = "distance from the target"
ANATOMY = "what anatomy alone matches"
POWER = "power spectra of simulation and target"
DYNAMIC = "dynamics of functional connectivity"
LIKELY = "likelihood of the target"


class Score(NamedTuple):
    """A score."""

    label: str  # what figures call it
    scale: str  # what its axis is
    meaning: str  # in half a sentence
    group: str  # what it stands under in a table
    direction: str | None  # what is better, if it says which of two models is
    of: str  # what is counted: "replicate", "pair" or "target replicate"
    function: Callable[[Comparison], Found] | None  # None if theory makes it
    is_mean: bool = True  # of values of these; others are jackknifed
    input: str = CONNECTIVITY  # what its function compares

    @property
    def sign(self) -> int:
        """What makes more of it better: -1 where the lowest is, else 1."""
        return -1 if self.direction == LOWEST else 1

    @property
    def of_model(self) -> bool:
        """Whether models differ in it: not if the target and anatomy alone make it."""
        return self.direction is not None or self.of != "target replicate"

    @property
    def leaks(self) -> bool:
        """Whether it is there only where there is an inverse."""
        return self.input == LEAKAGE

    @property
    def is_sum(self) -> bool:
        """Whether it is the sum of values of these, as what theory makes."""
        return self.input == THEORY

    @property
    def is_squared(self) -> bool:
        """Whether it is read by its root, in the scale of what it is the square of."""
        return self.scale in ROOTS

    def read(self, value: Any) -> Any:
        """A value, or an array of them, as it is read: of a squared distance the signed root."""
        return np.copysign(np.sqrt(np.abs(value)), value) if self.is_squared else value

    @property
    def read_scale(self) -> str:
        """The scale of what `read` gives."""
        return ROOTS.get(self.scale, self.scale)

    def counted(self, n: float) -> str:
        """How many values are behind it: "20 replicates", "1 pair"."""
        return f"{n:.0f} {self.of}" + ("s" if n != 1 else "")


SCORES = {
    "structure_function_coupling": Score(
        "structure-function coupling",
        CORRELATION,
        "how far simulated functional connectivity follows the weights of the connectome",
        STRUCTURE,
        None,
        "replicate",
        structure.coupling,
    ),
    "structure_function_spearman": Score(
        "structure-function rank coupling",
        CORRELATION,
        "how far the order of simulated functional connectivity is that of the weights",
        STRUCTURE,
        None,
        "replicate",
        structure.spearman,
    ),
    "structure_function_partial": Score(
        "structure-function coupling given distance",
        CORRELATION,
        "how far simulated functional connectivity follows the weights at equal distance",
        STRUCTURE,
        None,
        "replicate",
        structure.partial,
    ),
    "fc_match": Score(
        "FC match",
        CORRELATION,
        "how alike simulated and target functional connectivity are",
        MATCH,
        HIGHEST,
        "pair",
        match.match,
    ),
    "fc_match_ceiling": Score(
        "ceiling of the FC match",
        CORRELATION,
        "the FC match that a perfect model of the same duration would have",
        MATCH,
        None,
        "target replicate",
        match.ceiling,
        is_mean=False,
    ),
    "fc_match_minus_ceiling": Score(
        "FC match minus ceiling",
        CORRELATION,
        "how far the FC match is from that of a perfect model",
        MATCH,
        HIGHEST,
        "pair",
        match.minus_ceiling,
        is_mean=False,
    ),
    "fc_match_corrected": Score(
        "FC match corrected for noise",
        CORRELATION,
        "how alike simulated and target functional connectivity would be in long recordings",
        MATCH,
        HIGHEST,
        "pair",
        match.corrected,
        is_mean=False,
    ),
    "fc_distance": Score(
        "FC distance",
        SQUARED_DISTANCE,
        "how far apart simulated and target functional connectivity are, without sampling error",
        DISTANCE,
        LOWEST,
        "pair",
        distance.distance,
        is_mean=False,
    ),
    "fc_match_partial": Score(
        "FC match given distance",
        CORRELATION,
        "how alike simulated and target functional connectivity are at equal distance",
        MATCH,
        HIGHEST,
        "pair",
        match.partial,
    ),
    "leakage_null": Score(
        "FC match by leakage alone",
        CORRELATION,
        "how alike the target and uncoupled regions are, seen through the same inverse",
        MATCH,
        None,
        "pair",
        match.leakage,
        input=LEAKAGE,
    ),
    "fc_match_minus_leakage": Score(
        "FC match minus that by leakage",
        CORRELATION,
        "how much of the FC match is more than leakage alone makes",
        MATCH,
        HIGHEST,
        "pair",
        match.minus_leakage,
        input=LEAKAGE,
    ),
    "baseline_weights": Score(
        "match of the weights",
        CORRELATION,
        "how alike the weights themselves and target functional connectivity are",
        ANATOMY,
        None,
        "target replicate",
        baselines.weights,
    ),
    "baseline_log_weights": Score(
        "match of the log weights",
        CORRELATION,
        "how alike the logarithm of the weights and target functional connectivity are",
        ANATOMY,
        None,
        "target replicate",
        baselines.log_weights,
    ),
    "baseline_distance": Score(
        "match of minus the distance",
        CORRELATION,
        "how alike nearness of regions and target functional connectivity are",
        ANATOMY,
        None,
        "target replicate",
        baselines.distance,
    ),
    "spectral_match": Score(
        "spectral match",
        CORRELATION,
        "how alike simulated and target log power are over regions and frequencies",
        POWER,
        HIGHEST,
        "pair",
        match.match,
        input=SPECTRA,
    ),
    "spectral_match_ceiling": Score(
        "ceiling of the spectral match",
        CORRELATION,
        "the spectral match that a perfect model of the same duration would have",
        POWER,
        None,
        "target replicate",
        match.ceiling,
        is_mean=False,
        input=SPECTRA,
    ),
    "spectral_distance": Score(
        "spectral distance",
        SQUARED_DECADES,
        "how far apart simulated and target log power are, without sampling error",
        POWER,
        LOWEST,
        "pair",
        distance.distance,
        is_mean=False,
        input=SPECTRA,
    ),
    "dynamics_distance": Score(
        "distance of the dynamics",
        SQUARED_SHARES,
        "how far apart the distributions of correlations between windows are",
        DYNAMIC,
        LOWEST,
        "pair",
        distance.distance,
        is_mean=False,
        input=DYNAMICS,
    ),
    LIKELIHOOD: Score(
        "log likelihood",
        "log likelihood",
        "how likely the target's spectra are under the model, by linear theory",
        LIKELY,
        HIGHEST,
        "target replicate",
        None,
        is_mean=False,
        input=THEORY,
    ),
}

OF_CONNECTIVITY = [name for name, score in SCORES.items() if score.input == CONNECTIVITY]
OF_LEAKAGE = [name for name, score in SCORES.items() if score.input == LEAKAGE]
OF_DYNAMICS = [name for name, score in SCORES.items() if score.input == DYNAMICS]
OF_SPECTRA = [name for name, score in SCORES.items() if score.input == SPECTRA]
