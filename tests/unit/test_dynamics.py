"""Functional connectivity dynamics: windows, and how far distributions are apart."""

import numpy as np
import pytest
from restmeg import InputError, estimands, estimation
from restmeg.estimands import Asked, Kind
from restmeg.figures import dynamics as figures
from restmeg.scores import SCORES, dynamics
from restmeg.scores.comparison import Comparison
from scipy import stats
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


@pytest.mark.parametrize("windows", [8001.0, 3.0])
def test_windows_that_do_not_fit_are_refused(windows):
    with pytest.raises(
        InputError, match=r"windows: .* s; expected 0.08 s, .* to 8 s, half of what is"
    ):
        Asked(["pearson"], BANDS, windows=windows).check(250.0, 20.0, "it")
    Asked(["pearson"], BANDS, windows=8000.0).check(250.0, 20.0, "it")


def test_the_distance_of_distributions_is_that_of_scipy():
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((3, 40)), rng.standard_normal((2, 40)).round(1) + 0.5
    expected = [[stats.ks_2samp(x, y).statistic for y in b] for x in a]
    np.testing.assert_allclose(dynamics.kolmogorov_smirnov(a, b), expected, atol=1e-12)


def test_only_windows_that_do_not_overlap_count():
    matrix = np.arange(25.0).reshape(5, 5)
    assert dynamics.patterns(matrix).tolist() == [2, 3, 4, 8, 9, 14]


def estimates(values):
    series = Series(values)
    series.labels = list("abcd")
    asked = Asked(["pearson"], windows=5000.0)
    return dynamics.patterns(estimation.estimate(series, asked, "simulated").dynamics[0])


def test_a_connectivity_that_changes_is_told_from_one_that_does_not():
    rng = np.random.default_rng(1)
    moving, also = estimates(alternating(rng, 8)), estimates(alternating(rng, 8))
    still = estimates(alternating(rng, 8, period=0.5))  # too fast for the windows
    same, other = (Comparison.of_patterns(x, also) for x in (moving, still))
    floor = dynamics.floor(same).summary
    assert dynamics.distance(same).summary.ci_low < floor.ci_high
    assert dynamics.distance(other).summary.ci_low > floor.ci_high


def test_the_floor_is_what_a_true_model_has():
    """The distance of the truth, less the floor, is zero in expectation: 200 draws."""
    rng = np.random.default_rng(2)
    gaps = []
    for _ in range(200):
        ours, theirs = rng.standard_normal((5, 30)), rng.standard_normal((4, 30))
        given = Comparison.of_patterns(ours, theirs)
        gaps.append(dynamics.distance(given).summary.value - dynamics.floor(given).summary.value)
    assert abs(np.mean(gaps)) < 3 * np.std(gaps) / np.sqrt(200)
    assert SCORES["dynamics_distance"].sign == -1
    alone = Comparison.of_patterns(np.ones((3, 30)), np.ones((1, 30)))
    assert np.isnan(dynamics.floor(alone).summary.value)


def test_the_figure_has_both_roles():
    rng = np.random.default_rng(3)
    values = np.stack([np.corrcoef(rng.standard_normal((7, 20))) for _ in range(3)])
    figure = figures.dynamics(values, values, Kind("pearson", "broadband"))
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert titles[:2] == ["Simulated, first replicate", "Target, first replicate"]
    figures.dynamics(np.full((1, 4, 4), np.nan), values, Kind("pearson", "broadband"))
    assert estimands.kinds(["pearson"], ["broadband"]) == [Kind("pearson", "broadband")]
