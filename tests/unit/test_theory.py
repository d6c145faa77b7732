import copy

import numpy as np
import plain
import pytest
import theory as continuous
from restmeg import connectome
from restmeg.scores import correlation as pairs
from restmeg.theory import expected, linear, prediction, sampling, spectra, stability
from restmeg.theory.settled import settle


def driven(model):
    """Four regions that differ in everything, with drive, directed weights and unequal delays."""
    rng = np.random.default_rng(5)
    weights = rng.uniform(0.1, 1, (4, 4)) * (rng.uniform(size=(4, 4)) < 0.8)
    np.fill_diagonal(weights, 0)
    distances = rng.uniform(2, 40, (4, 4))
    model = copy.deepcopy(model)
    model["parameters"] |= {
        "tau_E": [2.0, 3.0, 2.5, 1.5],
        "tau_I": 4.0,
        "wEE": [9.0, 8.0, 10.0, 9.5],
        "r": [1.0, 0.5, 0.0, 1.0],
        "a_E": [1.2, 1.1, 1.3, 1.2],
    }
    model["noise"] |= {
        "mean_E": [0.8, 0.3, 0.5, 0.0],
        "mean_I": 0.2,
        "tau": [10.0, 20.0, 5.0, 15.0],
        "sigma": [0.01, 0.02, 0.01, 0.015],
    }
    return weights, distances, model | {"coupling_strength": 2.0}, 0.5


def alpha(model):
    """Three regions near a Hopf point, with additive coupling."""
    weights = np.array([[0, 1, 0.5], [0.7, 0, 0.4], [0.3, 1, 0]])
    distances = np.array([[0, 60, 90], [55, 0, 30.0], [80, 35, 0]])
    model = copy.deepcopy(model)
    model["parameters"] |= {
        **{"tau_E": 10.0, "tau_I": 20.0, "a_E": 4.0, "a_I": 4.0, "theta_E": 1.0, "theta_I": 1.0},
        **{"wEE": 3.25, "wIE": 2.5, "wEI": 3.75, "wII": 0.0, "r": 0.0},
    }
    model["noise"] |= {"mean_E": 0.25}
    return weights, distances, model | {"coupling": "additive", "coupling_strength": 0.05}, 1.0


@pytest.fixture(params=[driven, alpha])
def network(request, model):
    return request.param(model)


def modes(net):
    """All modes of a small network: eigenvalues of one step of rates and all that is under way."""
    n = len(net.weights)
    delays = net.delays[net.places]
    longest = int(delays.max())
    step = np.zeros((n * (longest + 2), n * (longest + 2)))  # rE of this step and before, then rI
    excitation, inhibition, local = net.excitatory, net.inhibitory, net.local
    last = slice(n * (longest + 1), None)
    step[:n, :n] = np.diag(
        1 + excitation.step * (excitation.beta * (local["wEE"] - local["loss"]) - excitation.alpha)
    )
    step[:n, last] = np.diag(-excitation.step * excitation.beta * local["wIE"])
    step[last, :n] = np.diag(inhibition.step * inhibition.beta * local["wEI"])
    step[last, last] = np.diag(
        1 - inhibition.step * (inhibition.alpha + inhibition.beta * local["wII"])
    )
    for i in range(n):
        for j in range(n):
            strength = excitation.step[i] * excitation.beta[i] * net.weights[i, j]
            step[i, delays[i, j] * n + j] += strength
    for k in range(longest):
        step[(k + 1) * n : (k + 2) * n, k * n : (k + 1) * n] = np.eye(n)
    found = np.linalg.eigvals(step)
    return np.log(found[np.abs(found) > 1e-12].astype(complex)) / net.dt


def impulse_responses(network, n_steps):
    """rE of all regions after a small input to one population of one, by the plain integrator."""
    weights, distances, model, dt = network
    n = len(weights)
    net = linear.linearise(*network)
    delays = connectome.delays_in_steps(distances, model["conduction_speed"], dt)
    still = np.empty((n_steps, 2, n))
    still[:, 0], still[:, 1] = model["noise"]["mean_E"], model["noise"]["mean_I"]
    rest = net.excitatory.rate, net.inhibitory.rate
    found = np.empty((2, n, n_steps, n))
    for population in range(2):
        for region in range(n):
            both = []
            for sign in (1, -1):
                inputs = still.copy()
                inputs[0, population, region] += sign * 1e-5
                both.append(plain.integrate(weights, delays, model, dt, inputs, *rest)[0])
            found[population, region] = (both[0] - both[1]) / 2e-5
    return found


def test_nothing_moves_at_the_fixed_point(network):
    weights, distances, model, dt = network
    net = linear.linearise(*network)
    delays = connectome.delays_in_steps(distances, model["conduction_speed"], dt)
    inputs = np.empty((50, 2, len(weights)))
    inputs[:, 0], inputs[:, 1] = model["noise"]["mean_E"], model["noise"]["mean_I"]
    rest = net.excitatory.rate, net.inhibitory.rate
    rates = plain.integrate(weights, delays, model, dt, inputs, *rest)
    for rate, still in zip(rates, rest, strict=True):
        assert np.abs(rate - still).max() < 1e-12


def test_covariance_is_that_of_all_responses_to_all_noise(network):
    n_steps = 1500
    _, _, _, dt = network
    net = linear.linearise(*network)
    covariance = spectra.converged(net, stability.slowest_mode(net))
    decay = np.exp(-dt / net.tau)
    total = np.zeros_like(covariance)
    for responses in impulse_responses(network, n_steps):
        for region, response in enumerate(responses):
            # Ornstein-Uhlenbeck noise is a sum of decaying jumps.
            jumps = np.zeros_like(response)
            kept = np.zeros(len(covariance))
            for step in range(n_steps):
                kept = decay[region] * kept + response[step]
                jumps[step] = kept
            size = net.sigma[region] * np.sqrt(dt / net.tau[region])
            total += size**2 * jumps.T @ jumps
    scale = np.sqrt(np.outer(np.diag(total), np.diag(total)))
    assert np.abs((covariance - total) / scale).max() < 2e-5


def test_slowest_mode_is_the_rightmost_of_all(network):
    net = linear.linearise(*network)
    every = modes(net)
    slowest = every[np.argmax(every.real)]
    found = stability.slowest_mode(net)
    assert found.real == pytest.approx(slowest.real, rel=1e-7)
    assert found.imag == pytest.approx(abs(slowest.imag), rel=1e-7, abs=1e-9)


@pytest.mark.parametrize("strength", [0.0, 0.3, 3.0, 8.0, 20.0, 60.0])
def test_modes_are_counted(model, strength):
    for weights, distances, settings, dt in (driven(model), alpha(model)):
        settings["coupling_strength"] = strength
        net = linear.linearise(weights, distances, settings, dt)
        every = modes(net)
        for growth in (0.0, -0.01, -0.05):
            if np.abs(every.real - growth).min() > 1e-4:
                assert stability.roots_beyond(net, growth) == (every.real > growth).sum()
        # A mode that nothing answers to any more, as of a saturated region, is only bracketed.
        precision = 1e-6 if strength < 10 else 0.01
        assert stability.slowest_mode(net).real == pytest.approx(every.real.max(), rel=precision)


def test_modes_can_be_found_by_counting_alone(model, monkeypatch):
    net = linear.linearise(*alpha(model))
    monkeypatch.setattr(stability, "_newton", lambda *_: None)
    assert stability.slowest_mode(net).real == pytest.approx(modes(net).real.max(), rel=0.02)


def test_spectra_are_those_of_the_continuous_model_as_the_step_becomes_short(example, model):
    weights, distances = example
    net = linear.linearise(weights, distances, model, 0.001)
    covariance = spectra.converged(net, stability.slowest_mode(net))
    delays = connectome.delays_in_steps(distances, 10.0, 0.001)
    limit = continuous.covariance(weights, delays, model, 0.001)
    deviation = np.sqrt(np.diag(limit))
    assert np.abs((covariance - limit) / np.outer(deviation, deviation)).max() < 2e-4


def test_power_integrates_to_the_variance(network):
    net = linear.linearise(*network)
    slowest = stability.slowest_mode(net)
    covariance = spectra.converged(net, slowest)
    fine = np.linspace(0.01, 500 / net.dt, 60_000)
    power = spectra.power(net, fine)
    assert np.trapezoid(power, fine) == pytest.approx(np.diag(covariance), rel=2e-3)


def test_variability_is_bartletts(example, model):
    """Against the whole formula, with all its indices."""
    weights, distances = example
    settled = settle(weights, distances, model, 0.1)
    n = len(weights)
    rows, columns = np.triu_indices(n, 1)
    deviation = np.sqrt(np.diag(settled.covariance))
    r = settled.fc
    whole = np.zeros((n, n, n, n))
    nodes = spectra.nodes(settled.net, spectra.FIRST, settled.slowest)
    for piece, matrices in spectra.cross_spectra(settled.net, nodes.frequencies):
        for weight, s in zip(nodes.weights[piece], matrices, strict=True):
            s = s / np.outer(deviation, deviation)
            both = np.einsum("ik,jl->ijkl", s, s.conj()) + np.einsum("il,jk->ijkl", s, s.conj())
            whole += weight * both.real
    slopes = np.zeros((len(rows), n, n))
    for pair, (i, j) in enumerate(zip(rows, columns, strict=True)):
        slopes[pair, i, j] += 1
        slopes[pair, i, i] -= r[i, j] / 2
        slopes[pair, j, j] -= r[i, j] / 2
    slow = np.einsum("aij,ijkl,bkl->ab", slopes, whole, slopes)
    found = settled.variability(np.eye(len(rows)))
    assert found.images == pytest.approx(slow, rel=1e-9, abs=1e-9 * slow.max())
    assert found.variances == pytest.approx(np.diag(slow), rel=1e-9)


def test_traces_by_probes_are_near_those_by_all_vectors(monkeypatch, model):
    rng = np.random.default_rng(2)
    weights = rng.uniform(size=(20, 20))
    weights = weights + weights.T
    distances = np.full((20, 20), 30.0)
    settled = settle(weights / 20, distances, model, 0.1)
    n_pairs = 190
    squares = []
    for exact in (sampling.EXACT, 1000):
        monkeypatch.setattr(sampling, "EXACT", exact)
        images = settled.variability(sampling.probes(n_pairs)).images
        squares.append((images**2).sum(axis=1).mean())
    assert squares[0] == pytest.approx(squares[1], rel=0.15)


def recordings(example, model, duration, number):
    """Functional connectivity (number, pairs) of recordings, drawn from theory's normal."""
    weights, distances = example
    settled = settle(weights, distances, model, 0.1)
    one = pairs.edges(settled.fc)
    v = settled.variability(np.eye(len(one))).images
    rng = np.random.default_rng(8)
    return settled, rng.multivariate_normal(one, v / duration, size=number)


@pytest.mark.parametrize("duration", [3700.0, 60_000.0])
def test_expected_scores_are_those_of_drawn_connectivity(example, model, duration):
    weights, distances = example
    other = model | {"coupling_strength": 2.5}
    own, x = recordings(example, model, duration, 20_000)
    target, y = recordings(example, other, duration, 20_000)
    y = y[::-1]
    found = prediction.scores(
        connectome.Connectome(weights, distances, np.arange(8)), own, target, duration
    )
    value = dict(zip(found.names, found.value, strict=True))
    sd = dict(zip(found.names, found.sd, strict=True))
    w, d = pairs.undirected(weights), pairs.undirected(distances)

    def rows(a):
        a = a - a.mean(axis=-1, keepdims=True)
        return a / np.linalg.norm(a, axis=-1, keepdims=True)

    def free(a):
        a = a - a.mean(axis=-1, keepdims=True)
        return a - (a @ rows(d))[..., None] * rows(d)

    drawn = {
        "structure_function_coupling": rows(x) @ rows(w),
        "structure_function_partial": rows(free(x)) @ rows(free(w)),
        "fc_match": (rows(x) * rows(y)).sum(axis=1),
        "fc_match_partial": (rows(free(x)) * rows(free(y))).sum(axis=1),
        "fc_match_ceiling": (rows(y) * rows(np.roll(y, 1, axis=0))).sum(axis=1),
        "fc_distance": ((x - y) * np.roll(x - y, 1, axis=0)).mean(axis=1),
        "baseline_weights": rows(y) @ rows(w),
        "baseline_distance": -rows(y) @ rows(d),
    }
    for name, values in drawn.items():
        assert values.mean() == pytest.approx(value[name], abs=0.006), name
        assert values.std() == pytest.approx(sd[name], rel=0.06), name


def test_expected_scores_of_an_outside_implementation(data, example, model):
    outside = np.genfromtxt(data / "outside_scores.csv", delimiter=",", names=True)
    coupling = outside["structure_function_coupling"]
    weights, distances = example
    own = settle(weights, distances, model, 0.1)
    found = prediction.scores(
        connectome.Connectome(weights, distances, np.arange(8)), own, own, 3700.0
    )
    assert found.names[0] == "structure_function_coupling"
    error = coupling.std() / np.sqrt(len(coupling))
    assert abs(coupling.mean() - found.value[0]) < 3 * error
    assert coupling.std() == pytest.approx(found.sd[0], rel=0.1)


# Scores of the bundled study over the length of its recordings, in s, measured with the core.
MEASURED = {1: (0.207, 0.045), 3.7: (0.370, 0.1425), 10: (0.548, 0.311), 60: (0.835, 0.737)}


def test_expected_scores_of_recordings_of_any_length(example, model):
    weights, distances = example
    own = settle(weights, distances, model, 0.1)
    anatomy = connectome.Connectome(weights, distances, np.arange(8))
    for seconds, (coupling, match) in MEASURED.items():
        found = prediction.scores(anatomy, own, own, 1000 * seconds)
        value = dict(zip(found.names, found.value, strict=True))
        assert value["structure_function_coupling"] == pytest.approx(coupling, abs=0.006)
        assert value["fc_match"] == pytest.approx(match, abs=0.015)
        assert value["fc_match"] == pytest.approx(value["fc_match_ceiling"])


def test_an_unstable_fixed_point_is_said_and_has_no_numbers(model):
    weights, distances, settings, dt = alpha(model)
    settings["noise"]["mean_E"] = 0.45  # beyond the Hopf point
    settled = settle(weights, distances, settings, dt)
    assert "unstable" in settled.trouble
    assert settled.slowest.real > 0
    assert np.isnan(settled.covariance).all()


def test_noise_that_takes_the_network_away_is_said(model):
    weights, distances, settings, dt = alpha(model)
    assert settle(weights, distances, settings, dt).trouble is None
    settings["noise"]["sigma"] = 0.2
    settled = settle(weights, distances, settings, dt)
    assert "noise is too large" in settled.trouble
    assert np.isnan(settled.covariance).all()


def test_no_noise_is_said(example, model):
    quiet = copy.deepcopy(model)
    quiet["noise"]["sigma"] = 0.0
    assert "without noise" in settle(*example, quiet, 0.1).trouble


def test_weights_that_are_all_alike_have_no_expected_correlation(model):
    weights, distances = np.ones((5, 5)), np.full((5, 5), 20.0)
    own = settle(weights, distances, model, 0.1)
    anatomy = connectome.Connectome(weights, distances, np.arange(5))
    found = prediction.scores(anatomy, own, None, 4000.0)
    assert np.isnan(found.value[0])


def test_scores_that_need_all_distances_are_left_out_where_pairs_have_none(example, model):
    weights, distances = example
    weights, distances = weights.copy(), distances.copy()
    weights[0, 4] = weights[4, 0] = distances[0, 4] = distances[4, 0] = 0.0
    own = settle(weights, distances, model, 0.1)
    anatomy = connectome.Connectome(weights, distances, np.arange(8))
    found = prediction.scores(anatomy, own, own, 4000.0)
    assert not set(expected.OF_DISTANCE) & set(found.names)
    assert found.over_length.shape == (len(prediction.LENGTHS), len(found.names))
    whole = prediction.scores(anatomy._replace(distances=example[1]), own, own, 4000.0)
    assert set(whole.names) - set(found.names) == set(expected.OF_DISTANCE)


def test_expected_against_a_constant_is_nan_and_not_an_error():
    forms = expected.Forms(np.zeros((7, 3)), np.zeros((7, 3)), 1.0)
    assert np.isnan(expected.against(forms, 0, 1, 100.0).value)
