"""Linear theory beside long simulations: covariances, and how sure they are of them."""

import copy

import numpy as np
import pytest
from restmeg import simulation
from restmeg.core import network
from restmeg.model import build_network, initial_state, stream
from restmeg.theory.settled import settle

STEPS = 2000  # of a transient


def bundled(model, example):
    return *example, model, 0.1


def driven(model, _):
    """Regions that differ, with drive, directed weights and delays both ways, strongly coupled."""
    rng = np.random.default_rng(4)
    n = 24
    weights = rng.uniform(0, 1, (n, n)) * (rng.uniform(size=(n, n)) < 0.4)
    distances = rng.uniform(5, 80, (n, n))
    model = copy.deepcopy(model) | {"coupling": "additive", "coupling_strength": 0.6}
    model["parameters"] |= {
        **{"wEE": 5.0, "wIE": 4.0, "wEI": 8.0, "wII": 2.0},
        "tau_E": list(rng.uniform(1.5, 3, n)),
        "tau_I": list(rng.uniform(2, 4, n)),
        "a_E": list(rng.uniform(1.1, 1.3, n)),
    }
    model["noise"] |= {
        "mean_E": list(rng.uniform(0.3, 0.9, n)),
        "sigma": list(rng.uniform(0.0005, 0.001, n)),
        "tau": list(rng.uniform(5, 20, n)),
    }
    return weights, distances, model, 0.2


def whole_brain(model, _):
    """94 regions, sparse and with weights over orders of magnitude, as tractography has them."""
    rng = np.random.default_rng(7)
    n = 94
    places = rng.normal(size=(n, 3))
    places *= 70 / np.linalg.norm(places, axis=1, keepdims=True)
    distances = np.linalg.norm(places[:, None] - places, axis=2)
    weights = np.exp(-distances / 20) * rng.lognormal(0, 1, (n, n))
    weights = np.triu(weights * (rng.uniform(size=(n, n)) < 0.5), 1)
    weights += weights.T
    weights /= weights.sum(axis=1).mean()
    return weights, distances, model | {"coupling_strength": 5.0}, 0.1


@pytest.mark.parametrize(
    # In groups, as covariances of strongly coupled regions err together.
    ("regime", "groups", "replicates", "seconds"),
    [(bundled, 1, 400, 4), (driven, 8, 100, 1), (whole_brain, 1, 120, 2)],
)
def test_covariances_are_those_of_theory(example, model, regime, groups, replicates, seconds):
    weights, distances, model, dt = regime(model, example)
    settled = settle(weights, distances, model, dt)
    assert settled.trouble is None
    rows, columns = np.triu_indices(len(weights))
    net = build_network(weights, distances, model, dt)
    network.prepare()
    found, correlations = [], []
    rest = settled.net.excitatory.rate
    for replicate in range(groups * replicates):
        state = initial_state(net, rest, settled.net.inhibitory.rate)
        random = stream(11, "simulated", replicate)
        simulation.run(net, state, random, STEPS, record=False)
        rate = simulation.run(net, state, random, round(1000 * seconds / dt), 5) - rest
        covariance = rate.T.astype(float) @ rate / len(rate)  # about the known mean
        found.append(covariance[rows, columns])
        centred = np.corrcoef(rate.T)
        correlations.append(centred[np.triu_indices(len(weights), 1)])
    found = np.reshape(found, (groups, replicates, -1))
    error = found.std(axis=1, ddof=1) / np.sqrt(replicates)
    z = (found.mean(axis=1) - settled.covariance[rows, columns]) / error
    assert 0.9 < np.sqrt((z**2).mean()) < 1.1
    if regime is driven:
        assert np.median(np.abs(settled.fc[np.triu_indices(len(weights), 1)])) > 0.15

    # And the spread of correlations over recordings, which is large where these are short.
    n_pairs = len(weights) * (len(weights) - 1) // 2
    v = settled.variability(np.empty((0, n_pairs))).variances / (1000 * seconds)
    ratio = np.var(correlations, axis=0, ddof=1) / v
    assert ratio.mean() == pytest.approx(1, abs=0.06 if seconds > 1 else 0.15)
