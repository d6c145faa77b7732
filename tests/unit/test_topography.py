"""Maps of the field over the head, and the field at sensors of known kinds in a notebook."""

import json

import numpy as np
import pytest
import restmeg
import xarray as xr
from restmeg import InputError, epochs, leadfield, sensors, store
from restmeg.figures import topography

LABELS = ["a", "b", "c"]


def lead(system):
    given = {"source": "sphere", "path": None, "centres": None, "dipoles": None, "sensors": system}
    return leadfield.from_settings(given, LABELS, 50 * np.eye(3))


def test_sensors_are_laid_out_by_their_angle():
    origin = np.array(sensors.ORIGIN)
    above, front, right = origin + [0, 0, 0.1], origin + [0, 0.12, 0], origin + [0.11, 0, 0]
    found = topography.flat(np.array([above, front, right]))
    np.testing.assert_allclose(found, [[0, 0], [0, 1], [1, 0]], atol=1e-12)


def test_gradiometers_of_a_place_are_one():
    places = np.array([[0, 0, 1.0], [0, 1, 0], [0, 0, 1.0]])
    _, values = topography._by_place(places, np.array([3.0, 1.0, 4.0]))
    assert sorted(values) == [1.0, 5.0]


@pytest.mark.parametrize(("system", "maps"), [(1, 1), (3, 1), (40, 1), ("neuromag306", 2)])
def test_each_kind_has_a_map(system, maps):
    field = lead(system)
    figure = topography.topography(np.abs(field.gain).max(axis=0), field.coils)
    titles = [axes.get_title() for axes in figure.axes if axes.get_title()]
    assert titles == ["Magnetometers", "Gradiometers"][:maps]
    units = [axes.get_ylabel() for axes in figure.axes if axes.get_ylabel()]
    assert units == [f"standard deviation ({unit})" for unit in ("fT", "fT/cm")][:maps]


def test_a_notebook_gets_the_kinds_too(tmp_path):
    leadfield.write(tmp_path / "leadfield.nc", lead("neuromag306"), "sphere")
    rate = np.random.default_rng(0).random((2, 50, 3))
    activity = xr.Dataset(
        {"rate_E": (("replicate", "time", "region"), rate)},
        {"replicate": [0, 1], "time": ("time", np.arange(50.0), {"units": "ms"}), "region": LABELS},
    )
    with xr.open_dataset(tmp_path / "leadfield.nc") as opened:
        found = [restmeg.project(activity, given) for given in (opened, tmp_path / "leadfield.nc")]
        expected = 100 * rate @ opened.gain.values
    for field in found:
        np.testing.assert_allclose(field.field, expected, rtol=1e-6, atol=1e-6 * expected.max())
        assert field.field.attrs["units"] == "sensor_unit"
        assert (field.sensor_unit == "T/m").sum() == 204


@pytest.mark.parametrize("missing", ["sensor_axes", "sensor_unit"])
def test_half_of_what_sensors_are_is_refused(tmp_path, missing):
    leadfield.write(tmp_path / "whole.nc", lead(4), "sphere")
    with xr.open_dataset(tmp_path / "whole.nc") as whole:
        whole.drop_vars(missing).to_netcdf(tmp_path / "part.nc")
    with pytest.raises(InputError, match=f"has sensor_kind but no variable '{missing}'"):
        leadfield.read(tmp_path / "part.nc", LABELS)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({name: slice(3) for name in sensors.VARIABLES}, "sensor_kind: 3 sensors; expected 4, as"),
        ({"coil_type": slice(3)}, "have shapes (4,), (4,), (4, 3), (4, 3, 3), (3,); expected"),
        ({"sensor_kind": 0}, "have shapes (), (4,), (4, 3), (4, 3, 3), (4,); expected"),
    ],
)
def test_sensors_are_as_many_as_the_gain_has(tmp_path, changes, message):
    leadfield.write(tmp_path / "whole.nc", lead(4), "sphere")
    with xr.open_dataset(tmp_path / "whole.nc") as whole:
        parts = {
            name: ([f"{name}_{k}" for k in range(np.ndim(values))], values)
            for name, chosen in changes.items()
            for values in [whole[name].values[chosen]]
        }
        whole.drop_vars(list(changes)).assign(parts).to_netcdf(tmp_path / "part.nc")
    with pytest.raises(InputError) as caught:
        leadfield.read(tmp_path / "part.nc", LABELS)
    assert message in str(caught.value)


MANY = np.arange(300_000.0)


@pytest.mark.parametrize(
    ("times", "even"),
    [
        (np.delete(MANY, 10_000), False),
        (MANY + (MANY == 10_000) * 0.2, False),
        (0.1 * MANY, True),
        ((0.1 * MANY).astype(np.float32), True),
        (MANY / 3, True),
    ],
)
def test_times_are_held_against_a_grid_however_many_there_are(tmp_path, times, even):
    with store.new_netcdf(tmp_path / "sensors.nc", "x", {}) as dataset:
        names, coils = sensors.find(1)
        for name, values in {
            "replicate": np.array([0]),
            "time": times,
            "sensor": names,
            "field": np.ones((1, len(times), 1), np.float32),
            **coils.variables(),
        }.items():
            store.add(dataset, name, values)
    if even:
        epochs.write(tmp_path / "sensors.nc", tmp_path / "sensors-epo.fif")
        assert (tmp_path / "sensors-epo.fif").exists()
        return
    with pytest.raises(InputError, match="its samples are not evenly spaced"):
        epochs.write(tmp_path / "sensors.nc", tmp_path / "sensors-epo.fif")


@pytest.mark.parametrize("times", [[0.0, 1.0, 3.0], [0.0, 1.0, 2.0]])
def test_epochs_need_even_samples(tmp_path, times):
    with store.new_netcdf(tmp_path / "sensors.nc", "x", {}) as dataset:
        names, coils = sensors.find(2)
        for name, values in {
            "replicate": np.array([7]),
            "time": np.array(times),
            "sensor": names,
            "field": np.ones((1, 3, 2), np.float32),
            **coils.variables(),
        }.items():
            store.add(dataset, name, values)
    if times[-1] == 3:
        with pytest.raises(InputError, match="its samples are not evenly spaced"):
            epochs.write(tmp_path / "sensors.nc", tmp_path / "sensors-epo.fif")
        assert [path.name for path in tmp_path.iterdir()] == ["sensors.nc"]
        return
    epochs.write(tmp_path / "sensors.nc", tmp_path / "sensors-epo.fif")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["sensors-epo.fif", "sensors.nc"]
    import mne

    found = mne.read_epochs(tmp_path / "sensors-epo.fif", verbose="ERROR")
    assert json.dumps(found.event_id) == '{"replicate 7": 8}'
    assert found.info["sfreq"] == 1000
    np.testing.assert_array_equal(found.get_data(), np.ones((1, 2, 3)))
