"""The spherical head, beside a plain formula, and what is asked and refused of it."""

import numpy as np
import pytest
import sarvas
from hypothesis import given, settings
from hypothesis import strategies as st
from processes import run
from restmeg import InputError, leadfield, questions, sensors, sphere, store

ORIGIN = np.array([0.0, 0.0, 0.04])
LABELS = np.array([f"area {k}" for k in range(6)], dtype=object)
CENTRES = np.array(
    [[60, 10, 5], [-60, 10, 5], [0, 60, 0], [10, -65, 20], [0, 0, 60.0], [20, 10, -60]]
)


def chosen(**changes):
    usual = {"source": "sphere", "path": None, "centres": None, "dipoles": None, "sensors": 16}
    return usual | changes


def made(known=CENTRES, **changes):
    return leadfield.from_settings(chosen(**changes), LABELS, known)


def points_of(names, coils):
    """Integration points, normals and weights of each coil, as MNE's table of coils has them."""
    from mne.forward._make_forward import _create_meg_coils

    info = sensors.to_info(names, coils, 1000.0)
    found = _create_meg_coils(info["chs"], "accurate")
    return [(coil["rmag"] - ORIGIN, coil["cosmag"], coil["w"]) for coil in found]


@pytest.mark.parametrize("system", [16, 1, 101, "neuromag306", "ctf275"])
def test_the_gain_is_that_of_the_formula(system):
    field = made(sensors=system)
    places, directions = field.sources
    places = places / 1000 - ORIGIN
    expected = np.array(
        [
            [sarvas.at_coil(place, direction, *coil) for coil in points_of(*field[2:4])]
            for place, direction in zip(places, directions, strict=True)
        ]
    )
    of_kinds = [field.coils.kinds == kind for kind in set(field.coils.kinds)]
    for of_kind in of_kinds:
        wanted = 1e-9 * expected[:, of_kind]
        largest = np.abs(wanted).max()
        np.testing.assert_allclose(field.gain[:, of_kind], wanted, rtol=1e-9, atol=1e-12 * largest)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0.0, 0.0899))
def test_a_radial_dipole_is_silent(seed, depth):
    direction = np.random.default_rng(seed).normal(size=3)
    direction /= np.linalg.norm(direction)
    names, coils = sensors.find(32)
    radial = sphere.gain(ORIGIN + depth * direction[None], direction[None], names, coils)
    tangential = sphere.gain(
        ORIGIN + 0.06 * direction[None], sphere.tangents(direction[None]), names, coils
    )
    assert np.abs(radial).max() < questions.SILENT * np.abs(tangential).max()


def test_eight_radial_dipoles_are_silent_to_rounding():
    rng = np.random.default_rng(0)
    directions = rng.normal(size=(8, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    names, coils = sensors.find(306)
    found = sphere.gain(ORIGIN + 0.065 * directions, directions, names, coils)
    assert np.abs(found).max() * 1e9 <= 2e-21
    tangents = sphere.tangents(directions)
    found = sphere.gain(ORIGIN + 0.065 * directions, tangents, names, coils)
    assert 5e-15 < np.abs(found).max() < 2e-14


def test_centres_are_shifted_and_dipoles_tangential_unless_said_otherwise(tmp_path):
    field = made()
    places, directions = field.sources
    middle = (CENTRES.min(axis=0) + CENTRES.max(axis=0)) / 2
    np.testing.assert_allclose(places, CENTRES - middle + [0, 0, 40], atol=1e-12)
    radii = places - [0, 0, 40]
    np.testing.assert_allclose((radii * directions).sum(axis=1), 0, atol=1e-12)
    np.testing.assert_allclose(np.linalg.norm(directions, axis=1), 1, rtol=1e-14)
    assert not directions[:, 2].any()  # on circles of latitude
    assert made(dipoles="tangential").gain.tobytes() == field.gain.tobytes()
    assert made(CENTRES + 7).identity()[-1].shape == (6, 3)
    np.testing.assert_allclose(made(CENTRES + 7).gain, field.gain, rtol=1e-12, atol=1e-28)

    file = tmp_path / "dipoles.txt"
    given = 5 * directions + 2 * radii / 60
    rows = ["\t".join([label, *map(str, row)]) for label, row in zip(LABELS, given, strict=True)]
    file.write_text("\n".join(rows[::-1]))
    other = made(dipoles=str(file))
    size = np.linalg.norm(given, axis=1, keepdims=True)
    np.testing.assert_allclose(other.sources[1], given / size, rtol=1e-12)
    # The radial part adds nothing.
    np.testing.assert_allclose(other.gain, field.gain * 5 / size, rtol=1e-9, atol=1e-26)


def test_the_tangent_on_the_axis_and_in_the_middle_is_x():
    found = sphere.tangents(np.array([[0, 0, 0.05], [0, 0, -0.05], [0, 0, 0.0], [0.05, 0, 0]]))
    np.testing.assert_array_equal(found, [[1, 0, 0], [1, 0, 0], [1, 0, 0], [0, 1, 0]])


def test_centres_of_a_file_are_matched_by_name(tmp_path):
    file = tmp_path / "centres.txt"
    order = [5, 3, 1, 2, 0, 4]
    lines = [f"{LABELS[k]} {CENTRES[k, 0]} {CENTRES[k, 1]} {CENTRES[k, 2]}" for k in order]
    file.write_text("# name x y z\n" + "\n".join(lines) + "\n")
    np.testing.assert_array_equal(made(None, centres=str(file)).gain, made().gain)
    file.write_text("\n".join(line.replace(" ", ",").replace("area,", "area ") for line in lines))
    np.testing.assert_array_equal(made(None, centres=str(file)).gain, made().gain)


def test_magnetometers_are_spread_evenly_and_radial():
    names, coils = sensors.find(200)
    assert len(set(names)) == 200
    from_middle = coils.positions - ORIGIN
    np.testing.assert_allclose(np.linalg.norm(from_middle, axis=1), 0.12, rtol=1e-12)
    np.testing.assert_allclose(coils.axes[:, 2], from_middle / 0.12, atol=1e-12)
    assert from_middle[:, 2].min() > 0
    np.testing.assert_allclose(
        np.einsum("nij,nkj->nik", coils.axes, coils.axes),
        np.broadcast_to(np.eye(3), (200, 3, 3)),
        atol=1e-12,
    )
    apart = np.linalg.norm(from_middle[:, None] - from_middle, axis=2)
    nearest = np.sort(apart, axis=1)[:, 1]
    area = 2 * np.pi * 0.12**2 / 200
    assert nearest.min() > 0.6 * np.sqrt(area)
    assert nearest.max() < 1.3 * np.sqrt(area)


@pytest.mark.parametrize(
    ("system", "kinds"), [("neuromag306", {"mag": 102, "grad": 204}), ("ctf275", {"mag": 274})]
)
def test_systems_are_those_of_mne_around_the_head(system, kinds):
    import mne

    names, coils = sensors.find(system)
    assert {kind: np.count_nonzero(coils.kinds == kind) for kind in kinds} == kinds
    info = mne.channels.read_meg_canonical_info(sensors.SYSTEMS[system][0], verbose="ERROR")
    assert list(names) == info["ch_names"]
    own = np.array([channel["loc"][:3] for channel in info["chs"]])
    # The sphere that fits them best is about the head's.
    matrix = np.column_stack([2 * own, np.ones(len(own))])
    fitted = np.linalg.lstsq(matrix, (own**2).sum(axis=1))[0][:3]
    np.testing.assert_allclose(fitted + sensors.SYSTEMS[system][1], ORIGIN, atol=1e-3)
    distance = np.linalg.norm(coils.positions - ORIGIN, axis=1)
    assert 0.1 < distance.min() < distance.max() < 0.14


def test_sensors_of_a_file(tmp_path):
    import mne

    names, coils = sensors.find("ctf275")
    info = sensors.to_info(names, coils, 600.0)
    turned = mne.transforms.rotation(0.1, 0.2, 0.3) + mne.transforms.translation(0.01, 0, 0.005)
    turned[range(4), range(4)] -= 1
    info["dev_head_t"] = mne.Transform("meg", "head", turned)
    path = str(tmp_path / "subject-info.fif")
    mne.io.write_info(path, info, verbose="ERROR")
    found, moved = sensors.find(path)
    assert list(found) == list(names)
    expected = mne.transforms.apply_trans(turned, coils.positions)
    np.testing.assert_allclose(moved.positions, expected, atol=1e-7)
    forward = made(sensors=path).gain
    again = sphere.gain(made().sources[0] / 1000, made().sources[1], found, moved)
    np.testing.assert_allclose(forward, again, rtol=1e-12)

    text = tmp_path / "sensors.tsv"
    text.write_text("M1\t0\t0\t160\t0\t0\t2\nM2\t120\t0\t40\t3\t0\t0\n")
    names, coils = sensors.find(str(text))
    assert list(names) == ["M1", "M2"]
    np.testing.assert_allclose(coils.positions, [[0, 0, 0.16], [0.12, 0, 0.04]])
    np.testing.assert_allclose(coils.axes[:, 2], [[0, 0, 1], [1, 0, 0]])


def test_sensors_that_do_not_say_where_the_head_is_are_refused(tmp_path):
    import mne

    info = sensors.to_info(*sensors.find(5), 600.0)
    info["dev_head_t"] = None
    path = str(tmp_path / "subject-info.fif")
    mne.io.write_info(path, info, verbose="ERROR")
    with pytest.raises(InputError) as caught:
        sensors.find(path)
    assert str(caught.value).startswith(
        f"{path}: has its sensors in coordinates of the device and no dev_head_t, which brings them"
    )


def test_all_that_it_was_made_from_is_in_its_file(tmp_path):
    import xarray as xr

    field = made(sensors="neuromag306")
    leadfield.write(tmp_path / "leadfield.nc", field, "sphere")
    with store.open_netcdf(tmp_path / "leadfield.nc") as dataset:
        assert store.provenance(dataset) == (
            {
                "source": "sphere",
                "sensors": "neuromag306",
                "dipoles": "tangential",
                "centres": "connectome",
                "centres_shift_mm": [0.0, 2.5, 40.0],
                "sphere_origin_mm": [0.0, 0.0, 40.0],
                "sphere_radius_mm": 90.0,
            },
            None,
        )
    with xr.open_dataset(tmp_path / "leadfield.nc") as dataset:
        assert dataset.gain.attrs["units"] == "sensor_unit/(nA m)"
        assert dataset.sensor_unit.values[:3].tolist() == ["T/m", "T/m", "T"]
        assert dataset.sensor_kind.values[:3].tolist() == ["grad", "grad", "mag"]
        assert dataset.sensor_position.attrs["units"] == "m"
        np.testing.assert_array_equal(dataset.centres, field.sources[0])
    again = leadfield.read(tmp_path / "leadfield.nc", LABELS[::-1])
    np.testing.assert_array_equal(again.gain[::-1], field.gain)
    for ours, theirs in zip(again.coils, field.coils, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_what_is_seldom_meant_is_asked(tmp_path):
    assert list(questions.of_leadfield(made(sensors="neuromag306"))) == []
    file = tmp_path / "dipoles.txt"
    radii = made().sources[0] - [0, 0, 40]
    tangents = made().sources[1]
    directions = np.where(np.arange(6)[:, None] < 2, radii, tangents)
    rows = [
        " ".join([label, *map(str, row)]) for label, row in zip(LABELS, directions, strict=True)
    ]
    file.write_text("\n".join(rows))
    for system in (16, "neuromag306"):
        field = made(dipoles=str(file), sensors=system)
        assert list(questions.of_leadfield(field)) == [
            "no gain from 2 of 6 regions, 'area 0', 'area 1'; the sensors do not see them (radial "
            "dipoles of a sphere have no field)"
        ]


CASES = [
    ({"known": None}, {}, "config: leadfield.source: sphere needs the centres of the regions"),
    (
        {"known": CENTRES * 2},
        {},
        "connectome: the centre of region 'area 3' is 132.8 mm from the middle of all; expected "
        "less than 90 mm",
    ),
    (
        {},
        {"centres": "area 0 1 2 3\narea 1 1 2 x\n"},
        "FILE: line 2: 'area 1 1 2 x'; expected a name and 3 finite numbers",
    ),
    (
        {},
        {
            "centres": "".join(f"area {k} {k / 100} 0 0\n" for k in range(6)),
        },
        "FILE: the centres of all regions are within 0.0",
    ),
    ({}, {"centres": "area 0 1 2 nan\n"}, "FILE: line 1: 'area 0 1 2 nan'; expected a name and"),
    ({}, {"centres": "area 0 1 2 3\n"}, "FILE: 1 regions, without 'area 1', 'area 2', 'area 3'"),
    (
        {},
        {"centres": "area 0 1 2 3\narea 0 1 2 4"},
        "FILE: name 'area 0' is there more than once",
    ),
    ({}, {"centres": "# nothing\n"}, "FILE: is empty; expected a name and 3 numbers a line"),
    (
        {},
        {"dipoles": "".join(f"area {k} 0 0 {k}\n" for k in range(6))},
        "FILE: the direction of region 'area 0' is 0, 0, 0; expected a vector",
    ),
    (
        {},
        {"sensors": "M1 0 0 120 0 0 1\n"},
        "config: leadfield.sensors: sensor 'M1' is 80 mm from the middle of the head; expected "
        "more than 90 mm",
    ),
    ({}, {"sensors": "M1 0 0 160 0 0 0\n"}, "FILE: sensor 'M1' has the direction 0, 0, 0"),
    ({}, {"sensors": "M1 0 0 160\n"}, "FILE: line 1: 'M1 0 0 160'; expected a name and 6 finite"),
]


@pytest.mark.parametrize(("arguments", "files", "message"), CASES)
def test_what_cannot_be_is_refused_in_a_line(tmp_path, arguments, files, message):
    for name, text in files.items():
        path = tmp_path / f"{name}.txt"
        path.write_text(text)
        files = {name: str(path)}
        message = message.replace("FILE", str(path))
    with pytest.raises(InputError) as caught:
        made(**arguments, **files)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) <= 1000


@pytest.mark.parametrize("content", [b"", b"no fif at all", bytes(4000)])
def test_sensors_of_what_is_no_fif(tmp_path, content):
    path = tmp_path / "broken-info.fif"
    path.write_bytes(content)
    with pytest.raises(InputError, match="cannot be read as FIF") as caught:
        sensors.find(str(path))
    assert "\n" not in str(caught.value)


def test_nothing_is_written_beside_and_nothing_said(tmp_path, monkeypatch):
    code = """
        import numpy as np
        from restmeg import leadfield
        given = {"source": "sphere", "path": None, "centres": None, "dipoles": None,
                 "sensors": "neuromag306"}
        leadfield.from_settings(given, list("abc"), 50 * np.eye(3))
    """
    (tmp_path / "home").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    done = run(code, tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_the_synthetic_one_has_no_system_of_sensors():
    given = chosen(source="synthetic", sensors="ctf275", seed=1, gain_sum=1.0)
    with pytest.raises(InputError, match=r"^config: leadfield\.sensors: ctf275, but the synthetic"):
        leadfield.from_settings(given, LABELS)
