import numpy as np
import pytest
from restmeg import InputError, fourier, library
from scipy import signal

LABELS = ["a", "b", "c"]


class Series:
    """What fourier needs of a recording, in pieces of an awkward length."""

    path = "a file"

    def __init__(self, values, sampling_rate, piece=333):
        self.values, self.sampling_rate, self.piece = values, sampling_rate, piece
        self.replicates = np.arange(len(values))
        self.n_samples = values.shape[1]
        self.labels = LABELS[: values.shape[2]]

    def pieces(self, k):
        for first in range(0, self.n_samples, self.piece):
            yield self.values[k, first : first + self.piece]


@pytest.fixture
def noise():
    return np.random.default_rng(3).normal(size=(2, 5000, 3))


def test_mean_square_is_the_power_that_scipy_finds(noise):
    found = fourier.estimate(Series(noise, 250.0), recorded=True)
    n_segments, length = fourier.segments(5000, 250.0)
    assert (n_segments, length) == (5, 1000)
    power = (np.abs(found.coefficients) ** 2).mean(axis=1)
    frequencies, expected = signal.welch(
        noise, 250.0, fourier.window(length), noverlap=0, detrend="constant", axis=1
    )
    kept = np.isin(frequencies.round(6), found.frequencies.round(6))
    # Per Hz and one-sided there, per 1 / ms of angular frequency and two-sided here.
    assert power * 2 / 1000 == pytest.approx(expected[:, kept], rel=1e-9)


def test_pieces_do_not_matter(noise):
    whole, pieces = (
        fourier.estimate(Series(noise, 250.0, piece), recorded=False) for piece in (5000, 77)
    )
    assert np.array_equal(whole.coefficients, pieces.coefficients)


@pytest.mark.parametrize(
    ("seconds", "number"), [(1.0, 1), (3.7, 1), (7.9, 1), (8.0, 2), (60.0, 15), (601.0, 150)]
)
def test_long_recordings_are_cut(seconds, number):
    found, length = fourier.segments(round(250 * seconds), 250.0)
    assert found == number
    assert number == 1 or abs(length / 250.0 - fourier.SEGMENT) < 0.1


def test_which_frequencies_count():
    resolution = 0.25
    simulated = fourier.bins(40_000, 10_000.0, recorded=False) * resolution
    assert (simulated[0], simulated[-1]) == (0.5, 100.0)
    recorded = fourier.bins(4000, 1000.0, recorded=True) * resolution
    assert recorded[-1] == 45.0
    coarse = fourier.bins(1000, 250.0, recorded=True) * resolution
    assert coarse[-1] == 31.25  # an eighth of the sampling rate
    chosen = fourier.bins(1000, 250.0, True, [4.0, 100.0]) * resolution
    assert (chosen[0], chosen[-1]) == (4.0, 100.0)
    beyond = fourier.bins(1000, 250.0, True, [4.0, 200.0]) * resolution
    assert beyond[-1] < 125.0


def test_a_band_between_two_frequencies_is_refused():
    with pytest.raises(
        InputError, match=r"fit\.frequencies: no frequency between 4\.1 and 4\.2 Hz"
    ):
        fourier.bins(1000, 250.0, True, [4.1, 4.2])


def test_without_a_sampling_rate_or_in_too_short_a_recording_there_are_no_frequencies(noise):
    for series in (Series(noise, None), Series(noise[:, :20], 1000.0)):
        found = fourier.estimate(series, recorded=True)
        assert found.coefficients.shape == (2, 1, 0, 3)
        assert found.frequencies.shape == (0,)


def test_a_constant_is_taken_out_and_leaks_nowhere(noise):
    plain, raised = (
        fourier.estimate(Series(noise + level, 250.0), recorded=False) for level in (0.0, 1e3)
    )
    assert np.abs(plain.coefficients - raised.coefficients).max() < 1e-9


def test_file(tmp_path):
    activity = library.simulate(
        "example", duration="1 s", transient="500 ms", replicates=3, progress=False
    )
    path, one, other = tmp_path / "activity.nc", tmp_path / "a.nc", tmp_path / "b.nc"
    for batch, made in ((slice(2, 3), other), (slice(0, 2), one)):
        activity.isel(replicate=batch).to_netcdf(path)
        fourier.estimate_file(path, False, [4.0, 40.0], "p0", made)
        path.unlink()
    found, recorded = fourier.read([other, one])
    assert not recorded
    assert found.replicates.tolist() == [0, 1, 2]
    assert found.coefficients.shape == (3, 1, len(found.frequencies), 8)
    assert found.frequencies[[0, -1]].tolist() == [4.0, 40.0]
    series = Series(activity.rate_E.values[..., :3], 10_000.0)
    expected = fourier.estimate(series, False, [4.0, 40.0])
    assert np.allclose(found.coefficients[..., :3], expected.coefficients, rtol=1e-6, atol=1e-12)
