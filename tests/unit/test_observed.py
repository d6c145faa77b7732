"""The likelihood of cross-spectra against the density itself, differences and drawn data."""

import numpy as np
import pytest
from restmeg.fourier import Fourier
from restmeg.inverse import minimum_norm
from restmeg.settings import replaced
from restmeg.theory import likelihood, linear, observed, spectra
from restmeg.theory.observed import Change, CrossSpectra, Observation

FREQUENCIES = np.arange(1.0, 45.0, 1.5)
NUMBER = 12
KEYS = ["model.coupling_strength", "model.conduction_speed", "model.noise.sigma"]
AT = np.array([1.2, 8.0, 0.012])
STEPS = 1e-5 * AT


@pytest.fixture
def network(example, model):
    weights, distances = example
    rounding = np.full(weights.shape, 0.5)

    def build(values):
        changed = replaced(model, dict(zip(KEYS, map(float, values), strict=True)))
        return linear.linearise(weights, distances, changed, 0.1, rounding=rounding)

    return build


def seen_through(net, seen, frequencies=FREQUENCIES):
    """Cross-spectra of what is recorded."""
    pieces = spectra.cross_spectra(net, 2 * np.pi * frequencies / 1000)
    regions = np.concatenate([matrices for _, matrices in pieces])
    if seen.lead is not None:
        regions = seen.lead @ regions @ seen.lead.T
    return seen.gain * regions + seen.noise * np.eye(regions.shape[1])


def drawn(net, seen, seed, number=NUMBER, frequencies=FREQUENCIES):
    """Coefficients (number, frequencies, channels) as a model has them."""
    rng = np.random.default_rng(seed)
    root = np.linalg.cholesky(seen_through(net, seen, frequencies))
    size = (number, *root.shape[:2])
    white = (rng.normal(size=size) + 1j * rng.normal(size=size)) / np.sqrt(2)
    return np.einsum("fij,rfj->rfi", root, white)


def averaged(series):
    return CrossSpectra(
        FREQUENCIES, np.einsum("rfi,rfj->fij", series, series.conj()) / len(series), len(series)
    )


def changes(network, at):
    found = []
    for k, step in enumerate(STEPS):
        ends = [at + sign * step * np.eye(3)[k] for sign in (1, -1)]
        found.append(Change(network(ends[0]), network(ends[1]), 2 * step))
    return found


def channels(kind, power):
    lead = np.random.default_rng(5).normal(size=(6, 8))
    return {
        "regions": Observation(),
        "scaled": Observation(gain=3.0),
        "noisy": Observation(gain=3.0, noise=0.3 * power),
        "sensors": Observation(lead=lead, gain=2.0, noise=power),
    }[kind]


@pytest.fixture(params=["regions", "scaled", "noisy", "sensors"])
def case(request, network):
    """A way to see regions, and what is seen of other parameters."""
    truth = network([1.5, 10.0, 0.01])
    power = float(np.trace(seen_through(truth, Observation()), axis1=1, axis2=2).real.mean() / 8)
    seen = channels(request.param, power)
    return seen, averaged(drawn(truth, seen, 1)), drawn(truth, seen, 1)


def test_it_is_the_density_of_complex_normal_numbers(network, case):
    seen, data, series = case
    net = network(AT)
    expected = 0.0
    for k, matrix in enumerate(seen_through(net, seen)):
        for y in series[:, k]:
            expected -= np.linalg.slogdet(matrix)[1] + (y.conj() @ np.linalg.solve(matrix, y)).real
    found = observed.likelihood(net, [], data, seen, informed=False)
    assert found.value == pytest.approx(expected, rel=1e-10)
    assert np.isnan(found.information).all()


def test_of_regions_it_is_what_scores_have(network):
    net = network(AT)
    series = drawn(net, Observation(), 2)
    target = Fourier(FREQUENCIES, series[:, None], np.arange(NUMBER))
    expected = likelihood.log_likelihood(net, target).values.sum()
    found = observed.likelihood(net, [], averaged(series), Observation())
    assert found.value == pytest.approx(expected, rel=1e-12)


def test_its_gradient_is_that_of_differences(network, case):
    seen, data, _ = case
    gradient = observed.likelihood(network(AT), changes(network, AT), data, seen).gradient

    def value(at, gain=0.0, noise=0.0):
        moved = seen._replace(gain=seen.gain * np.exp(gain), noise=seen.noise * np.exp(noise))
        return observed.likelihood(network(at), [], data, moved, informed=False).value

    for k, step in enumerate(10 * STEPS):
        ends = [value(AT + sign * step * np.eye(3)[k]) for sign in (1, -1)]
        assert gradient[k] == pytest.approx((ends[0] - ends[1]) / (2 * step), rel=1e-4, abs=1e-3)
    for k, name in ((3, "gain"), (4, "noise")):
        ends = [value(AT, **{name: sign * 1e-4}) for sign in (1, -1)]
        assert gradient[k] == pytest.approx((ends[0] - ends[1]) / 2e-4, rel=1e-5, abs=1e-3)


def test_information_is_the_covariance_of_the_gradient(network, case):
    seen, _, _ = case
    net = network(AT)
    moved = changes(network, AT)
    free = [0, 1, 2, 3] + [4] * bool(seen.noise)
    slopes = []
    for seed in range(300):
        data = averaged(drawn(net, seen, seed, number=1))
        found = observed.likelihood(net, moved, data, seen)
        slopes.append(found.gradient[free])
    slopes = np.array(slopes)
    sizes = np.sqrt(np.diag(found.information)[free])
    # Its mean is zero, and each of 300 draws' covariances has an error of up to 8 %.
    assert np.abs(slopes.mean(axis=0) / sizes).max() < 4 / np.sqrt(300)
    covariance = np.cov(slopes.T) / np.outer(sizes, sizes)
    assert covariance == pytest.approx(
        found.information[np.ix_(free, free)] / np.outer(sizes, sizes), abs=0.3
    )
    alone = observed.information(net, moved, FREQUENCIES, seen)
    assert alone == pytest.approx(found.information, rel=1e-12)


def test_information_is_the_curvature_where_data_are_as_expected(network, case):
    seen, data, _ = case
    net = network(AT)
    exact = data._replace(matrices=seen_through(net, seen))
    found = observed.likelihood(net, changes(network, AT), exact, seen)
    for k in range(3):
        ends = []
        for sign in (1, -1):
            at = AT + sign * 100 * STEPS * np.eye(3)[k]
            ends.append(observed.likelihood(network(at), changes(network, at), exact, seen))
        curvature = (ends[1].gradient[:3] - ends[0].gradient[:3]) / (200 * STEPS[k])
        scale = np.sqrt(np.diag(found.information)[:3])
        assert curvature / scale / scale[k] == pytest.approx(
            found.information[k, :3] / scale / scale[k], abs=1e-3
        )


def test_about_the_gain_is_found_where_there_is_little_noise(network, case):
    seen, _, _ = case
    net = network([1.5, 10.0, 0.01])
    data = averaged(drawn(net, seen._replace(noise=0.0), 1, number=100))
    assert observed.likely_gain(net, data, seen) == pytest.approx(seen.gain, rel=0.1)


def test_the_minimum_norm_says_all_that_sensors_say(network):
    # Of more sensors than regions, with noise that is not alike and not independent.
    rng = np.random.default_rng(8)
    gain = rng.normal(size=(8, 20))
    root = rng.normal(size=(20, 20)) * np.linspace(0.5, 2, 20)
    truth = network([1.5, 10.0, 0.01])
    power = np.trace(seen_through(truth, Observation()), axis1=1, axis2=2).real.mean() / 8
    noise = power * root @ root.T / 20
    series = drawn(truth, Observation(), 4, number=30) @ gain
    added = rng.normal(size=(2, *series.shape[:2], 20)) / np.sqrt(2)
    series = series + (added[0] + 1j * added[1]) @ np.linalg.cholesky(noise).T

    inverse = minimum_norm(gain, noise, 1 / 9)
    at_sensors = observed.whitened(averaged(series), gain.T, noise)
    at_regions = observed.whitened(
        averaged(series @ inverse.T), inverse @ gain.T, inverse @ noise @ inverse.T
    )
    assert at_sensors[1].lead.shape == (20, 8)
    assert at_regions[1].lead.shape == (8, 8)
    places = [AT, [1.5, 10.0, 0.01], [0.7, 14.0, 0.008]]
    found = []
    for at in places:
        net, moved = network(at), changes(network, np.array(at))
        found.append([observed.likelihood(net, moved, *case) for case in (at_sensors, at_regions)])
    first = found[0]
    for sensors, regions in found:
        assert sensors.value - first[0].value == pytest.approx(
            regions.value - first[1].value, rel=1e-6, abs=1e-4
        )
        assert sensors.gradient[:4] == pytest.approx(regions.gradient[:4], rel=1e-6, abs=1e-5)
        assert sensors.information[:3, :3] == pytest.approx(regions.information[:3, :3], rel=1e-6)


def test_directions_without_noise_make_no_channel(network):
    lead = np.random.default_rng(5).normal(size=(6, 8))
    projection = np.eye(6)[:4]  # as of a projection, two are left out
    noise = projection.T @ projection
    data = averaged(drawn(network(AT), Observation(lead=lead), 1))
    found, seen = observed.whitened(data, projection.T @ projection @ lead, noise)
    assert seen.lead.shape == (4, 8)
    assert found.matrices.shape[1:] == (4, 4)


def test_signs_are_found_and_are_the_likeliest(network):
    net = network(AT)
    signs = np.array([1, -1, 1, 1, -1, 1, -1, 1.0])
    data = averaged(drawn(net, Observation(), 3, number=40))
    turned = data._replace(matrices=data.matrices * np.outer(signs, signs))
    found = observed.likeliest_signs(net, turned, Observation())
    assert np.array_equal(found * found[0], signs)
    assert len({*observed.likeliest_signs(net, data, Observation())}) == 1


def test_without_noise_nothing_is_likely(network):
    silent = network([1.2, 8.0, 0.0])
    data = CrossSpectra(FREQUENCIES, np.tile(np.eye(8, dtype=complex), (len(FREQUENCIES), 1, 1)), 1)
    assert observed.likelihood(silent, [], data, Observation()).value == -np.inf


def test_threads_change_no_bit(network, monkeypatch):
    monkeypatch.setattr(observed, "PIECE", 5 * 64)
    net = network(AT)
    data = averaged(drawn(net, Observation(), 1))
    one, two = (
        observed.likelihood(net, changes(network, AT), data, Observation(), threads=threads)
        for threads in (1, 2)
    )
    assert one.value == two.value
    assert np.array_equal(one.gradient, two.gradient)
    assert np.array_equal(one.information, two.information)
