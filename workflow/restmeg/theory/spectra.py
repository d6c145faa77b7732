"""Spectra of the linear network, and their integrals: covariances and whether noise is small."""

import itertools
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from restmeg.theory import linear
from restmeg.theory.linear import Linear, Spread

FIRST, LAST = 24, 768  # nodes of each part of an integral
PRECISE = 1e-3  # change of covariances over variances from half the nodes; a tenth of it is left
NARROW = 0.5  # a mode that decays by less in a radian has a peak of its own


class Nodes(NamedTuple):
    """Angular frequencies (1 / ms) and weights that integrate a spectrum, 1 / pi included."""

    frequencies: np.ndarray
    weights: np.ndarray


def nodes(net: Linear, number: int, slowest: complex) -> Nodes:
    """Gauss and Legendre's nodes in the angle of w = tan(angle) / tau, up to the step's frequency.

    number: in each part; slowest: growth rate and frequency of the slowest mode, around whose peak
    there are parts of their own.
    """
    top, scale = np.pi / net.dt, 1 / np.median(net.tau)
    width, centre = -slowest.real, slowest.imag
    edges = [0.0, top]
    if 0 < width < NARROW * max(centre, scale):
        beside = [centre - 16 * width, centre - 3 * width, centre + 3 * width, centre + 16 * width]
        edges[1:1] = [edge for edge in beside if 0 < edge < top]
    points, steps = np.polynomial.legendre.leggauss(number)
    frequencies, weights = [], []
    for low, high in itertools.pairwise(edges):
        first, last = np.arctan([low / scale, high / scale])
        angle = first + (points + 1) * (last - first) / 2
        frequencies.append(np.tan(angle) * scale)
        weights.append(steps * (last - first) / 2 / np.cos(angle) ** 2 * scale / np.pi)
    return Nodes(np.concatenate(frequencies), np.concatenate(weights))


def responses(
    net: Linear, frequencies: np.ndarray
) -> Iterator[tuple[slice, np.ndarray, np.ndarray]]:
    """Yield pieces of the frequencies: which of them, their z (n,) and M^-1 (n, N, N)."""
    for piece, z in linear.pieces(net, linear.on_circle(net, frequencies)):
        yield piece, z, np.linalg.inv(linear.system(net, z))


def cross_spectra(net: Linear, frequencies: np.ndarray) -> Iterator[tuple[slice, np.ndarray]]:
    """Yield S = M^-1 <n n*> M^-* (n, N, N) at pieces of the frequencies, and which of them.

    Two-sided, per 1 / ms of angular frequency.
    """
    for piece, z, response in responses(net, frequencies):
        response *= np.sqrt(linear.noise(net, z))[:, None, :]
        yield piece, response @ response.conj().transpose(0, 2, 1)


def power(net: Linear, hertz: np.ndarray) -> np.ndarray:
    """Power (N, n) of rE at frequencies (n,) in Hz: one-sided, per Hz."""
    frequencies = 2 * np.pi * hertz / 1000
    found = np.empty((len(frequencies), len(net.weights)))
    for piece, z, response in responses(net, frequencies):
        found[piece] = _own(net, z, response)
    return 2 / 1000 * found.T


def _own(net, z, response):
    """Spectra (n, N) of the regions, without those between them."""
    return np.einsum("nij,nj->ni", np.abs(response) ** 2, linear.noise(net, z))


def integral(net: Linear, chosen: Nodes) -> np.ndarray:
    """Covariance (N, N) of rE, by these nodes."""
    covariance = np.zeros(net.weights.shape)
    for piece, spectra in cross_spectra(net, chosen.frequencies):
        covariance += np.tensordot(chosen.weights[piece], spectra.real, 1)
    return covariance


def converged(net: Linear, slowest: complex) -> np.ndarray:
    """Covariance (N, N) of rE, with as many nodes as it needs."""
    number, before = FIRST, np.full(net.weights.shape, np.inf)
    while True:
        covariance = integral(net, nodes(net, number, slowest))
        deviation = np.sqrt(np.diag(covariance))
        change = np.abs(covariance - before)
        if np.all(change <= PRECISE * np.outer(deviation, deviation)) or number >= LAST:
            return covariance
        number, before = 2 * number, covariance


def spreads(net: Linear, chosen: Nodes) -> tuple[np.ndarray, tuple[Spread, Spread]]:
    """Variances (N,) of rE, and those of the inputs of E and I with their covariances with rates.

    A rate's variance does not grow, so that the latter is alpha / beta of it.
    """
    n_regions = len(net.weights)
    totals = np.zeros((4, n_regions))
    for piece, z, response in responses(net, chosen.frequencies):
        spectra = _own(net, z, response)
        diagonal = np.diagonal(response, axis1=1, axis2=2)
        for k, part in enumerate((spectra, *linear.input_spectra(net, z, spectra, diagonal))):
            totals[k] += chosen.weights[piece] @ part
    of_rates_E, of_E, of_I, of_rates_I = totals
    excitation, inhibition = net.excitatory, net.inhibitory
    return of_rates_E, (
        Spread(of_E, excitation.alpha / excitation.beta * of_rates_E),
        Spread(of_I, inhibition.alpha / inhibition.beta * of_rates_I),
    )
