"""Adams and Bashforth's method: the core, and its theory, beside plain ones and the limit."""

import copy

import numpy as np
import plain
import pytest
import scipy.linalg
from hypothesis import given, settings
from restmeg import rates, simulation
from restmeg.connectome import delays_in_steps
from restmeg.core import network
from restmeg.model import ADAMS_BASHFORTH, EXPONENTIAL_EULER, build_network, initial_state, stream
from restmeg.theory import linear, spectra, stability
from restmeg.theory.settled import settle
from test_core import advance, connectomes, make
from test_theory import alpha, driven


def near_hopf(model, mean=0.335, n=1, strength=0.0):
    """Nodes that oscillate at 11 Hz, near where they do so without noise; theirs is the limit."""
    rng = np.random.default_rng(2)
    weights, distances = rng.random((n, n)), rng.uniform(20, 120, (n, n))
    np.fill_diagonal(weights, 0)
    model = copy.deepcopy(alpha(model)[2]) | {
        "coupling_strength": strength,
        "conduction_speed": 8.0,
    }
    model["noise"] |= {"mean_E": mean, "sigma": 0.002}
    return weights, distances, model


@settings(max_examples=30, deadline=None)
@given(connectome=connectomes)
def test_equals_plain_integration(model, connectome):
    weights, distances, model, rng = make(connectome, model)
    n, n_steps = len(weights), 70
    inputs = rng.normal(0.5, 0.5, (n_steps, 2, n))
    initial = rng.random(n) / 3, rng.random(n) / 3
    delays = np.floor(distances / 10.0 / 0.05 + 0.5).astype(int)
    expected = plain.integrate(weights, delays, model, 0.05, inputs, *initial, second_order=True)
    net = build_network(weights, distances, model, 0.05, ADAMS_BASHFORTH)
    state = initial_state(net, *initial)
    rate = np.empty((n_steps, n))
    for first, last in ((0, 1), (1, 20), (20, n_steps)):
        advance(net, state, stream(0, "simulated", 0), inputs[first:last], rate[first:last])
    np.testing.assert_allclose(rate, expected[0], rtol=0, atol=1e-12)
    np.testing.assert_allclose(state.inhibition[:n], expected[1, -1], rtol=0, atol=1e-12)


def test_pieces_have_the_bits_of_the_whole(model, example):
    network.prepare()
    net = build_network(*example, model, 0.1, ADAMS_BASHFORTH)
    random = stream(3, "simulated", 1)
    whole = simulation.run(net, initial_state(net), random, 301)
    state = initial_state(net)
    parts = [simulation.run(net, state, random, n) for n in (1, 7, 33, 260)]
    np.testing.assert_array_equal(np.concatenate(parts), whole)


def test_noise_has_its_variance_whatever_the_step(model):
    """sigma^2 / 2, where that of exponential Euler grows with the step."""
    for dt in (0.1, 1.0, 5.0):
        noise = build_network(np.zeros((3, 3)), np.zeros((3, 3)), model, dt, ADAMS_BASHFORTH).noise
        variance = noise.scale[:3] ** 2 / (1 - noise.decay[:3] ** 2)
        np.testing.assert_allclose(variance, model["noise"]["sigma"] ** 2 / 2, rtol=1e-12)


@pytest.mark.parametrize(("exact", "steps"), [(0.4, 0), (0.5, 1), (1.49, 1), (2.5, 3), (80.0, 80)])
def test_delays_are_the_nearest(exact, steps):
    assert delays_in_steps(np.array([exact]), 10.0, 0.1, nearest=True) == steps


def step_matrices(net):
    """One step of rates, all that is under way and noise, (n, n), and what new noise does to it."""
    n, longest = len(net.weights), int(net.delays.max())
    delays, (E, I) = net.delays[net.places], (net.excitatory, net.inhibitory)  # noqa: E741
    w = net.local
    decay = np.exp(-net.dt / net.tau)
    scale = net.sigma * np.sqrt((1 - decay**2) / 2)

    def after(state, new):
        past, (y, f_E, f_I, e_E, e_I) = state[: longest + 1], state[longest + 1 :]
        e_E, e_I = decay * e_E + scale * new[0], decay * e_I + scale * new[1]
        x = past[0]
        arriving = (net.weights * past[delays, np.arange(n)[None, :]]).sum(axis=1)
        own = (w["wEE"] - w["loss"]) * x - w["wIE"] * y + arriving + e_E
        now_E = -E.alpha * x + E.beta * own
        now_I = -I.alpha * y + I.beta * (w["wEI"] * x - w["wII"] * y + e_I)
        nx = x + net.dt * (1.5 * now_E - 0.5 * f_E)
        ny = y + net.dt * (1.5 * now_I - 0.5 * f_I)
        return np.concatenate([[nx], past[:-1], [ny, now_E, now_I, e_E, e_I]])

    size = (longest + 6) * n
    still, none = np.zeros((longest + 6, n)), np.zeros((2, n))
    A = [after(unit.reshape(still.shape), none).ravel() for unit in np.eye(size)]
    B = [after(still, unit.reshape(none.shape)).ravel() for unit in np.eye(2 * n)]
    return np.array(A).T, np.array(B).T


@pytest.fixture(params=[driven, alpha])
def net(request, model):
    weights, distances, given, dt = request.param(model)
    return linear.linearise(weights, distances, given, dt / 2, method=ADAMS_BASHFORTH)


def test_theory_is_that_of_the_whole_state(net):
    """Its covariance by the discrete Lyapunov equation, its modes as eigenvalues."""
    A, B = step_matrices(net)
    n = len(net.weights)
    expected = scipy.linalg.solve_discrete_lyapunov(A, B @ B.T)[:n, :n]
    slowest = stability.slowest_mode(net)
    found = spectra.converged(net, slowest)
    scale = np.sqrt(np.outer(np.diag(expected), np.diag(expected)))
    assert np.abs((found - expected) / scale).max() < 2e-5
    values = np.linalg.eigvals(A[: -2 * n, : -2 * n])  # without those of the noise
    every = np.log(values[np.abs(values) > 1e-12].astype(complex)) / net.dt
    rightmost = every[np.argmax(every.real)]
    assert slowest.real == pytest.approx(rightmost.real, rel=1e-7)
    assert slowest.imag == pytest.approx(abs(rightmost.imag), rel=1e-7, abs=1e-9)
    for growth in (0.0, -0.02, -0.1):
        if np.abs(every.real - growth).min() > 1e-4:
            assert stability.roots_beyond(net, growth) == (every.real > growth).sum()


def variance(network, dt, method):
    net = linear.linearise(*network, dt, method=method)
    return np.diag(spectra.converged(net, stability.slowest_mode(net))).mean()


def test_it_is_of_second_order_where_euler_is_of_first(model):
    """In the variance of a node near its Hopf point, as the step becomes short."""
    network = near_hopf(model, mean=0.30)
    limit = variance(network, 0.005, ADAMS_BASHFORTH)
    for method, order in ((ADAMS_BASHFORTH, 2), (EXPONENTIAL_EULER, 1)):
        errors = [abs(variance(network, dt, method) / limit - 1) for dt in (0.25, 0.5, 1.0)]
        found = np.log2(np.array(errors[1:]) / errors[:-1])
        np.testing.assert_allclose(found, order, atol=0.25)


def test_at_a_millisecond_it_is_truer_than_euler_at_a_tenth(model):
    for mean in (0.30, 0.335):
        network = near_hopf(model, mean)
        limit = variance(network, 0.01, ADAMS_BASHFORTH)
        second = abs(variance(network, 1.0, ADAMS_BASHFORTH) / limit - 1)
        assert second < 0.006
        assert abs(variance(network, 0.1, EXPONENTIAL_EULER) / limit - 1) > second


def test_a_network_with_delays_goes_to_the_same_limit(model):
    network = near_hopf(model, 0.2, n=12, strength=0.2)
    limit = linear.linearise(*network, 0.02, method=ADAMS_BASHFORTH)
    fine = spectra.converged(limit, stability.slowest_mode(limit))
    net = linear.linearise(*network, 0.5, method=ADAMS_BASHFORTH)
    found = spectra.converged(net, stability.slowest_mode(net))
    assert np.abs(np.diag(found) / np.diag(fine) - 1).max() < 0.01
    fc, exact = (c / np.sqrt(np.outer(np.diag(c), np.diag(c))) for c in (found, fine))
    pairs = np.triu_indices(12, 1)
    assert np.abs(fc[pairs]).max() > 0.2
    assert np.polyfit(exact[pairs], fc[pairs], 1)[0] == pytest.approx(1, abs=0.01)


def test_simulations_have_the_covariances_of_theory(model):
    weights, distances, given = near_hopf(model, 0.2, n=16, strength=0.1)
    dt, replicates, steps = 1.0, 300, 8000
    settled = settle(weights, distances, given, dt, ADAMS_BASHFORTH)
    assert settled.trouble is None
    net = build_network(weights, distances, given, dt, ADAMS_BASHFORTH)
    rest = settled.net.excitatory.rate
    rows, columns = np.triu_indices(len(weights))
    found = []
    network.prepare()
    for replicate in range(replicates):
        state = initial_state(net, rest, settled.net.inhibitory.rate)
        random = stream(5, "simulated", replicate)
        simulation.run(net, state, random, 1000, record=False)
        rate = simulation.run(net, state, random, steps) - rest
        found.append((rate.T.astype(float) @ rate / len(rate))[rows, columns])
    error = np.std(found, axis=0, ddof=1) / np.sqrt(replicates)
    z = (np.mean(found, axis=0) - settled.covariance[rows, columns]) / error
    assert 0.85 < np.sqrt((z**2).mean()) < 1.15


def test_a_step_that_it_is_unstable_with_is_said(model):
    assert rates.step_notes(0.1, model, np.ones(8), ADAMS_BASHFORTH) == {}
    found = rates.step_notes(0.3, model, np.zeros(8), ADAMS_BASHFORTH)
    assert "may be too long for simulation.method adams_bashforth" in found["method.I"][1]
    assert "population I decay by up to 1.43 of themselves" in found["method.I"][1]
    network = near_hopf(model)[2]
    assert rates.step_notes(1.0, network, np.zeros(8), ADAMS_BASHFORTH) == {}


def test_a_coupling_that_it_is_unstable_with_is_said(model):
    """A sum of decays, none of which is fast alone: rates then jump from step to step."""
    rng = np.random.default_rng(0)
    weights = rng.random((8, 8))
    np.fill_diagonal(weights, 0)
    given = near_hopf(model, 0.3)[2] | {"coupling": "diffusive", "coupling_strength": 12.0}
    given["noise"] |= {"sigma": 0.01}
    found = {}
    for method in (ADAMS_BASHFORTH, EXPONENTIAL_EULER):
        net = build_network(weights / weights.sum(axis=1).mean(), 0 * weights, given, 2.0, method)
        rate = simulation.run(net, initial_state(net), stream(1, "simulated", 0), 20_000)
        found[method] = np.diff(rate[1000:], axis=0).std()
    assert found[ADAMS_BASHFORTH] > 10 * found[EXPONENTIAL_EULER]
    told = rates.step_notes(2.0, given, np.ones(8), ADAMS_BASHFORTH)
    assert "population E decay by up to" in told["method.E"][1]
    assert rates.step_notes(2.0, given, np.ones(8), EXPONENTIAL_EULER) == {}
