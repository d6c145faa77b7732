import tracemalloc

import netCDF4
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from restmeg import InputError, check, store


@given(st.permutations(["A", "B", "C", "D", "E"]))
def test_regions_are_matched_by_name(regions):
    order = check.match_regions("x.nc", regions, ["A", "B", "C", "D", "E"])
    assert [regions[k] for k in order] == ["A", "B", "C", "D", "E"]


@pytest.mark.parametrize(
    ("regions", "detail"),
    [
        (
            ["lh_V1", "rh_V1", "lh_MT"],
            "3 regions, without 'LH V1', 'RH V1'; the connectome has 3, and both must name the "
            "same ones; the connectome has no 'lh_V1', 'rh_V1'; is 'lh_V1' its 'LH V1', is "
            "'rh_V1' its 'RH V1'?",
        ),
        (
            [f"area {k}" for k in range(8)],
            "8 regions, without 'LH V1', 'RH V1', 'lh_MT'; the connectome has 3, and both must "
            "name the same ones; the connectome has no 'area 0', 'area 1', 'area 2' and 5 more",
        ),
        (["LH V1"], "1 regions, without 'RH V1', 'lh_MT'; the connectome has 3, and both must name "
         "the same ones"),
    ],
)  # fmt: skip
def test_names_that_differ_are_told_with_near_matches(regions, detail):
    with pytest.raises(InputError) as caught:
        check.match_regions("x.nc", regions, ["LH V1", "RH V1", "lh_MT"])
    assert str(caught.value) == f"x.nc: {detail}"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (b"caf\xe9", "label b'caf\\xe9' is not UTF-8; expected text in UTF-8"),
        ("a\ud800", "label 'a\\ud800' is not UTF-8; expected text in UTF-8"),
        ("a\0b", "label 'a\\x00b' has a control character in it; expected one line of text"),
        ("a\nb", "label 'a\\nb' has a control character in it; expected one line of text"),
        (np.bytes_(b"\xe9"), "label b'\\xe9' is not UTF-8; expected text in UTF-8"),
        ("V1", "label 'V1' is there more than once"),
    ],
)
def test_names_that_cannot_be_stored_are_refused(name, message):
    with pytest.raises(InputError) as caught:
        check.unique_names("x.npz", "label", np.array(["V1", name], dtype=object))
    assert str(caught.value) == f"x.npz: {message}"


def test_an_archive_that_unpacks_to_gigabytes_is_refused_before_it_is_read(tmp_path, monkeypatch):
    path = tmp_path / "bomb.npz"
    np.savez_compressed(path, weights=np.zeros((5000, 5000)))
    monkeypatch.setattr(check, "MAX_BYTES", 10**8)
    assert path.stat().st_size < 10**6
    tracemalloc.start()
    with pytest.raises(InputError) as caught:
        store.read_npz(path, "weights")
    assert tracemalloc.get_traced_memory()[1] < 10**7
    tracemalloc.stop()
    assert str(caught.value) == (
        f"{path}: weights: shape (5000, 5000) of float64, 0.2 GB; expected at most 0.1 GB"
    )


def test_a_netcdf_that_declares_a_huge_shape_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "huge.nc"
    with netCDF4.Dataset(path, "w") as dataset:
        dataset.createDimension("region", 10**7)
        dataset.createVariable("gain", "f8", ("region", "region"), chunksizes=(100, 100))
    with store.open_netcdf(path, "gain") as dataset, pytest.raises(InputError) as caught:
        store.read_values(dataset["gain"])
    assert str(caught.value) == (
        f"{path}: gain: shape (10000000, 10000000) of float64, 8e+05 GB; expected at most 1.07 GB"
    )


@pytest.mark.parametrize("encoding", [str, bytes, "character"])
def test_labels_of_a_netcdf_that_are_not_utf_8_are_refused(tmp_path, encoding):
    path = tmp_path / "latin.nc"
    with netCDF4.Dataset(path, "w") as dataset:
        dataset.createDimension("region", 2)
        if encoding == "character":
            dataset.createDimension("length", 4)
            names = dataset.createVariable("region", "S1", ("region", "length"))
            names[...] = np.array([list(b"cafe"), list(b"caf\xe9")], np.uint8).view("S1")
        else:
            names = dataset.createVariable("region", str, ("region",))
            names[...] = np.array(["cafe", "caf\xe9"], dtype=object)
    if encoding is bytes:  # as a tool would write that does not know of encodings
        content = path.read_bytes()
        assert content.count("caf\xe9".encode()) == 1
        path.write_bytes(content.replace("caf\xe9".encode(), b"caf\xe9\xe9"))
    with store.open_netcdf(path, "region") as dataset:
        if encoding is str:
            assert store.read_values(dataset["region"]).tolist() == ["cafe", "caf\xe9"]
            return
        with pytest.raises(InputError) as caught:
            check.unique_names(path, "region", store.read_values(dataset["region"]))
    assert str(caught.value).startswith(f"{path}: region")
    assert "\n" not in str(caught.value)
