"""What scores are to be expected of recordings of some length, and how much one varies.

A recording's functional connectivity is x = r + e, r that of an endless one and e normal with the
covariance V / T of `sampling`. A correlation is a ratio of products, whose means and, by the delta
method, variances follow from r and V, centred over pairs: P V P in place of V, where P takes out
the mean over pairs, or also what distance explains.
"""

from typing import NamedTuple

import numpy as np

from restmeg.theory import sampling
from restmeg.theory.sampling import Variability

ONE, DISTANCE, WEIGHT, LOG_WEIGHT, SIMULATED, TARGET, PROBES = range(7)  # rows of vectors
OF_DISTANCE = "structure_function_partial", "fc_match_partial", "baseline_distance"


class Expected(NamedTuple):
    """A score in theory."""

    value: float  # its mean
    sd: float  # of one replicate's, or one pair's; NaN for what no single one has


class Forms(NamedTuple):
    """Vectors and V times them with something taken out of both, and traces of that V."""

    vectors: np.ndarray  # (vectors, pairs)
    images: np.ndarray
    total: float

    def square(self, other: "Forms") -> float:
        """Trace of V of this times V of another, from the probes of both."""
        products = (self.images[PROBES:] * other.images[PROBES:]).sum(axis=1)
        return float(products.mean())


def vectors(
    weights: np.ndarray,
    log_weights: np.ndarray,
    distances: np.ndarray,
    simulated: np.ndarray,
    target: np.ndarray,
) -> np.ndarray:
    """What V is to be multiplied with, (vectors, pairs): see the names of rows.

    All (pairs,); simulated and target: functional connectivity of endless recordings.
    """
    rows = [np.ones(len(weights)), distances, weights, log_weights, simulated, target]
    return np.vstack([*rows, sampling.probes(len(weights))])


def without(pattern: Variability, given: np.ndarray, explained: tuple[int, ...]) -> Forms:
    """The forms in which some rows of the vectors, such as ONE, explain nothing any more."""
    basis, mixing = _orthonormal(given[list(explained)])
    answers = mixing @ pattern.images[list(explained)]
    shares = given @ basis.T
    images = pattern.images - shares @ answers
    return Forms(
        given - shares @ basis,
        images - (images @ basis.T) @ basis,
        float(pattern.variances.sum() - (basis * answers).sum()),
    )


def _orthonormal(rows):
    """Orthonormal rows, and the matrix that makes them from the rows given.

    What another row already says is left out.
    """
    basis, mixing = [], []
    for k, row in enumerate(rows):
        left, mix = row.copy(), np.eye(len(rows))[k]
        for other, made in zip(basis, mixing, strict=True):
            share = row @ other
            left, mix = left - share * other, mix - share * made
        length = np.linalg.norm(left)
        if length > 1e-9 * np.linalg.norm(row):
            basis.append(left / length)
            mixing.append(mix / length)
    shape = len(basis), rows.shape[1]
    return np.reshape(basis, shape), np.reshape(mixing, (len(basis), len(rows)))


def against(forms: Forms, pattern: int, recorded: int, duration: float) -> Expected:
    """Correlation of a fixed pattern with that of a recording.

    pattern, recorded: rows of the vectors; duration in ms.
    """
    fixed, r = forms.vectors[pattern], forms.vectors[recorded]
    length = np.linalg.norm(fixed)
    if not length > 1e-9:
        return Expected(np.nan, np.nan)
    a = fixed @ r / length
    b = r @ r + forms.total / duration
    var_a = fixed @ forms.images[pattern] / length**2 / duration
    cov_ab = 2 * fixed @ forms.images[recorded] / length / duration
    var_b = _var_length(forms, recorded, duration)
    variance = var_a / b - a * cov_ab / b**2 + a**2 * var_b / (4 * b**3)
    return Expected(a / np.sqrt(b), np.sqrt(max(variance, 0.0)))


def _var_length(forms, recorded, duration):
    """Variance of the squared length of a recording's pattern."""
    r = forms.vectors[recorded]
    linear = 4 * r @ forms.images[recorded] / duration
    return linear + 2 * forms.square(forms) / duration**2


def match(simulated: Forms, target: Forms, rows: tuple[int, int], duration: float) -> Expected:
    """Correlation of the patterns of two recordings of one duration in ms.

    rows: of their functional connectivity, such as (SIMULATED, TARGET).
    """
    one, other = rows
    r, t = simulated.vectors[one], target.vectors[other]
    a = r @ t
    b, c = (x @ x + forms.total / duration for x, forms in ((r, simulated), (t, target)))
    var_a = (t @ simulated.images[other] + r @ target.images[one]) / duration
    var_a += simulated.square(target) / duration**2
    cov_ab = 2 * t @ simulated.images[one] / duration
    cov_ac = 2 * r @ target.images[other] / duration
    var_b = _var_length(simulated, one, duration)
    var_c = _var_length(target, other, duration)
    variance = var_a / (b * c) - a * cov_ab / (b**2 * c) - a * cov_ac / (b * c**2)
    variance += a**2 * (var_b / (4 * b**3 * c) + var_c / (4 * b * c**3))
    return Expected(a / np.sqrt(b * c), np.sqrt(max(variance, 0.0)))


def _distance(simulated, target, duration):
    """Squared distance of two patterns per pair, from two recordings of each."""
    n_pairs = simulated.vectors.shape[1]
    apart = simulated.vectors[SIMULATED] - target.vectors[TARGET]
    moved = sum(f.images[SIMULATED] - f.images[TARGET] for f in (simulated, target))
    square = simulated.square(simulated) + 2 * simulated.square(target) + target.square(target)
    variance = 2 * apart @ moved / duration + square / duration**2
    return Expected(apart @ apart / n_pairs, np.sqrt(max(variance, 0.0)) / n_pairs)


def _corrected(simulated, target):
    r, t = simulated.vectors[SIMULATED], target.vectors[TARGET]
    return Expected(r @ t / np.sqrt((r @ r) * (t @ t)), np.nan)


def _forms(varying: Variability, given: np.ndarray) -> dict[str, Forms]:
    explained: dict[str, tuple[int, ...]] = {
        "whole": (),
        "centred": (ONE,),
        "partial": (ONE, DISTANCE),
    }
    return {name: without(varying, given, rows) for name, rows in explained.items()}


class Prediction:
    """Scores of a simulation, and of a simulated target, as functions of the recordings' length."""

    def __init__(self, own: Variability, target: Variability | None, given: np.ndarray) -> None:
        """Take variabilities, and the vectors that they are of; target: None if it is not known."""
        self.own = _forms(own, given)
        self.target = _forms(target, given) if target else None

    def at(self, duration: float) -> dict[str, Expected]:
        """Expected scores at one length in ms, the same ones at each."""
        found = {
            f"structure_function_{name}": against(self.own[form], WEIGHT, SIMULATED, duration)
            for name, form in (("coupling", "centred"), ("partial", "partial"))
        }
        return found | self._of_target(self.target, duration) if self.target else found

    def _of_target(self, target, duration):
        s, t = self.own["centred"], target["centred"]
        matched = match(s, t, (SIMULATED, TARGET), duration)
        ceiling = match(t, t, (TARGET, TARGET), duration)
        partial = self.own["partial"], target["partial"]
        nearness = against(t, DISTANCE, TARGET, duration)
        return {
            "fc_match": matched,
            "fc_match_ceiling": ceiling,
            "fc_match_minus_ceiling": Expected(matched.value - ceiling.value, np.nan),
            "fc_match_corrected": _corrected(s, t),
            "fc_distance": _distance(self.own["whole"], target["whole"], duration),
            "fc_match_partial": match(*partial, (SIMULATED, TARGET), duration),
            "baseline_weights": against(t, WEIGHT, TARGET, duration),
            "baseline_log_weights": against(t, LOG_WEIGHT, TARGET, duration),
            "baseline_distance": nearness._replace(value=-nearness.value),
        }
