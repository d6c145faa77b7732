"""Lead fields as other tools write them, read to the same matrix."""

import leadfields
import numpy as np
import pandas as pd
import pytest
import scipy.io
from leadfields import FIXED, FREE, GAIN, LABELS, NAMES, NORMALS, PARCELLATION, by_region
from restmeg import leadfield, questions, sources

ROTATED = NORMALS[:4] @ np.array([[0, 1.0, 0], [0, 0, 1], [1, 0, 0]])


def read(path, unit="auto", **given):
    return leadfield.read(path, LABELS, unit, given)


def flips():
    """Signs of sources, as mne.label_sign_flip has them."""
    import mne

    spaces = [
        {"vertno": np.arange(len(NORMALS)), "nn": NORMALS},
        {"vertno": np.array([], int), "nn": np.zeros((0, 3))},
    ]
    found = np.ones(len(NORMALS))
    for label in LABELS:
        own = np.array([k for k, name in enumerate(PARCELLATION) if name == label])
        found[own] = mne.label_sign_flip(mne.Label(own, hemi="lh", subject="x"), spaces)
    return found


@pytest.mark.parametrize("fixed", [False, True])
@pytest.mark.parametrize("how", ["mean", "sum"])
@pytest.mark.parametrize("flip", [False, True])
def test_a_forward_solution_of_mne(tmp_path, fixed, how, flip):
    path = tmp_path / "subject-fwd.fif"
    columns, names, coils = leadfields.forward(path, fixed)
    given = {"parcellation": leadfields.list_of(tmp_path), "combine": how, "sign_flip": flip}
    found = read(path, **given)
    expected = 1e-9 * by_region(columns, how, flips() if flip else None)
    np.testing.assert_allclose(found.gain, expected, rtol=1e-6, atol=1e-20)
    assert list(found.sensors) == list(names)
    assert found.coils.kinds.tolist() == coils.kinds.tolist()
    np.testing.assert_allclose(found.coils.positions, coils.positions, atol=1e-7)
    np.testing.assert_allclose(found.coils.axes, coils.axes, atol=1e-6)
    assert found.coils.types.tolist() == coils.types.tolist()
    asked = list(questions.of_leadfield(found))
    assert len(asked) == 1
    assert asked[0].startswith("3 of 18 sources are of no region of the connectome")


def test_signs_do_flip_something():
    assert {-1.0, 1.0} == set(flips())
    regions = [list(LABELS).index(name) if name in LABELS else -1 for name in PARCELLATION]
    ours = sources._flips(NORMALS, np.array(regions), 4)
    np.testing.assert_array_equal(ours, flips())


@pytest.mark.parametrize("how", ["mean", "sum"])
@pytest.mark.parametrize("flip", [False, True])
def test_a_head_model_of_brainstorm(tmp_path, how, flip):
    path = tmp_path / "headmodel.mat"
    gain = np.concatenate([FREE, np.full((2, *FREE.shape[1:]), np.nan)])
    scipy.io.savemat(
        path,
        {
            "Gain": gain.reshape(len(gain), -1),
            "GridLoc": NORMALS,
            "GridOrient": NORMALS,
            "Comment": "Overlapping spheres",
        },
    )
    given = {"parcellation": leadfields.list_of(tmp_path), "combine": how, "sign_flip": flip}
    found = read(path, **given)
    expected = 1e-9 * by_region(FIXED, how, flips() if flip else None)
    np.testing.assert_allclose(found.gain, expected, rtol=1e-12)
    asked = list(questions.of_leadfield(found))
    assert asked[-1].startswith("2 of 9 sensors have no values (NaN) and are left out, 'S7', 'S8'")


def of_positions(outside=()):
    """Four matrices (channels, 3) of a position each, in T/(nA m)."""
    return [np.zeros((0, 0)) if k in outside else 1e-9 * FREE[:, k] for k in range(4)]


@pytest.mark.parametrize("kind", ["struct", "fields", "7.3"])
@pytest.mark.parametrize("dipoles", ["file", "tangential"])
def test_a_lead_field_of_fieldtrip_in_three_directions(tmp_path, kind, dipoles):
    path = tmp_path / "lf.mat"
    if kind == "7.3":
        leadfields.hdf5_fieldtrip(path, of_positions())
    else:
        leadfields.fieldtrip(path, of_positions(), alone=kind == "fields")
    directions = ROTATED
    if dipoles == "file":
        dipoles = str(tmp_path / "dipoles.csv")
        rows = [
            f"{label},{x},{y},{z}" for label, (x, y, z) in zip(LABELS, 3 * ROTATED, strict=True)
        ]
        (tmp_path / "dipoles.csv").write_text("\n".join(rows))
    else:
        places = NORMALS[:4] - (NORMALS[:4].min(axis=0) + NORMALS[:4].max(axis=0)) / 2
        directions = np.cross([0, 0, 1], places)
        directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    found = read(path, "T/(nA m)", labels="connectome", dipoles=dipoles)
    expected = 1e-9 * (FREE[:, :4] * directions).sum(axis=-1).T
    np.testing.assert_allclose(found.gain, expected, rtol=1e-9, atol=1e-22)
    assert list(found.sensors) == NAMES


@pytest.mark.parametrize("inside", [None, [1, 2, 4, 5]])
def test_positions_of_fieldtrip_outside_the_head_are_left_out(tmp_path, inside):
    path = tmp_path / "lf.mat"
    changes = {} if inside is None else {"inside": inside}
    matrices = [np.zeros((0, 0)) if k == 2 else 1e-9 * FIXED[:, [k]] for k in range(5)]
    leadfields.fieldtrip(path, matrices, **changes)
    parcels = tmp_path / "parcels.npy"
    np.save(parcels, [0, 1, -1, 2, 3])
    found = read(path, "T/(nA m)", parcellation=str(parcels), combine="sum")
    np.testing.assert_allclose(found.gain, 1e-9 * FIXED[:, [0, 1, 3, 4]].T, rtol=1e-12)
    assert found.remarks == (
        f"1 of 5 sources are of no region of the connectome, or outside the head, and left out "
        f"({parcels})",
    )


@pytest.mark.parametrize(("none", "told"), [(0, True), (-1, False)])
def test_a_list_of_places_that_has_none_of_none_is_told_how_it_is_read(tmp_path, none, told):
    """[1, 2, 3, 1, 2, 0] of four regions may be from 1, with 0 for none: it is taken from 0."""
    np.save(tmp_path / "gain.npy", FIXED[:, :7])
    np.save(tmp_path / "places.npy", [1, 2, 3, 1, 2, 0, none])
    given = {"parcellation": str(tmp_path / "places.npy"), "orientation": "sensor_region"}
    found = read(tmp_path / "gain.npy", "T/(A m)", combine="sum", **given)
    own = [[5, 6] if told else [5], [0, 3], [1, 4], [2]]
    expected = np.array([1e-9 * FIXED[:, columns].sum(axis=1) for columns in own])
    np.testing.assert_allclose(found.gain, expected, rtol=1e-12)
    assert any("0 is the first region, 'left V1'" in text for text in found.remarks) == told


@pytest.mark.parametrize("kind", ["npy", "mat"])
@pytest.mark.parametrize("mapping", ["npy", "txt", "names.txt", "csv", "mat"])
def test_a_projection_of_the_virtual_brain(tmp_path, kind, mapping):
    """Sensors by vertices with a region mapping; rows of some sensors are NaN."""
    projection = np.insert(FIXED, 3, np.nan, axis=0)
    places = [list(LABELS).index(name) if name in LABELS else -1 for name in PARCELLATION]
    path, parcels = tmp_path / f"projection.{kind}", tmp_path / f"mapping.{mapping}"
    if kind == "npy":
        np.save(path, projection)
    else:
        scipy.io.savemat(path, {"ProjectionMatrix": projection})
    if mapping == "npy":
        np.save(parcels, places)
    elif mapping == "mat":
        scipy.io.savemat(parcels, {"mapping": places})
    elif mapping == "names.txt":
        parcels.write_text("\r\n".join(PARCELLATION))
    else:
        parcels.write_text(("," if mapping == "csv" else "\n").join(map(str, places)))
    found = read(path, "T/(A m)", parcellation=str(parcels), combine="sum")
    np.testing.assert_allclose(found.gain, 1e-9 * by_region(FIXED, "sum"), rtol=1e-12)
    assert list(found.sensors) == ["S0", "S1", "S2", "S4", "S5", "S6", "S7"]
    assert any(text.startswith("1 of 8 sensors have no values") for text in found.remarks)


def write_matrix(path, matrix, rows, columns):
    """A matrix as pandas, numpy or SciPy write it; those of text with names where there are."""
    if path.suffix == ".npy":
        np.save(path, matrix)
    elif path.suffix == ".mat":
        scipy.io.savemat(path, {"lf": matrix, "about": "x"})
    elif rows is None:
        np.savetxt(path, matrix, delimiter={".tsv": "\t", ".csv": ",", ".txt": " "}[path.suffix])
    else:
        separator = {".tsv": "\t", ".csv": ",", ".txt": ";"}[path.suffix]
        pd.DataFrame(matrix, rows, columns).to_csv(path, sep=separator)


@pytest.mark.parametrize("kind", ["csv", "tsv", "txt", "npy", "mat"])
@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize("labels", ["connectome", "file"])
@pytest.mark.parametrize("stated", [False, True])
def test_a_matrix_of_numbers(tmp_path, kind, transposed, labels, stated):
    path = tmp_path / f"gain.{kind}"
    write_matrix(path, GAIN.T if transposed else GAIN, None, None)
    order = np.arange(4)
    given = {"labels": labels}
    if labels == "file":
        order = np.array([2, 0, 3, 1])
        (tmp_path / "names.txt").write_text("\n".join(LABELS[order]))
        given = {"labels": str(tmp_path / "names.txt")}
    if stated:
        given["orientation"] = "sensor_region" if transposed else "region_sensor"
    found = read(path, **given)
    np.testing.assert_allclose(found.gain[order], GAIN, rtol=1e-15)
    assert list(found.sensors) == [f"S{k}" for k in range(7)]
    assert found.coils is None


@pytest.mark.parametrize("kind", ["csv", "tsv", "txt"])
@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize("n", [7, 4])
def test_names_in_a_text_file_say_what_is_what(tmp_path, kind, transposed, n):
    path, order = tmp_path / f"gain.{kind}", [3, 1, 0, 2]
    table = pd.DataFrame(GAIN[order, :n], LABELS[order], NAMES[:n])
    table = table.T if transposed else table
    write_matrix(path, table.to_numpy(), table.index, table.columns)
    found = read(path)
    np.testing.assert_allclose(found.gain, GAIN[:, :n], rtol=1e-15)
    assert list(found.sensors) == NAMES[:n]


def test_names_beside_rows_need_no_names_of_columns(tmp_path):
    path, order = tmp_path / "gain.csv", [3, 1, 0, 2]
    rows = [f"{LABELS[k]}," + ",".join(map(repr, GAIN[k].tolist())) for k in order]
    path.write_text("\n".join(rows))
    np.testing.assert_array_equal(read(path).gain, GAIN)
    path.write_text("\n".join(rows).replace(",", ";"))
    np.testing.assert_array_equal(read(path).gain, GAIN)


def test_a_variable_of_a_mat_is_named(tmp_path):
    path = tmp_path / "several.mat"
    scipy.io.savemat(path, {"mine": GAIN, "other": 2 * GAIN, "Gain": np.ones((2, 6))})
    found = read(path, variable="mine", labels="connectome")
    np.testing.assert_array_equal(found.gain, GAIN)


def test_equal_sides_need_an_orientation_and_then_are_told(tmp_path):
    path = tmp_path / "gain.npy"
    np.save(path, GAIN[:, :4])
    for orientation, expected in (("region_sensor", GAIN[:, :4]), ("sensor_region", GAIN[:, :4].T)):
        found = read(path, labels="connectome", orientation=orientation)
        np.testing.assert_array_equal(found.gain, expected)


def test_the_unit_is_of_what_the_file_leaves_open(tmp_path):
    path = tmp_path / "gain.npy"
    np.save(path, 1e9 * GAIN)
    np.testing.assert_allclose(read(path, "T/(A m)", labels="connectome").gain, GAIN, rtol=1e-12)
    (asked,) = questions.of_leadfield(read(path, labels="connectome"))
    assert asked.startswith("the largest gain is")
    assert asked.endswith("such as T/(A m), say so with leadfield.unit")
