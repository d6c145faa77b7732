"""Designs in rounds and the quadratic through them, on functions whose least place is known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from restmeg import surrogate
from restmeg.scores import distance, intervals
from restmeg.surrogate import Known, Region
from scipy.optimize import minimize
from scipy.stats import qmc  # noqa: F401 (loaded before anything is timed)

N, M, VALUES = 20, 10, 28  # replicates of both sides, and numbers that are compared


class Noisy:
    """Patterns of replicates that depend on a place, a target, and how far the two are."""

    def __init__(self, seed, n, noise=1.0, flat=()):
        rng = np.random.default_rng(seed)
        self.slopes = 2 * rng.normal(size=(VALUES, n))
        self.slopes[:, list(flat)] = 0.0
        self.start = 0.5 * rng.normal(size=VALUES)
        self.truth = 0.2 + 0.6 * rng.random(n)
        mixing = (rng.normal(size=(VALUES, VALUES)) / VALUES**0.5 + np.eye(VALUES)) / 2**0.5
        self.ours = noise * rng.normal(size=(N, VALUES)) @ mixing  # the same at every place
        target = noise * rng.normal(size=(M, VALUES)) @ mixing
        self.target = self.pattern(self.truth) + target

    def pattern(self, place):
        return np.tanh(self.slopes @ (place - 0.5) + self.start)

    def known(self, places):
        found = [
            distance.left_out(self.pattern(place) + self.ours * (1 + 0.3 * place[0]), self.target)
            for place in places
        ]
        values, *without = (np.array(part) for part in zip(*found, strict=True))
        return Known(places, values, without)

    def searched(self, rounds=4, points=16):
        n = len(self.truth)
        known = []
        for number in range(rounds):
            known.append(self.known(surrogate.region(known, n).spread(points, number)))
        whole = surrogate.together(known)
        return surrogate.least(whole, surrogate.region(known, n))


def quadratic_known(places, bottom, curvature, sides=(5, 4)):
    """Exact values of a bowl, the same without any replicate."""
    apart = places - bottom
    values = 3.0 + np.einsum("ni,ij,nj->n", apart, curvature, apart) / 2
    return Known(places, values, [np.repeat(values[:, None], size, axis=1) for size in sides])


@given(
    st.integers(1, 4),
    st.integers(0, 2**32 - 1),
)
def test_a_bowl_is_found_at_once(n, seed):
    rng = np.random.default_rng(seed)
    bottom = 0.2 + 0.6 * rng.random(n)
    root = np.eye(n) + 0.15 * rng.normal(size=(n, n))
    curvature = root @ root.T
    places = Region.whole(n).spread(surrogate.fewest(n) + 4, 1)
    found = surrogate.least(quadratic_known(places, bottom, curvature), Region.whole(n))
    np.testing.assert_allclose(found.place, bottom, atol=1e-6)
    np.testing.assert_allclose(found.quadratic.curvature, curvature, atol=1e-5)
    assert found.value == pytest.approx(3.0)
    assert found.found
    assert np.abs(found.covariance).max() < 1e-9  # nothing is uncertain
    # The profile is the least over all other coordinates.
    for at in (0.3, 0.7):
        rest = np.arange(n) > 0

        def over(others, at=at, rest=rest):
            place = np.full(n, at)
            place[rest] = others
            return found.quadratic.at(place[None])[0] - found.value

        least = minimize(over, bottom[1:]).fun if n > 1 else over([])
        assert found.quadratic.profile(np.array([at]), 0)[0] == pytest.approx(least, abs=1e-6)


def test_the_least_place_of_a_noisy_distance_is_that_of_a_search_by_itself():
    for seed in range(6):
        given_ = Noisy(seed, 1 + seed % 2)
        found = given_.searched()
        own = minimize(
            lambda place, of=given_: of.known(place[None]).values[0],
            found.place,
            method="Nelder-Mead",
            options={"xatol": 1e-6, "fatol": 1e-10},
        ).x
        deviation = np.sqrt(np.diag(found.covariance))
        assert (np.abs(found.place - own) < 0.25 * deviation).all()


def test_intervals_hold_the_truth_as_often_as_they_say():
    hits, standard = [], []
    for seed in range(120):
        given_ = Noisy(1000 + seed, 1)
        found = given_.searched(rounds=3, points=10)
        sides = [side[:, 0] for side in found.pseudo]
        one = intervals.of_jackknife(found.place[0], sides, 0)
        hits.append(one.ci_low <= given_.truth[0] <= one.ci_high)
        standard.append((found.place[0] - given_.truth[0]) / found.covariance[0, 0] ** 0.5)
    assert 0.88 <= np.mean(hits) <= 0.99  # 95 %, with a standard error of 2 %
    assert abs(np.mean(standard)) < 0.35
    assert 0.8 < np.std(standard) < 1.25


def test_the_step_of_a_left_out_replicate_is_that_of_a_new_search():
    """The jackknife's values against quadratics put through what is left without each replicate."""
    given_ = Noisy(3, 1, noise=0.3)
    region = Region(given_.truth.copy(), np.array([[0.05]]))
    known = given_.known(region.spread(16, 1))
    found = surrogate.least(known, region)
    for side, pseudo in zip(known.without, found.pseudo, strict=False):
        size = side.shape[1]
        for k in range(size):
            left = found.place[0] * size / (size - 1) - pseudo[k, 0] / (size - 1)
            own = np.polyfit(known.places[:, 0], side[:, k], 2)
            searched = -own[1] / own[0] / 2
            assert left - found.place[0] == pytest.approx(
                searched - found.place[0], rel=0.25, abs=2e-4
            )


def test_a_bottom_beyond_the_bounds_is_at_one_and_not_found():
    places = Region.whole(2).spread(16, 1)
    known = quadratic_known(places, np.array([1.3, 0.4]), np.eye(2))
    found = surrogate.least(known, Region.whole(2))
    np.testing.assert_allclose(found.place, [1.0, 0.4], atol=1e-6)
    assert not found.found


def test_a_coordinate_that_nothing_depends_on_is_open():
    noisy = Noisy(5, 2, noise=0.2, flat=[1])
    found = noisy.searched()
    np.testing.assert_allclose(found.place[1] + found.reach[:, 1], [0, 1], atol=0.02)
    assert np.abs(found.reach[:, 0]).max() < 0.02
    assert found.covariance[0, 0] < 0.05**2
    assert abs(found.place[0] - noisy.truth[0]) < 4 * found.covariance[0, 0] ** 0.5


def test_what_has_no_value_is_skipped():
    noisy = Noisy(6, 1)
    known = noisy.known(Region.whole(1).spread(16, 1))
    values, without = known.values.copy(), [side.copy() for side in known.without]
    values[[0, 3]] = [np.inf, np.nan]
    for side in without:
        side[[0, 3]] = np.nan
    kept = known.of(np.setdiff1d(np.arange(16), [0, 3]))
    one = surrogate.least(Known(known.places, values, without), Region.whole(1))
    other = surrogate.least(kept, Region.whole(1))
    assert one.place == other.place
    few = known.of(np.arange(surrogate.fewest(1) - 1))
    with pytest.raises(ValueError, match="4 values"):
        surrogate.least(few, Region.whole(1))
    whole = Region.whole(1)
    assert surrogate.following(whole, few) is whole


@given(st.integers(1, 4), st.integers(1, 40), st.integers(0, 100))
def test_a_region_is_covered_evenly_and_within_bounds(n, number, seed):
    region = Region(np.full(n, 0.7), 0.3 * np.eye(n))
    places = region.spread(number, seed)
    assert places.shape == (number, n)
    assert ((places >= 0.4) & (places <= 1.0)).all()
    np.testing.assert_array_equal(places, region.spread(number, seed))
    if number == 16:
        counts = np.histogram(places[:, 0], 4, (0.4, 1.0))[0]
        assert (counts == 4).all()
    turned = Region(np.full(n, 0.9), 0.3 * np.linalg.qr(np.vander(np.arange(1.0, n + 1)))[0])
    places = turned.spread(number, seed)
    assert ((places >= 0) & (places <= 1)).all()
    np.testing.assert_allclose(
        turned.centre + turned.inside(places) @ turned.shape.T, places, atol=1e-12
    )


def test_a_region_lies_along_a_valley():
    noisy = Noisy(4, 2, noise=0.5)
    noisy.slopes[:, 1] = noisy.slopes[:, 0] + 0.1 * noisy.slopes[:, 1]
    noisy.target += noisy.pattern(noisy.truth) - noisy.target.mean(axis=0)
    known = []
    for number in range(4):
        known.append(noisy.known(surrogate.region(known, 2).spread(16, number)))
    region = surrogate.region(known, 2)
    lengths = np.linalg.norm(region.shape, axis=0)
    longest = region.shape[:, lengths.argmax()]
    assert lengths.max() > 2 * lengths.min()
    assert longest[0] / longest[1] == pytest.approx(-1, rel=0.2)


def test_regions_close_in_on_the_truth_and_keep_the_best_place():
    noisy = Noisy(8, 2, noise=0.3)
    known, halves = [], []
    for number in range(5):
        region = surrogate.region(known, 2)
        halves.append(abs(np.linalg.det(region.shape)))
        if known:
            whole = surrogate.together(known)
            best = whole.places[whole.values.argmin()]
            assert np.abs(region.inside(best[None])).max() <= 1
        known.append(noisy.known(region.spread(16, number)))
    assert (np.diff(halves) < 0).all()
    assert np.abs(region.inside(noisy.truth[None])).max() < 1
