"""Measures of the analytic signal against plain double loops, other tools and known truths."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from restmeg import InputError, estimands, estimation, measures
from restmeg.bands import BROADBAND
from restmeg.estimands import Asked, Kind

ANALYTIC = [name for name, one in measures.MEASURES.items() if one.analytic]
ALONE = {"envelope_correlation": 1.0, "phase_locking_value": 1.0}  # with itself; of others 0


def correlation(a, b):
    return np.corrcoef(a, b)[0, 1]


def orthogonalised(a, b):
    """Hipp et al. 2012, of one direction and the other."""
    onto = [correlation(np.abs((y * x.conj() / abs(x)).imag), abs(x)) for x, y in ((a, b), (b, a))]
    return sum(onto) / 2


def lagged(a, b):
    return (a * b.conj()).imag


PLAIN = {
    "envelope_correlation": lambda a, b: correlation(abs(a), abs(b)),
    "orthogonalised_envelope_correlation": orthogonalised,
    "phase_locking_value": lambda a, b: abs(np.exp(1j * (np.angle(a) - np.angle(b))).mean()),
    "phase_lag_index": lambda a, b: abs(np.sign(lagged(a, b)).mean()),
    "weighted_phase_lag_index": lambda a, b: abs(lagged(a, b).mean()) / abs(lagged(a, b)).mean(),
    "imaginary_coherence": lambda a, b: (
        abs((a * b.conj()).mean().imag) / np.sqrt((abs(a) ** 2).mean() * (abs(b) ** 2).mean())
    ),
}


def signals(n_samples, n_regions, seed=0, shared=0.7):
    """Complex noise with a part that all regions share, each with a phase of its own."""
    rng = np.random.default_rng(seed)
    own = rng.standard_normal((2, n_samples, n_regions))
    common = rng.standard_normal((2, n_samples, 1))
    turned = np.exp(1j * np.linspace(0, 1.5, n_regions))
    return own[0] + 1j * own[1] + shared * (common[0] + 1j * common[1]) * turned


def measured(name, series, cuts=()):
    estimator = measures.estimator(name)
    for piece in np.split(series, sorted({*cuts})):
        estimator.add(piece)
    return estimator.result()


@pytest.mark.parametrize("name", ANALYTIC)
@pytest.mark.parametrize("n_regions", [2, 8, 11])
def test_a_measure_is_that_of_a_plain_double_loop(name, n_regions):
    series = signals(500, n_regions)
    found = measured(name, series, [3, 300])
    for i, j in itertools.permutations(range(n_regions), 2):
        assert found[i, j] == pytest.approx(PLAIN[name](series[:, i], series[:, j]), abs=1e-12)
    np.testing.assert_allclose(np.diag(found), ALONE.get(name, 0.0), atol=1e-12)
    np.testing.assert_array_equal(found, found.T)


def test_every_measure_has_a_plain_one():
    assert set(PLAIN) == set(ANALYTIC)


@settings(deadline=None, max_examples=20)
@given(st.sampled_from(ANALYTIC), st.lists(st.integers(0, 400), max_size=6))
def test_pieces_of_any_length_give_the_same(name, cuts):
    series = signals(400, 5)
    np.testing.assert_allclose(
        measured(name, series, cuts), measured(name, series), rtol=0, atol=1e-12
    )


@pytest.mark.parametrize("name", ANALYTIC)
def test_scale_sign_and_phase_of_a_region_are_its_own(name):
    series = signals(300, 4)
    changed = series * np.array([2.0, 0.01, 1e6, 1.0])
    np.testing.assert_allclose(measured(name, changed), measured(name, series), atol=1e-10)
    flipped = series * np.array([-1, 1, -1, 1])
    np.testing.assert_allclose(measured(name, flipped), measured(name, series), atol=1e-12)


@pytest.mark.parametrize("name", ANALYTIC)
def test_what_is_shared_without_delay_counts_or_does_not(name):
    """Uncoupled sources that leak into each other, as a reconstruction's do."""
    rng = np.random.default_rng(5)
    own = rng.standard_normal((20_000, 2)) + 1j * rng.standard_normal((20_000, 2))
    leaked = own @ np.array([[1.0, 0.6], [0.6, 1.0]])
    found = measured(name, leaked)[0, 1]
    if name in ("envelope_correlation", "phase_locking_value"):
        assert found > 0.5
    else:
        assert abs(found) < 0.03


@pytest.mark.parametrize("name", ANALYTIC)
def test_a_silent_region_has_no_value_and_others_have_theirs(name):
    series = signals(300, 4)
    series[:, 2] = 0
    with np.errstate(all="raise", under="ignore"):
        found = measured(name, series)
    assert np.isnan(found[2]).all()
    assert np.isnan(found[:, 2]).all()
    rest = np.ix_([0, 1, 3], [0, 1, 3])
    np.testing.assert_allclose(found[rest], measured(name, series[:, [0, 1, 3]]), atol=1e-12)


def test_the_same_series_twice_has_no_lag():
    series = signals(300, 2)[:, [0, 0]]
    for name in ("phase_lag_index", "weighted_phase_lag_index", "imaginary_coherence"):
        assert measured(name, series)[0, 1] == pytest.approx(0, abs=1e-15)
    assert measured("phase_locking_value", series)[0, 1] == pytest.approx(1)


@pytest.mark.parametrize("name", ANALYTIC)
def test_no_samples_are_refused(name):
    with pytest.raises(InputError, match="series: 0 samples; expected at least"):
        measures.estimator(name).result()


class Series:
    """Series as `estimation` wants them, in pieces."""

    def __init__(self, values, rate=250.0, length=700):
        self.values, self.sampling_rate, self.length = values, rate, length
        self.replicates, self.labels = np.arange(len(values)), list("abcde")[: values.shape[2]]
        self.n_samples = values.shape[1]
        self.read = 0

    def pieces(self, k):
        self.read += 1
        yield from np.split(self.values[k], range(self.length, self.n_samples, self.length))


BANDS = {"alpha": (8.0, 13.0), "beta": (13.0, 30.0)}


def test_a_replicate_is_read_once_for_all_measures_and_bands():
    rng = np.random.default_rng(1)
    series = Series(rng.standard_normal((2, 5000, 3)))
    asked = Asked(["pearson", *ANALYTIC], BANDS, 2000.0)
    found = estimation.estimate(series, asked, "simulated")
    assert series.read == 2
    kinds = [Kind("pearson", BROADBAND), Kind("pearson", "alpha"), Kind("pearson", "beta")]
    kinds += [Kind(name, band) for name in ANALYTIC for band in BANDS]
    assert found.kinds == kinds
    assert found.fc.shape == (len(kinds), 2, 3, 3)
    assert np.isfinite(found.fc).all()
    np.testing.assert_allclose(found.fc[0, 1], np.corrcoef(series.values[1].T), atol=1e-12)


def test_bands_are_of_what_is_left_between_the_edges():
    """Whatever stands before the edges less the filter's reach changes nothing."""
    rng = np.random.default_rng(1)
    values = rng.standard_normal((1, 4000, 3))
    asked = Asked(["phase_locking_value", "pearson"], {"alpha": BANDS["alpha"]}, 2000.0)
    one = estimation.estimate(Series(values), asked, "simulated")
    changed = values.copy()
    reach = 207  # samples of the filter, 1.65 s / 2 at 250 Hz
    changed[:, 1 : 500 - reach] = 100 * rng.standard_normal((1, 499 - reach, 3))
    changed[:, 3500 + reach :] *= -50
    other = estimation.estimate(Series(changed), asked, "simulated")
    for kind, ours, theirs in zip(one.kinds, one.fc, other.fc, strict=True):
        assert np.allclose(ours, theirs, atol=1e-9) == (kind.band == "alpha")


def test_a_single_recording_is_cut_into_segments_in_each_band():
    rng = np.random.default_rng(1)
    series = Series(rng.standard_normal((1, 6000, 3)))
    found = estimation.estimate(series, Asked(["phase_locking_value"], BANDS, 2000.0), "target")
    assert found.segments.shape == (2, 10, 3, 3)
    assert (found.segments.mean(axis=1)[:, 0, 1] > found.fc[:, 0, 0, 1]).all()  # by chance


def test_without_a_rate_there_is_no_band():
    series = Series(np.ones((1, 6000, 3)), rate=None)
    with pytest.raises(InputError, match="activity: its sampling rate is not known"):
        estimation.estimate(series, Asked(["phase_locking_value"], BANDS), "target")
    estimation.estimate(
        Series(np.random.default_rng(1).random((1, 99, 3)), None), Asked(["pearson"]), "x"
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"measures": ["phase_lag_index"], "bands": {}}, "bands: found none, but phase_lag_index"),
        ({"edges": 500.0}, "connectivity.edges: has no effect without bands"),
    ],
)
def test_what_cannot_be_estimated_is_refused(changes, message):
    usual = {"measures": ["pearson"], "bands": None, "edges": 2000.0, "windows": 0.0}
    with pytest.raises(InputError, match=message):
        estimands.asked(usual | changes)


def test_what_a_measure_has_not_is_nan_in_a_file():
    kinds = estimands.kinds(["phase_lag_index", "pearson"], [BROADBAND, "alpha"])
    names, found_bands, values = estimands.over_bands(kinds, np.arange(3.0))
    assert names == ["phase_lag_index", "pearson"]
    assert found_bands == ["alpha", BROADBAND]
    np.testing.assert_array_equal(values, [[0, np.nan], [2, 1]])
    assert estimands.kinds(["one of my own"], [BROADBAND]) == [("one of my own", BROADBAND)]
