"""How null networks are made: what they share with the study's, and what they do not."""

import json
from pathlib import Path

import brains
import hypothesis
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from restmeg import null_networks
from restmeg.connectome import Connectome
from restmeg.nulls import NULLS, delays, making, module, rewiring

ROOT = Path(__file__).parents[2]
FACTS = json.loads((ROOT / "tests/benchmarks/nulls.json").read_text())
SIZES = [(68, 0.1), (68, 0.3), (80, 0.2)]


@st.composite
def connectomes(draw):
    """Networks of every kind: sparse to full, directed or not, with ties, with lengths or not."""
    n = draw(st.integers(3, 14))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    weights = rng.lognormal(sigma=1.5, size=(n, n))
    weights[rng.random((n, n)) > draw(st.sampled_from([0.15, 0.4, 0.8, 1.0]))] = 0.0
    if draw(st.booleans()):
        weights = weights.round()  # some become no connection, many are equal
    lengths = rng.uniform(10, 100, (n, n))
    kind = draw(st.sampled_from(["even", "ties", "none", "of connections"]))
    lengths = {"ties": 30.0 * np.ceil(lengths / 30), "none": 0 * lengths}.get(kind, lengths)
    if draw(st.booleans()):
        weights, lengths = (np.triu(m, 1) + np.triu(m, 1).T for m in (weights, lengths))
    elif draw(st.booleans()):
        lengths = np.triu(lengths, 1) + np.triu(lengths, 1).T
    for matrix in (weights, lengths):
        np.fill_diagonal(matrix, 0.0)
    if kind == "of connections":
        lengths[weights == 0] = 0.0
    hypothesis.assume((weights > 0).any())
    return Connectome(weights, lengths, np.array([f"R{k}" for k in range(n)], dtype=object))


def rng(seed):
    return np.random.Generator(np.random.Philox(seed))


def classes_of(study):
    lengths = study.distances
    if np.array_equal(study.weights, study.weights.T):
        lengths = (lengths + lengths.T) / 2
    return lengths, rewiring.length_classes(study.weights > 0, lengths)


@given(connectomes(), st.integers(0, 2**63))
@hypothesis.settings(max_examples=150, deadline=None)
def test_a_rewired_network_keeps_what_it_should(study, seed):
    before = study.weights.copy(), study.distances.copy()
    null = rewiring.degree_length(study, rng(seed))
    assert np.array_equal(study.weights, before[0])  # which is left alone
    assert np.array_equal(null.distances, before[1])
    assert null.labels is study.labels
    old, new = study.weights > 0, null.weights > 0
    for axis in (0, 1):
        np.testing.assert_array_equal(old.sum(axis=axis), new.sum(axis=axis))
    assert not np.diag(null.weights).any()
    if np.array_equal(study.weights, study.weights.T):
        np.testing.assert_array_equal(null.weights, null.weights.T)
    # In each class as many connections, with the same weights.
    lengths, classes = classes_of(study)
    assert (classes[old] >= 0).all()
    assert (classes[new] >= 0).all()
    for k in range(rewiring.CLASSES):
        of_class = classes == k
        np.testing.assert_array_equal(
            np.sort(study.weights[old & of_class]), np.sort(null.weights[new & of_class])
        )
    assert lengths[old].min() <= lengths[new].min()
    assert lengths[new].max() <= lengths[old].max()
    if lengths.any():
        assert lengths[new].all()


@given(connectomes(), st.integers(0, 2**63))
@hypothesis.settings(max_examples=50, deadline=None)
def test_strengths_are_no_worse_than_by_chance_and_their_error_is_told(study, seed):
    null = rewiring.degree_length(study, rng(seed))
    shuffled = rewiring_by_chance(study, seed)
    errors = [
        sum(((study.weights - other).sum(axis=axis) ** 2).sum() for axis in (0, 1))
        for other in (null.weights, shuffled)
    ]
    assert errors[0] <= errors[1] + 1e-9 * study.weights.max() ** 2
    told = null_networks.strength_error(study, null)
    difference = study.weights - null.weights
    largest = max(abs(difference.sum(axis=axis)).max() for axis in (0, 1))
    assert told == pytest.approx(largest / study.weights.sum(axis=1).mean(), abs=1e-12)


def rewiring_by_chance(study, seed):
    """The same moves, with none refused for what it does to strengths: before any is matched."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rewiring, "STAGES", 0)
        return rewiring.degree_length(study, rng(seed)).weights


@pytest.mark.parametrize("directed", [False, True])
@pytest.mark.parametrize(("n_regions", "density"), SIZES)
def test_a_brain_is_rewired_with_its_strengths_and_lengths(n_regions, density, directed):
    study = brains.connectome(n_regions, density, directed=directed)
    own = brains.likeness(study, study)
    for number in range(4):
        null = making.network("degree_length", study, 0, number)
        found = brains.likeness(study, null)
        assert found["strength_correlation"] > 0.999
        # A heavy connection of a sparse directed network may stay where it does not belong.
        error = null_networks.strength_error(study, null)
        assert error < (0.5 if directed else 0.03)
        assert found["connections_moved"] > 0.4
        assert found["mean_length_mm"] == pytest.approx(own["mean_length_mm"], rel=0.02)
        assert found["weight_length_correlation"] == pytest.approx(
            own["weight_length_correlation"], abs=0.03
        )


@pytest.mark.parametrize(("n_regions", "density"), SIZES)
def test_rewired_networks_are_like_netneurotools(n_regions, density):
    """As many connections move, strengths match better, and weights keep falling with length."""
    study = brains.connectome(n_regions, density)
    facts = FACTS[f"{n_regions} regions, density {density}"]
    # The network is the one that the table is of.
    assert brains.likeness(study, study) == pytest.approx(facts["study"])
    rows = [
        brains.likeness(study, making.network("degree_length", study, 0, number))
        for number in range(10)
    ]
    ours = {key: np.mean([row[key] for row in rows]) for key in rows[0]}
    theirs = facts["netneurotools"]
    for key, value in ours.items():
        assert value == pytest.approx(facts["restmeg"][key], rel=1e-3)
    assert theirs["connections_moved"] - 0.05 < ours["connections_moved"]
    assert ours["connections_moved"] < theirs["connections_moved"] + 0.15
    assert ours["strength_correlation"] >= theirs["strength_correlation"] - 1e-4
    assert ours["mean_length_mm"] == pytest.approx(theirs["mean_length_mm"], rel=0.02)


def test_rewired_networks_are_drawn_evenly():
    """Of a ring of six, 60 networks have its degrees: 60 hexagons, 10 pairs of triangles."""
    n = 6
    weights = np.zeros((n, n))
    for k in range(n):
        weights[k, k - 1] = weights[k - 1, k] = 1.0
    study = Connectome(weights, np.zeros((n, n)), np.array(list("abcdef"), dtype=object))
    counts = {}
    draws = 2100
    for number in range(draws):
        null = making.network("degree_length", study, 1, number)
        key = null.weights.tobytes()
        counts[key] = counts.get(key, 0) + 1
    assert len(counts) == 70
    expected = draws / 70
    chi = sum((count - expected) ** 2 / expected for count in counts.values())
    assert 40 < chi < 110  # 69 degrees of freedom: 1e-3 at each end


def test_where_all_pairs_are_connected_weights_alone_move():
    study = brains.connectome(20, 1.0)
    null = making.network("degree_length", study, 0, 0)
    np.testing.assert_array_equal(null.weights > 0, study.weights > 0)
    assert null_networks.weights_moved(study, null) > 0.2
    (note,) = null_networks.notes(study, "degree_length", [0.3])
    assert note.startswith("all regions are connected")


def test_lengths_of_connections_alone_leave_connections_where_they_are():
    study = brains.connectome(30, 0.3)
    sparse = study._replace(distances=np.where(study.weights > 0, study.distances, 0.0))
    null = making.network("degree_length", sparse, 0, 0)
    np.testing.assert_array_equal(null.weights > 0, study.weights > 0)
    assert null_networks.weights_moved(sparse, null) > 0.2
    (note,) = null_networks.notes(sparse, "degree_length", [0.3])
    assert note.startswith("only connected pairs have a length")
    # Where no length is known at all, any pair may be connected.
    free = study._replace(distances=0 * study.distances)
    moved = making.network("degree_length", free, 0, 0).weights > 0
    assert (moved & (study.weights == 0)).sum() > 0.5 * moved.sum()
    assert null_networks.notes(free, "degree_length", [0.3]) == []


def edge_list(n, pairs, weights):
    matrix = np.zeros((n, n))
    for (i, j), weight in zip(pairs, weights, strict=True):
        matrix[i, j] = matrix[j, i] = weight
    lengths = 10.0 + np.abs(np.subtract.outer(np.arange(n), np.arange(n)))
    np.fill_diagonal(lengths, 0.0)
    return Connectome(matrix, lengths, np.array([f"R{k}" for k in range(n)], dtype=object))


@pytest.mark.parametrize(
    "study",
    [
        edge_list(3, [(0, 1), (1, 2), (0, 2)], [1.0, 2.0, 3.0]),
        edge_list(6, [(0, k) for k in range(1, 6)], [1.0, 2.0, 4.0, 8.0, 3.0]),
        edge_list(4, [(0, 1), (1, 2)], [1.0, 1.0]),
    ],
    ids=["ring of three", "star", "two connections"],
)
def test_what_cannot_be_rewired_is_refused(study):
    moved = [
        null_networks.weights_moved(study, making.network("degree_length", study, 0, k))
        for k in range(3)
    ]
    with pytest.raises(null_networks.InputError) as caught:
        null_networks.notes(study, "degree_length", moved)
    assert str(caught.value).startswith("config: nulls: degree_length cannot rewire this conn")
    assert "\n" not in str(caught.value)


def test_what_is_hardly_rewired_is_noted():
    study = brains.connectome(20, 0.3)
    (note,) = null_networks.notes(study, "degree_length", [0.05, 0.08])
    assert note.startswith("6.5 % of the weights change their places")
    assert null_networks.notes(study, "shuffled_delays", [0.0]) == []


def test_the_share_of_weights_that_moved():
    study = edge_list(4, [(0, 1), (2, 3), (0, 2)], [1.0, 2.0, 1.0])
    assert null_networks.weights_moved(study, study) == 0
    other = edge_list(4, [(0, 3), (2, 3), (0, 2)], [1.0, 1.0, 2.0])
    assert null_networks.weights_moved(study, other) == 0.5  # 1 of 0-1 and 1 of 2-3, of 4


@given(connectomes(), st.integers(0, 2**63))
@hypothesis.settings(max_examples=100, deadline=None)
def test_shuffled_delays_keep_weights_and_lengths_of_connections(study, seed):
    null = delays.shuffled_delays(study, rng(seed))
    np.testing.assert_array_equal(null.weights, study.weights)
    connected = study.weights > 0
    either = connected | connected.T
    np.testing.assert_array_equal(null.distances[~either], study.distances[~either])
    same = np.array_equal(study.distances, study.distances.T)
    if same:
        np.testing.assert_array_equal(null.distances, null.distances.T)
        pairs = np.triu(either)
    else:
        pairs = connected
    np.testing.assert_array_equal(np.sort(null.distances[pairs]), np.sort(study.distances[pairs]))


def test_shuffled_delays_are_in_any_order():
    study = brains.connectome(20, 0.4)
    pairs = np.nonzero(np.triu(study.weights))
    found = [making.network("shuffled_delays", study, 0, k).distances[pairs] for k in range(400)]
    # Each connection gets each length: means of all are near the mean of lengths.
    lengths = study.distances[pairs]
    z = (np.mean(found, axis=0) - lengths.mean()) / (lengths.std() / np.sqrt(400))
    assert 0.8 < z.std() < 1.2
    assert abs(z).max() < 4.5


def test_without_delays_all_lengths_are_zero():
    study = brains.connectome(10, 0.4)
    null = making.network("no_delays", study, 0, 0)
    assert not null.distances.any()
    np.testing.assert_array_equal(null.weights, study.weights)


def digest(network):
    return network.weights.tobytes() + network.distances.tobytes()


@pytest.mark.parametrize("method", ["degree_length", "shuffled_delays"])
def test_a_network_depends_on_its_seed_and_number_alone(method):
    study = brains.connectome(20, 0.3)

    def make(seed, number):
        return digest(making.network(method, study, seed, number))

    assert make(3, 7) == make(3, 7)
    assert len({make(3, 7), make(3, 8), make(4, 7), make(3, 7 + 2**31)}) == 4
    # A seed may have all its bits.
    assert len({make(2**63 - 1, 7), make(2**31 - 1, 7)}) == 2


def test_random_numbers_are_always_the_same():
    """What was once drawn for a network, so that finished ones stay what they are."""
    found = making.generator(5, 3).random(3).tolist()
    assert found == [0.23908274391181938, 0.22502238362535565, 0.2605746385847677]


@pytest.mark.parametrize("method", NULLS)
def test_every_kind_is_where_the_table_says(method):
    name, function = NULLS[method].where.split(":")
    assert module(method) == f"nulls.{name}"
    assert callable(getattr({"rewiring": rewiring, "delays": delays}[name], function))
