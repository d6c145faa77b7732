"""Climbing the likelihood of a recording over a model's parameters, between bounds.

The log likelihood of `observed` is climbed by a trust region with its gradient and expected
information (Fisher scoring), in coordinates that are 0 and 1 at the bounds and logarithmic where
these are positive. Neighbouring bins of a tapered spectrum say the same in part, so that log
likelihoods are divided by `fourier.REDUNDANCY`, and are then as of independent numbers.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from restmeg.connectome import Connectome
from restmeg.fourier import REDUNDANCY
from restmeg.model import ADAMS_BASHFORTH
from restmeg.nested import replaced
from restmeg.parameters import Axis, axes
from restmeg.theory import observed, stability
from restmeg.theory.linear import Linear, NoFixedPointError, linearise
from restmeg.theory.observed import Change, CrossSpectra, Observation

GAIN, NOISE = "recording.gain", "recording.noise"  # of power, and of its spectrum
STEP = 1e-5  # of a range, over which a model's change is taken
STAYS = 1e-3  # standard errors: a smaller step is none
ROUNDS = 60
COARSE = 24  # frequencies that places are compared with
GAINS = 1e4  # factor to both sides of the first guess
NOISES = 1e-6, 10.0  # of the mean power of what is recorded


class Place(NamedTuple):
    """The log likelihood somewhere, of independent frequencies, over coordinates 0 to 1."""

    at: np.ndarray  # (P,)
    value: float  # -inf where theory does not hold
    gradient: np.ndarray  # (P,)
    information: np.ndarray  # (P, P)


class Search:
    """Parameters of a model between bounds, and how likely they make a recording."""

    def __init__(
        self,
        anatomy: Connectome,
        model: dict,
        times: Mapping,
        bounds: Mapping[str, Sequence[float]],
        data: CrossSpectra,
        seen: Observation,
        calibrated: bool,
        threads: int = 1,
    ) -> None:
        """Take what is fitted to what.

        anatomy: of N regions; model: what is not fitted, as in the configuration, plain numbers;
        times: dt in ms and the integrator's method; bounds: {dotted key: lowest and highest};
        data: of the channels of ``seen``; calibrated: whether its gain and noise are known, and
        the signs of channels. If not, they are estimated; threads: that share the frequencies.
        """
        self.anatomy, self.model, self.times = anatomy, model, times
        self.axes = axes(bounds)
        self.n_model = len(self.axes)
        self.given, self.seen, self.calibrated = data, seen, calibrated
        self.threads = threads
        # Delays are whole steps in a simulation. On average over tracts they are rounded by this,
        # so that the network changes smoothly with the conduction speed.
        rounding = 0.0 if times["method"] == ADAMS_BASHFORTH else 0.5
        self.rounding = np.full(anatomy.weights.shape, rounding)
        self.path: list[list[float]] = []
        self.start = 0
        self.turn(np.ones(data.matrices.shape[1]))

    def turn(self, signs: np.ndarray) -> None:
        """Give channels signs (R,), or the opposite ones, of which all is the same."""
        self.signs = signs = signs if signs.sum() >= 0 else -signs
        turned = self.given.matrices * np.outer(signs, signs)
        self.data = self.given._replace(matrices=turned)
        n = len(turned)
        some = np.unique(np.linspace(0, n - 1, min(n, COARSE)).round().astype(int))
        self.coarse = CrossSpectra(self.data.frequencies[some], turned[some], self.data.number)

    def values(self, places: np.ndarray) -> dict[str, float]:
        """Values of all parameters at places (P,)."""
        pairs = zip(self.axes, places, strict=True)
        return {axis.name: axis.value(place) for axis, place in pairs}

    def net(self, places: np.ndarray) -> Linear:
        """The network at places of its parameters. Raises NoFixedPointError."""
        own = zip(self.axes[: self.n_model], places[: self.n_model], strict=True)
        model = replaced(self.model, {axis.name: axis.value(place) for axis, place in own})
        given = self.anatomy.weights, self.anatomy.distances, model, self.times["dt"]
        return linearise(*given, rounding=self.rounding, method=self.times["method"])

    def stable(self, places: np.ndarray) -> Linear | None:
        """The network, or None where theory does not hold."""
        try:
            net = self.net(places)
            return None if stability.roots_beyond(net, 0.0) else net
        except (NoFixedPointError, stability.UnresolvedError):
            return None

    def calibrate(self, net: Linear) -> np.ndarray:
        """Turn signs and bring gain and noise to where they are likeliest for a network.

        Returns their places, (2,), or none if they are known.
        """
        if self.calibrated:
            return np.zeros(0)
        if self.seen.lead is None:  # of what an inverse gives, signs are those of its regions
            self.turn(self.signs * observed.likeliest_signs(net, self.data, self.seen))
        gain = observed.likely_gain(net, self.coarse, self.seen)
        if len(self.axes) == self.n_model:
            power = np.trace(self.data.matrices, axis1=1, axis2=2).real.mean() / len(self.signs)
            self.axes += [
                Axis(GAIN, gain / GAINS, gain * GAINS),
                Axis(NOISE, *(part * power for part in NOISES)),
            ]
        return np.array([np.clip(self.axes[-2].place(gain), 0.1, 0.9), 0.5])

    def observation(self, places: np.ndarray) -> Observation:
        """How a recording is seen that has gain and noise at their places."""
        if self.calibrated:
            return self.seen
        gain, noise = [*self.values(places).values()][self.n_model :]
        return self.seen._replace(gain=gain, noise=noise)

    def changes(self, places: np.ndarray) -> list[Change]:
        """The network to both sides of each parameter of the model."""
        found = []
        for k in range(self.n_model):
            ends = np.array([places, places])
            ends[:, k] = np.clip(places[k] + np.array([STEP, -STEP]), 0, 1)
            found.append(Change(self.net(ends[0]), self.net(ends[1]), ends[0, k] - ends[1, k]))
        return found

    def look(self, places: np.ndarray, data: CrossSpectra | None = None) -> Place:
        """The log likelihood at places (P,), of all data or of some."""
        data = data or self.data
        n = len(places)
        nowhere = Place(places, -np.inf, np.zeros(n), np.eye(n))
        net = self.stable(places)
        if net is None:
            return nowhere
        try:
            changes = self.changes(places)
        except NoFixedPointError:
            return nowhere
        seen = self.observation(places)
        found = observed.likelihood(net, changes, data, seen, threads=self.threads)
        if not np.isfinite(found.value):
            return nowhere
        # Changes are over coordinates already, but for those of gain and noise.
        scale = np.ones(n)
        scale[self.n_model :] = [axis.rate for axis in self.axes[self.n_model :]]
        place = Place(
            places,
            found.value / REDUNDANCY,
            found.gradient[:n] * scale / REDUNDANCY,
            found.information[:n, :n] * np.outer(scale, scale) / REDUNDANCY,
        )
        value = found.value if data is self.data else np.nan
        self.path.append([self.start, value, *self.values(places).values()])
        return place

    def climb(self, places: np.ndarray, data: CrossSpectra | None = None) -> Place:
        """The maximum that is reached from some places."""
        from scipy.optimize import minimize

        known: dict[bytes, Place] = {}

        def look(x: np.ndarray) -> Place:
            key = x.tobytes()
            if key not in known:
                known[key] = self.look(_inside(x), data)
            return known[key]

        def downhill(x: np.ndarray) -> np.ndarray:
            place = look(x)
            return -place.gradient * place.at * (1 - place.at)

        def curvature(x: np.ndarray) -> np.ndarray:
            place = look(x)
            turn = place.at * (1 - place.at)
            return place.information * np.outer(turn, turn)

        def arrived(intermediate_result: Any) -> None:  # SciPy asks for this name
            x = intermediate_result.x
            step = np.linalg.lstsq(curvature(x), downhill(x), rcond=1e-12)[0]
            if step @ downhill(x) < STAYS**2:
                raise StopIteration

        minimize(
            lambda x: -look(x).value,
            _outside(places),
            method="trust-exact",
            jac=downhill,
            hess=curvature,
            callback=arrived,
            options={"maxiter": ROUNDS, "gtol": 1e-9},
        )
        return max(known.values(), key=lambda place: place.value)


def _inside(x):
    """Places between 0 and 1 of numbers that have no bounds."""
    return 1 / (1 + np.exp(-np.clip(x, -20, 20)))


def _outside(places):
    places = np.clip(places, 1e-6, 1 - 1e-6)
    return np.log(places / (1 - places))
