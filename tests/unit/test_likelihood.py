import copy

import numpy as np
import pytest
from restmeg import connectome, fourier, simulation
from restmeg.core import network
from restmeg.fourier import Fourier
from restmeg.model import build_network, initial_state, stream
from restmeg.theory import likelihood, linear, maximum, spectra

STEP = {"dt": 0.1, "method": "exponential_euler"}

RATE = 1000.0  # Hz
AXES = {"model.coupling_strength": [0.5, 3.0], "model.conduction_speed": [5.0, 20.0]}
TRUTH = {"model.coupling_strength": 1.5, "model.conduction_speed": 10.0}


def drawn(net, frequencies, shape, seed):
    """Coefficients (replicates, segments, frequencies, regions) as theory has them."""
    rng = np.random.default_rng(seed)
    n = len(net.weights)
    found = np.empty((*shape, len(frequencies), n), complex)
    for piece, matrices in spectra.cross_spectra(net, 2 * np.pi * frequencies / 1000):
        root = np.linalg.cholesky(matrices)
        size = (*shape, len(matrices), n)
        white = (rng.normal(size=size) + 1j * rng.normal(size=size)) / np.sqrt(2)
        found[:, :, piece] = np.einsum("fij,rsfj->rsfi", root, white)
    return found


@pytest.fixture
def net(example, model):
    return linear.linearise(*example, model, 0.1)


@pytest.fixture
def target(net):
    frequencies = np.arange(1.0, 80.0, 1.0)
    return Fourier(frequencies, drawn(net, frequencies, (4, 3), 1), np.arange(4))


def test_likelihood_is_that_of_a_normal_distribution(net, target):
    found = likelihood.log_likelihood(net, target).values
    expected = np.zeros(4)
    for piece, matrices in spectra.cross_spectra(net, 2 * np.pi * target.frequencies / 1000):
        for k, s in zip(range(piece.start, piece.stop), matrices, strict=True):
            for replicate in range(4):
                for y in target.coefficients[replicate, :, k]:
                    square = (y.conj() @ np.linalg.solve(s, y)).real
                    expected[replicate] -= np.linalg.slogdet(s)[1] + square
    assert found == pytest.approx(expected, rel=1e-10)


def test_replicates_are_told_apart(net, target):
    values = likelihood.log_likelihood(net, target).values
    swapped = target._replace(coefficients=target.coefficients[::-1])
    assert likelihood.log_likelihood(net, swapped).values == pytest.approx(values[::-1], rel=1e-12)
    assert len(np.unique(values)) == 4


def test_the_scale_of_a_recording_is_of_no_consequence(net, target):
    plain = likelihood.log_likelihood(net, target, gain_free=True)
    louder = target._replace(coefficients=1000 * target.coefficients)
    scaled = likelihood.log_likelihood(net, louder, gain_free=True)
    assert plain.gain == pytest.approx(1, abs=0.05)
    assert scaled.gain == pytest.approx(1000 * plain.gain, rel=1e-12)
    n = 3 * len(target.frequencies) * 8
    assert scaled.values == pytest.approx(plain.values - n * np.log(1e6), rel=1e-12)
    # The likeliest gain: a little more or less is less likely.
    for factor in (0.99, 1.01):
        other = target._replace(coefficients=target.coefficients / plain.gain * factor)
        best = target._replace(coefficients=target.coefficients / plain.gain)
        change = 4 * n * np.log(factor**2)  # of the densities' own scale
        gained = (
            likelihood.log_likelihood(net, other).values.sum()
            + change
            - likelihood.log_likelihood(net, best).values.sum()
        )
        assert gained < 0


def test_a_model_without_noise_explains_nothing(example, model, target):
    quiet = copy.deepcopy(model)
    quiet["noise"]["sigma"] = 0.0
    silent = linear.linearise(*example, quiet, 0.1)
    assert (likelihood.log_likelihood(silent, target).values == -np.inf).all()


def test_redundancy_of_a_hann_windows_bins():
    """Against the mean of products of coefficients of white noise."""
    n = 64
    window = fourier.window(n)
    transform = np.fft.fft(np.eye(n), axis=0) * window
    together = transform @ transform.conj().T
    size = np.sqrt(np.diag(together).real)
    correlations = np.abs(together / np.outer(size, size)) ** 2
    assert correlations[20].sum() == pytest.approx(fourier.REDUNDANCY, rel=1e-9)


def simulated_target(example, model, seed, replicates):
    """Coefficients of a target simulated by the core, sampled every ms."""
    net = build_network(*example, model, 0.1)
    network.prepare()
    found = []
    for replicate in range(replicates):
        state = initial_state(net)
        random = stream(seed, "target", replicate)
        simulation.run(net, state, random, 3000, record=False)
        series = simulation.run(net, state, random, 37_000, 10).astype(float)
        taper = fourier.window(len(series))[:, None]
        which = fourier.bins(len(series), RATE, recorded=False)
        found.append(np.fft.rfft(taper * (series - series.mean(axis=0)), axis=0)[which])
    frequencies = which * RATE / len(series)
    return Fourier(frequencies, np.array(found)[:, None], np.arange(replicates))


def estimates(example, model, seeds, start=TRUTH, axes=AXES):
    """Maxima (seeds, parameters) of simulated targets, and their standard errors."""
    anatomy = connectome.Connectome(*example, np.arange(8))
    found = []
    for seed in seeds:
        target = simulated_target(example, model, seed, 20)
        found.append(maximum.likeliest(anatomy, model, STEP, axes, start, target, False))
    return np.array([one.values for one in found]), np.array([one.deviations for one in found])


def test_likelihood_finds_the_truth_and_says_how_surely(example, model):
    """Twelve targets: the full number is in the table of make coverage."""
    values, deviations = estimates(example, model, range(200, 212))
    z = (values - [1.5, 10.0]) / deviations
    assert (deviations < [0.025, 0.3]).all()
    assert (np.abs(z) < 3.3).all()
    assert 0.5 < np.sqrt((z**2).mean()) < 1.5


@pytest.mark.parametrize(("strength", "speed"), [(1.0, 7.0), (2.5, 12.0)])
def test_maximum_does_not_depend_on_where_the_search_begins(example, model, strength, speed):
    one, error = estimates(example, model, [5])
    start = {"model.coupling_strength": strength, "model.conduction_speed": speed}
    other, _ = estimates(example, model, [5], start)
    # But for the rounding of delays, which is that of the start.
    assert (np.abs(one - other) < 0.5 * error).all()


def test_a_truth_outside_the_sweep_is_at_its_edge(example, model):
    axes = {"model.coupling_strength": [0.5, 1.2]}
    start = {"model.coupling_strength": 1.0}
    values, deviations = estimates(example, model, [5], start, axes)
    assert values[0] == pytest.approx([1.2])
    assert np.isnan(deviations).all()
