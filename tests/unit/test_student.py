"""Quantiles of Student's t beside those of SciPy; those of 95 % are in test_intervals."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from restmeg.scores import student
from scipy import stats


@given(st.floats(1, 1e9), st.floats(0.01, 1 - 1e-6))  # below, SciPy itself is off
@settings(max_examples=300, deadline=None)
def test_quantiles_of_any_level_are_those_of_scipy(df, level):
    expected = stats.t.ppf((1 + level) / 2, df)
    assert student.quantile(df, level) == pytest.approx(expected, rel=1e-7)


@pytest.mark.parametrize("df", [1, 2, 19, 999.999, 1000, np.inf])
@pytest.mark.parametrize("level", [1e-6, 0.5, 0.95, 0.999, 1 - 1e-5])
def test_quantiles_of_any_level_at_edges(df, level):
    expected = stats.t.ppf((1 + level) / 2, df)
    assert student.quantile(df, level) == pytest.approx(expected, rel=1e-7)
