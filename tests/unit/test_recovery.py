"""Whether scores find a known truth: a short form of make recovery, and the table in README."""

import csv
from pathlib import Path

import benchmark
import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
LABELS = {
    "FC match": "fc_match",
    "FC match, corrected for noise": "fc_match_corrected",
    "FC distance, free of sampling error": "fc_distance",
    "likelihood, by linear theory": "log_likelihood",
}


@pytest.fixture(scope="module")
def recovery():
    return benchmark.load("recovery")


def test_distance_and_likelihood_find_the_truth_and_the_match_does_not(recovery):
    found = recovery.best(3, strengths=(0.5, 1.0, 1.5, 2.0, 3.0))
    assert found["fc_match"] == 3.0
    assert found["fc_distance"] == found["log_likelihood"] == recovery.TRUTH


def test_the_stored_table_is_of_the_whole_experiment(recovery):
    rows = list(csv.DictReader(recovery.TABLE.read_text().splitlines()))
    assert [row["score"] for row in rows] == list(LABELS.values())
    for row in rows:
        counts = {float(k): int(n) for k, n in row.items() if k != "score"}
        assert list(counts) == recovery.STRENGTHS
        assert sum(counts.values()) == recovery.PAIRS
        if row["score"] == "fc_distance":
            assert sum(n for k, n in counts.items() if abs(k - recovery.TRUTH) < 0.3) >= 18
        if row["score"] == "log_likelihood":
            assert counts[recovery.TRUTH] >= 19


def test_readme_shows_the_stored_table(recovery):
    stored = {row["score"]: row for row in csv.DictReader(recovery.TABLE.read_text().splitlines())}
    shown = {}
    for line in (ROOT / "README.md").read_text().splitlines():
        name, *cells = (cell.strip().strip("*") for cell in line.strip("|").split("|"))
        if name in LABELS:
            shown[LABELS[name]] = [int(cell or 0) for cell in cells]
    assert shown == {
        score: [int(n) for name, n in row.items() if name != "score"]
        for score, row in stored.items()
    }


@pytest.fixture(scope="module")
def fits():
    return benchmark.load("fit_recovery")


@pytest.mark.parametrize("way", ["regions", "sensors"])
def test_fits_find_truths_that_they_are_not_told(fits, way):
    found = [fits.recovered(number, way) for number in (1, 2, 3)]
    for _, z, quantile, _, _ in [row for rows in found for row in rows]:
        assert abs(z) < 4
        assert 0 < quantile < 1
    hits = [hit for rows in found for *_, hit, _ in rows]
    assert sum(hits) >= len(hits) - 2
    # A truth that is another target's is not held.
    search, _ = fits.Case().search(1, way)
    truth = fits.Case().truth(2)
    estimates = fits.fitting.fit(search).estimates
    held = [
        one.low <= truth[axis.name] <= one.high
        for axis, one in zip(search.axes, estimates, strict=True)
        if axis.name in truth
    ]
    assert not all(held)


def test_the_stored_fits_hold_the_truth_as_often_as_intervals_say(fits):
    rows = list(csv.DictReader(fits.TABLE.read_text().splitlines()))
    assert list(rows[0]) == fits.HEAD
    assert {row["fitted_to"] for row in rows} == set(fits.WAYS)
    for row in rows:
        assert int(row["targets"]) >= 100
        assert 0.9 <= float(row["coverage"]) <= 0.98
        assert abs(float(row["bias"])) < 0.2
        assert float(row["p_uniform"]) > 0.01
    assert fits.markdown() in (ROOT / "config/README.md").read_text()


@pytest.fixture(scope="module")
def simulated():
    return benchmark.load("simulated_recovery")


def test_a_fit_by_simulation_finds_a_truth_that_it_is_not_told(simulated):
    (strength, sigma) = simulated.recovered(7, rounds=3, points=9)
    assert abs(sigma[0]) < 0.2
    for _, z, _, _, _ in (strength, sigma):
        assert abs(z) < 4


def test_the_stored_fits_by_simulation_hold_the_truth_as_often_as_they_say(simulated):
    rows = list(csv.DictReader(simulated.TABLE.read_text().splitlines()))
    assert [row["parameter"] for row in rows] == [axis.name for axis in simulated.AXES]
    for row in rows:
        assert int(row["targets"]) >= 100
        assert 0.9 <= float(row["coverage"]) <= 0.98
        assert abs(float(row["bias"])) < 0.2
        assert float(row["p_uniform"]) > 0.01
    assert simulated.markdown(simulated.TABLE) in (ROOT / "config/README.md").read_text()


@pytest.fixture(scope="module")
def beside():
    return benchmark.load("fit_peers")


@pytest.mark.parametrize("minimised", ["fc_and_spectra", "coherency_and_spectra"])
def test_peers_minimise_what_is_least_at_the_target(beside, minimised):
    random = np.random.default_rng(0)
    target = random.normal(size=(2, 3000, 3))
    far = beside.peers.distance(target, minimised)
    assert far(target) == 0
    # Twice the size is four times the power everywhere, and the same connectivity.
    assert far(2 * target) == pytest.approx(np.log10(4))
    assert far(-target[::-1]) == pytest.approx(0, abs=1e-9)
    mixed = target + target[:, :, :1]
    assert far(mixed) > far(target + 0.1 * target[:, :, :1]) > 0


def test_peers_estimate_by_their_best_evaluation_so_far(beside):
    run = [0.5, [1.0, 1.1, 5.0, 0.7], [2.0, 2.1, 6.0, 0.6], [3.0, 0.9, 7.0, 0.4]]
    assert beside.best(run, 1.5) == ([1.1, 5.0], 1, 0.7 / 0.5)
    assert beside.best(run, 2.5) == ([2.1, 6.0], 2, 0.6 / 0.5)
    assert beside.best(run, 60.0) == ([0.9, 7.0], 3, 0.4 / 0.5)


def test_the_table_beside_peers_is_of_medians_over_targets(beside):
    coupling, speed = beside.FITTED
    truths = [{coupling: 1.0, speed: 10.0}, {coupling: 2.0, speed: 10.0}]
    ours = [
        [[4.0, 64, [1.1, 9.0], [True, False], [False, True]]],
        [[6.0, 64, [2.6, 9.0], [True, True], [False, True]]],
    ]
    theirs = [[0.5, [1.0, 1.5, 5.0, 0.7], [20.0, 1.0, 10.0, 0.4]], [0.1, [1.0, 3.0, 5.0, 0.7]]]
    runs = {way: theirs if way[1] else ours for way in beside.WAYS}
    found = [dict(zip(beside.HEAD, row, strict=True)) for row in beside.rows(runs, truths)]
    assert {key: found[0][key] for key in beside.HEAD[3:]} == {
        "seconds": "5",
        "evaluations": "64",
        "coupling_error": "0.2",
        "speed_error": "0.1",
        "coverage": "1.00, 0.50",
        "identified": "0.00, 1.00",
        "loss_over_truth": "",
    }
    early, late = (one for one in found if (one["way"], one["minimised"]) == beside.WAYS[2])
    assert (early["seconds"], early["coupling_error"], early["speed_error"]) == ("5", "0.5", "0.5")
    assert (late["seconds"], late["coupling_error"], late["speed_error"]) == ("60", "0.25", "0.25")
    assert (early["loss_over_truth"], late["loss_over_truth"]) == ("4.20", "3.90")


def test_documentation_shows_the_stored_table_beside_peers(beside):
    rows = list(csv.DictReader(beside.TABLE.read_text().splitlines()))
    assert list(rows[0]) == beside.HEAD
    assert [(row["way"], row["minimised"]) for row in rows] == [
        way for way in beside.WAYS for _ in range(2 if way[1] else 1)
    ]
    assert all(int(row["targets"]) >= beside.TARGETS for row in rows)
    assert beside.markdown() in (ROOT / "config/README.md").read_text()


def test_a_p_of_null_networks_that_are_fitted_again_is_as_small_as_it_says(monkeypatch):
    bench = benchmark.load("refitted_nulls")
    monkeypatch.setattr(bench, "NULLS", 3)
    assert bench.chances(0)[1] == 0.25  # the least of three
    rows = list(csv.DictReader(bench.TABLE.read_text().splitlines()))
    others = [float(row["p_of_another_network"]) for row in rows]
    assert len(rows) == bench.TARGETS
    assert sum(p <= 0.05 for p in others) <= 4  # 1.2 expected; more than 4 in 1 of 100
    assert 0.3 < sum(others) / len(others) < 0.7
    assert {row["p_of_the_network"] for row in rows} == {"0.05"}
