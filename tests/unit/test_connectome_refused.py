"""Files that are no connectome, and what is said of each."""

import netCDF4
import numpy as np
import pytest
from restmeg import connectome
from test_connectome import (
    DISTANCES,
    LABELS,
    ONE,
    WEIGHTS,
    arrays,
    assert_is_the_connectome,
    dataset,
    message_of,
    put,
)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"weights": WEIGHTS[:2]},
            "weights: shape (2, 3); expected a square matrix",
        ),
        ({"distances": DISTANCES[0]}, "distances: shape (3,); expected a matrix"),
        ({"weights": np.array(1.0)}, "weights: shape (); expected a matrix"),
        ({"weights": WEIGHTS[:2, :2]}, "weights have shape (2, 2) but distances (3, 3)"),
        (
            {"weights": put(WEIGHTS, np.nan)},
            "weights[0, 2] is nan; expected finite values (1 of 9 are not)",
        ),
        (
            {"distances": put(DISTANCES, np.inf)},
            "distances[0, 2] is inf; expected finite values (1 of 9 are not)",
        ),
        (
            {"weights": put(WEIGHTS, -0.5)},
            "weights[0, 2] is -0.5; expected values >= 0 (1 of 9 are not)",
        ),
        (
            {"distances": put(DISTANCES, -1)},
            "distances[0, 2] is -1.0; expected values >= 0 (1 of 9 are not)",
        ),
        (
            {"weights": np.full((3, 3), "strong")},
            "weights: type <U6; expected real numbers",
        ),
        ({"weights": WEIGHTS + 1j}, "weights: type complex128; expected real numbers"),
        (
            {"weights": 0 * WEIGHTS},
            "weights between regions are all zero; expected a connection",
        ),
        ({"weights": np.eye(3)}, "weights between regions are all zero; expected a connection"),
        (
            {"labels": LABELS.astype(object)},
            "cannot be read as .npz (it holds Python objects; save labels as text, "
            "np.array(labels, dtype=str))",
        ),
        ({"labels": LABELS[:2]}, "2 labels for 3 regions"),
        ({"labels": LABELS[[0, 1, 0]]}, "label 'left V1' is there more than once"),
        (
            {"weights": ONE, "distances": ONE, "labels": ["V1"]},
            "1 region; expected at least 3, as scores are correlations over pairs of regions",
        ),
        (
            {"weights": WEIGHTS[:2, :2], "distances": DISTANCES[:2, :2], "labels": LABELS[:2]},
            "2 regions; expected at least 3, as scores are correlations over pairs of regions",
        ),
        ({"distances": None}, "no array 'distances'; found weights, labels"),
        ({"labels": None}, "no array 'labels'; found weights, distances"),
    ],
)
def test_arrays_that_are_no_connectome_are_refused(tmp_path, changes, message):
    path = tmp_path / "given.npz"
    np.savez(path, **arrays(**changes))
    assert message_of(path) == message


def test_a_bad_value_is_placed_as_in_the_file(tmp_path):
    path = tmp_path / "given.npz"
    np.savez(path, **arrays(weights=put(WEIGHTS, -0.5)))
    assert message_of(path, orientation="source_target").startswith("weights[0, 2] is -0.5;")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            dataset(units=None),
            "distances: no attribute 'units'; expected units such as \"mm\"",
        ),
        (
            dataset(units="s"),
            "distances: unit 's' is in second; expected units such as \"mm\"",
        ),
        (dataset().drop_vars("distances"), "no variable 'distances'; found weights, labels"),
        (
            dataset().rename(source="region_from"),
            "weights has dimensions ('target', 'region_from'); expected 'target' and 'source'",
        ),
        (dataset().isel(target=slice(2)), "weights: shape (2, 3); expected a square matrix"),
        (dataset().isel(region=slice(2)), "2 labels for 3 regions"),
        (
            dataset().assign(weights=dataset()["weights"].where(WEIGHTS > 0.3)),
            "weights: missing values (6); expected none",
        ),
        (
            dataset().assign(weights=dataset()["weights"].where(WEIGHTS > 0.3, np.inf)),
            "weights[0, 0] is inf; expected finite values (6 of 9 are not)",
        ),
        (
            dataset().assign(distances=dataset()["distances"].assign_attrs(_FillValue=30.0)),
            "distances: missing values (1); expected none",
        ),
        (
            dataset().drop_vars("labels"),
            "no variable 'labels' or 'target'; found weights, distances",
        ),
    ],
)
def test_a_netcdf_that_is_no_connectome_is_refused(tmp_path, given, message):
    path = tmp_path / "given.nc"
    given.to_netcdf(path)
    assert message_of(path) == message


def test_values_that_were_never_written_are_refused(tmp_path):
    path = tmp_path / "given.nc"
    dataset().drop_vars("weights").to_netcdf(path)
    with netCDF4.Dataset(path, "a") as given:
        given.createVariable("weights", "f8", ("target", "source"))[0] = WEIGHTS[0]
    assert message_of(path) == "weights: missing values (6); expected none"


REFUSED = {
    ".npz": "not a whole .npz archive; expected one by numpy.savez",
    ".nc": "cannot be read as NetCDF (NetCDF: ",
}


@pytest.mark.parametrize("kept", [0, 100, 0.5, 0.97])
@pytest.mark.parametrize("name", ["given.npz", "given.nc"])
def test_a_truncated_file_is_refused(tmp_path, name, kept):
    path = tmp_path / name
    if path.suffix == ".npz":
        np.savez(path, **arrays())
    else:
        connectome.write(path, connectome.Connectome(WEIGHTS, DISTANCES, LABELS), "x")
    content = path.read_bytes()
    path.write_bytes(content[: kept if kept > 1 else int(kept * len(content))])
    assert message_of(path).startswith(REFUSED[path.suffix])


@pytest.mark.parametrize(
    ("part", "offset", "reason"),
    [
        (WEIGHTS.tobytes(), 0, "Bad CRC-32 for file 'weights.npy'"),
        (b"PK\x01\x02", 6, "zip file version 25.5"),
    ],
)
def test_a_damaged_npz_is_refused(tmp_path, part, offset, reason):
    path = tmp_path / "given.npz"
    np.savez(path, **arrays())
    content = bytearray(path.read_bytes())
    content[content.index(part) + offset] = 0xFF
    path.write_bytes(content)
    assert message_of(path) == f"cannot be read as .npz ({reason})"


@pytest.mark.parametrize("name", ["given.npz", "given.nc"])
def test_text_under_the_name_of_such_a_file_is_refused(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(b"0 1\n1 0\n")
    assert message_of(path).startswith(REFUSED[path.suffix])


@pytest.mark.parametrize(("name", "kind"), [("given.npz", ".npz"), ("given.nc", "NetCDF")])
def test_a_missing_file_is_refused(tmp_path, name, kind):
    assert message_of(tmp_path / name).startswith(f"cannot be read as {kind} (")


@pytest.mark.parametrize("name", ["weights.xlsx", "weights", "weights.h5"])
def test_another_kind_of_file_is_refused(tmp_path, name):
    message = message_of(tmp_path / name)
    assert message.startswith("not a connectome file; expected a name that ends in .npz or .nc")


def test_a_failed_read_leaves_the_netcdf_closed(tmp_path):
    path = tmp_path / "given.nc"
    dataset(units=None).to_netcdf(path)
    message_of(path)
    with netCDF4.Dataset(path, "r+") as given:  # refused as long as it is open
        given["distances"].units = "mm"
    assert_is_the_connectome(connectome.read(path))
