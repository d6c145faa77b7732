"""A network settled around its fixed point: whether linear theory holds there, and what follows."""

from typing import NamedTuple

import numpy as np

from restmeg.model import EXPONENTIAL_EULER
from restmeg.theory import sampling, spectra, stability
from restmeg.theory.linear import Linear, NoFixedPointError, linearise

NOISY = 0.1  # by how much of a variance noise may change what the network does
UNRESOLVED = stability.UnresolvedError, np.linalg.LinAlgError  # beyond the numbers of a computer
MOST = 1000  # regions: theory of more takes hours, as it grows with their cube


class Settled(NamedTuple):
    """A network around its fixed point: what is known of it."""

    net: Linear | None
    slowest: complex  # growth rate and angular frequency of its slowest mode, 1 / ms
    covariance: np.ndarray  # (N, N) of rE
    trouble: str | None  # why linear theory does not hold, in words

    @property
    def fc(self) -> np.ndarray:
        """Correlations (N, N)."""
        deviation = np.sqrt(np.diag(self.covariance))
        return self.covariance / np.outer(deviation, deviation)

    def variability(self, vectors: np.ndarray) -> sampling.Variability:
        """See `sampling.broadband`. Raises ValueError where theory does not hold."""
        if self.net is None or self.trouble:
            raise ValueError(self.trouble)
        # What varies is less in need of precision than what is expected.
        nodes = spectra.nodes(self.net, spectra.FIRST, self.slowest)
        return sampling.broadband(self.net, nodes, self.covariance, vectors)


def settle(
    weights: np.ndarray,
    distances: np.ndarray,
    model: dict,
    dt: float,
    method: str = EXPONENTIAL_EULER,
) -> Settled:
    """The network's fixed point, its stability with delays, and its covariance.

    Arguments as of `linear.linearise`. Where there is no stable fixed point, or the noise takes the
    network where it is no longer linear, that is said and there is no covariance (NaN); nor where
    there are more than MOST regions.
    """
    nothing = np.full(weights.shape, np.nan)
    unknown = complex(np.nan, np.nan)
    if len(weights) > MOST:
        trouble = f"{len(weights)} regions are more than the {MOST} that theory has time for"
        return Settled(None, unknown, nothing, trouble)
    try:
        net = linearise(weights, distances, model, dt, method=method)
    except NoFixedPointError:
        return Settled(None, unknown, nothing, "the rates settle at no fixed point")
    try:
        slowest = stability.slowest_mode(net)
    except UNRESOLVED:
        trouble = "the modes of the network could not be told apart"
        return Settled(net, unknown, nothing, trouble)
    if slowest.real >= 0:
        trouble = (
            f"the fixed point is unstable (a mode of {hertz(slowest):.3g} Hz grows by "
            f"{1000 * slowest.real:.3g} / s)"
        )
        return Settled(net, slowest, nothing, trouble)
    if not all((part.beta > 0).all() for part in (net.excitatory, net.inhibitory)):
        return Settled(net, slowest, nothing, "regions are saturated")
    covariance = spectra.converged(net, slowest)
    if not (np.diag(covariance) > 0).all():
        return Settled(net, slowest, nothing, "there are regions without noise")
    change = _nonlinearity(weights, distances, model, dt, method, net, slowest)
    if not abs(change) <= NOISY:
        words = (
            "the network leaves its fixed point"
            if np.isnan(change)
            else (f"variances change by {100 * change:.0f} %")
        )
        trouble = f"the noise is too large for the distance to instability: with it, {words}"
        return Settled(net, slowest, nothing, trouble)
    return Settled(net, slowest, covariance, None)


def _nonlinearity(weights, distances, model, dt, method, net, slowest):
    """By how much the noise changes the variances, in parts; NaN where it makes it unstable.

    The response to inputs is averaged over the inputs' own variances (statistical linearisation)
    and the variances computed again.
    """
    nodes = spectra.nodes(net, spectra.FIRST, slowest)
    variances, spreads = spectra.spreads(net, nodes)
    try:
        averaged = linearise(weights, distances, model, dt, spreads, method=method)
        if stability.roots_beyond(averaged, 0.0):
            return np.nan
    except (NoFixedPointError, *UNRESOLVED):
        return np.nan
    after, _ = spectra.spreads(averaged, nodes)
    return after.sum() / variances.sum() - 1


def hertz(mode: complex) -> float:
    """Frequency of a mode."""
    return 1000 * mode.imag / (2 * np.pi)
