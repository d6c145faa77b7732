"""The order of either method in what studies are about, with delays and noise, by theory."""

import benchmark
import numpy as np
import pytest
from restmeg.model import ADAMS_BASHFORTH, EXPONENTIAL_EULER
from restmeg.theory.settled import settle

convergence = benchmark.load("convergence")
STEPS = 0.25, 0.5, 1.0


@pytest.fixture(scope="module")
def errors():
    """Of each method and quantity, over STEPS."""
    found = {}
    rows = convergence.by_theory("linear", convergence.WHOLE, steps=STEPS)
    for _, _, method, _, quantity, error, _ in rows:
        found.setdefault((method, quantity), []).append(error)
    return found


@pytest.mark.parametrize("quantity", ["variance", "spectrum", "fc", "peak_frequency"])
def test_order(errors, quantity):
    order = {}
    for method in (EXPONENTIAL_EULER, ADAMS_BASHFORTH):
        logarithms = np.log(errors[method, quantity])
        order[method] = np.polyfit(np.log(STEPS), logarithms, 1)[0]
    assert order[ADAMS_BASHFORTH] >= 1.8
    assert order[EXPONENTIAL_EULER] == pytest.approx(1, abs=0.15)


def test_the_table_has_these_errors(errors):
    for regime, delays, method, dt, quantity, error, _ in convergence.read():
        if (regime, delays) == ("linear", convergence.WHOLE) and dt in STEPS:
            found = errors[method, quantity][STEPS.index(dt)]
            assert found == pytest.approx(error, rel=0.02)


def test_theory_holds_and_delays_are_whole():
    """Rounding would mask the order; so would a network that is hardly coupled."""
    studied = convergence.case("linear", convergence.WHOLE)
    settled = settle(*studied, 0.5, ADAMS_BASHFORTH)
    assert settled.trouble is None
    assert np.triu(settled.fc, 1).max() > 0.2
    delays = studied[1] / studied[2]["conduction_speed"] / max(convergence.STEPS)
    np.testing.assert_allclose(delays, np.round(delays), atol=1e-12)
    assert delays.max() > 3
