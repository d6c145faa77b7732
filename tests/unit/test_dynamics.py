"""Functional connectivity dynamics: windows, and how far distributions are apart."""

import numpy as np
import pytest
from restmeg import InputError, estimands, estimation
from restmeg.estimands import Asked, Kind
from restmeg.figures import dynamics as figures
from restmeg.scores import SCORES, dynamics
from restmeg.scores.comparison import Comparison
from test_measures import BANDS, Series


def alternating(rng, n_replicates, seconds=60, rate=250, period=10.0):
    """Series whose regions share noise in turn: the first two, then the last two."""
    n = round(seconds * rate)
    values = rng.standard_normal((n_replicates, n, 4))
    first = (np.arange(n) / rate // period % 2 == 0)[:, None]
    shared = 2 * rng.standard_normal((n_replicates, n, 1))
    values[..., :2] += shared * first
    values[..., 2:] += shared * ~first
    return values


def test_windows_overlap_by_half_and_are_those_of_a_plain_loop():
    rng = np.random.default_rng(0)
    series = Series(alternating(rng, 2))
    series.labels = list("abcd")
    found = estimation.estimate(series, Asked(["pearson"], windows=4000.0), "simulated").dynamics
    starts = range(0, 15_000 - 1000 + 1, 500)
    assert found.shape == (1, 2, len(starts), len(starts))
    for k in range(2):
        rows = [
            np.corrcoef(series.values[k, s : s + 1000].T)[np.triu_indices(4, 1)] for s in starts
        ]
        np.testing.assert_allclose(found[0, k], np.corrcoef(rows), atol=1e-12)


def test_windows_of_bands_are_between_the_edges():
    rng = np.random.default_rng(0)
    series = Series(rng.standard_normal((1, 5000, 3)))
    asked = Asked(["pearson", "phase_locking_value"], BANDS, windows=2000.0)
    found = estimation.estimate(series, asked, "simulated").dynamics
    assert found.shape == (5, 1, 15, 15)  # 16 s, of which each takes 2 and moves on by 1
    assert np.isfinite(found).all()
    without = estimation.estimate(series, asked._replace(windows=0.0), "simulated")
    assert without.dynamics.shape == (5, 1, 0, 0)


@pytest.mark.parametrize("windows", [2700.0, 1600.0, 3.0])
def test_windows_that_do_not_fit_are_refused(windows):
    with pytest.raises(InputError, match=r"windows: .* s; expected 1.66 s, .* to 2.667 s, a sixth"):
        Asked(["pearson"], BANDS, windows=windows).check(250.0, 20.0, "it")
    Asked(["pearson"], BANDS, windows=2600.0).check(250.0, 20.0, "it")
    series = Series(np.random.default_rng(0).standard_normal((1, 1000, 3)))
    with pytest.raises(InputError, match=r"windows: 0.008 s; expected 0.08 s"):
        estimation.estimate(series, Asked(["pearson"], windows=8.0), "simulated")


def test_only_windows_that_do_not_overlap_count():
    matrix = np.arange(25.0).reshape(5, 5)
    assert dynamics.values(matrix).tolist() == [2, 3, 4, 8, 9, 14]
    found = np.corrcoef(np.random.default_rng(0).standard_normal((7, 9)))
    shares = dynamics.patterns(np.stack([found, np.full((7, 7), np.nan)]))
    below = np.mean(dynamics.values(found)[:, None] <= dynamics.VALUES, axis=0)
    np.testing.assert_allclose(shares[0], below)
    assert np.isnan(shares[1]).all()


def distance(ours, theirs):
    return SCORES["dynamics_distance"].function(Comparison.of_patterns(ours, theirs)).summary


def drawn(rng, n, spread):
    """Shares of replicates with 30 correlations each, whose middle differs between them."""
    middles = 0.3 + spread * rng.standard_normal((n, 1))
    rows = np.sort(np.clip(middles + 0.1 * rng.standard_normal((n, 30)), -1, 1), axis=1)
    return np.array([np.searchsorted(row, dynamics.VALUES, side="right") / 30 for row in rows])


def test_the_distance_is_unbiased_and_least_at_the_truth():
    """200 draws; a model whose replicates are too much alike is no nearer than the true one."""
    rng = np.random.default_rng(2)
    true, alike = (
        np.array([distance(drawn(rng, 8, spread), drawn(rng, 8, 0.2)).value for _ in range(200)])
        for spread in (0.2, 0.0)
    )
    assert abs(true.mean()) < 3 * true.std() / np.sqrt(200)
    assert alike.mean() > true.mean() + 5 * alike.std() / np.sqrt(200)
    assert SCORES["dynamics_distance"].sign == -1


def estimates(values):
    series = Series(values)
    series.labels = list("abcd")
    asked = Asked(["pearson"], windows=5000.0)
    return dynamics.patterns(estimation.estimate(series, asked, "simulated").dynamics[0])


def test_a_connectivity_that_changes_is_told_from_one_that_does_not():
    rng = np.random.default_rng(1)
    moving, also = estimates(alternating(rng, 8)), estimates(alternating(rng, 8))
    still = estimates(alternating(rng, 8, period=0.5))  # too fast for the windows
    assert distance(moving, also).ci_low < 0 < distance(moving, also).ci_high
    assert distance(still, also).ci_low > 0


def test_the_figure_has_both_roles():
    rng = np.random.default_rng(3)
    values = np.stack([np.corrcoef(rng.standard_normal((7, 20))) for _ in range(3)])
    figure = figures.dynamics(values, values, Kind("pearson", "broadband"))
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert titles[:2] == ["Simulated, first replicate", "Target, first replicate"]
    figures.dynamics(np.full((1, 4, 4), np.nan), values, Kind("pearson", "broadband"))
    assert estimands.kinds(["pearson"], ["broadband"]) == [Kind("pearson", "broadband")]
