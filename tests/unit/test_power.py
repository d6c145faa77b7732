"""Power spectra beside SciPy's and those of theory, and what files of them hold."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from restmeg import InputError, library, power, segments
from restmeg.bands import USUAL
from restmeg.theory import spectra
from restmeg.theory.settled import settle
from scipy import signal
from test_fourier import Series

BANDS = np.array([*USUAL.values()])


@pytest.fixture
def noise():
    return np.random.default_rng(3).normal(size=(2, 5000, 3)).cumsum(axis=1)


@pytest.mark.parametrize("n_samples", [37, 1000, 1001, 1501, 4999, 5000])
@pytest.mark.parametrize("rate", [250.0, 177.3, 60.0])
def test_power_is_that_of_scipy(noise, n_samples, rate):
    found = power.estimate(Series(noise[:, :n_samples], rate), rate)
    _, length, _ = power.cut(n_samples, rate)
    frequencies, expected = signal.welch(noise[:, :n_samples], rate, nperseg=length, axis=1)
    kept = (frequencies > 0) & (frequencies <= 100.0 + 1e-9)
    assert found.frequencies == pytest.approx(frequencies[kept], rel=1e-12)
    assert len(found.frequencies) > 5
    np.testing.assert_allclose(found.power, expected[:, kept].swapaxes(1, 2), rtol=1e-10)


def test_of_a_recording_nothing_counts_that_a_filter_has_touched(noise):
    noise = noise[:, :4000]  # segments of 4 s
    found = power.estimate(Series(noise, 200.0), 200.0, recorded=True)
    assert found.frequencies[-1] == 84.0
    assert power.estimate(Series(noise, 200.0), 200.0).frequencies[-1] == 100.0
    assert power.estimate(Series(noise, 1000.0), 1000.0, recorded=True).frequencies[-1] == 100.0


@given(st.integers(2, 100_000), st.floats(1.0, 5000.0))
def test_segments_fill_a_replicate_and_are_about_as_long_as_wanted(n_samples, rate):
    number, length, step = power.cut(n_samples, rate)
    left = n_samples - length - (number - 1) * step
    assert 0 <= left < step
    seconds = n_samples / rate
    if seconds < 4:
        assert (number, length) == (1, n_samples)
    else:
        assert 3.2 - 2 / rate <= length / rate <= 5.0
    assert step in (length, length / 2)


@given(st.integers(1, 3000))
def test_pieces_do_not_matter(piece):
    values = np.random.default_rng(0).normal(size=(1, 2500, 2))
    whole, pieces = (power.estimate(Series(values, 250.0, of), 250.0).power for of in (2500, piece))
    np.testing.assert_array_equal(whole, pieces)


def test_a_long_series_is_held_a_segment_at_a_time():
    """Twelve segments' worth of a wide series takes the room of a few."""
    n_samples, n = 30_000, 200

    class Wide(Series):
        def __init__(self):
            self.labels, self.replicates, self.n_samples = list(range(n)), [0], n_samples

        def pieces(self, _):
            for k in range(n_samples // 1000):
                yield np.random.default_rng(k).normal(size=(1000, n)).astype(np.float32)

    tracemalloc.start()
    power.estimate(Wide(), 250.0)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 4 * n_samples * n / 2  # bytes of half the series


def test_mean_power_is_that_of_linear_theory(model, example):
    """The bundled study: ratios of 8 regions in 5 bands within four standard errors of one."""
    activity = library.simulate("example", duration="4 s", replicates=20, progress=False)
    series = Series(activity.rate_E.values, 10_000.0)
    series.labels = activity.region.values
    found = power.estimate(series, 10_000.0)
    settled = settle(*example, model, 0.1)
    expected = spectra.power(settled.net, found.frequencies)
    z = []
    for low, high in USUAL.values():
        inside = (found.frequencies >= low) & (found.frequencies < high)
        ratio = found.power[..., inside].sum(axis=-1) / expected[:, inside].sum(axis=-1)
        z.append((ratio.mean(axis=0) - 1) / (ratio.std(axis=0, ddof=1) / np.sqrt(len(ratio))))
    assert np.abs(z).max() < 4
    assert 0.7 < np.sqrt(np.mean(np.square(z))) < 1.4


FREQUENCIES = np.arange(1, 401) / 4


@given(st.floats(4.0, 44.0), st.floats(0.5, 3.0), st.floats(1e-30, 1e30))
def test_the_highest_peak_is_where_it_was_put(middle, width, scale):
    """A parabola in the logarithm is found exactly; a lower one elsewhere is not taken for it."""
    low = -0.5 * ((FREQUENCIES - middle) / width) ** 2
    other = -3 - 0.5 * ((FREQUENCIES - (middle + 20) % 45) / width) ** 2
    steep = np.exp(low) * scale
    found = power.peaks(FREQUENCIES, np.stack([steep, np.exp(np.maximum(low, other)) * scale]))
    assert found == pytest.approx([middle, middle], abs=1e-6)


def test_a_peak_at_an_end_or_outside_is_none():
    falling = 1 / FREQUENCIES
    at_two, at_fifty = (falling + np.exp(-((FREQUENCIES - f) ** 2)) for f in (2, 50))
    silent = np.zeros_like(falling)
    found = power.peaks(FREQUENCIES, np.stack([falling, FREQUENCIES, at_two, at_fifty, silent]))
    assert np.isnan(found).all()
    assert np.isnan(power.peaks(FREQUENCIES[:2], np.ones((3, 2)))).all()


@given(st.integers(1, 8), st.floats(1e-20, 1e20))
def test_shares_of_the_usual_bands_are_a_whole(resolution, scale):
    frequencies = np.arange(1, 101 * resolution) / resolution
    values = np.random.default_rng(resolution).uniform(0.1, 1, (2, 3, len(frequencies)))
    found = power.shares(frequencies, scale * values)
    assert found.sum(axis=-1) == pytest.approx(np.ones((2, 3)), rel=1e-12)
    flat = power.shares(frequencies, np.ones(len(frequencies)))
    assert flat == pytest.approx((BANDS[:, 1] - BANDS[:, 0]) / 44, rel=1e-12)


def test_a_band_without_a_frequency_and_a_silent_region_have_no_share():
    frequencies = np.array([20.0, 40.0, 60.0])
    found = power.shares(frequencies, np.array([[1.0, 3.0, 9.0], [0.0, 0.0, 0.0]]))
    np.testing.assert_array_equal(found[0], [np.nan, np.nan, np.nan, 0.25, 0.75])
    assert np.isnan(found[1]).all()


def test_a_silent_region_has_no_power_at_all(noise):
    noise[0, :, 1] = 0.1  # whose mean is not 0.1 in double precision
    found = power.estimate(Series(noise, 250.0), 250.0)
    assert not found.power[0, 1].any()
    assert found.power[1].all()


@pytest.fixture
def files(tmp_path):
    """spectra.nc of two batches of three replicates, and their activity."""
    activity = library.simulate(
        "example", duration="1 s", transient="500 ms", replicates=3, progress=False
    )
    path, made = tmp_path / "activity.nc", []
    for batch in (slice(2, 3), slice(0, 2)):
        activity.isel(replicate=batch).to_netcdf(path)
        made.append(tmp_path / f"{batch.start}.nc")
        power.estimate_file(path, "simulated", "pa", False, made[-1])
        path.unlink()
    return made, activity


def test_files_hold_all_replicates_in_order(files):
    paths, activity = files
    labels = activity.region.values
    found = power.read(paths, "simulated", labels)
    assert (found.point, found.recorded, found.trouble) == ("pa", False, "")
    assert found.replicates.tolist() == [0, 1, 2]
    series = activity.rate_E.values.astype(float)
    _, expected = signal.welch(series, 10_000.0, nperseg=5000, axis=1)
    np.testing.assert_allclose(found.power, expected[:, 1:51].swapaxes(1, 2), rtol=1e-9)
    some = power.read(paths, "simulated", labels, [4.0, 40.0])
    assert some.frequencies[[0, -1]].tolist() == [4.0, 40.0]
    np.testing.assert_array_equal(some.power, found.power[..., 1:20])
    assert power.read(paths, "simulated", labels, [41.0, 41.5]).power.shape == (3, 8, 0)


@pytest.mark.parametrize(
    ("role", "turned", "twice", "message"),
    [
        ("target", False, False, "role simulated; expected target"),
        ("simulated", True, False, "its regions are not those of the connectome"),
        ("simulated", False, True, "replicate '2' is there more than once"),
    ],
)
def test_files_that_do_not_belong_together_are_refused(files, role, turned, twice, message):
    paths, activity = files
    labels = activity.region.values[:: -1 if turned else 1]
    with pytest.raises(InputError, match=message):
        power.read([*paths, *paths[: int(twice)]], role, labels)


def test_simulated_series_are_brought_to_a_recording(tmp_path):
    activity = library.simulate(
        "example", duration="5 s", transient="0 ms", replicates=1, sampling_interval="1 ms",
        progress=False,
    )  # fmt: skip
    activity.to_netcdf(tmp_path / "activity.nc")
    to = (1000, 250.0, 1000.0)
    power.estimate_file(tmp_path / "activity.nc", "simulated", "pa", True, tmp_path / "s.nc", to)
    found = power.read([tmp_path / "s.nc"], "simulated", activity.region.values)
    assert found.recorded
    (series,) = activity.rate_E.values.astype(float)
    series = signal.resample_poly(series, 1, 4, padtype="antireflect")[:1000]
    _, expected = signal.welch(series, 250.0, nperseg=1000, axis=0)
    np.testing.assert_allclose(found.power[0], expected[1:401].T, rtol=1e-6)
    assert segments.factor(1000.0, 250.0) == 1 / 4


@pytest.mark.parametrize(("rate", "trouble"), [(None, power.NO_RATE), (1e5, power.TOO_SHORT)])
def test_without_frequencies_a_file_says_why(tmp_path, rate, trouble):
    activity = library.simulate(
        "example", duration="20 ms", transient="10 ms", replicates=2, progress=False
    )
    times = activity.time.assign_attrs(units="ms" if rate else "")
    activity = activity.assign_coords(time=times * (1e4 / rate if rate else 1))
    activity["time"] = activity.time.assign_attrs(times.attrs)
    activity.to_netcdf(tmp_path / "activity.nc")
    with pytest.warns(UserWarning, match=trouble.replace("(", r"\(")):
        power.estimate_file(tmp_path / "activity.nc", "target", "pt", True, tmp_path / "s.nc")
    found = power.read([tmp_path / "s.nc"], "target", activity.region.values)
    assert found.power.shape == (2, 8, 0)
    assert found.trouble == trouble
