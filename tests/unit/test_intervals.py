"""Intervals of means over replicates, against SciPy, plain loops and known truths."""

import numpy as np
import plain_scores
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from restmeg.scores import intervals, student
from scipy import stats


@given(st.floats(1, 1e9))
@settings(max_examples=300, deadline=None)
def test_quantiles_of_student_s_t_are_those_of_scipy(df):
    assert student.quantile(df) == pytest.approx(stats.t.ppf(0.975, df), rel=1e-9)


@pytest.mark.parametrize("df", [1, 1.5, 2, 3, 10, 100, 999.999, 1000, 1000.001, 1e6, np.inf])
def test_quantiles_at_edges(df):
    assert student.quantile(df) == pytest.approx(stats.t.ppf(0.975, df), rel=1e-9)


def test_interval_of_a_mean_is_that_of_scipy():
    values = np.random.default_rng(3).normal(0.4, 0.15, 20)
    summary = intervals.of_mean(values)
    outside = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    assert summary.value == pytest.approx(values.mean(), abs=1e-15)
    assert summary.n == 20
    assert summary[1:3] == pytest.approx(tuple(outside), abs=1e-12)


@pytest.mark.parametrize(("n", "m"), [(2, 2), (5, 3), (3, 20), (2, 50)])
@pytest.mark.parametrize("noise", [0.0, 0.3, 5.0])
def test_interval_of_pairs_is_that_of_plain_loops(n, m, noise):
    rng = np.random.default_rng([n, m])
    values = rng.normal(size=(n, 1)) + 2 * rng.normal(size=m) + noise * rng.normal(size=(n, m))
    summary = intervals.of_pairs(values)
    assert summary[:3] == pytest.approx(plain_scores.two_way(values), rel=1e-10)
    assert summary.n == n * m


def test_interval_of_pairs_counts_replicates_and_not_pairs():
    """Pairs that differ by their replicates alone: 20 x 30 values with the spread of 20 and 30."""
    rng = np.random.default_rng(4)
    rows, columns = rng.normal(size=(20, 1)), rng.normal(size=(1, 30))
    summary = intervals.of_pairs(rows + columns)
    expected = np.sqrt(rows.var(ddof=1) / 20 + columns.var(ddof=1) / 30)
    assert (summary.ci_high - summary.ci_low) / 2 == pytest.approx(2.0 * expected, rel=0.03)


def test_beside_a_single_replicate_the_interval_is_that_of_the_other_side():
    values = np.random.default_rng(5).normal(size=9)
    for pairs in (values[None], values[:, None]):
        assert intervals.of_pairs(pairs) == intervals.of_mean(values)
    assert np.isnan(intervals.of_pairs(values[:1, None]).ci_low)


def test_interval_is_of_the_replicates_that_have_a_value():
    values = np.random.default_rng(7).normal(size=(6, 4))
    gaps = np.full((9, 5), np.nan)
    gaps[np.ix_([0, 2, 3, 5, 6, 8], [0, 1, 3, 4])] = values
    assert intervals.of_pairs(gaps) == intervals.of_pairs(values)
    assert intervals.of_mean([0.3, np.nan, 0.5]) == intervals.of_mean([0.3, 0.5])
    assert intervals.of_pairs(np.full((3, 2), np.nan)).n == 0


def test_equal_values_have_an_interval_without_width():
    for values in ([0.1] * 7, [0.0] * 3):
        assert intervals.of_mean(values)[:3] == pytest.approx([values[0]] * 3, abs=1e-16)
    assert intervals.of_pairs(np.full((3, 4), 0.1))[:3] == pytest.approx([0.1] * 3, abs=1e-16)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.one_of(st.floats(-1, 1, allow_subnormal=False), st.just(float("nan"))),
        min_size=1,
        max_size=12,
    )
)
def test_summary_at_the_edges(values):
    summary = intervals.of_mean(values)
    finite = [value for value in values if value == value]
    assert summary.n == len(finite)
    if not finite:
        assert np.isnan(summary.value)
        return
    assert summary.value == pytest.approx(np.mean(finite), abs=1e-12)
    if len(finite) == 1:
        assert np.isnan(summary.ci_low)
        return
    assert summary.ci_low <= summary.value <= summary.ci_high


@settings(max_examples=50, deadline=None)
@given(st.integers(2, 6), st.integers(2, 6), st.integers(0, 2**32))
def test_intervals_move_and_stretch_with_their_values(n, m, seed):
    values = np.random.default_rng(seed).normal(size=(n, m))
    before, after = intervals.of_pairs(values), intervals.of_pairs(1e-9 * values[::-1, ::-1] + 1)
    np.testing.assert_allclose(after[:3], [1e-9 * x + 1 for x in before[:3]], rtol=1e-14)


def test_digits_follow_the_width():
    assert intervals.decimals(0.1, 0.2) == 2
    assert intervals.decimals(0.1, 0.1013) == 4
    assert intervals.decimals(np.nan, np.nan) == 2
