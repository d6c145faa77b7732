"""What linear theory says of one model: from settings to theory.nc."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from restmeg import connectome, fourier, store
from restmeg.errors import warn_of_results
from restmeg.scores.baselines import log_pattern
from restmeg.scores.correlation import edges, lengths, located, undirected
from restmeg.theory import expected, sampling, spectra, stability
from restmeg.theory.likelihood import LogLikelihood, log_likelihood
from restmeg.theory.linear import Linear, NoFixedPointError, linearise
from restmeg.theory.spectra import Nodes

TITLE = "Linear theory"
NOISY = 0.1  # by how much of a variance noise may change what the network does
SPECTRUM = np.arange(1.0, 101.0)  # Hz
LENGTHS = np.geomspace(1, 3600, 37)  # s, of recordings whose scores are predicted


class Settled(NamedTuple):
    """A network around its fixed point: what is known of it."""

    net: Linear | None
    slowest: complex  # growth rate and angular frequency of its slowest mode, 1 / ms
    nodes: Nodes | None  # None where linear theory does not hold
    covariance: np.ndarray  # (N, N) of rE
    trouble: str | None  # why it does not, in words

    @property
    def fc(self) -> np.ndarray:
        """Correlations (N, N)."""
        deviation = np.sqrt(np.diag(self.covariance))
        return self.covariance / np.outer(deviation, deviation)

    def variability(self, vectors: np.ndarray) -> sampling.Variability:
        """See `sampling.variability`. Raises ValueError where theory does not hold."""
        if self.net is None or self.nodes is None:
            raise ValueError(self.trouble)
        # What varies is less in need of precision than what is expected.
        nodes = spectra.nodes(self.net, spectra.FIRST, self.slowest)
        return sampling.variability(self.net, nodes, self.covariance, vectors)


def settle(weights: np.ndarray, distances: np.ndarray, model: dict, dt: float) -> Settled:
    """The network's fixed point, its stability with delays, and its covariance.

    Arguments as of `linear.linearise`. Where there is no stable fixed point, or the noise takes the
    network where it is no longer linear, that is said and there is no covariance (NaN).
    """
    nothing = np.full(weights.shape, np.nan)
    unknown = complex(np.nan, np.nan)
    try:
        net = linearise(weights, distances, model, dt)
    except NoFixedPointError:
        return Settled(None, unknown, None, nothing, "the rates settle at no fixed point")
    try:
        slowest = stability.slowest_mode(net)
    except stability.UnresolvedError:
        trouble = "the modes of the network could not be told apart"
        return Settled(net, unknown, None, nothing, trouble)
    if slowest.real >= 0:
        trouble = (
            f"the fixed point is unstable (a mode of {_hertz(slowest):.3g} Hz grows by "
            f"{1000 * slowest.real:.3g} / s)"
        )
        return Settled(net, slowest, None, nothing, trouble)
    if not all((part.beta > 0).all() for part in (net.excitatory, net.inhibitory)):
        return Settled(net, slowest, None, nothing, "regions are saturated")
    nodes, covariance = spectra.converged(net, slowest)
    if not (np.diag(covariance) > 0).all():
        return Settled(net, slowest, None, nothing, "there are regions without noise")
    change = _nonlinearity(
        weights, distances, model, dt, Settled(net, slowest, nodes, covariance, None)
    )
    if not abs(change) <= NOISY:
        words = (
            "the network leaves its fixed point"
            if np.isnan(change)
            else (f"variances change by {100 * change:.0f} %")
        )
        trouble = f"the noise is too large for the distance to instability: with it, {words}"
        return Settled(net, slowest, None, nothing, trouble)
    return Settled(net, slowest, nodes, covariance, None)


def _nonlinearity(weights, distances, model, dt, settled):
    """By how much the noise changes the variances, in parts; NaN where it makes it unstable.

    The response to inputs is averaged over the inputs' own variances (statistical linearisation)
    and the variances computed again.
    """
    nodes = spectra.nodes(settled.net, spectra.FIRST, settled.slowest)
    spreads = spectra.spreads(settled.net, nodes, settled.covariance)
    try:
        averaged = linearise(weights, distances, model, dt, spreads)
        if stability.roots_beyond(averaged, 0.0):
            return np.nan
    except (NoFixedPointError, stability.UnresolvedError):
        return np.nan
    before, after = (spectra.integral(net, nodes) for net in (settled.net, averaged))
    return np.trace(after) / np.trace(before) - 1


def _hertz(mode):
    return 1000 * mode.imag / (2 * np.pi)


class Scores(NamedTuple):
    """Scores in theory: at this study's duration, and over the length of the recording."""

    names: list[str]
    value: np.ndarray  # (scores,)
    sd: np.ndarray  # (scores,)
    over_length: np.ndarray  # (LENGTHS, scores)


def scores(
    anatomy: connectome.Connectome, own: Settled, target: Settled | None, duration: float
) -> Scores:
    """Scores to be expected of recordings of ``duration`` ms and of LENGTHS.

    own, target: where theory holds; target: None if it is a recording, of which theory does not
    know the truth. Where pairs have no distance there is nothing of scores that need all of them.
    """
    other = own if target is None else target
    given = expected.vectors(
        undirected(anatomy.weights),
        log_pattern(undirected(anatomy.weights)),
        lengths(anatomy.distances),
        edges(own.fc),
        edges(other.fc),
    )
    varying = [one.variability(given) for one in ([own] if other is own else [own, other])]
    scores = expected.Prediction(varying[0], None if target is None else varying[-1], given)
    all_located = located(lengths(anatomy.distances)).all()

    def at(ms: float) -> dict[str, expected.Expected]:
        return {
            name: one
            for name, one in scores.at(ms).items()
            if all_located or name not in expected.OF_DISTANCE
        }

    now = at(duration)
    over_length = [[one.value for one in at(1000 * s).values()] for s in LENGTHS]
    return Scores(
        list(now),
        np.array([one.value for one in now.values()]),
        np.array([one.sd for one in now.values()]),
        np.array(over_length),
    )


def predict_file(
    connectome_path: str | Path,
    model: dict,
    target_model: dict | None,
    times: dict,
    fourier_paths: Sequence[str | Path],
    point: str,
    path: str | Path,
) -> None:
    """Write theory.nc for one model.

    connectome_path: connectome.nc; model, target_model: as in the configuration, plain numbers, the
    latter None where the target is a recording; times: dt, duration and transient in ms;
    fourier_paths: fourier.nc of the target's batches; point: name of the model.

    Where theory does not hold, the file says why and gives no numbers (NaN), and it is warned of.
    """
    anatomy = connectome.read(connectome_path)
    own = settle(anatomy.weights, anatomy.distances, model, times["dt"])
    target = None
    if target_model is not None:
        target = own
        if target_model != model:
            target = settle(anatomy.weights, anatomy.distances, target_model, times["dt"])
    notes = []
    if own.trouble:
        notes.append(f"{own.trouble}; expected scores and likelihood are left out")
    elif target is not None and target.trouble:
        notes.append(f"of the target, {target.trouble}; expected matches are left out")
    given, recorded = fourier.read(fourier_paths)
    if not len(given.frequencies):
        notes.append(
            "the target has no frequencies that count, as its sampling rate is not known or it is "
            "too short; its likelihood is left out"
        )
    contents = _network(anatomy, own)
    likely = LogLikelihood(np.full(len(given.replicates), np.nan), np.nan)
    if own.net is not None and not own.trouble:
        usable = None if target is not None and target.trouble else target
        duration = times["duration"] - times["transient"]
        contents |= _score_variables(scores(anatomy, own, usable, duration))
        if len(given.frequencies):
            likely = log_likelihood(own.net, given, gain_free=recorded)
    contents |= {
        "target_replicate": given.replicates,
        "log_likelihood": likely.values,
        "scale": likely.gain,
    }
    warn_of_results(f"theory, point {point}", notes)
    parameters = {"point": point, "model": model, "target_model": target_model, "times": times}
    with store.new_netcdf(path, TITLE, parameters) as dataset:
        for name, values in contents.items():
            store.add(dataset, name, values)
        store.add_notes(dataset, notes)


def _network(anatomy, settled):
    """Variables of the network alone."""
    n_regions = len(anatomy.labels)
    known = settled.net is not None
    nothing = np.full(n_regions, np.nan)
    power = np.full((n_regions, len(SPECTRUM)), np.nan)
    return {
        "region": anatomy.labels,
        "region_to": anatomy.labels,
        "region_from": anatomy.labels,
        "frequency": SPECTRUM,
        "rest_E": settled.net.excitatory.rate if known else nothing,
        "rest_I": settled.net.inhibitory.rate if known else nothing,
        "growth_rate": settled.slowest.real,
        "slowest_frequency": _hertz(settled.slowest),
        "covariance": settled.covariance,
        "theory.fc": settled.fc,
        "power": power if settled.trouble else spectra.power(settled.net, SPECTRUM),
    }


def _score_variables(found):
    return {
        "score": np.array(found.names, dtype=object),
        "expected": found.value,
        "expected_sd": found.sd,
        "length": LENGTHS,
        "expected_over_length": found.over_length,
    }
