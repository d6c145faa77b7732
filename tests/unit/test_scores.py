import csv

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from restmeg import InputError, connectome, scoring, store
from restmeg.scores import correlation, intervals
from scipy import stats


def symmetric(rng, *shape):
    matrices = rng.normal(size=shape)
    return matrices + np.swapaxes(matrices, -1, -2)


def test_structure_function_coupling_is_a_correlation_over_pairs():
    rng = np.random.default_rng(0)
    fc, weights = symmetric(rng, 5, 9, 9), rng.random((9, 9))  # directed weights
    expected = [
        stats.pearsonr(
            [matrix[i, j] for i in range(9) for j in range(i + 1, 9)],
            [(weights[i, j] + weights[j, i]) / 2 for i in range(9) for j in range(i + 1, 9)],
        )[0]
        for matrix in fc
    ]
    result = correlation.structure_function_coupling(fc, weights)
    np.testing.assert_allclose(result, expected, rtol=0, atol=1e-14)


def test_fc_match_is_a_correlation_of_all_pairs_of_replicates():
    rng = np.random.default_rng(1)
    simulated, target = symmetric(rng, 4, 7, 7), symmetric(rng, 3, 7, 7)
    result = correlation.fc_match(simulated, target)
    assert result.shape == (4, 3)
    upper = np.triu_indices(7, 1)
    expected = [[stats.pearsonr(a[upper], b[upper])[0] for b in target] for a in simulated]
    np.testing.assert_allclose(result, expected, rtol=0, atol=1e-14)
    np.testing.assert_allclose(np.diag(correlation.fc_match(simulated, simulated)), 1.0)


def test_scores_without_variance_or_with_gaps_are_nan():
    rng = np.random.default_rng(2)
    fc = symmetric(rng, 3, 6, 6)
    fc[1, 2, :] = fc[1, :, 2] = np.nan  # a silent region
    fc[2] = 0.25  # all pairs alike
    coupling = correlation.structure_function_coupling(fc, rng.random((6, 6)))
    assert np.isnan(coupling).tolist() == [False, True, True]
    match = correlation.fc_match(fc, symmetric(rng, 2, 6, 6))
    assert np.isnan(match).all(axis=1).tolist() == [False, True, True]


def test_interval_of_a_mean_is_that_of_scipy():
    values = np.random.default_rng(3).normal(0.4, 0.15, 20)
    summary = intervals.summarise(values, seed=0)
    outside = stats.bootstrap((values,), np.mean, n_resamples=50_000, method="percentile", rng=1)
    assert summary.value == pytest.approx(values.mean(), abs=1e-15)
    assert summary.n == 20
    # The bounds are quantiles of 10 000 draws: their own error is about 0.0015.
    assert summary.ci_low == pytest.approx(outside.confidence_interval.low, abs=0.004)
    assert summary.ci_high == pytest.approx(outside.confidence_interval.high, abs=0.004)


def test_interval_of_pairs_counts_replicates_and_not_pairs():
    """Pairs that differ by their replicates alone: 20 x 30 values with the spread of 20 and 30."""
    rng = np.random.default_rng(4)
    rows, columns = rng.normal(size=(20, 1)), rng.normal(size=(1, 30))
    summary = intervals.summarise(rows + columns, seed=0)
    expected = np.sqrt(rows.var() / 20 + columns.var() / 30)
    width = (summary.ci_high - summary.ci_low) / (2 * 1.96)
    assert width == pytest.approx(expected, rel=0.05)
    assert summary.n == 600


def test_interval_is_of_the_replicates_that_have_a_value():
    rng = np.random.default_rng(7)
    values = rng.normal(size=(6, 4))
    gaps = np.full((9, 5), np.nan)
    gaps[np.ix_([0, 2, 3, 5, 6, 8], [0, 1, 3, 4])] = values
    assert intervals.summarise(gaps, seed=0) == intervals.summarise(values, seed=0)
    assert intervals.summarise([0.3, np.nan, 0.5], 0) == intervals.summarise([0.3, 0.5], 0)
    assert np.isnan(intervals.summarise([[0.3, np.nan], [np.nan, np.nan]], 0).ci_low)


def test_interval_covers_the_truth():
    """Of 300 samples of 20 about 95 % (a percentile interval: a little less) hold the mean."""
    rng = np.random.default_rng(5)
    covered = 0
    for seed in range(300):
        summary = intervals.summarise(rng.normal(0.4, 0.15, 20), seed)
        covered += summary.ci_low <= 0.4 <= summary.ci_high
    assert 0.88 < covered / 300 < 0.98


@settings(max_examples=50, deadline=None)
@given(
    values=st.lists(
        st.one_of(st.floats(-1, 1, allow_subnormal=False), st.just(float("nan"))),
        min_size=1,
        max_size=12,
    )
)
def test_summary_at_the_edges(values):
    summary = intervals.summarise(values, seed=0)
    finite = [value for value in values if value == value]
    assert summary.n == len(finite)
    if not finite:
        assert np.isnan(summary.value)
        return
    assert summary.value == pytest.approx(np.mean(finite), abs=1e-12)
    if len(finite) == 1:
        assert np.isnan(summary.ci_low)
        return
    tolerance = 1e-12
    assert min(finite) - tolerance <= summary.ci_low <= summary.ci_high
    assert summary.ci_high <= max(finite) + tolerance


LABELS = np.array([f"R{k}" for k in range(8)], dtype=object)


def write_connectivity(path, fc, replicates, role="simulated", point="pa", labels=LABELS, notes=()):
    with store.new_netcdf(path, "Connectivity", {"role": role, "point": point}) as dataset:
        store.add(dataset, "measure", np.array(["pearson"], dtype=object))
        store.add(dataset, "replicate", np.array(replicates))
        store.add(dataset, "region_to", labels)
        store.add(dataset, "fc", fc[None])
        store.add_notes(dataset, list(notes))
    return path


@pytest.fixture
def anatomy(tmp_path, example):
    connectome.write(tmp_path / "connectome.nc", connectome.Connectome(*example, LABELS), "x")
    return tmp_path / "connectome.nc"


def score_point(tmp_path, anatomy, simulated, target, point="pa"):
    """The three tables of a point."""
    out = [tmp_path / f"{name}.csv" for name in ("scores", "replicates", "notes")]
    scoring.score_point(simulated, target, anatomy, 0, point, out)
    return [list(csv.DictReader(path.read_text().splitlines())) for path in out]


def test_scores_of_a_point(tmp_path, anatomy, example):
    """Two files in the wrong order, one replicate with a silent region."""
    rng = np.random.default_rng(6)
    fc, target = symmetric(rng, 3, 8, 8), symmetric(rng, 2, 8, 8)
    fc[2, 4, :] = fc[2, :, 4] = np.nan
    paths = [
        write_connectivity(tmp_path / "2.nc", fc[2:], [2], notes=["replicate 2: silent"]),
        write_connectivity(tmp_path / "0.nc", fc[:2], [0, 1]),
    ]
    aim = write_connectivity(tmp_path / "t.nc", target, [5, 7], "target", "pt", notes=["flat"])
    with pytest.warns(UserWarning, match="point pa: .* is NaN in") as caught:
        summary, single, notes = score_point(tmp_path, anatomy, paths, [aim])
    assert len(caught) == 2  # one a score
    assert " ".join(summary[0]) == "point measure score value ci_low ci_high n"
    assert [row["n"] for row in summary] == ["2", "4"]
    weights, _ = example
    coupling = correlation.structure_function_coupling(fc, weights)
    assert float(summary[0]["value"]) == pytest.approx(coupling[:2].mean(), abs=1e-8)
    found = [float(row["value"]) for row in single if row["target_replicate"] == ""]
    np.testing.assert_allclose(found, coupling, atol=1e-8)
    match = [row for row in single if row["score"] == "fc_match"]
    assert [(row["replicate"], row["target_replicate"]) for row in match] == [
        (str(i), str(j)) for i in range(3) for j in (5, 7)
    ]
    expected = correlation.fc_match(fc, target).ravel()
    np.testing.assert_allclose([float(row["value"]) for row in match], expected, atol=1e-8)
    assert [(row["point"], row["about"]) for row in notes] == [
        *(("pa", "simulated"), ("pt", "target"), ("pa", "scores"), ("pa", "scores"))
    ]
    assert [row["note"] for row in notes[:2]] == ["replicate 2: silent", "flat"]
    assert "fc_match (pearson) is NaN in 2 of 6 values" in notes[3]["note"]


def test_files_that_do_not_belong_together_are_not_scored(tmp_path, anatomy):
    rng = np.random.default_rng(6)
    good = write_connectivity(tmp_path / "good.nc", symmetric(rng, 2, 8, 8), [0, 1])
    aim = write_connectivity(tmp_path / "t.nc", symmetric(rng, 1, 8, 8), [0], "target", "pt")
    other = write_connectivity(tmp_path / "other.nc", symmetric(rng, 1, 8, 8), [2], point="pb")
    twice = write_connectivity(tmp_path / "twice.nc", symmetric(rng, 1, 8, 8), [1])
    moved = write_connectivity(
        tmp_path / "moved.nc", symmetric(rng, 1, 8, 8), [2], labels=LABELS[::-1]
    )
    cases = [
        (([aim], [aim]), "t.nc: role target; expected simulated"),
        (([good], [good]), "good.nc: role simulated; expected target"),
        (([good, other], [aim]), f"other.nc: point pb, but {good} has pa; expected one"),
        (([good, twice], [aim]), "good.nc: replicate '1' is there more than once"),
        (([good, moved], [aim]), "moved.nc: its regions are not those of the connectome"),
        (([other], [aim]), "other.nc: point pb; expected pa"),
    ]
    before = sorted(tmp_path.iterdir())
    for paths, message in cases:
        with pytest.raises(InputError) as caught:
            score_point(tmp_path, anatomy, *paths)
        assert str(caught.value) == f"{tmp_path}/{message}"
    assert sorted(tmp_path.iterdir()) == before
