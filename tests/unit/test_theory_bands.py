"""Linear theory of measures in bands: beside draws, plain sums and simulations."""

import copy

import numpy as np
import pytest
import scipy.signal
import scipy.stats
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from restmeg import bands, estimands, estimation, measures, simulation
from restmeg.connectome import Connectome
from restmeg.scores import correlation
from restmeg.theory import banded, estimates, expected, gaussian, sampling, spectra
from restmeg.theory.settled import settle

NAMES = list(gaussian.VALUES)
ALPHA, THETA = (8.0, 13.0), (4.0, 8.0)
RATE = 250.0  # Hz
RHYTHM = {
    **{"tau_E": 10.0, "tau_I": 20.0, "a_E": 4.0, "a_I": 4.0, "theta_E": 1.0, "theta_I": 1.0},
    **{"wEE": 3.25, "wIE": 2.5, "wEI": 3.75, "wII": 0.0, "r": 0.0},
}


@pytest.fixture(scope="module")
def rhythm(model):
    """Twelve regions near a Hopf point, whose delays make phases differ."""
    rng = np.random.default_rng(0)
    n = 12
    places = rng.normal(size=(n, 3))
    places *= 70 / np.linalg.norm(places, axis=1, keepdims=True)
    distances = np.linalg.norm(places[:, None] - places, axis=2)
    weights = np.triu(rng.lognormal(0, 1, distances.shape), 1)
    weights = (weights + weights.T) * np.exp(-distances / 40)
    weights /= weights.sum(axis=1).mean()
    model = copy.deepcopy(model)
    model |= {"coupling": "additive", "coupling_strength": 0.4, "conduction_speed": 8.0}
    model["parameters"] |= RHYTHM
    model["noise"] |= {"mean_E": 0.26, "sigma": 0.001}
    return weights, distances, model, settle(weights, distances, model, 0.5, "adams_bashforth")


def signals(c, n_samples):
    """Two complex normal signals of unit power and this coherency."""
    rng = np.random.default_rng(3)
    own, other = (rng.normal(size=(2, n_samples)) + 1j * rng.normal(size=(2, n_samples))) / 2**0.5
    return np.stack([c * other + np.sqrt(1 - abs(c) ** 2) * own, other], axis=1)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("c", [0.0, 0.3 + 0.2j, 0.1 - 0.5j, -0.6 + 0.5j, 0.9, -0.95j])
def test_a_measure_of_complex_gaussians_is_that_of_draws(name, c):
    n_samples = 400_000
    estimator = measures.estimator(name)
    series = signals(c, n_samples)
    estimator.add(series if measures.is_analytic(name) else series.real)
    of_pair = np.array([[1, c], [np.conj(c), 1]], complex)
    found = gaussian.connectivity(name, of_pair)
    drawn = estimator.result()
    # Of what is never below zero chance makes 1 / sqrt(n) of nothing, and others vary by that.
    assert found[0, 1] == pytest.approx(drawn[0, 1], abs=5 / np.sqrt(n_samples))
    np.testing.assert_allclose(np.diag(found), np.diag(drawn))
    np.testing.assert_array_equal(found, found.T)


def test_every_measure_has_a_theory():
    assert set(NAMES) == set(measures.MEASURES) == set(estimates.MAKERS)


@pytest.mark.parametrize(("p", "q", "k"), [(1, 1, 0), (0, 1, 2), (1, 1, 2), (3, 1, 0), (0, 0, 3)])
def test_moments_are_those_of_draws(p, q, k):
    one, other = signals(0.6, 2_000_000).T
    drawn = abs(one) ** p * abs(other) ** q * np.exp(1j * k * np.angle(one * other.conj()))
    error = drawn.std() / np.sqrt(len(drawn))
    assert abs(drawn.mean() - gaussian.moment(p, q, k, np.array(0.6))) < 4 * error


def test_independent_samples_vary_as_much_as_they_do():
    """Estimates of 400 samples, 20 000 times."""
    z = signals(0.7, 8_000_000).reshape(20_000, 400, 2)
    amplitudes = abs(z) - abs(z).mean(axis=1, keepdims=True)
    products = (amplitudes[..., 0] * amplitudes[..., 1]).mean(axis=1)
    found = products / np.sqrt((amplitudes**2).mean(axis=1).prod(axis=1))
    modulus = np.array(0.7)
    normal = (1 - gaussian.envelopes(modulus) ** 2) ** 2 / 400
    assert found.var() / normal == pytest.approx(gaussian.envelope_excess(modulus), rel=0.03)
    phasors = np.exp(1j * np.angle(z[..., 0] * z[..., 1].conj())).mean(axis=1)
    left = (1 - gaussian.locking(modulus) ** 2) / 800
    along, across = gaussian.locking_excess(modulus)
    assert phasors.real.var() / left**2 / 800 == pytest.approx(along, rel=0.03)
    assert phasors.imag.var() / left == pytest.approx(across, rel=0.03)


def test_tables_are_as_good_as_they_say():
    modulus = np.linspace(0, 1, 5001)
    for function in (gaussian.envelopes, gaussian.locking):
        difference = gaussian.tabulated(function, modulus) - function(modulus)
        assert np.abs(difference).max() < 3e-7


@hypothesis_settings(deadline=None)
@given(st.floats(0, 3), st.floats(1e-3, 2))
def test_sizes_have_the_means_that_scipy_has(r, deviation):
    for function, of_scipy in (
        (estimates.folded, scipy.stats.foldnorm),
        (estimates.rice, scipy.stats.rice),
    ):
        mean, slope = function(np.array([r]), np.array([deviation]))
        if r < 30 * deviation:
            known = of_scipy.mean(r / deviation, scale=deviation)
            assert mean[0] == pytest.approx(known, rel=1e-6)
        step = 1e-4 * deviation
        beside = [function(np.array([r + s]), np.array([deviation]))[0][0] for s in (step, -step)]
        assert slope[0] == pytest.approx((beside[0] - beside[1]) / (2 * step), abs=1e-5)


@pytest.mark.parametrize("limits", [ALPHA, (1.0, 4.0), (30.0, 45.0)])
def test_the_filter_is_that_of_series(limits):
    hertz = np.linspace(0, 60, 121)
    taps = bands.taps(*limits, RATE)
    _, slow = scipy.signal.freqz(taps, worN=hertz, fs=RATE)
    slow *= np.exp(2j * np.pi * hertz / RATE * (len(taps) // 2))
    np.testing.assert_allclose(banded.response(*limits, RATE, hertz), slow, atol=1e-12)


@pytest.mark.parametrize(("picked", "limits"), [(250.0, ALPHA), (90.0, (13.0, 30.0))])
def test_coherency_is_the_integral_over_all_frequencies(rhythm, picked, limits):
    """Finely, over both signs of them; what is faster than the sampling folds back."""
    settled = rhythm[-1]
    hertz = np.arange(0.01, 400, 0.02)
    total = 0.0
    gains = [banded.response(*limits, picked, sign * hertz) ** 2 for sign in (1, -1)]
    found = spectra.cross_spectra(settled.net, 2 * np.pi * hertz / 1000)
    for piece, matrices in found:
        up, down = (gain[piece] for gain in gains)
        total = total + np.tensordot(up, matrices, 1) + np.tensordot(down, matrices.conj(), 1)
    deviation = np.sqrt(np.diag(total).real)
    fast = banded.banded(settled, limits, (picked, picked))
    np.testing.assert_allclose(
        fast.coherency, total / np.outer(deviation, deviation), rtol=0, atol=5e-4
    )
    np.testing.assert_allclose(fast.over_lags()[0], fast.coherency, atol=1e-12)
    np.testing.assert_allclose(
        fast.own_over_lags(), np.einsum("tii->ti", fast.over_lags()), atol=1e-12
    )
    middle = len(fast.over_lags()) // 2
    assert np.abs(fast.over_lags()[middle]).max() < 0.05  # what is left at half a period


def test_variability_in_a_direction_is_bartletts(rhythm):
    """Of complex coherencies, against the whole formula with all its indices."""
    one = banded.banded(rhythm[-1], ALPHA, (RATE, RATE))
    c = one.coherency[:6, :6]
    s, n = one.spectra[:, :6, :6], 6
    direction = c / np.abs(c)
    rows, columns = np.triu_indices(n, 1)
    # cov of s_ij with conj(s_kl), and with s_kl, which is conj(s_lk)
    whole = one.period * np.einsum("nik,njl->ijkl", s, s.conj())
    slopes = np.zeros((len(rows), n, n), complex)  # x = Re sum of slopes conj times s
    for pair, (i, j) in enumerate(zip(rows, columns, strict=True)):
        slopes[pair, i, j] = direction[i, j]
        slopes[pair, i, i] = slopes[pair, j, j] = -np.abs(c[i, j]) / 2
    once = np.einsum("aij,ijkl,bkl->ab", slopes.conj(), whole, slopes)
    twice = np.einsum("aij,ijkl,blk->ab", slopes.conj(), whole, slopes.conj())
    slow = (once + twice).real / 2
    weights = np.full(len(s), one.period / 2)
    found = sampling.variability([(weights, s)], np.abs(c), np.eye(len(rows)), direction)
    np.testing.assert_allclose(found.images, slow, rtol=0, atol=1e-9 * slow.max())
    np.testing.assert_allclose(found.variances, np.diag(slow), rtol=1e-9)
    aside = slopes.copy()
    for pair, (i, j) in enumerate(zip(rows, columns, strict=True)):
        aside[pair] = 0
        aside[pair, i, j] = 1j * direction[i, j]
    once = np.einsum("aij,ijkl,akl->a", aside.conj(), whole, aside)
    twice = np.einsum("aij,ijkl,alk->a", aside.conj(), whole, aside.conj())
    np.testing.assert_allclose(found.across, (once + twice).real / 2, rtol=1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_lengths_together_are_as_each_alone(rhythm, name):
    one = estimates.estimate(name, banded.banded(rhythm[-1], ALPHA, (RATE, RATE)))
    vectors = np.random.default_rng(0).normal(size=(2, len(one.endless)))
    times = np.geomspace(1e3, 3.6e6, 9)
    for ms, images in zip(times, one.over(times, vectors), strict=True):
        together, alone = one.variability(ms, vectors, images), one.variability(ms, vectors)
        scale = np.abs(alone.images).max()
        np.testing.assert_allclose(together.images, alone.images, rtol=0, atol=1e-4 * scale)
        np.testing.assert_allclose(together.variances, alone.variances)
    assert one.mean(1e12) == pytest.approx(one.endless, abs=1e-4)


class Simulated:
    """Replicates of 20 s that count, sampled every 4 ms, with 2 s at either end."""

    replicates = np.arange(120)
    sampling_rate = RATE

    def __init__(self, weights, distances, model):
        labels = np.arange(len(weights)).astype(str).astype(object)
        times = {"dt": 0.5, "duration": 26_000.0, "transient": 2000.0, "sampling_interval": 4.0}
        batch = simulation.Batch(
            Connectome(weights, distances, labels),
            model,
            times | {"method": "adams_bashforth"},
            5,
            "simulated",
            list(self.replicates),
        )
        self.labels, self.rates = list(labels), np.empty(batch.shape, np.float32)
        pieces = (piece for piece, _ in simulation.simulated(batch))
        simulation.fill(self.rates, simulation.Passing(batch, pieces))
        self.n_samples = self.rates.shape[1]

    def pieces(self, k):
        yield self.rates[k]


def test_expected_scores_of_all_measures_are_those_of_simulations(rhythm):
    """120 replicates of 20 s: functional connectivity, its variance, coupling and match."""
    weights, distances, model, settled = rhythm
    asked = estimands.Asked(NAMES, {"theta": THETA, "alpha": ALPHA})
    series = Simulated(weights, distances, model)
    found = estimation.estimate(series, asked, "simulated")
    wiring, ms = correlation.undirected(weights), 20_000.0
    structure = wiring, np.log(wiring), correlation.undirected(distances)
    sides = {
        band: banded.banded(settled, limits, (RATE, RATE)) for band, limits in asked.bands.items()
    }
    for kind, fc in zip(found.kinds, found.fc, strict=True):
        if kind.band == bands.BROADBAND:
            continue
        one = estimates.estimate(kind.measure, sides[kind.band])
        x = correlation.edges(fc)
        mean = one.mean(ms)
        error = x.std(axis=0, ddof=1) / np.sqrt(len(x))
        assert np.sqrt((((x.mean(axis=0) - mean) / error) ** 2).mean()) < 1.6, kind
        given = expected.vectors(*structure, mean, mean)
        varying = one.variability(ms, given)
        ratio = x.var(axis=0, ddof=1).sum() * ms / varying.variances.sum()
        assert ratio == pytest.approx(1, abs=0.1), kind
        scores = expected.Prediction(varying, varying, given).at(ms)
        patterns = correlation.standardised(x)
        coupling = patterns @ correlation.standardised(wiring[None])[0]
        known = scores["structure_function_coupling"]
        away = abs(coupling.mean() - known.value)
        assert away < 0.02 + 2 * coupling.std() / np.sqrt(len(x)), kind
        assert coupling.std() == pytest.approx(known.sd, rel=0.3), kind
        products = patterns @ patterns.T
        matches = products[~np.eye(len(x), dtype=bool)]
        assert matches.mean() == pytest.approx(scores["fc_match"].value, abs=0.03), kind
