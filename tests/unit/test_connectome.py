from pathlib import Path

import hypothesis
import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from restmeg import InputError, connectome, preparation

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
    assert_is_the_connectome(connectome.read(path, orientation=orientation))


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
        "halves, such as distances + distances.T, or connectome.symmetrise"
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
    for stated in (None, "cm", "centimeter"):
        np.testing.assert_array_equal(
            connectome.read(path, distance_unit=stated).distances, DISTANCES * 10
        )
    with pytest.raises(InputError) as caught:
        connectome.read(path, distance_unit="m")
    expected = f"config: connectome.distance_unit: m, but {path} says cm; expected the same or auto"
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
    found = preparation.spectral_radius(weights)
    assert found == pytest.approx(expected, rel=1e-11, abs=1e-6 * weights.max())


@pytest.mark.parametrize(
    ("steps", "expected"),
    [(80.0, 80), (80.00000001, 80), (79.99999999, 80), (80.001, 81), (0.0, 0), (1e-3, 1)],
)
def test_delay_is_the_smallest_whole_number_not_shorter(steps, expected):
    assert connectome.delays_in_steps(np.array([[steps]]), 10.0, 0.1) == expected


def test_a_delay_of_too_many_steps_is_refused():
    with pytest.raises(InputError, match=r"conduction_speed: 1e-18 mm/ms gives delays of 1e\+20"):
        connectome.delays_in_steps(np.array([10.0]), 1e-18, 0.1)
