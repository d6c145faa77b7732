"""Filters against SciPy's and a plain convolution; what bands are refused."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from restmeg import InputError, bands
from scipy import signal

RATE = 250.0


@pytest.mark.parametrize("limits", bands.USUAL.values(), ids=bands.USUAL)
def test_the_real_part_of_a_filter_is_that_of_scipy(limits):
    own = bands.taps(*limits, RATE)
    expected = signal.firwin(len(own), limits, pass_zero=False, fs=RATE, window="hamming")
    window = np.hamming(len(own))
    expected -= window * expected.sum() / window.sum()
    np.testing.assert_allclose(own.real, expected, rtol=2e-4, atol=1e-15)
    assert abs(own.sum()) < 1e-15


@pytest.mark.parametrize("limits", bands.USUAL.values(), ids=bands.USUAL)
def test_a_filter_passes_its_band_and_nothing_of_negative_frequency(limits):
    low, high = limits
    own = bands.taps(low, high, RATE)
    seconds = (np.arange(len(own)) - len(own) // 2) / RATE

    def passed(hertz):
        return np.abs(own @ np.exp(-2j * np.pi * np.outer(seconds, hertz)))

    middle, edge = (low + high) / 2, bands.edge(low, high)
    assert passed([middle]) == pytest.approx(2, rel=0.002)  # of a real series' two halves one
    assert passed([low, high]) == pytest.approx(np.ones(2), rel=0.01)
    beyond = np.r_[-np.linspace(0, 60, 200), low - edge / 2, np.linspace(high + edge / 2, 60, 50)]
    assert passed(beyond).max() < 0.006


def plain(series, limits):
    """The analytic signal by a convolution, of samples that do not see an end."""
    own = bands.taps(*limits, RATE)
    columns = (series - series[0]).T
    return np.stack([np.convolve(column, own, mode="valid") for column in columns], axis=1)


@settings(deadline=None, max_examples=20)
@given(st.integers(1500, 9000), st.lists(st.integers(1, 8999), max_size=5))
def test_pieces_of_any_length_are_filtered_as_one(n_samples, cuts):
    series = np.random.default_rng(n_samples).standard_normal((n_samples, 3)).cumsum(axis=0) + 7
    given_bands = {"alpha": (8.0, 13.0), "theta": (4.0, 8.0)}
    filters = bands.Filters(given_bands, RATE)
    found = {name: np.full((n_samples, 3), np.nan, complex) for name in given_bands}
    for first, name, part in filters.analytic(np.split(series, sorted({*cuts}))):
        assert np.isnan(found[name][first : first + len(part)]).all()
        found[name][first : first + len(part)] = part
    for name, limits in given_bands.items():
        kept = slice(filters.reach, n_samples - filters.reach)
        np.testing.assert_allclose(found[name][kept], plain(series, limits), atol=1e-10)
        assert np.isnan(found[name][: filters.reach]).all()


def test_a_mean_makes_no_difference_and_silence_stays_silent():
    rng = np.random.default_rng(2)
    series = rng.standard_normal((4000, 2))
    series[:, 1] = 0.25
    filters = bands.Filters({"alpha": (8.0, 13.0)}, RATE)
    ((_, _, one),) = filters.analytic([series])
    ((_, _, other),) = filters.analytic([series + 1000.0])
    np.testing.assert_allclose(one, other, atol=1e-9)
    assert (one[:, 1] == 0).all()


def test_what_stands_before_a_filter_begins_changes_nothing_however_large():
    rng = np.random.default_rng(2)
    series = rng.standard_normal((4000, 2))
    filters = bands.Filters({"alpha": (8.0, 13.0)}, RATE)
    ((first, _, one),) = filters.analytic([series])
    series[:10] += 1e6  # the first sample among them, which series are taken about
    ((_, _, other),) = filters.analytic([series])
    after = 10 + filters.reach - first
    np.testing.assert_allclose(one[after:], other[after:], atol=1e-7)


def test_a_rhythm_has_its_envelope_and_phase():
    seconds = np.arange(10 * int(RATE)) / RATE
    envelope = 1 + 0.5 * np.cos(2 * np.pi * 0.3 * seconds)
    rhythm = envelope * np.cos(2 * np.pi * 10 * seconds + 0.7)
    filters = bands.Filters({"alpha": (8.0, 13.0)}, RATE)
    ((first, _, found),) = filters.analytic([rhythm[:, None]])
    kept = slice(first, first + len(found))
    np.testing.assert_allclose(np.abs(found[:, 0]), envelope[kept], atol=0.01)
    turned = found[:, 0] * np.exp(-1j * (2 * np.pi * 10 * seconds[kept] + 0.7))
    assert np.abs(np.angle(turned)).max() < 0.01


@pytest.mark.parametrize(
    ("given_bands", "edges", "rate", "seconds", "message"),
    [
        ({"high": (30, 60)}, 2000, 100, 60, "high: 30 Hz to 60 Hz, but it is sampled at 100"),
        (
            {"slow": (0.5, 1)},
            2000,
            250,
            60,
            "slow: 0.5 Hz to 1 Hz: its filter takes 3.3 s at",
        ),
        (
            {"alpha": (8, 13)},
            2000,
            250,
            3.7,
            "2 s at each end leave 0 s of it, which is 3.7",
        ),
        ({"alpha": (8, 13)}, 2000, 250, 4.9, "leave 0.9 s of it"),
    ],
)
def test_bands_that_series_do_not_have_are_refused(given_bands, edges, rate, seconds, message):
    with pytest.raises(InputError, match=message):
        bands.check(given_bands, edges, rate, seconds, "it")
    bands.check({}, edges, rate, seconds, "it")


def test_bands_are_those_of_the_user_or_the_usual_ones_if_they_are_needed():
    assert bands.of(None, needed=False) == {}
    assert bands.of(None, needed=True) == bands.USUAL
    assert bands.of({"mu": [9, 11]}, needed=False) == {"mu": (9, 11)}
    with pytest.raises(InputError, match="mu: 11 Hz to 9 Hz; expected the lower one first"):
        bands.of({"mu": [11, 9]}, needed=True)
    with pytest.raises(InputError, match="broadband: is what is not filtered"):
        bands.of({"broadband": [9, 11]}, needed=True)
