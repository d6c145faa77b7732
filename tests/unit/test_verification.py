import hashlib

import netCDF4
import numpy as np
import pytest
from restmeg import InputError, provenance
from restmeg import verification as v

OUTPUTS = [
    *("connectome.nc", "scores.csv", "figures/scores.png", "figures/scores.svg"),
    *("simulated/p0/0-3/activity.nc", "simulated/p0/theory.nc", "simulated/p0/scores.csv"),
]


def netcdf(path, values, labels=("a", "b")):
    with netCDF4.Dataset(path, "w") as dataset:
        dataset.createDimension("x", len(values))
        dataset.createVariable("v", np.asarray(values).dtype, ("x",))[:] = values
        region = dataset.createVariable("region", str, ("x",))
        region[:] = np.array(labels, dtype=object)
    return path


def test_a_sample_needs_no_table_of_all_points_and_no_figure():
    assert v.candidates(OUTPUTS) == [OUTPUTS[0], *sorted(OUTPUTS[4:])]
    assert v.candidates(OUTPUTS, everything=True) == sorted([*OUTPUTS[:2], *OUTPUTS[4:]])


@pytest.mark.parametrize(
    ("values", "near"),
    [
        ([1.0, 1e-3], True),
        ([1.0 + 9e-10, 1e-3], True),
        ([1.0 + 4e-9, 1e-3], False),
        ([1.0, 1e-3 + 9e-10], True),  # as a difference of values of the size of 1
        ([1.0, 1e-3 + 2e-9], False),
        ([1.0, np.nan], False),
        ([1.0], False),
        (np.array([1.0, 1e-3], dtype=np.float32), False),
        ([1, 0], False),
    ],
)
def test_numbers_in_files_agree_to_nine_digits(tmp_path, values, near):
    labels = ("a", "b")[: len(values)]
    one = netcdf(tmp_path / "one.nc", values, labels)
    other = netcdf(tmp_path / "other.nc", [1.0, 1e-3])
    assert v.near_netcdf(one, other) == near


def test_numbers_of_32_bits_have_as_many_digits_as_they_can(tmp_path):
    one, eps = np.ones(2, np.float32), np.finfo(np.float32).eps
    first = netcdf(tmp_path / "one.nc", one)
    assert v.near_netcdf(netcdf(tmp_path / "two.nc", one + eps), first)
    assert not v.near_netcdf(netcdf(tmp_path / "two.nc", one + 20 * eps), first)


def test_what_is_missing_on_both_sides_and_names_agree(tmp_path):
    one = netcdf(tmp_path / "one.nc", [np.nan, 1.0])
    assert v.near_netcdf(one, netcdf(tmp_path / "two.nc", [np.nan, 1.0]))
    assert not v.near_netcdf(one, netcdf(tmp_path / "three.nc", [np.nan, 1.0], ("a", "c")))


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("score,value\nfc_match,0.140977604\n", True),
        ("score,value\nfc_match,0.140977605\n", True),
        ("score,value\nfc_match,0.14097764\n", False),
        ("score,value\nfc_match,\n", False),
        ("score,value\nfc_distance,0.140977604\n", False),
        ("score,value\n", False),
        ("score,values\nfc_match,0.140977604\n", False),
    ],
)
def test_numbers_in_tables_agree_to_nine_digits(tmp_path, text, near):
    (tmp_path / "one.csv").write_text(text)
    (tmp_path / "other.csv").write_text("score,value\nfc_match,0.140977604\n")
    assert v.near_table(tmp_path / "one.csv", tmp_path / "other.csv") == near


def test_bits_are_asked_of_what_promises_them_and_digits_of_the_rest(tmp_path):
    original = netcdf(tmp_path / "original.nc", [1.0, 2.0])
    recorded = provenance.digest(original)
    same = netcdf(tmp_path / "same.nc", [1.0, 2.0])
    near = netcdf(tmp_path / "near.nc", [1.0, np.nextafter(2.0, 3.0)])
    far = netcdf(tmp_path / "far.nc", [1.0, 2.1])
    place = "simulated/p0/0-3/"

    def how(new, name, original=original):
        return v.compare(new, place + name, recorded, original)

    assert how(same, "activity.nc") == how(same, "fourier.nc") == v.SAME
    assert how(near, "activity.nc") == how(near, "connectivity.nc") == v.OTHER
    assert how(near, "fourier.nc") == v.NEAR
    assert how(far, "fourier.nc") == v.OTHER
    # There is nothing to compare digits with.
    assert how(near, "fourier.nc", tmp_path / "none.nc") == v.UNKNOWN
    assert how(near, "fourier.nc", far) == v.UNKNOWN
    assert how(same, "fourier.nc", tmp_path / "none.nc") == v.SAME


def test_files_that_were_altered_and_those_that_are_gone_are_told(tmp_path):
    outputs = {}
    for name in ("a.csv", "b.csv", "c.csv"):
        (tmp_path / name).write_text(name)
        outputs[name] = provenance.digest(tmp_path / name)
    assert v.altered(tmp_path, outputs) == ([], [])
    (tmp_path / "b.csv").write_text("other")
    (tmp_path / "c.csv").unlink()
    assert v.altered(tmp_path, outputs) == (["b.csv"], ["c.csv"])


def test_a_study_s_files_are_found_from_elsewhere_and_are_the_same(tmp_path):
    (tmp_path / "mine.npz").write_bytes(b"mine")
    record = {
        "inputs": {"connectome": hashlib.sha256(b"mine").hexdigest(), "target": None},
        "config": {"connectome": {"source": "mine.npz"}, "target": {"source": "synthetic"}},
    }
    expected = {"connectome": {"source": str(tmp_path / "mine.npz")}}
    assert v.absolute_sources(record, tmp_path) == expected
    record["inputs"]["target"] = [hashlib.sha256(text).hexdigest() for text in (b"mine", b"two")]
    record["config"]["connectome"] |= {"labels": "names.txt", "regions": ["a", "b"]}
    record["config"]["leadfield"] = {"source": "sphere", "centres": "mine.npz"}
    mine = record["inputs"]["connectome"]
    record["inputs"] |= {"connectome.labels": mine, "leadfield": None, "leadfield.centres": mine}
    (tmp_path / "names.txt").write_bytes(b"mine")
    record["config"]["target"] = {"source": ["mine.npz", "two.npy"], "labels": "connectome"}
    (tmp_path / "two.npy").write_bytes(b"two")
    assert v.absolute_sources(record, tmp_path) == {
        "connectome": expected["connectome"] | {"labels": str(tmp_path / "names.txt")},
        "leadfield": {"centres": str(tmp_path / "mine.npz")},
        "target": {"source": [str(tmp_path / "mine.npz"), str(tmp_path / "two.npy")]},
    }
    (tmp_path / "mine.npz").write_bytes(b"other")
    with pytest.raises(InputError, match=r"mine\.npz: is not the file"):
        v.absolute_sources(record, tmp_path)


def test_versions_that_are_others_now_are_told():
    assert v.environment({"versions": provenance.versions()}) == []
    then = provenance.versions() | {"numpy": "1.0"}
    assert v.environment({"versions": then}) == [f"numpy was 1.0 and is {np.__version__}"]


def test_the_command_says_in_one_line_that_there_is_nothing_to_compare_with(tmp_path, capsys):
    assert v.main(["--directory", str(tmp_path)]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith(f"restmeg: {tmp_path}/results/provenance.json: cannot be read")
    assert len(said.err.splitlines()) == 1
