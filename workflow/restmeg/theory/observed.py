"""A recording's cross-spectra under a model: likelihood, its gradient and expected information.

What is recorded is regions, or sensors that see them through a lead field L, and white noise:

    S_y(w) = gain L S(w) L' + noise 1,    -log L = n sum over w of log det S_y + tr(S_y^-1 I)

(Whittle 1953, Ark Mat 2:423), I the mean of n tapered periodograms. With S = H N H*, H = M^-1, the
change of S with a parameter is a product, dS = -(H dM S) - (H dM S)* + H dN H*, and the gradient
needs one matrix S L' W L H for all parameters, W = S_y^-1 - S_y^-1 I S_y^-1. Expected information
is n sum over w of tr(S_y^-1 dS_y S_y^-1 dS_y').
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np

from restmeg.theory import linear
from restmeg.theory.linear import Linear
from restmeg.theory.spectra import cross_spectra

PIECE = 2**18  # complex numbers of a stack of matrices
RANK = 1e-10  # of the largest eigenvalue of noise: smaller ones are rounding


class CrossSpectra(NamedTuple):
    """Mean periodograms of what is recorded, as `fourier.Fourier` has them."""

    frequencies: np.ndarray  # (n,) Hz
    matrices: np.ndarray  # complex (n, R, R)
    number: float  # of periodograms that they are the mean of


class Observation(NamedTuple):
    """How regions are seen, and how much noise there is beside them."""

    lead: np.ndarray | None = None  # (R, N) onto channels of noise one, or None for regions
    gain: float = 1.0  # of power
    noise: float = 0.0  # its spectrum, two-sided per 1 / ms, in each channel


class Change(NamedTuple):
    """A parameter: the network at two of its values, and by how much they differ."""

    above: Linear
    below: Linear
    by: float


class Likelihood(NamedTuple):
    """Log likelihood without its constant, and what follows for its parameters.

    Parameters are those whose changes are given, then the logarithms of gain and noise.
    """

    value: float
    gradient: np.ndarray  # (P + 2,)
    information: np.ndarray  # (P + 2, P + 2) expected, of independent frequencies


class _Piece(NamedTuple):
    """Matrices of some frequencies."""

    response: np.ndarray  # (n, N, N) H
    spectra: np.ndarray  # (n, N, N) S
    inverse: np.ndarray  # (n, R, R) of S_y
    log_det: float


def likelihood(
    net: Linear,
    changes: Sequence[Change],
    data: CrossSpectra,
    seen: Observation,
    informed: bool = True,
    threads: int = 1,
) -> Likelihood:
    """How likely cross-spectra are, with gradient and, where asked for (``informed``), information.

    Where it is not, information is NaN. -inf where a region has no noise. threads: that share the
    frequencies; the result is the same with any number.
    """
    n_free = len(changes) + 2

    def of(which: slice) -> Likelihood:
        z = _on_circle(net, data.frequencies[which])
        return _of_piece(net, changes, data.matrices[which], seen, z, informed)

    # Always the same pieces, added in their order, whoever computes them.
    pieces = _pieces(net, data.frequencies)
    with ThreadPoolExecutor(threads) as pool:
        found = list(pool.map(of, pieces) if threads > 1 else map(of, pieces))
    value = data.number * sum(one.value for one in found)
    gradient = data.number * np.sum([one.gradient for one in found], axis=0)
    information = np.full((n_free, n_free), np.nan)
    if informed:
        information = data.number * np.sum([one.information for one in found], axis=0)
    return Likelihood(value, gradient, information)


def _of_piece(net, changes, matrices, seen, z, informed):
    """The likelihood of some frequencies, of one periodogram."""
    n_free = len(changes) + 2
    gradient, information = np.zeros(n_free), np.zeros((n_free, n_free))
    sources = linear.noise(net, z)
    if not (sources > 0).all():
        return Likelihood(-np.inf, gradient * np.nan, information * np.nan)
    part = _piece(net, z, sources, seen)
    relative = part.inverse @ matrices
    fit = np.trace(relative, axis1=1, axis2=2).real
    weight = part.inverse - relative @ part.inverse  # W, Hermitian
    own = seen.noise * np.trace(weight, axis1=1, axis2=2).real.sum()
    gradient[-2:] = own - (relative.shape[1] - fit).sum(), -own
    back = seen.gain * (weight if seen.lead is None else seen.lead.T @ weight @ seen.lead)
    back = back @ part.response
    of_sources = (part.response.conj() * back).sum(axis=1).real  # diagonal of H* L'WL H
    turned = (part.spectra @ back).transpose(0, 2, 1)
    ratios = []
    for k, change in enumerate(changes):
        moved, louder = _changed(change, z)
        gradient[k] = 2 * (turned * moved).real.sum() - (of_sources * louder).sum()
        if informed:
            ratios.append(_relative_change(part, seen, moved, louder))
    if informed:
        information = _information(ratios, part, seen)
    return Likelihood(-part.log_det - fit.sum(), gradient, information)


def information(
    net: Linear,
    changes: Sequence[Change],
    frequencies: np.ndarray,
    seen: Observation,
) -> np.ndarray:
    """Expected information (P + 2, P + 2) of one periodogram with these frequencies (n,) in Hz."""
    found = np.zeros((len(changes) + 2, len(changes) + 2))
    for which in _pieces(net, frequencies):
        z = _on_circle(net, frequencies[which])
        part = _piece(net, z, linear.noise(net, z), seen)
        ratios = [_relative_change(part, seen, *_changed(change, z)) for change in changes]
        found += _information(ratios, part, seen)
    return found


def whitened(
    data: CrossSpectra, lead: np.ndarray, noise: np.ndarray
) -> tuple[CrossSpectra, Observation]:
    """Series that are mixed and noisy, turned into channels of independent noise of size one.

    data: of R series; lead: (R, N), what they have of each region; noise: (R, R), the noise's
    spectrum, two-sided per 1 / ms, as white over frequencies. What has no noise of its own, as
    directions that a projection or an inverse has taken out, makes no channel.
    """
    sizes, vectors = np.linalg.eigh(noise)
    kept = sizes > RANK * sizes[-1]
    turn = vectors[:, kept] / np.sqrt(sizes[kept])
    matrices = turn.T @ data.matrices @ turn
    return data._replace(matrices=matrices), Observation(turn.T @ lead, 1.0, 1.0)


def likely_gain(net: Linear, data: CrossSpectra, seen: Observation) -> float:
    """About the gain that a recording has: what its power is to the model's, the median over bins.

    A first guess, which knows of no noise.
    """
    return float(np.median(power_ratio(net, data, seen._replace(gain=1.0, noise=0.0))))


def power_ratio(net: Linear, data: CrossSpectra, seen: Observation) -> np.ndarray:
    """What the power of all channels is to the model's, (n,) over frequencies."""
    lead = np.eye(len(net.weights)) if seen.lead is None else seen.lead
    ratios = []
    for which, matrices in cross_spectra(net, 2 * np.pi * data.frequencies / 1000):
        through = lead @ matrices @ lead.T
        own, theirs = (
            np.trace(of, axis1=1, axis2=2).real for of in (through, data.matrices[which])
        )
        ratios.append(theirs / (seen.gain * own + seen.noise * len(lead)))
    return np.concatenate(ratios)


def likeliest_signs(net: Linear, data: CrossSpectra, seen: Observation) -> np.ndarray:
    """Signs (R,) of channels, 1 or -1, the likeliest that turning one at a time leads to.

    Turned are those that are given, and those of the strongest pattern.
    """
    pull: np.ndarray | float = 0.0
    for which, z in linear.pieces(net, _on_circle(net, data.frequencies)):
        part = _piece(net, z, linear.noise(net, z), seen)
        pull = pull + (part.inverse.conj() * data.matrices[which]).real.sum(axis=0)
    pull = np.array(pull)  # sum of pull_ij s_i s_j is to be small
    np.fill_diagonal(pull, 0.0)
    _, vectors = np.linalg.eigh(pull)
    starts = np.ones(len(pull)), np.where(vectors[:, 0] < 0, -1.0, 1.0)
    found = [_turned(pull, start) for start in starts]
    return min(found, key=lambda signs: signs @ pull @ signs)


def _turned(pull, signs):
    """Signs that no turn of a single one makes likelier."""
    while True:
        gains = signs * (pull @ signs)
        worst = int(np.argmax(gains))
        if not gains[worst] > 1e-9 * np.abs(pull).sum():
            return signs
        signs = signs.copy()
        signs[worst] *= -1


def _pieces(net, frequencies):
    """Slices of frequencies whose stacks of matrices fit into memory."""
    size = max(1, PIECE // net.weights.size)
    return [slice(k, k + size) for k in range(0, len(frequencies), size)]


def _on_circle(net, frequencies):
    return linear.on_circle(net, 2 * np.pi * np.asarray(frequencies) / 1000)


def _piece(net, z, sources, seen):
    system = linear.system(net, z)
    response = np.linalg.inv(system)
    spectra = (response * sources[:, None, :]) @ response.conj().transpose(0, 2, 1)
    if seen.lead is None and not seen.noise:  # then the inverse is known
        scaled = system / np.sqrt(seen.gain * sources)[:, :, None]
        inverse = scaled.conj().transpose(0, 2, 1) @ scaled
        log_det = -2 * np.linalg.slogdet(scaled)[1].sum()
    else:
        through = spectra if seen.lead is None else seen.lead @ spectra @ seen.lead.T
        matrices = seen.gain * through
        channels = np.arange(matrices.shape[1])
        matrices[:, channels, channels] += seen.noise
        inverse = np.linalg.inv(matrices)
        log_det = np.linalg.slogdet(matrices)[1].sum()
    return _Piece(response, spectra, inverse, float(log_det))


def _changed(change, z):
    """By how much M (n, N, N) and the spectrum of its noise (n, N) change with a parameter."""
    above, below = change.above, change.below
    moved = (linear.system(above, z) - linear.system(below, z)) / change.by
    return moved, (linear.noise(above, z) - linear.noise(below, z)) / change.by


def _relative_change(part, seen, moved, louder):
    """S_y^-1 dS_y (n, R, R)."""
    half = part.response @ moved @ part.spectra
    change = (part.response * louder[:, None, :]) @ part.response.conj().transpose(0, 2, 1)
    change -= half + half.conj().transpose(0, 2, 1)
    if seen.lead is not None:
        change = seen.lead @ change @ seen.lead.T
    return seen.gain * part.inverse @ change


def _information(ratios, part, seen):
    """Traces of products of relative changes, those of gain and noise among them."""
    of_noise = seen.noise * part.inverse
    of_gain = np.eye(of_noise.shape[1]) - of_noise
    all_ratios = [*ratios, of_gain, of_noise]
    # tr(A B) is the sum of entries of A times those of B transposed.
    turned = [ratio.transpose(0, 2, 1) for ratio in all_ratios]
    return np.array([[(one * other).real.sum() for other in turned] for one in all_ratios])
