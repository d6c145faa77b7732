import numpy as np
import pytest
import xarray as xr
from restmeg import InputError, recording

LABELS = [f"R{k}" for k in range(6)]


def written(path, n_samples=500, times=None, units=None, replicates=3):
    series = np.random.default_rng(0).normal(size=(replicates, n_samples, 6))
    dataset = xr.Dataset({"rate_E": (("replicate", "time", "region"), series)}, {"region": LABELS})
    if times is not None:
        dataset = dataset.assign_coords(time=("time", times, {"units": units} if units else {}))
    dataset.to_netcdf(path)
    return path


def rate_of(path, sampling_rate=None):
    with recording.opened(path, LABELS, {"sampling_rate": sampling_rate}) as found:
        return found.sampling_rate


@pytest.mark.parametrize(
    ("step", "units", "expected"),
    [
        (0.004, "s", 250),
        (4, "ms", 250),
        (1 / 600, "seconds", 600),
        (1e6, "ns", 1000),
        (0.004, "seconds since 2024-01-01", 250),
    ],
)
@pytest.mark.parametrize("start", [0, 12.5])
def test_the_sampling_rate_is_that_of_the_time_axis(tmp_path, step, units, expected, start):
    times = start + step * np.arange(500)
    path = tmp_path / "recording.nc"
    dataset = xr.Dataset(
        {
            "rate_E": (("time", "region"), np.ones((500, 6))),
            "time": ("time", times, {"units": units}),
        },
        {"region": LABELS},
    )
    dataset.to_netcdf(path)
    assert rate_of(path) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
    ("times", "rate"),
    [
        (np.arange(300_000, dtype=np.float32) / 1000, 1000),  # steps of 0.98 and 1.01 ms
        (np.rint(np.arange(6000) * 1000 / 600) / 1000, 600),  # whole ms
    ],
)
def test_times_may_be_rounded(tmp_path, times, rate):
    path = tmp_path / "recording.nc"
    xr.Dataset(
        {"rate_E": (("time", "region"), np.ones((len(times), 6), np.float32))},
        {"region": LABELS, "time": ("time", times, {"units": "s"})},
    ).to_netcdf(path)
    assert rate_of(path) == pytest.approx(rate, rel=1e-3)


@pytest.mark.parametrize("units", ["1", "samples", "mm"])
def test_a_time_axis_in_other_units_says_no_rate(tmp_path, units):
    path = written(tmp_path / "recording.nc", times=np.arange(500.0), units=units)
    assert rate_of(path) is None


def test_time_that_xarray_writes_of_its_own_accord_is_read(tmp_path):
    path = tmp_path / "recording.nc"
    times = np.arange(500) * np.timedelta64(4, "ms")
    written(path, times=times.astype("timedelta64[ns]"))
    assert rate_of(path) == 250


def test_without_a_time_axis_the_configuration_says_the_rate(tmp_path):
    path = written(tmp_path / "recording.nc")
    assert rate_of(path) is None
    assert rate_of(path, 250.0) == 250
    path = written(tmp_path / "bare.nc", times=np.arange(500.0))
    assert rate_of(path) is None  # numbers without a unit say nothing
    assert rate_of(path, 250.0) == 250


def test_another_rate_than_the_file_s_is_refused(tmp_path):
    path = written(tmp_path / "recording.nc", times=0.004 * np.arange(500), units="s")
    assert rate_of(path, 250.0) == 250
    with pytest.raises(InputError) as caught:
        rate_of(path, 1000.0)
    assert str(caught.value) == (
        f"config: target.sampling_rate: 1000 Hz, but {path} has a time axis of 250 Hz; expected "
        "the same or auto"
    )


@pytest.mark.parametrize(
    ("times", "message"),
    [
        (np.arange(500.0)[::-1], "time has steps from -1 to -1; expected even ones, forward"),
        (np.zeros(500), "time has steps from 0 to 0; expected even ones, forward"),
        (
            np.r_[np.arange(250.0), 300 + np.arange(250.0)],
            "time has steps from 1 to 51; expected even ones, forward",
        ),
        (
            np.delete(np.arange(501.0), 250),
            "time has steps from 1 to 2; expected even ones, forward",
        ),
        (np.array([f"t{k}" for k in range(500)]), "time is not made of finite numbers; expected"),
    ],
)
def test_a_time_axis_that_is_none_is_refused(tmp_path, times, message):
    path = written(tmp_path / "recording.nc", times=times, units="s")
    with pytest.raises(InputError) as caught:
        rate_of(path)
    assert str(caught.value).startswith(f"{path}: {message}")


def test_pieces_are_the_whole_replicate_in_the_connectome_s_order(tmp_path, monkeypatch):
    path = written(tmp_path / "recording.nc")
    order = LABELS[::-1]
    with xr.open_dataset(path) as dataset:
        expected = dataset.rate_E.values[1][:, ::-1]
    monkeypatch.setattr(recording.store, "piece_length", lambda width: 70)
    with recording.opened(path, order) as found:
        pieces = list(found.pieces(1))
        assert [len(piece) for piece in pieces] == [70] * 7 + [10]
        np.testing.assert_array_equal(np.concatenate(pieces), expected)
        assert np.array_equal(np.concatenate(list(found.pieces(1, 100, 333))), expected[100:333])


@pytest.mark.parametrize(
    ("names", "numbered"),
    [
        (["parcel_0", "parcel_1", "parcel_2"], True),
        (["1", "2", "3"], True),
        (["R1", "R2", "R3"], True),
        (["V1", "M1", "BA4"], False),
        (["parcel_0", "parcel_2", "parcel_3"], False),
        (["parcel_7", "parcel_8"], False),
        (["parcel_1", "parcel_0"], False),
        (["front", "back"], False),
    ],
)
def test_which_names_are_of_no_regions(names, numbered):
    """M1 and V1 are; whoever takes them for numbers takes one region for another."""
    assert recording.numbered(names) == numbered
