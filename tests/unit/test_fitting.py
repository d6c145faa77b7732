"""Fits of drawn cross-spectra: the likeliest place, its profile, and what is not told."""

import numpy as np
import pytest
from restmeg import connectome
from restmeg.fitted import QUANTILE
from restmeg.fourier import REDUNDANCY
from restmeg.settings import replaced
from restmeg.theory import fitting, linear
from restmeg.theory.observed import CrossSpectra, Observation
from restmeg.theory.search import GAIN, NOISE, Axis, Search
from scipy.optimize import minimize
from test_observed import averaged, drawn, seen_through

REGIONS = Observation()
STEP = {"dt": 0.1, "method": "exponential_euler"}
BOUNDS = {"model.coupling_strength": [0.3, 4.0], "model.conduction_speed": [3.0, 30.0]}
TRUTH = {"model.coupling_strength": 1.2, "model.conduction_speed": 8.0}


@pytest.fixture
def anatomy(example):
    weights, distances = example
    return connectome.Connectome(weights, distances, np.array([f"r{k}" for k in range(8)]))


@pytest.fixture
def net(example, model):
    return linear.linearise(*example, replaced(model, TRUTH), 0.1)


def search(anatomy, model, data, bounds=BOUNDS, seen=REGIONS, calibrated=True, times=STEP):
    return Search(anatomy, model, times, bounds, data, seen, calibrated)


@pytest.mark.parametrize(("low", "high"), [(0.5, 3.0), (0.0, 3.0), (-2.0, 1.0)])
def test_places_and_values_belong_together(low, high):
    axis = Axis("x", low, high)
    assert axis.value(0) == pytest.approx(low)
    assert axis.value(1) == pytest.approx(high)
    for place in (0.1, 0.5, 0.9):
        assert axis.place(axis.value(place)) == pytest.approx(place)


def test_the_maximum_is_that_of_a_search_without_slopes(anatomy, model, net):
    data = averaged(drawn(net, Observation(), 1))
    given = search(anatomy, model, data)
    found = fitting.fit(given)
    other = minimize(
        lambda x: -given.look(np.clip(x, 0, 1)).value,
        [0.4, 0.5],
        method="Nelder-Mead",
        options={"xatol": 1e-5, "fatol": 1e-6},
    )
    for axis, one, place in zip(found.axes, found.estimates, other.x, strict=True):
        assert axis.place(one.value) == pytest.approx(place, abs=2e-4)
    assert found.log_likelihood / REDUNDANCY == pytest.approx(-other.fun, abs=1e-4)


def test_data_as_expected_give_the_truth_and_its_profile(anatomy, model, net):
    exact = CrossSpectra(*averaged(drawn(net, Observation(), 1))[:1], None, 40)
    exact = exact._replace(matrices=seen_through(net, Observation()))
    given = search(anatomy, model, exact)
    # Delays as the network has them, in place of their mean rounding.
    lengths = np.where(anatomy.weights > 0, anatomy.distances, 0.0)
    given.rounding = connectome.delays_in_steps(lengths, 8.0, 0.1) - lengths / 8.0 / 0.1
    found = fitting.fit(given)
    for axis, one in zip(found.axes, found.estimates, strict=True):
        assert one.value == pytest.approx(TRUTH[axis.name], rel=1e-4)
        assert one.identified
        # About normal: half of the interval to either side.
        at, low, high = map(axis.place, (one.value, one.low, one.high))
        deviation = one.deviation / one.value / axis.rate
        assert high - at == pytest.approx(1.96 * deviation, rel=0.1)
        assert at - low == pytest.approx(1.96 * deviation, rel=0.1)
        values, heights = one.profile.T
        assert (np.diff(values) > 0).all()
        assert heights.max() == 0
        ends = np.interp([one.low, one.high], values, heights)
        assert ends == pytest.approx(-REDUNDANCY * QUANTILE / 2, rel=0.1)
    assert np.diag(found.correlation) == pytest.approx([1, 1])
    assert found.told == []


def test_a_recording_has_gain_noise_and_signs_of_its_own(anatomy, model, net):
    power = np.trace(seen_through(net, Observation()), axis1=1, axis2=2).real.mean() / 8
    seen = Observation(gain=50.0, noise=10 * power)
    data = averaged(drawn(net, seen, 2, number=400))
    signs = np.array([1, 1, -1, 1, -1, 1, 1, 1.0])
    turned = data._replace(matrices=data.matrices * np.outer(signs, signs))
    found = fitting.fit(search(anatomy, model, turned, calibrated=False))
    assert np.array_equal(found.signs, signs)
    values = {axis.name: one for axis, one in zip(found.axes, found.estimates, strict=True)}
    expected = TRUTH | {GAIN: 50.0, NOISE: 10 * power}
    assert values.keys() == expected.keys()
    for name, truth in expected.items():
        half = (values[name].high - values[name].low) / 2
        assert 0 < half < 0.3 * truth
        assert abs(values[name].value - truth) < 2 * half
    plain = fitting.fit(search(anatomy, model, data, calibrated=False))
    assert (plain.signs == 1).all()
    for one, other in zip(plain.estimates, found.estimates, strict=True):
        assert one.value == pytest.approx(other.value, rel=1e-3)


def test_what_scale_and_noise_share_is_told_together(anatomy, model, net):
    # The size of the noise and the gain of a recording are one number.
    data = averaged(drawn(net, Observation(), 3, number=40))
    bounds = BOUNDS | {"model.noise.sigma": [0.001, 0.1]}
    found = fitting.fit(search(anatomy, model, data, bounds, calibrated=False))
    told = {axis.name: one for axis, one in zip(found.axes, found.estimates, strict=True)}
    sigma = told["model.noise.sigma"]
    assert not sigma.identified
    assert np.isnan(sigma.deviation)
    assert (sigma.low, sigma.high) == pytest.approx((0.001, 0.1))
    assert told["model.coupling_strength"].identified


def test_a_flat_direction_is_named_with_what_is_known(anatomy, model, net):
    # At rest both make nothing but the slope of the transfer function: a exp(-a theta), about.
    data = averaged(drawn(net, Observation(), 4, number=40))
    bounds = {"model.parameters.a_E": [0.8, 1.8], "model.parameters.theta_E": [1.5, 5.0]}
    found = fitting.fit(search(anatomy, replaced(model, TRUTH), data, bounds))
    assert not any(one.identified for one in found.estimates)
    (text,) = found.told
    assert "log(model.parameters.a_E)" in text
    assert "log(model.parameters.theta_E)" in text
    at = {axis.name: one.value for axis, one in zip(found.axes, found.estimates, strict=True)}
    slope, threshold = at["model.parameters.a_E"], at["model.parameters.theta_E"]
    assert slope * np.exp(-slope * threshold) == pytest.approx(1.2 * np.exp(-1.2 * 2.8), rel=0.1)


def test_a_truth_beyond_the_bounds_is_at_one(anatomy, model, net):
    data = averaged(drawn(net, Observation(), 5, number=40))
    bounds = BOUNDS | {"model.coupling_strength": [2.0, 4.0]}
    found = fitting.fit(search(anatomy, model, data, bounds))
    strength = found.estimates[0]
    assert strength.value == pytest.approx(2.0, rel=0.01)
    assert not strength.identified
    assert found.estimates[1].identified
    assert strength.low == pytest.approx(2.0, rel=0.01)


def test_where_theory_holds_nowhere_it_says_so(anatomy, model, net, monkeypatch):
    monkeypatch.setattr(fitting, "LOOKED", 2)
    data = averaged(drawn(net, Observation(), 6))
    rhythm = {
        **{"tau_E": 10.0, "tau_I": 20.0, "a_E": 4.0, "a_I": 4.0, "theta_E": 1.0, "theta_I": 1.0},
        **{"wEE": 3.25, "wIE": 2.5, "wEI": 3.75, "wII": 0.0, "r": 0.0},
    }
    unstable = replaced(model, {f"model.parameters.{key}": x for key, x in rhythm.items()})
    unstable = replaced(unstable, {"model.noise.mean_E": 0.5, "model.coupling": "additive"})
    bounds = {"model.coupling_strength": [0.001, 0.01]}
    with pytest.raises(fitting.NoFitError, match="linear theory holds at none"):
        fitting.fit(search(anatomy, unstable, data, bounds))


def test_the_second_order_method_is_fitted_as_well(anatomy, model, example):
    times = {"dt": 0.25, "method": "adams_bashforth"}
    net = linear.linearise(*example, replaced(model, TRUTH), 0.25, method=times["method"])
    data = averaged(drawn(net, Observation(), 7, number=60))
    found = fitting.fit(search(anatomy, model, data, times=times))
    for axis, one in zip(found.axes, found.estimates, strict=True):
        assert abs(one.value - TRUTH[axis.name]) < 2 * (one.high - one.low) / 2


def test_starts_lead_to_the_same_place(anatomy, model, net):
    data = averaged(drawn(net, Observation(), 8))
    found = [
        fitting.fit(search(anatomy, model, data), first)
        for first in (None, {"model.coupling_strength": 3.9, "model.conduction_speed": 29.0})
    ]
    for one, other in zip(*(fit.estimates for fit in found), strict=True):
        assert one.value == pytest.approx(other.value, rel=2e-3)
    assert found[0].path.shape[1] == 4
