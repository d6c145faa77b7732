"""Files that are damaged, or plausible but wrong: one clear line each."""

import io
import json
import pickle
import zipfile
import zlib
from pathlib import Path

import h5py
import numpy as np
import pytest
import scipy.io
from restmeg import InputError, check, connectome, questions
from test_connectome_formats import (
    LABELS,
    LENGTHS,
    WEIGHTS,
    as_version_5,
    as_version_73,
    text_pair,
    tvb_zip,
)


def refused(path, **options):
    """The line that a file is refused with."""
    with pytest.raises(InputError) as caught:
        connectome.read(path, **options)
    message = str(caught.value)
    assert len(message.splitlines()) == 1
    assert len(message) <= 1000
    return message


TEXTS = {
    "": "is empty; expected a matrix",
    "\n\n# nothing\n": "is empty; expected a matrix",
    "0,1\n1": "row 2 has 1 cells; expected 2 as in others",
    "0,1,2\n1,0,2\n": "weights: shape (2, 3); expected a square matrix",
    "a,b,c\n0,1,2\n1,0,2\n": "weights: shape (2, 3); expected a square matrix",
    "0,1,2\n1,0,x\n2,2,0\n": "row 2: 'x'; expected a number",
    "0,1,2\n1,0,\n2,2,0\n": "weights[1, 2] is nan; expected finite values (1 of 9 are not)",
    "0,1,2\n1,0,1e999\n2,2,0\n": "weights[1, 2] is inf; expected finite values",
    "0,1,2\n1,0,-2\n2,2,0\n": "weights[1, 2] is -2.0; expected values >= 0",
    "1,2,3\n0,1,2\n1,0,2\n2,2,0\n": "if its first row has the names of the regions, they must not",
    ",a,b,c\na,0,1,2\nb,1,0,2\nd,2,2,0\n": "without 'd'; its rows have 3",
    ",a,b,b\na,0,1,2\nb,1,0,2\nb,2,2,0\n": "region 'b' is there more than once",
    "a,b\n0,1,2\n1,0,2\n2,2,0\n": "2 names in its first row for 3 columns",
    "0\0,1": "has zero bytes in it; expected a text file",
    '0,1,2\n"1,0,2\n2,2,0\n': "line 2 has a quotation mark without its other one; expected both",
    f'"{"1" * 200_000}",1,2\n1,0,2\n2,2,0\n': "line 1 has a quotation mark without its other one",
    f"{'1' * 200_000},1,2\n1,0,2\n2,2,0\n": "weights[0, 0] is inf; expected finite values",
    "0;1;2\n1,5;0;2\n2;2;0\n": "row 2: '1,5'; expected a number with a decimal point, not a comma",
    "0\t1,5e-3\n": "row 1: '1,5e-3'; expected a number with a decimal point, not a comma",
    "0;1,5;2\n1,5;0;2\n2;2;0\n": "row 1: '1,5'; expected a number with a decimal point, not a com",
    "é".encode("latin-1"): "is not text in UTF-8; expected a text file",
}


@pytest.mark.parametrize("content", TEXTS, ids=[repr(text)[:30] for text in TEXTS])
def test_text_that_is_no_matrix_of_weights(tmp_path, content):
    three = {"distances": LENGTHS[:3, :3], "labels": list("abc")}
    path, options = text_pair(tmp_path, **three)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    assert TEXTS[content] in refused(path, **options)


def swap(path, options):
    """Weights and distances in each other's place, where some pairs have none."""
    return options["distances"], options | {"distances": path}


def test_distances_that_are_weights_are_questioned(tmp_path):
    path, options = text_pair(tmp_path, weights=1000 * WEIGHTS)
    swapped, options = swap(path, options)
    text = "\n".join(questions.of_connectome(swapped, connectome.read(swapped, **options)))
    assert "the longest connection is 4000 mm" in text
    assert "are weights and distances swapped?" in text


@pytest.mark.parametrize(("factor", "found"), [(0.001, "0.031 mm"), (1000, "3.1e+04 mm")])
def test_lengths_a_thousand_times_off_are_questioned(tmp_path, factor, found):
    path, options = text_pair(tmp_path, distances=LENGTHS * factor)
    asked = "\n".join(questions.of_connectome(path, connectome.read(path, **options)))
    assert f"the longest connection is {found}" in asked
    assert "connectome.distance_unit" in asked


def test_what_goes_with_a_file_must_fit_it(tmp_path):
    path, options = text_pair(tmp_path)
    labels = tmp_path / "labels.txt"
    assert "expected the file of the tract lengths" in refused(path)
    labels.write_text("a\nb\nc\n")
    assert f"{labels}: 3 labels; expected 4, one for each row of {path}" in refused(path, **options)
    labels.write_text("a\nb\nc\nb\n")
    assert f"{labels}: label 'b' is there more than once" in refused(path, **options)
    np.savetxt(tmp_path / "small.csv", LENGTHS[:3, :3])
    small = {"distances": tmp_path / "small.csv"}
    assert "weights have shape (4, 4) but distances (3, 3)" in refused(path, **small)
    assert "cannot be read (No such file" in refused(path, distances=tmp_path / "none.csv")
    assert "not a matrix file" in refused(path, distances=tmp_path / "lengths.xlsx")
    names = {"variables": {"weights": "sc"}}
    assert "config: connectome.variables: has no effect on" in refused(path, **names)
    tvb_zip(tmp_path / "c.zip")
    for key, value in options.items():
        said = refused(tmp_path / "c.zip", **{key: value})
        assert f"config: connectome.{key}: has no effect on" in said


def test_names_of_distances_alone_are_not_those_of_the_weights(tmp_path):
    """Whose order nobody says then."""
    path, options = text_pair(tmp_path)
    order = [3, 1, 0, 2]
    names = [LABELS[k] for k in order]
    rows = [",".join(["", *names])]
    turned = LENGTHS[np.ix_(order, order)]
    rows += [",".join([n, *map(str, row)]) for n, row in zip(names, turned, strict=True)]
    options["distances"].write_text("\n".join(rows))
    assert f"{path}: has no names of its regions, and {options['distances']} has" in refused(
        path, distances=options["distances"]
    )
    read = connectome.read(path, **options)
    np.testing.assert_array_equal(read.distances, LENGTHS)
    assert list(read.labels) == LABELS


def test_a_foreign_npz_is_not_taken_for_our_own(tmp_path):
    directed = np.triu(WEIGHTS)
    np.savez(tmp_path / "c.npz", A=directed + 0.5 * directed.T, B=LENGTHS, labels=np.array(LABELS))
    named = {"variables": {"weights": "A", "distances": "B"}}
    assert "whether their rows are targets or sources is not said" in refused(
        tmp_path / "c.npz", **named
    )
    read = connectome.read(tmp_path / "c.npz", orientation="source_target", **named)
    assert read.assumed == ("distance_unit",)


@pytest.mark.parametrize("method", ["none", "mean", "upper"])
@pytest.mark.parametrize("value", [np.nan, -1.0, np.inf])
def test_no_half_hides_what_is_no_weight(tmp_path, method, value):
    wrong = WEIGHTS.copy()
    wrong[2, 0] = value
    path, options = text_pair(tmp_path, weights=wrong)
    assert "weights[2, 0] is" in refused(path, symmetrise=method, **options)
    wrong = LENGTHS.copy()
    wrong[2, 0] = value
    path, options = text_pair(tmp_path, distances=wrong)
    assert "distances[2, 0] is" in refused(path, symmetrise=method, **options)


def test_a_length_that_is_nan_is_none_where_nothing_is_connected(tmp_path):
    """As tck2connectome writes the shortest of no streamlines."""
    path, options = text_pair(tmp_path, distances=np.where(WEIGHTS > 0, LENGTHS, np.nan))
    np.testing.assert_array_equal(connectome.read(path, **options).distances, LENGTHS)


def test_a_unit_that_a_sidecar_says_is_not_overridden(tmp_path):
    path, options = text_pair(tmp_path, "_weights.tsv", "\t")
    net = tmp_path / "sub_weights.tsv"
    net.write_text(path.read_text())
    (tmp_path / "sub_distances.tsv").write_text("\n".join("\t".join(map(str, r)) for r in LENGTHS))
    (tmp_path / "sub_distances.json").write_text('{"Units": "m"}')
    given = {"labels": options["labels"]}
    assert f"connectome.distance_unit: mm, but {net} says m" in refused(
        net, distance_unit="mm", **given
    )


def test_labels_that_contradict_a_file_are_refused(tmp_path):
    names = np.array(LABELS)
    np.savez(tmp_path / "c.npz", weights=WEIGHTS, distances=LENGTHS, labels=names)
    labels = tmp_path / "labels.txt"
    labels.write_text("\n".join(LABELS))
    read = connectome.read(tmp_path / "c.npz", labels=labels)
    assert list(read.labels) == LABELS
    labels.write_text("\n".join(LABELS[::-1]))
    assert "has other names, or another order, than" in refused(tmp_path / "c.npz", labels=labels)


ZIPS = {
    "no weights": ({"weights": None}, "0 files named weights*; expected one (found"),
    "no lengths": ({"tract_lengths": None}, "0 files named tract_lengths*"),
    "no names": ({"centres": None}, "0 files named cent*"),
    "two of weights": ({"weights_2": WEIGHTS}, "2 files named weights*; expected one"),
    "text": ({"weights": "0 1 x"}, "weights.txt: cannot be read as weights (could not convert"),
    "ragged": ({"weights": "0 1\n1"}, "weights.txt: cannot be read as weights"),
    "centres": ({"centres": "a 1 2\nb 1 2 3"}, "centres.txt: cannot be read; expected a name and"),
    "fewer centres": ({"centres": "a 1 2 3\nb 1 2 3\nc 1 2 3"}, "3 labels for 4 regions"),
    "NaN": ({"centres": "a 1 2 3\nb 1 2 3\nc 1 2 nan\nd 1 2 3"}, "centres[2, 2] is nan; expected"),
}


def npy(values):
    """An array as numpy.save writes it."""
    file = io.BytesIO()
    np.save(file, values)
    return file.getvalue()


MEMBERS = {
    "centres.txt in Latin-1": ("centres.txt", "é 1 2 3".encode("latin-1")),
    "centres.npy of numbers alone": ("centres.npy", npy(np.ones(4))),
    "centres.npy that is none": ("centres.npy", b"no"),
    "centres.npy of nothing": ("centres.npy", b""),
    "weights.npy of nothing": ("weights.npy", b""),
    "weights.txt in Latin-1": ("weights.txt", "é".encode("latin-1")),
}


@pytest.mark.parametrize("case", MEMBERS)
def test_zips_with_a_part_that_is_not_what_its_name_says(tmp_path, case):
    name, content = MEMBERS[case]
    tvb_zip(tmp_path / "c.zip", **{name[:-4]: None})
    with zipfile.ZipFile(tmp_path / "c.zip", "a") as archive:
        archive.writestr(name, content)
    assert f"{name}: cannot be read" in refused(tmp_path / "c.zip")


def test_centres_of_a_zip_may_be_an_array_of_text(tmp_path):
    tvb_zip(tmp_path / "c.zip", centres=None)
    centres = np.array([[name, "1", "2.5", "-3"] for name in LABELS])
    with zipfile.ZipFile(tmp_path / "c.zip", "a") as archive:
        archive.writestr("centres.npy", npy(centres))
    read = connectome.read(tmp_path / "c.zip")
    assert list(read.labels) == LABELS
    np.testing.assert_array_equal(read.centres, [[1, 2.5, -3]] * 4)


@pytest.mark.parametrize("name", ["c.zip", "c.mat"])
def test_several_lines_of_a_library_are_told_in_one(tmp_path, monkeypatch, name):
    def fail(*_, **__):
        raise ValueError("one\n  two\nthree")

    monkeypatch.setattr(zipfile, "ZipFile", fail)
    monkeypatch.setattr(scipy.io, "whosmat", fail)
    (tmp_path / name).write_bytes(bytes(1000))
    variables = {"weights": "sc", "distances": "len"}
    assert "(one two three)" in refused(
        tmp_path / name, **({"variables": variables} if name == "c.mat" else {})
    )


@pytest.mark.parametrize("rows", [5, [5], {"a": "b"}])
def test_a_json_of_bids_that_names_no_files(tmp_path, rows):
    for name in ("weights", "distances"):
        np.savetxt(tmp_path / f"{name}.tsv", LENGTHS, delimiter="\t")
    (tmp_path / "weights.json").write_text(json.dumps({"CoordsRows": rows}))
    said = refused(tmp_path / "weights.tsv")
    assert said.startswith(f"{tmp_path / 'weights.json'}: CoordsRows is no list of names; expected")
    (tmp_path / "weights.json").write_text(json.dumps({"CoordsRows": ["labels" * 999 + ".tsv"]}))
    assert list(connectome.read(tmp_path / "weights.tsv").labels) == ["R0", "R1", "R2", "R3"]


@pytest.mark.parametrize("name", ZIPS)
def test_zips_that_lack_a_part(tmp_path, name):
    changes, message = ZIPS[name]
    tvb_zip(tmp_path / "c.zip", **changes)
    assert message in refused(tmp_path / "c.zip")


def test_a_zip_writes_nothing_wherever_its_names_lead(tmp_path):
    """Names within a zip may be paths out of a folder: nothing is unpacked into one."""
    inside = tmp_path / "inside"
    inside.mkdir()
    tvb_zip(inside / "c.zip", folder="../../")
    before = set(tmp_path.rglob("*"))
    assert connectome.read(inside / "c.zip").labels[0] == "left_V1"
    assert set(tmp_path.rglob("*")) == before


def test_a_zip_that_unpacks_to_too_much(tmp_path, monkeypatch):
    monkeypatch.setattr(check, "MAX_BYTES", 10**5)
    tvb_zip(tmp_path / "c.zip", weights="0 " * 10**6)
    assert "weights.txt: shape (2000000,) of uint8, 0.002 GB; expected" in refused(
        tmp_path / "c.zip"
    )
    tvb_zip(tmp_path / "c.zip", ending=".txt.bz2", weights="0 " * 10**6)
    assert "unpacks to more than 0.0001 GB or is cut off" in refused(tmp_path / "c.zip")


@pytest.mark.parametrize("kept", [0, 10, 0.5, 0.99])
@pytest.mark.parametrize("name", ["c.zip", "5.mat", "7.mat", "c.npy"])
def test_what_is_cut_off(tmp_path, name, kept):
    path = tmp_path / name
    write = {
        "c.zip": lambda: tvb_zip(path),
        "5.mat": lambda: as_version_5(path, sc=WEIGHTS, len=LENGTHS),
        "7.mat": lambda: as_version_73(path, sc=WEIGHTS, len=LENGTHS),
        "c.npy": lambda: np.save(path, WEIGHTS),
    }
    write[name]()
    content = path.read_bytes()
    path.write_bytes(content[: kept if kept > 1 else int(kept * len(content))])
    variables = {"weights": "sc", "distances": "len"}
    options = {"variables": variables} if name.endswith("mat") else {}
    options |= {"distances": path} if name == "c.npy" else {}
    try:
        read = connectome.read(path, **options)
    except InputError as error:
        message = str(error)
        assert "cannot be read as" in message or "no variable 'sc'" in message, message
        assert len(message.splitlines()) == 1
    else:  # what was cut off is not of the matrices
        assert name == "5.mat"
        np.testing.assert_array_equal(read.weights, WEIGHTS)


class Evil:
    """What runs when it is unpickled."""

    def __reduce__(self):
        return open, ("executed", "w")


def test_nothing_in_a_file_is_executed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.save("w.npy", np.array([Evil()], dtype=object), allow_pickle=True)
    assert "it holds Python objects" in refused("w.npy", distances="w.npy")
    Path("raw.npy").write_bytes(pickle.dumps(Evil()))
    assert "cannot be read as .npy" in refused("raw.npy", distances="raw.npy")
    np.savez("c.npz", weights=np.array([Evil()], dtype=object), distances=LENGTHS, labels=LABELS)
    assert "it holds Python objects" in refused("c.npz")
    with zipfile.ZipFile("c.zip", "w") as archive:
        for name in ("weights", "tract_lengths", "centres"):
            archive.writestr(f"{name}.npy", (tmp_path / "w.npy").read_bytes())
    assert "cannot be read as weights" in refused("c.zip")
    assert not (tmp_path / "executed").exists()


@pytest.mark.parametrize("write", [as_version_5, as_version_73])
def test_what_is_no_matrix_of_matlab(tmp_path, write):
    path = tmp_path / "c.mat"
    options = {"variables": {"weights": "sc", "distances": "len"}}
    write(path, sc=WEIGHTS[:2], len=LENGTHS)
    assert "weights: shape (2, 4); expected a square matrix" in refused(path, **options)
    write(path, sc=WEIGHTS * 1j, len=LENGTHS)
    assert "expected real numbers" in refused(path, **options) or write is as_version_73
    write(path, sc=WEIGHTS, len=LENGTHS)
    options["variables"] = {"weights": "names", "distances": "len"}
    assert "names: is of class cell; expected numbers" in refused(path, **options)
    options["variables"] = {"weights": "sc", "distances": "len", "labels": "len"}
    refused(path, **options)
    if write is as_version_73:
        with h5py.File(path, "r+") as file:
            file["/#refs#/number"] = np.array([[0.5]])
            file["names"][0] = file["/#refs#/number"].ref
        options["variables"]["labels"] = "names"
        assert "names: no cell array of texts; expected one" in refused(path, **options)


def test_a_matrix_of_matlab_that_declares_too_much(tmp_path):
    """A compressed variable whose header says more than there is."""
    path = tmp_path / "c.mat"
    scipy.io.savemat(path, {"sc": WEIGHTS, "len": LENGTHS}, do_compression=True)
    content = path.read_bytes()
    start = 136  # after the header of the file and of the first variable
    variable = bytearray(zlib.decompressobj().decompress(content[start:]))
    variable[32:40] = np.array([2**16, 2**16], "<i4").tobytes()
    packed = zlib.compress(bytes(variable))
    tag = np.array([15, len(packed)], "<u4").tobytes()
    path.write_bytes(content[:128] + tag + packed)
    said = refused(path, variables={"weights": "sc", "distances": "sc"})
    assert "sc: shape (65536, 65536) of float64, 34.4 GB; expected at most" in said
