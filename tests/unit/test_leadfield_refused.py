"""Lead fields of other tools that cannot be used, and what is said of each."""

import h5py
import leadfields
import numpy as np
import pytest
import scipy.io
from leadfields import FIXED, FREE, GAIN, LABELS, NORMALS, PARCELLATION
from restmeg import InputError, leadfield

PLACES = [list(LABELS).index(name) if name in LABELS else -1 for name in PARCELLATION]
MEAN = {"combine": "mean"}


def message_of(path, **given):
    """The one line that reading is refused with, less the folder."""
    with pytest.raises(InputError) as caught:
        leadfield.read(path, LABELS, "T/(A m)", given)
    message = str(caught.value)
    assert "\n" not in message
    assert len(message) <= 1000
    return message.replace(f"{path.parent}/", "")


def put(matrix, value, *place):
    changed = np.array(matrix)
    changed[place] = value
    return changed


MATRICES = [
    (GAIN, {}, "gain.npy: does not say which regions it is of; expected leadfield.labels, a file"),
    (
        GAIN[:, :4],
        {"labels": "connectome"},
        "gain.npy: gain: shape (4, 4): both sides may be those of the regions; expected "
        "leadfield.orientation: region_sensor or sensor_region",
    ),
    (
        GAIN[:3],
        {"labels": "connectome"},
        "gain.npy: gain: shape (3, 7); expected one side of 4, as many as there are names of rows",
    ),
    (
        GAIN,
        {"labels": "connectome", "orientation": "sensor_region"},
        "config: leadfield.orientation: sensor_region, but gain.npy has shape (4, 7); expected 4 "
        "columns",
    ),
    (
        put(GAIN, np.nan, 1, 2),
        {"labels": "connectome"},
        "gain.npy: gain[1, 2] is nan; expected finite values (1 of 28 are not)",
    ),
    (
        np.full((4, 7), np.nan),
        {"labels": "connectome"},
        "gain.npy: gain[0, 0] is nan; expected finite values (28 of 28 are not)",
    ),
    (
        1e30 * GAIN,
        {"labels": "connectome"},
        "gain.npy: gain[0, 0] is ",
    ),
    (0 * GAIN, {"labels": "connectome"}, "gain.npy: gain is zero everywhere; expected a field"),
    (
        GAIN.astype(object),
        {"labels": "connectome"},
        "gain.npy: cannot be read as .npy (it holds Python objects); expected one by numpy.save",
    ),
    (GAIN[0], {"labels": "connectome"}, "gain.npy: gain: shape (7,); expected a matrix"),
    (GAIN + 1j, {"labels": "connectome"}, "gain.npy: gain: type complex128; expected real numbers"),
    (
        GAIN,
        {"labels": "connectome", "variable": "lf"},
        "config: leadfield.variable: has no effect on gain.npy, which says that itself",
    ),
    (
        GAIN,
        {"labels": "connectome", "combine": "sum"},
        "config: leadfield.combine: has no effect without a parcellation; expected it left out",
    ),
]


@pytest.mark.parametrize(("matrix", "given", "message"), MATRICES)
def test_a_matrix_that_cannot_be_used(tmp_path, matrix, given, message):
    path = tmp_path / "gain.npy"
    np.save(path, matrix)
    assert message_of(path, **given).startswith(message)


LISTS = [
    (PARCELLATION[:-1], "parcels.txt: 17 entries; expected 18, one for each source of gain.npy"),
    (["V9"] * 18, "parcels.txt: its names, 'V9', are none of the connectome's, 'left V1',"),
    (
        [name if name != "Insula" else "" for name in PARCELLATION[:-1]] + ["x"],
        "parcels.txt: no source in 1 of 4 regions, 'Insula'; expected one at least",
    ),
    (
        [str(place + 2) for place in PLACES[:-1]] + ["4"],
        "parcels.txt: numbers from 1 to 5; expected places in the connectome from 0 to 3, or -1",
    ),
    (
        [str(max(place, 0) + 1) for place in PLACES],
        "parcels.txt: numbers from 1 to 4; expected places in the connectome from 0 to 3, or -1 "
        "for none; are they from 1?",
    ),
    ([str(place - 1) for place in PLACES], "parcels.txt: numbers from -2 to 2; expected places"),
    (
        [str(place + 1) for place in PLACES],
        "parcels.txt: numbers from 0 to 4; expected places in the connectome from 0 to 3, or -1 "
        "for none; are they from 1?",
    ),
    (
        [str(min(place + 1, 2)) for place in PLACES],
        "parcels.txt: numbers from 0 to 2, and region 'Insula' has none; expected places in the "
        "connectome from 0 to 3, and -1 for none; are they from 1, with 0 for none? Then",
    ),
    (["²"] * 18, "parcels.txt: its names, '²', are none of the connectome's"),
    (["--3"] * 18, "parcels.txt: its names, '--3', are none of the connectome's"),
    (["0", "7" * 5000] * 9, "parcels.txt: numbers from 0 to 777777777777777, of up to 5000 digits"),
]


@pytest.mark.parametrize(("entries", "message"), LISTS)
def test_a_parcellation_that_cannot_be_used(tmp_path, entries, message):
    path, parcels = tmp_path / "gain.npy", tmp_path / "parcels.txt"
    np.save(path, FIXED.T)
    parcels.write_text("\n".join(entries) + "\n")
    given = {"parcellation": str(parcels), "orientation": "region_sensor"}
    if len(entries) != len(PARCELLATION):
        with pytest.raises(InputError, match="expected 17 rows"):
            leadfield.read(path, LABELS, "T/(A m)", given | MEAN)
        leadfields.forward(tmp_path / "gain.npy-fwd.fif")
        found = message_of(
            tmp_path / "gain.npy-fwd.fif", parcellation=str(parcels), sign_flip=True, **MEAN
        )
        message = message.replace("gain.npy", "gain.npy-fwd.fif")
    else:
        found = message_of(path, **given, **MEAN)
    assert found.startswith(message)


def test_both_sides_as_long_as_a_parcellation(tmp_path):
    np.save(tmp_path / "gain.npy", np.ones((18, 18)))
    given = {"parcellation": leadfields.list_of(tmp_path), **MEAN}
    assert "both sides may be" in message_of(tmp_path / "gain.npy", **given)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.arange(18) + 0.5, "numbers that are not whole; expected places of regions"),
        (np.full(18, np.inf), "numbers that are not whole; expected places of regions"),
        (
            np.full(18, 1e300),
            "numbers from 100000000000000 to 100000000000000, of up to 301 digits",
        ),
        (np.full(18, np.longdouble("1e4900")), "its names, 'inf', are none of the connectome's"),
        (np.zeros((2, 9), int), "shape (2, 9) of int64; expected a list of names or places"),
        (np.array(["a", None] * 9, object), "cannot be read as .npy (it holds Python objects)"),
    ],
)
def test_a_list_of_numpy_that_cannot_be_one(tmp_path, values, message):
    np.save(tmp_path / "gain.npy", FIXED)
    np.save(tmp_path / "list.npy", values)
    given = {"parcellation": str(tmp_path / "list.npy"), **MEAN}
    assert message_of(tmp_path / "gain.npy", **given).startswith(f"list.npy: {message}")


@pytest.fixture(scope="module")
def forward(tmp_path_factory):
    path = tmp_path_factory.mktemp("forward") / "subject-fwd.fif"
    leadfields.forward(path)
    leadfields.list_of(path.parent)
    return path


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "subject-fwd.fif: 18 sources, and no names of regions; expected leadfield.labels"),
        (
            {"parcellation": "LIST"},
            "subject-fwd.fif: several sources a region; expected leadfield.",
        ),
        (
            {"parcellation": "LIST", **MEAN},
            "subject-fwd.fif: sources of a region may point against each other, and their fields "
            "cancel; expected leadfield.sign_flip: true",
        ),
        (
            {"parcellation": "LIST", "sign_flip": True, "dipoles": "tangential", **MEAN},
            "config: leadfield.dipoles: has no effect on subject-fwd.fif, which says that itself",
        ),
        (
            {"parcellation": "LIST", "labels": "connectome"},
            "config: leadfield.parcellation and leadfield.labels both say what rows are",
        ),
        (
            {"labels": "connectome"},
            "subject-fwd.fif: gain: 18 rows; expected 4, as there are names",
        ),
        (
            {"labels": "connectome", "sign_flip": True},
            "config: leadfield.sign_flip: has no effect without a parcellation",
        ),
    ],
)
def test_what_a_forward_solution_does_not_say_is_asked_for(forward, given, message):
    given = {
        name: str(forward.parent / "parcels.txt") if value == "LIST" else value
        for name, value in given.items()
    }
    assert message_of(forward, **given).startswith(message)


@pytest.mark.parametrize("kept", [0, 20, 1000, 0.5, 0.9, "text"])
def test_a_damaged_forward_solution_is_refused(forward, tmp_path, kept):
    path, whole = tmp_path / "cut-fwd.fif", forward.read_bytes()
    if kept == "text":
        path.write_bytes(b"no fif at all\n" * 100)
    else:
        path.write_bytes(whole[: kept if isinstance(kept, int) else int(kept * len(whole))])
    given = {"parcellation": str(forward.parent / "parcels.txt"), "sign_flip": True, **MEAN}
    assert message_of(path, **given).startswith("cut-fwd.fif: cannot be read as FIF (")


def test_a_volume_has_no_directions(tmp_path):
    import mne
    from restmeg import sensors

    space = mne.setup_volume_source_space(
        pos=40.0, sphere=(0, 0, 0.04, 0.08), sphere_units="m", verbose="ERROR"
    )
    sphere = mne.make_sphere_model(r0=(0, 0, 0.04), head_radius=None, verbose="ERROR")
    info = sensors.to_info(*sensors.find(20), 1000.0)
    made = mne.make_forward_solution(
        info, mne.Transform("mri", "head"), space, sphere, verbose="ERROR"
    )
    mne.write_forward_solution(tmp_path / "volume-fwd.fif", made, verbose="ERROR")
    found = message_of(tmp_path / "volume-fwd.fif", parcellation=leadfields.list_of(tmp_path))
    assert found.startswith("volume-fwd.fif: has a volume of sources, which have no direction; ")


BRAINSTORM = {"Gain": FREE.reshape(7, -1), "GridOrient": NORMALS, "GridLoc": NORMALS}


@pytest.mark.parametrize(
    ("changes", "given", "message"),
    [
        ({"Gain": np.ones((7, 55))}, {}, "model.mat: Gain: shape (7, 55); expected (channels, 3 "),
        (
            {"GridOrient": NORMALS[:-1]},
            {},
            "model.mat: GridOrient: shape (17, 3); expected finite values of (18, 3), as Gain has",
        ),
        ({"GridOrient": np.zeros((0, 0))}, {}, "model.mat: has three directions for each source;"),
        (
            {"GridOrient": np.zeros((0, 0)), "GridLoc": put(NORMALS, np.nan, 3, 1)},
            {"dipoles": "tangential"},
            "model.mat: does not say where its sources are; expected a file in leadfield.dipoles",
        ),
        (
            {"GridOrient": np.zeros((0, 0))},
            {"sign_flip": True},
            "config: leadfield.sign_flip: true, but model.mat does not say the directions",
        ),
        ({}, {"orientation": "sensor_region"}, "config: leadfield.orientation: has no effect on"),
        (
            {"Gain": 1j + np.ones((7, 54))},
            {},
            "model.mat: Gain: type complex128; expected real num",
        ),
        ({"GridOrient": 1j * NORMALS}, {}, "model.mat: GridOrient: type complex128; expected real"),
        (
            {"GridOrient": np.zeros((0, 0)), "GridLoc": NORMALS[:-1]},
            {"dipoles": "tangential"},
            "model.mat: positions of sources: shape (17, 3) of float64; expected numbers of (18, ",
        ),
    ],
)
def test_a_head_model_of_brainstorm_that_cannot_be_used(tmp_path, changes, given, message):
    path = tmp_path / "model.mat"
    scipy.io.savemat(path, BRAINSTORM | changes)
    usual = {"parcellation": leadfields.list_of(tmp_path), **MEAN}
    assert message_of(path, **usual, **given).startswith(message)


@pytest.mark.parametrize(
    ("matrices", "changes", "message"),
    [
        ([FREE[:, 0], FREE[:6, 1]] * 2, {}, "lf.mat: leadfield: matrices of shapes (6, 3), (7, 3)"),
        ([FREE[:, 0, :2]] * 4, {}, "lf.mat: leadfield: matrices of shapes (7, 2); expected all"),
        ([np.zeros((0, 0))] * 4, {}, "lf.mat: leadfield: matrices of shapes none; expected all to"),
        (
            [FREE[:, 0]] * 3 + [np.zeros((0, 0))],
            {},
            "lf.mat: no gain from 'Insula', outside the head; expected regions inside",
        ),
        (
            [FREE[:, 0]] * 4,
            {"label": leadfields.cells(["a"])},
            "lf.mat: label: 1 names; expected 7",
        ),
        ([FREE[:, 0]] * 4, {}, "lf.mat: has three directions for each source; expected leadfield."),
        ([FREE[:, 0]] * 5, {}, "lf.mat: gain: 5 rows; expected 4, as there are names"),
        (
            [FREE[:, 0]] * 4,
            {"inside": [9]},
            "lf.mat: inside: 1 values up to 9; expected one for each of 4 positions, or",
        ),
        ([FREE[:, 0]] * 4, {"inside": "yes"}, "lf.mat: inside: type <U3; expected real numbers"),
        ([FREE[:, 0] + 1j] * 4, {}, "lf.mat: leadfield: type complex128; expected real numbers"),
        ([np.array([["x"]])] * 4, {}, "lf.mat: leadfield: type <U1; expected real numbers"),
        (
            [FREE[:, 0]] * 4,
            {"pos": NORMALS[:3]},
            "lf.mat: positions of sources: shape (3, 3) of float64; expected numbers of (4, 3)",
        ),
        ([FREE[:, 0]] * 4, {"pos": "here"}, "lf.mat: positions of sources: shape (1,) of <U4; exp"),
    ],
)
def test_a_lead_field_of_fieldtrip_that_cannot_be_used(tmp_path, matrices, changes, message):
    path = tmp_path / "lf.mat"
    leadfields.fieldtrip(path, matrices, **changes)
    assert message_of(path, labels="connectome").startswith(message)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("inside", "yes!", "lf.mat: inside: type <U4; expected real numbers"),
        (
            "pos",
            "here",
            "lf.mat: positions of sources: shape () of <U4; expected numbers of (4, 3)",
        ),
    ],
)
def test_text_in_place_of_numbers_in_version_73(tmp_path, name, text, message):
    path = tmp_path / "lf.mat"
    leadfields.hdf5_fieldtrip(path, [FREE[:, 0]] * 4)
    with h5py.File(path, "r+") as file:
        del file["lf"][name]
        file["lf"][name] = np.array([[ord(letter)] for letter in text], np.uint16)
        file["lf"][name].attrs["MATLAB_class"] = np.bytes_("char")
    assert message_of(path, labels="connectome").startswith(message)


TEXTS = [
    ("a,b,c\n1,2,3\n4,5,6\n", "gain.csv: does not say which regions it is of ('a', 'b', 'c' are "),
    ("left V1,right V1\n1,2\n", "gain.csv: 2 regions, without 'Precuneus', 'Insula'; the connecto"),
    (
        "left V1,right V1,Precuneus,Insula,Insula\n1,2,3,4,5\n",
        "gain.csv: region 'Insula' is there more than once",
    ),
    (
        ",left V1,right V1,Precuneus,Insula\nM1,1,2,3,4\nM1,1,2,3,4\n",
        "gain.csv: sensor 'M1' is there more than once",
    ),
    (
        "left V1,right V1,Precuneus,insula\n1,2,3,4\n",
        "gain.csv: 4 regions, without 'Insula'; the connectome has 4, and both must name the same",
    ),
    ("left V1,right V1,Precuneus,Insula\n1,2,x,4\n", "gain.csv: row 1: 'x'; expected a number"),
    ("1,2\n1\n", "gain.csv: row 2 has 1 cells; expected 2 as in others"),
    (
        "left V1;0,1;0,2\nInsula;1;2\n",
        "gain.csv: row 1: '0,1'; expected a number with a decimal point, not a comma",
    ),
    (
        ";a;b\nleft V1;0,1;0,2\n",
        "gain.csv: row 1: '0,1'; expected a number with a decimal point, not a comma",
    ),
]


@pytest.mark.parametrize(("text", "message"), TEXTS)
def test_a_text_file_that_cannot_be_used(tmp_path, text, message):
    path = tmp_path / "gain.csv"
    path.write_text(text)
    assert message_of(path).startswith(message)


def test_names_of_a_file_and_of_labels_must_agree(tmp_path):
    path = tmp_path / "gain.csv"
    path.write_text(",".join(LABELS[::-1]) + "\n1,2,3,4\n5,6,7,8\n")
    assert "has names of its own" in message_of(path, labels="connectome")
    (tmp_path / "names.txt").write_text("a\na\n")
    found = message_of(path, labels=str(tmp_path / "names.txt"))
    assert found == "names.txt: label 'a' is there more than once"
