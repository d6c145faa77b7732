import json
import signal
import time
from datetime import date

import netCDF4
import numpy as np
import pytest
import restmeg
import xarray as xr
from processes import KILLED, listing, run
from restmeg import InputError, store


def write(path, seed=2**53 + 1):
    """A file with everything that results have."""
    with store.new_netcdf(path, "A title", {"b": 1.5, "a": [1, 2]}, seed) as dataset:
        store.add(dataset, "time", np.arange(5000) * 0.1)
        store.add(dataset, "region", np.array(["A", "µ"], dtype=object))
        rate = store.add_series(dataset, "rate_E", (3, 5000, 2))
        rate[...] = np.random.default_rng(0).standard_normal((3, 5000, 2))


def test_an_error_keeps_an_older_finished_file(tmp_path):
    path = tmp_path / "result.nc"
    write(path)
    old = path.read_bytes()
    with pytest.raises(ValueError, match="stop"), store.new_netcdf(path, "Newer", {}) as dataset:
        store.add(dataset, "time", np.zeros(3))
        raise ValueError("stop")
    assert path.read_bytes() == old
    assert listing(tmp_path) == ["result.nc"]


@pytest.mark.parametrize("finished_before", [False, True])
def test_a_killed_process_leaves_no_half_file_under_the_name_of_a_result(tmp_path, finished_before):
    path = tmp_path / "result.nc"
    if finished_before:
        write(path)
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    code = KILLED.format(
        context="__import__('contextlib').nullcontext()", signal="SIGKILL", before=len(before)
    )
    assert run(code, tmp_path).returncode == -signal.SIGKILL
    assert {file.name: file.read_bytes() for file in tmp_path.glob("*.nc")} == before
    # What was left beside it is no obstacle to the next run, which cleans it up.
    write(path)
    assert listing(tmp_path) == ["result.nc"]


def test_the_same_study_gives_the_same_bytes(tmp_path):
    write(tmp_path / "result.nc")
    time.sleep(1.1)  # a clock in HDF5 would count seconds
    write(tmp_path / "elsewhere/other.nc")
    content = (tmp_path / "result.nc").read_bytes()
    assert (tmp_path / "elsewhere/other.nc").read_bytes() == content
    assert date.today().isoformat().encode() not in content
    assert str(tmp_path).encode() not in content


def test_attributes_say_what_it_is_and_from_what_and_nothing_else(tmp_path):
    write(tmp_path / "result.nc")
    with xr.open_dataset(tmp_path / "result.nc") as read:
        assert read.attrs == {
            "title": "A title",
            "parameters": '{"a": [1, 2], "b": 1.5}',
            "seed": np.int64(2**53 + 1),
            "source": f"restmeg {restmeg.__version__}",
        }
        assert str(read.attrs["seed"]) == "9007199254740993"  # which no double can hold
        assert json.loads(read.attrs["parameters"]) == {"b": 1.5, "a": [1, 2]}
        assert read["time"].attrs == {"units": "ms", "long_name": "time at the end of the step"}
        assert read["rate_E"].attrs == {"units": "1", "long_name": "excitatory rate"}
        assert list(read["region"].values) == ["A", "µ"]


@pytest.mark.parametrize("left", [None, "{", 3])
def test_a_file_of_ours_without_its_parameters_is_told_as_such(tmp_path, left):
    path = tmp_path / "result.nc"
    write(path)
    with netCDF4.Dataset(path, "a") as dataset:
        del dataset.parameters
        if left is not None:
            dataset.parameters = left
    with store.open_netcdf(path) as dataset, pytest.raises(InputError) as caught:
        store.provenance(dataset)
    expected = "attribute 'parameters' is missing or no JSON; expected it as it was written"
    assert str(caught.value) == f"{path}: {expected}"


def test_notes_travel_with_a_file_and_an_empty_list_is_none(tmp_path):
    for notes in ([], ["saturated", "and more"]):
        with store.new_netcdf(tmp_path / "result.nc", "A title", {}) as dataset:
            store.add_notes(dataset, notes)
        with store.open_netcdf(tmp_path / "result.nc") as dataset:
            assert store.notes(dataset) == notes
            assert ("notes" in dataset.ncattrs()) == bool(notes)


def test_without_a_seed_there_is_none(tmp_path):
    with store.new_netcdf(tmp_path / "result.nc", "A title", {}):
        pass
    with netCDF4.Dataset(tmp_path / "result.nc") as dataset:
        assert dataset.ncattrs() == ["title", "parameters", "source"]


def test_a_series_is_stored_as_32_bit_in_pieces_of_time(tmp_path):
    write(tmp_path / "result.nc")
    with netCDF4.Dataset(tmp_path / "result.nc") as dataset:
        rate = dataset["rate_E"]
        expected = np.random.default_rng(0).standard_normal((3, 5000, 2)).astype(np.float32)
        np.testing.assert_array_equal(rate[...], expected)
        assert rate.dimensions == ("replicate", "time", "region")
        assert rate.chunking() == [1, 5000, 2]
        assert rate.filters()["zstd"]


@pytest.mark.parametrize("width", [1, 8, 306, 1000, 2**18, 2**20])
def test_a_piece_is_about_a_megabyte(width):
    length = store.piece_length(width)
    assert length >= 1
    assert length * width * 4 <= 2**20 or length == 1
    assert (length + 1) * width * 4 > 2**20


def test_dimensions_of_another_size_are_refused(tmp_path):
    with pytest.raises(ValueError), store.new_netcdf(tmp_path / "x.nc", "x", {}) as dataset:
        store.add(dataset, "weights", np.zeros((3, 3)))
        store.add(dataset, "distances", np.zeros((3, 4)))
    assert listing(tmp_path) == []


def test_variables_are_copied_with_units_and_names(tmp_path):
    write(tmp_path / "from.nc")
    with (
        store.open_netcdf(tmp_path / "from.nc", "time") as source,
        store.new_netcdf(tmp_path / "to.nc", "Copy", {}) as dataset,
    ):
        store.copy_variables(source, dataset, "time", "region")
    with xr.open_dataset(tmp_path / "from.nc") as old, xr.open_dataset(tmp_path / "to.nc") as new:
        for name in ("time", "region"):
            assert new[name].identical(old[name])


def test_a_missing_variable_is_named_and_the_file_closed(tmp_path):
    path = tmp_path / "result.nc"
    write(path)
    with pytest.raises(InputError) as caught:
        store.open_netcdf(path, "time", "field")
    assert str(caught.value) == f"{path}: no variable 'field'; found time, region, rate_E"
    netCDF4.Dataset(path, "r+").close()  # refused as long as it is open


def test_damaged_data_are_refused_with_the_file(tmp_path):
    path = tmp_path / "result.nc"
    write(path)
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 50] = bytes(50)
    path.write_bytes(content)
    with store.open_netcdf(path, "rate_E") as dataset, pytest.raises(InputError) as caught:
        store.read_values(dataset["rate_E"])
    assert str(caught.value) == f"{path}: rate_E cannot be read (NetCDF: HDF error)"


def test_series_are_written_where_other_plugins_are_named(tmp_path):
    """As modules of clusters do, which hides the plugins that netCDF4 brings."""
    code = """
        import os
        os.environ["HDF5_PLUGIN_PATH"] = "/nowhere"
        import numpy as np
        from restmeg import store
        with store.new_netcdf("a.nc", "A title", {}) as dataset:
            rate = store.add_series(dataset, "rate_E", (1, 100, 3))
            rate[0] = np.ones((100, 3))
        with store.open_netcdf("a.nc", "rate_E") as dataset:
            assert (dataset["rate_E"][...] == 1).all()
    """
    result = run(code, tmp_path)
    assert result.returncode == 0, result.stderr


def test_a_netcdf4_without_zstandard_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(netCDF4, "__has_zstandard_support__", 0)
    path = tmp_path / "a.nc"
    with (
        pytest.raises(InputError, match=r"netCDF4 .*: has no Zstandard; expected"),
        store.new_netcdf(path, "A title", {}) as dataset,
    ):
        store.add_series(dataset, "rate_E", (1, 100, 3))
    assert list(tmp_path.iterdir()) == []
