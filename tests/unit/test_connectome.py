from pathlib import Path

import hypothesis
import netCDF4
import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from restmeg import InputError, connectome

EXAMPLE = Path(__file__).parents[2] / "resources/connectome/example.npz"
WEIGHTS = np.array([[0.0, 0.5, 0.25], [0.125, 0.0, 1.0], [0.75, 0.0, 0.0]])
DISTANCES = np.array([[0.0, 10.0, 20.5], [11.0, 0.0, 30.0], [21.0, 31.0, 0.0]])
LABELS = np.array(["left V1", "right V1", "Precuneus L"])
ONE = np.array([[1.0]])


def arrays(**changes):
    """The arrays of a connectome with some replaced, or left out (None)."""
    given = {"weights": WEIGHTS, "distances": DISTANCES, "labels": LABELS, **changes}
    return {name: array for name, array in given.items() if array is not None}


def put(matrix, value):
    changed = matrix.copy()
    changed[0, 2] = value
    return changed


def dataset(dimensions=("target", "source"), units="mm"):
    transpose = dimensions == ("source", "target")
    weights, distances = (m.T if transpose else m for m in (WEIGHTS, DISTANCES))
    return xr.Dataset(
        {
            "weights": (dimensions, weights),
            "distances": (dimensions, distances, {"units": units} if units else {}),
            "labels": ("region", LABELS),
        }
    )


def message_of(path, **options):
    """The one line that reading is refused with, less the file it names."""
    with pytest.raises(InputError) as caught:
        connectome.read(path, **options)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert "\n" not in message
    return message.removeprefix(f"{path}: ")


def assert_is_the_connectome(read):
    np.testing.assert_array_equal(read.weights, WEIGHTS)
    np.testing.assert_array_equal(read.distances, DISTANCES)
    assert list(read.labels) == list(LABELS)
    assert read.weights.dtype == read.distances.dtype == np.float64


def test_the_example_is_the_recipe():
    angle = np.arange(8) * np.pi / 4
    x, y = 40 * np.cos(angle), 40 * np.sin(angle)
    distances = np.hypot(x[:, None] - x, y[:, None] - y)
    random = np.random.default_rng(0).random((8, 8))
    weights = (random + random.T) / 2 / (1 + distances / 40)
    np.fill_diagonal(weights, 0)
    example = connectome.read(EXAMPLE)
    np.testing.assert_allclose(example.distances, distances, rtol=1e-14, atol=1e-12)
    np.testing.assert_allclose(example.weights, weights / weights.max() / 1.0001, rtol=1e-14)
    assert list(example.labels) == ["R0", "R1", "R2", "R3", "R4", "R5", "R6", "R7"]
    assert example.distances[0, 4] == pytest.approx(80, abs=1e-12)


def test_what_is_written_is_read_back(tmp_path):
    np.savez(tmp_path / "given.npz", **arrays())
    given = connectome.read(tmp_path / "given.npz")
    assert_is_the_connectome(given)
    connectome.write(tmp_path / "connectome.nc", given, "given.npz")
    assert_is_the_connectome(connectome.read(tmp_path / "connectome.nc"))


def test_xarray_reads_it_with_labels_units_and_meaning(tmp_path):
    path = tmp_path / "connectome.nc"
    connectome.write(path, connectome.Connectome(WEIGHTS, DISTANCES, LABELS), "x")
    with xr.open_dataset(path) as read:
        pair = {"target": "right V1", "source": "left V1"}
        assert read["weights"].sel(pair) == 0.125
        assert read["distances"].sel(pair) == 11.0
        assert list(read["labels"].values) == list(LABELS)
        assert read["distances"].attrs == {"units": "mm", "long_name": "tract length"}
        assert read["weights"].attrs["units"] == "1"
        assert "onto target from source" in read["weights"].attrs["long_name"]
        assert read.attrs["parameters"] == '{"source": "x"}'


def test_rows_of_an_npz_may_be_sources(tmp_path):
    path = tmp_path / "given.npz"
    np.savez(path, **arrays(weights=WEIGHTS.T, distances=DISTANCES.T))
    assert_is_the_connectome(connectome.read(path, orientation="source_target"))
    assert connectome.read(path).weights[0, 1] == WEIGHTS[1, 0]


@pytest.mark.parametrize("orientation", ["target_source", "source_target"])
@pytest.mark.parametrize("dimensions", [("target", "source"), ("source", "target")])
def test_the_dimensions_of_a_netcdf_decide_its_orientation(tmp_path, dimensions, orientation):
    path = tmp_path / "given.nc"
    dataset(dimensions).to_netcdf(path)
    assert_is_the_connectome(connectome.read(path, orientation))


@pytest.mark.parametrize("dimensions", [("target", "source"), ("source", "target")])
def test_coordinates_of_a_netcdf_are_put_into_the_order_of_its_labels(tmp_path, dimensions):
    path = tmp_path / "given.nc"
    given = dataset(dimensions).assign_coords(target=LABELS, source=LABELS)
    given.isel(target=[2, 0, 1], source=[1, 2, 0]).to_netcdf(path)
    assert_is_the_connectome(connectome.read(path))


def test_the_targets_of_a_netcdf_without_labels_are_the_labels(tmp_path):
    path = tmp_path / "given.nc"
    given = dataset().drop_vars("labels").assign_coords(target=LABELS, source=LABELS)
    given.isel(source=[1, 2, 0]).to_netcdf(path)
    assert_is_the_connectome(connectome.read(path))


@pytest.mark.parametrize(("units", "in_mm"), [("mm", 1), ("cm", 10), ("m", 1000), ("um", 0.001)])
def test_distances_of_a_netcdf_are_converted(tmp_path, units, in_mm):
    path = tmp_path / "given.nc"
    dataset(units=units).to_netcdf(path)
    read = connectome.read(path)
    np.testing.assert_array_equal(read.distances, DISTANCES * in_mm)
    np.testing.assert_array_equal(read.weights, WEIGHTS)


def test_the_diagonal_is_set_to_zero_and_the_file_left_alone():
    weights, distances = WEIGHTS + np.eye(3), DISTANCES + np.eye(3)
    checked = connectome.standard("given", weights, distances, LABELS)
    assert_is_the_connectome(connectome.Connectome(*checked))
    assert np.trace(weights) == np.trace(distances) == 3


def test_numbers_as_labels_and_whole_numbers_as_weights_are_accepted(tmp_path):
    np.savez(tmp_path / "given.npz", **arrays(weights=1 - np.eye(3, dtype=int), labels=[1, 2, 3]))
    read = connectome.read(tmp_path / "given.npz")
    assert list(read.labels) == ["1", "2", "3"]
    assert read.weights.dtype == np.float64


def test_labels_as_bytes_are_decoded(tmp_path):
    np.savez(tmp_path / "given.npz", **arrays(labels=LABELS.astype(bytes)))
    assert_is_the_connectome(connectome.read(tmp_path / "given.npz"))


FULL = WEIGHTS + WEIGHTS.T
PAIRS = DISTANCES + DISTANCES.T


@pytest.mark.parametrize("triangle", [np.triu, np.tril])
def test_distances_in_a_triangle_beside_full_weights_are_refused(tmp_path, triangle):
    path = tmp_path / "given.npz"
    np.savez(path, **arrays(weights=FULL, distances=triangle(PAIRS)))
    assert message_of(path) == (
        "distances are a triangle and weights are not; expected the length of each pair in both "
        "halves, such as distances + distances.T"
    )
    # Both a triangle are connections one way only, if it is the same one.
    np.savez(path, **arrays(weights=triangle(FULL), distances=triangle(PAIRS)))
    assert connectome.read(path).distances.any()
    np.savez(path, **arrays(weights=triangle(FULL).T, distances=triangle(PAIRS)))
    assert message_of(path).startswith("3 of 3 connected pairs have no length, the first in row")


def test_connected_pairs_without_a_length_are_refused(tmp_path):
    path = tmp_path / "given.npz"
    np.savez(path, **arrays(distances=put(DISTANCES, 0)))
    assert message_of(path) == (
        "1 of 5 connected pairs have no length, the first in row 'left V1', column 'Precuneus L'; "
        "expected a length for each, or 0 for all (no delays); are weights and distances swapped?"
    )
    # Of pairs without a connection no length is needed.
    np.savez(path, **arrays(weights=put(WEIGHTS, 0), distances=put(DISTANCES, 0)))
    assert connectome.read(path).distances[0, 2] == 0


def test_distances_of_an_npz_are_in_the_unit_that_the_configuration_says(tmp_path):
    path = tmp_path / "given.npz"
    np.savez(path, **arrays(distances=DISTANCES / 10))
    np.testing.assert_allclose(
        connectome.read(path, distance_unit="cm").distances, DISTANCES, rtol=1e-15
    )
    with pytest.raises(InputError, match=r"config: connectome\.distance_unit: unit 's' is in sec"):
        connectome.read(path, distance_unit="s")


def test_a_unit_that_contradicts_the_file_is_refused(tmp_path):
    path = tmp_path / "given.nc"
    dataset(units="cm").to_netcdf(path)
    for stated in ("mm", "cm"):  # mm is what a study that says nothing has
        np.testing.assert_array_equal(
            connectome.read(path, distance_unit=stated).distances, DISTANCES * 10
        )
    with pytest.raises(InputError) as caught:
        connectome.read(path, distance_unit="m")
    expected = f"config: connectome.distance_unit: m, but {path} says cm; expected the same or none"
    assert str(caught.value) == expected


@pytest.mark.parametrize(
    ("method", "scale"),
    [
        ("none", lambda weights: 1.0),
        ("max", np.max),
        ("mean_row_sum", lambda weights: weights.sum(axis=1).mean()),
        ("spectral_radius", lambda weights: np.abs(np.linalg.eigvals(weights)).max()),
    ],
)
def test_weights_are_normalised(tmp_path, method, scale):
    path = tmp_path / "given.npz"
    np.savez(path, **arrays(weights=WEIGHTS * 2e5))
    read = connectome.read(path, normalise=method)
    np.testing.assert_allclose(read.weights, 2e5 * WEIGHTS / scale(2e5 * WEIGHTS), rtol=1e-11)
    if method != "none":
        np.savez(path, **arrays(weights=WEIGHTS * 1e308))
        again = connectome.read(path, normalise=method)
        np.testing.assert_allclose(again.weights, read.weights, rtol=1e-11)


def test_connections_one_way_have_no_spectral_radius(tmp_path):
    path = tmp_path / "given.npz"
    np.savez(path, **arrays(weights=np.triu(WEIGHTS)))
    with pytest.raises(InputError, match=r"connectome\.normalise: spectral_radius is 0; expected"):
        connectome.read(path, normalise="spectral_radius")


@given(st.integers(3, 30), st.floats(0, 1), st.integers(0, 2**32), st.booleans())
@hypothesis.settings(deadline=None, max_examples=60)
def test_the_spectral_radius_is_the_largest_absolute_eigenvalue(n, density, seed, directed):
    """Also of networks in parts, without a way back, or that alternate."""
    rng = np.random.default_rng(seed)
    weights = rng.lognormal(0, 3, (n, n)) * (rng.random((n, n)) < density)
    np.fill_diagonal(weights, 0)
    if not directed:
        weights = weights + weights.T
    if not weights.any():
        weights[0, 1] = 1
    expected = np.abs(np.linalg.eigvals(weights)).max()
    found = connectome.spectral_radius(weights)
    assert found == pytest.approx(expected, rel=1e-11, abs=1e-6 * weights.max())


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


@pytest.mark.parametrize("name", ["weights.csv", "weights", "weights.npy"])
def test_another_kind_of_file_is_refused(tmp_path, name):
    message = message_of(tmp_path / name)
    assert message == "not a connectome file; expected a name that ends in .npz or .nc"


def test_a_failed_read_leaves_the_netcdf_closed(tmp_path):
    path = tmp_path / "given.nc"
    dataset(units=None).to_netcdf(path)
    message_of(path)
    with netCDF4.Dataset(path, "r+") as given:  # refused as long as it is open
        given["distances"].units = "mm"
    assert_is_the_connectome(connectome.read(path))


@pytest.mark.parametrize(
    ("steps", "expected"),
    [(80.0, 80), (80.00000001, 80), (79.99999999, 80), (80.001, 81), (0.0, 0), (1e-3, 1)],
)
def test_delay_is_the_smallest_whole_number_not_shorter(steps, expected):
    assert connectome.delays_in_steps(np.array([[steps]]), 10.0, 0.1) == expected


def test_a_delay_of_too_many_steps_is_refused():
    with pytest.raises(InputError, match=r"conduction_speed: 1e-18 mm/ms gives delays of 1e\+20"):
        connectome.delays_in_steps(np.array([10.0]), 1e-18, 0.1)
