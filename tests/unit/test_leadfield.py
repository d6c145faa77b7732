import netCDF4
import numpy as np
import pytest
import xarray as xr
from restmeg import InputError, leadfield, projection, store

LABELS = np.array(["A", "B", "C"], dtype=object)
GAIN = np.array([[1.0, -2.0, 3.0, 0.1], [0.5, 0.25, 7.0, 0.2], [9.0, 8.0, -1.0, 0.3]])
SENSORS = ["MEG 01", "MEG 02", "MEG 03", "MEG 04"]


def dataset(gain=GAIN, regions=LABELS, units="T/(nA m)", dimensions=("region", "sensor")):
    attributes = {} if units is None else {"units": units}
    coordinates = {"region": regions, "sensor": SENSORS}
    return xr.Dataset({"gain": (("region", "sensor"), gain, attributes)}, coordinates).transpose(
        *dimensions
    )


def message_of(path):
    """The one line that reading is refused with, less the file it names."""
    with pytest.raises(InputError) as caught:
        leadfield.read(path, LABELS)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert "\n" not in message
    return message.removeprefix(f"{path}: ")


def assert_projection_is_refused(tmp_path, message):
    with pytest.raises(InputError) as caught:
        projection.project_file(
            tmp_path / "activity.nc", tmp_path / "leadfield.nc", 1.0, tmp_path / "sensors.nc"
        )
    assert str(caught.value) == message
    assert sorted(file.name for file in tmp_path.iterdir()) == ["activity.nc", "leadfield.nc"]


def write_activity(path, rate, labels):
    """A file of activity, (replicate, time, region), stored in pieces of time."""
    with store.new_netcdf(path, "Activity", {}) as activity:
        store.add(activity, "replicate", np.arange(len(rate)) + 10)
        times = np.arange(rate.shape[1]) * 0.5
        store.add(activity, "time", times)
        store.add(activity, "region", labels)
        series = store.add_series(activity, "rate_E", rate.shape)
        series[...] = rate


def test_the_synthetic_one_is_the_recipe():
    labels = np.array([f"R{k}" for k in range(8)], dtype=object)
    synthetic = leadfield.synthetic(labels, n_sensors=16, seed=1)
    raw = np.abs(np.random.default_rng(1).standard_normal((8, 16))) + 0.1
    np.testing.assert_array_equal(synthetic.gain, raw / raw.sum(axis=0))
    np.testing.assert_allclose(synthetic.gain.sum(axis=0), np.ones(16), rtol=1e-15)
    assert list(synthetic.sensors) == [f"S{k}" for k in range(16)]
    assert list(synthetic.labels) == list(labels)
    weak = leadfield.synthetic(labels, 16, 1, gain_sum=1e-13)
    np.testing.assert_array_equal(weak.gain, 1e-13 * (raw / raw.sum(axis=0)))


def test_the_synthetic_one_follows_its_seed():
    gains = [leadfield.synthetic(LABELS, 5, seed).gain for seed in (1, 1, 2)]
    assert np.array_equal(gains[0], gains[1])
    assert not np.array_equal(gains[0], gains[2])


def test_what_is_written_is_read_back(tmp_path):
    path = tmp_path / "leadfield.nc"
    written = leadfield.synthetic(LABELS, 5, seed=3)
    leadfield.write(path, written, "synthetic", seed=3)
    read = leadfield.read(path, LABELS)
    np.testing.assert_array_equal(read.gain, written.gain)
    assert list(read.labels) == list(LABELS)
    assert list(read.sensors) == list(written.sensors)
    with xr.open_dataset(path) as stored:
        assert stored["gain"].sel(region="B", sensor="S4") == written.gain[1, 4]
        assert stored["gain"].attrs["units"] == "T/(nA m)"
        assert stored.attrs["seed"] == 3


def test_an_npz_is_read(tmp_path):
    np.savez(tmp_path / "given.npz", gain=GAIN, labels=LABELS.astype(str))
    read = leadfield.read(tmp_path / "given.npz", LABELS)
    np.testing.assert_array_equal(read.gain, GAIN)
    assert list(read.sensors) == ["S0", "S1", "S2", "S3"]


def test_labels_as_bytes_are_decoded(tmp_path):
    np.savez(tmp_path / "given.npz", gain=GAIN[::-1], labels=LABELS[::-1].astype(bytes))
    np.testing.assert_array_equal(leadfield.read(tmp_path / "given.npz", LABELS).gain, GAIN)


@pytest.mark.parametrize("kind", ["npz", "nc"])
@pytest.mark.parametrize("order", [[2, 0, 1], [1, 2, 0], [2, 1, 0]])
def test_regions_are_brought_into_order(tmp_path, kind, order):
    path = tmp_path / f"given.{kind}"
    if kind == "npz":
        np.savez(path, gain=GAIN[order], labels=LABELS[order].astype(str))
    else:
        dataset().isel(region=order).to_netcdf(path)
    read = leadfield.read(path, LABELS)
    np.testing.assert_array_equal(read.gain, GAIN)
    assert list(read.labels) == list(LABELS)


@pytest.mark.parametrize(
    ("units", "factor"),
    [("T/(nA m)", 1), ("fT/(nA m)", 1e-15), ("T/(A m)", 1e-9), ("pT / (uA * mm)", 1e-12)],
)
@pytest.mark.parametrize("dimensions", [("region", "sensor"), ("sensor", "region")])
def test_units_are_converted_and_dimensions_told_by_name(tmp_path, units, factor, dimensions):
    dataset(units=units, dimensions=dimensions).to_netcdf(tmp_path / "given.nc")
    read = leadfield.read(tmp_path / "given.nc", LABELS)
    np.testing.assert_allclose(read.gain, GAIN * factor, rtol=1e-15)
    assert list(read.sensors) == SENSORS


EXPECTED = 'expected units such as "T/(nA m)"'
SAME = "the connectome has 3, and both must name the same ones"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (dataset(units=None), f"gain: no attribute 'units'; {EXPECTED}"),
        (dataset(units="T"), f"gain: unit 'T' is in tesla; {EXPECTED}"),
        (dataset(gain=GAIN * [1, 1, 1, np.nan]), "gain: missing values (3); expected none"),
        (
            dataset(gain=GAIN * [1, 1, 1, np.inf]),
            "gain[0, 3] is inf; expected finite values (3 of 12 are not)",
        ),
        (dataset(gain=GAIN.astype(str)), "gain: type object; expected real numbers"),
        (
            dataset(regions=["A", "B", "X"]),
            f"3 regions, without 'C'; {SAME}; the connectome has no 'X'",
        ),
        (dataset().isel(region=[0, 1]), f"2 regions, without 'C'; {SAME}"),
        (
            dataset(gain=np.ones((4, 4)), regions=list("ABCD")),
            f"4 regions; {SAME}; the connectome has no 'D'",
        ),
        (dataset().isel(region=[0, 1, 2, 2]), "region 'C' is there more than once"),
        (dataset().isel(sensor=[0, 1, 1]), "sensor 'MEG 02' is there more than once"),
        (dataset().drop_vars("sensor"), "no variable 'sensor'; found gain, region"),
        (
            dataset().rename_dims(sensor="coil"),
            "gain has dimensions ('region', 'coil'); expected 'region' and 'sensor'",
        ),
    ],
)
def test_a_netcdf_that_does_not_fit_is_refused(tmp_path, given, message):
    given.to_netcdf(tmp_path / "given.nc")
    assert message_of(tmp_path / "given.nc") == message


def test_values_that_were_never_written_are_refused(tmp_path):
    path = tmp_path / "given.nc"
    dataset().drop_vars("gain").to_netcdf(path)
    with netCDF4.Dataset(path, "a") as given:
        given.createVariable("gain", "f8", ("region", "sensor"))[0] = GAIN[0]
    assert message_of(path) == "gain: missing values (8); expected none"


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"gain": GAIN}, "no array 'labels'; found gain"),
        (
            {"gain": GAIN.T, "labels": ["A", "B", "C"]},
            "gain: shape (4, 3); expected (3 regions, sensors)",
        ),
        ({"gain": GAIN[0], "labels": ["A", "B", "C"]}, "gain: shape (4,); expected a matrix"),
        ({"gain": 1.0, "labels": ["A", "B", "C"]}, "gain: shape (); expected a matrix"),
        (
            {"gain": GAIN + 1j, "labels": ["A", "B", "C"]},
            "gain: type complex128; expected real numbers",
        ),
        (
            {"gain": GAIN.astype("U9"), "labels": ["A", "B", "C"]},
            "gain: type <U9; expected real numbers",
        ),
        (
            {"gain": GAIN * np.inf, "labels": ["A", "B", "C"]},
            "gain[0, 0] is inf; expected finite values (12 of 12 are not)",
        ),
        (
            {"gain": GAIN, "labels": ["A", "B", "b"]},
            f"3 regions, without 'C'; {SAME}; the connectome has no 'b'",
        ),
    ],
)
def test_an_npz_that_does_not_fit_is_refused(tmp_path, arrays, message):
    np.savez(tmp_path / "given.npz", **arrays)
    assert message_of(tmp_path / "given.npz") == message


@pytest.mark.parametrize(
    ("gain", "message"),
    [
        (
            GAIN * 1e300,
            "gain[0, 0] is 1e+300; expected at most 1000 T/(nA m) in size (12 of 12 are not)",
        ),
        (0 * GAIN, "gain is zero everywhere; expected a field at the sensors"),
    ],
)
def test_what_cannot_be_a_gain_is_refused(tmp_path, gain, message):
    np.savez(tmp_path / "given.npz", gain=gain, labels=LABELS.astype(str))
    assert message_of(tmp_path / "given.npz") == message
    dataset(gain=gain).to_netcdf(tmp_path / "given.nc")
    assert message_of(tmp_path / "given.nc") == message


def test_the_unit_of_an_npz_is_what_the_configuration_says(tmp_path):
    path = tmp_path / "given.npz"
    np.savez(path, gain=GAIN, labels=LABELS.astype(str))
    read = leadfield.read(path, LABELS, "T/(A m)")
    np.testing.assert_allclose(read.gain, GAIN * 1e-9, rtol=1e-15)
    np.testing.assert_array_equal(leadfield.read(path, LABELS, "auto").gain, GAIN)
    with pytest.raises(InputError, match=r"config: leadfield\.unit: unit 'mm' is in milli"):
        leadfield.read(path, LABELS, "mm")


def test_a_unit_that_contradicts_the_file_is_refused(tmp_path):
    path = tmp_path / "given.nc"
    dataset(units="fT/(nA m)").to_netcdf(path)
    for unit in ("auto", "fT/(nA m)"):
        np.testing.assert_allclose(leadfield.read(path, LABELS, unit).gain, GAIN * 1e-15)
    with pytest.raises(InputError) as caught:
        leadfield.read(path, LABELS, "T/(A m)")
    expected = f"T/(A m), but {path} says fT/(nA m); expected the same or auto"
    assert str(caught.value) == f"config: leadfield.unit: {expected}"
    dataset(units=None).to_netcdf(path)
    np.testing.assert_allclose(leadfield.read(path, LABELS, "T/(A m)").gain, GAIN * 1e-9)


def test_a_field_too_strong_to_be_stored_is_refused(tmp_path):
    write_activity(tmp_path / "activity.nc", np.zeros((1, 2, 3)), LABELS)
    dataset(units="T/(nA m)").to_netcdf(tmp_path / "leadfield.nc")
    with pytest.raises(InputError) as caught:
        projection.project_file(
            tmp_path / "activity.nc", tmp_path / "leadfield.nc", 1e30, tmp_path / "sensors.nc"
        )
    expected = "makes 9e+30 T of a unit of rate; expected at most 1e+30 T"
    assert str(caught.value) == f"config: leadfield.scale: {expected}"
    assert not (tmp_path / "sensors.nc").exists()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("missing.nc", "cannot be read as NetCDF ("),
        ("missing.npz", "cannot be read as .npz ("),
        (
            "leadfield.xls",
            "not a lead field file; expected a name that ends in .npz or .nc or .fif",
        ),
    ],
)
def test_what_is_no_such_file_is_refused(tmp_path, name, message):
    assert message_of(tmp_path / name).startswith(message)


@pytest.fixture(scope="module")
def projected(tmp_path_factory):
    """Three replicates of 70 regions at 40 sensors, over more than one stored piece of time."""
    folder = tmp_path_factory.mktemp("projected")
    rng = np.random.default_rng(5)
    labels = np.array([f"R{k}" for k in range(70)], dtype=object)
    rate = rng.uniform(0, 0.5, (3, 7001, 70)).astype(np.float32)
    gain = rng.standard_normal((70, 40)) * 1e-15
    sensors = np.array([f"MEG {k}" for k in range(40)], dtype=object)
    write_activity(folder / "activity.nc", rate, labels)
    leadfield.write(folder / "leadfield.nc", leadfield.LeadField(gain, labels, sensors), "x")
    for name in ("sensors.nc", "again.nc"):
        projection.project_file(folder / "activity.nc", folder / "leadfield.nc", 2.5, folder / name)
    return folder, rate.astype(np.float64) @ gain * 2.5


def test_the_field_is_the_rate_times_the_gain_to_32_bit_rounding(projected):
    folder, expected = projected
    with netCDF4.Dataset(folder / "sensors.nc") as stored:
        field = stored["field"]
        assert field.dtype == np.float32
        assert field.chunking()[1] < field.shape[1]
        # Half a last bit of 24, and what double precision leaves where terms cancel.
        np.testing.assert_allclose(field[...], expected, rtol=2.0**-24, atol=1e-14 * expected.max())


def test_sensors_say_which_replicate_when_where_and_in_what_unit(projected):
    folder, _ = projected
    with xr.open_dataset(folder / "sensors.nc") as read:
        assert read["field"].dims == ("replicate", "time", "sensor")
        assert read["field"].attrs == {"units": "T", "long_name": "magnetic field"}
        assert list(read["replicate"].values) == [10, 11, 12]
        assert read["time"].attrs == {"units": "ms", "long_name": "time at the end of the step"}
        assert read["time"].values[-1] == 3500
        assert read["sensor"].values[39] == "MEG 39"
        assert read.attrs["parameters"] == '{"scale": 2.5}'


def test_the_same_projection_gives_the_same_bytes(projected):
    folder, _ = projected
    assert (folder / "sensors.nc").read_bytes() == (folder / "again.nc").read_bytes()


def test_projecting_converts_the_units_of_the_lead_field(tmp_path):
    rate = np.array([[[1.0, 2.0, 4.0], [0.0, 0.0, 1.0]]])
    write_activity(tmp_path / "activity.nc", rate, LABELS)
    dataset(units="fT/(nA m)").to_netcdf(tmp_path / "leadfield.nc")
    projection.project_file(
        tmp_path / "activity.nc", tmp_path / "leadfield.nc", 1.0, tmp_path / "sensors.nc"
    )
    with netCDF4.Dataset(tmp_path / "sensors.nc") as stored:
        np.testing.assert_allclose(stored["field"][0], rate[0] @ GAIN * 1e-15, rtol=2.0**-24)


def test_a_projection_that_fails_leaves_no_file(tmp_path):
    write_activity(tmp_path / "activity.nc", np.zeros((1, 2, 3)), LABELS)
    dataset(units="T").to_netcdf(tmp_path / "leadfield.nc")
    message = f"{tmp_path}/leadfield.nc: gain: unit 'T' is in tesla; {EXPECTED}"
    assert_projection_is_refused(tmp_path, message)


@pytest.mark.parametrize("regions", [["A", "B", "X"], ["B", "A", "C"], ["A", "B"]])
def test_activity_of_other_regions_is_not_projected(tmp_path, regions):
    write_activity(tmp_path / "activity.nc", np.zeros((1, 2, len(regions))), regions)
    dataset().to_netcdf(tmp_path / "leadfield.nc")
    message = f"{tmp_path}/activity.nc: its regions are not those of {tmp_path}/leadfield.nc"
    assert_projection_is_refused(tmp_path, message)


def test_activity_with_missing_values_is_not_projected(tmp_path):
    rate = np.ma.masked_equal([[[1.0, 2.0, 4.0], [0.0, 0.0, 1.0]]], 4)
    write_activity(tmp_path / "activity.nc", rate, LABELS)
    dataset().to_netcdf(tmp_path / "leadfield.nc")
    message = f"{tmp_path}/activity.nc: rate_E: missing values (1); expected none"
    assert_projection_is_refused(tmp_path, message)
