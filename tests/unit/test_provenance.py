import hashlib
import json
import subprocess

import netCDF4
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from restmeg import InputError, provenance, store

SERIES = np.arange(24, dtype=np.float32).reshape(2, 4, 3)


@pytest.fixture
def file(tmp_path):
    """Write a dataset as netCDF4 does; what is given replaces what is usual."""

    def write(name="a.nc", values=SERIES, labels=("x", "y", "z"), attributes=None, **storage):
        path = tmp_path / name
        with netCDF4.Dataset(path, "w") as dataset:
            dataset.setncatts({"title": "Some", "source": "restmeg 0.1.0", **(attributes or {})})
            for dimension, size in zip(("replicate", "time", "region"), SERIES.shape, strict=True):
                dataset.createDimension(dimension, size)
            rate = dataset.createVariable(
                "rate_E", values.dtype, ("replicate", "time", "region"), **storage
            )
            rate.units = "1"
            rate[:] = values
            region = dataset.createVariable("region", str, ("region",))
            region[:] = np.array(labels, dtype=object)
        return provenance.digest(path)

    return write


def test_a_digest_is_of_what_a_file_holds_and_not_of_its_bytes(file, tmp_path):
    first = file("a.nc")
    assert len(first) == 64
    swapped = {"values": SERIES.astype(">f4"), "endian": "big"}
    for storage in ({"zlib": True}, {"chunksizes": (1, 2, 3)}, swapped):
        assert file("b.nc", **storage) == first
        assert (tmp_path / "a.nc").read_bytes() != (tmp_path / "b.nc").read_bytes()
    assert file(attributes={"source": "restmeg 9.9"}) == first


def test_a_digest_tells_every_change_of_content(file):
    other = SERIES.copy()
    other[1, 3, 2] = np.nextafter(other[1, 3, 2], np.float32(np.inf))
    zero, minus = np.zeros_like(SERIES), -np.zeros_like(SERIES)
    found = [
        file(),
        file(values=other),
        file(values=SERIES[::-1]),
        file(values=SERIES.astype(float)),
        file(values=zero),
        file(values=minus),
        file(labels=("x", "yz", "")),
        file(labels=("xy", "", "z")),
        file(attributes={"title": "Other"}),
        file(attributes={"seed": np.int64(1)}),
        file(attributes={"seed": "1"}),
    ]
    assert len(set(found)) == len(found)


def test_a_digest_is_the_same_by_hand(tmp_path):
    """So that the definition is not what the code happens to do."""
    path = tmp_path / "a.nc"
    with netCDF4.Dataset(path, "w") as dataset:
        dataset.title = "T"
        dataset.createDimension("x", 2)
        variable = dataset.createVariable("v", "f4", ("x",))
        variable[:] = [1, 2]
    texts = ['[["title", "T"]]', '["v", ["x"], [2], "<f4", []]']
    expected = b"".join(len(text).to_bytes(8, "little") + text.encode() for text in texts)
    expected += np.array([1, 2], "<f4").tobytes()
    assert provenance.digest(path) == hashlib.sha256(expected).hexdigest()


class Variable:
    """An array that tells how much of it was asked for at once."""

    def __init__(self, values, chunks="contiguous"):
        self.values, self.shape, self.largest = values, values.shape, 0
        self.chunking = lambda: chunks

    def __getitem__(self, index):
        found = self.values[index]
        self.largest = max(self.largest, found.size)
        return found


@given(st.lists(st.integers(0, 7), max_size=4), st.integers(1, 60))
def test_pieces_are_all_values_in_order_and_not_larger_than_asked(shape, largest):
    values = np.arange(np.prod(shape, dtype=int)).reshape(shape)
    variable = Variable(values)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store, "PIECE", largest)
        found = [piece.ravel() for piece in provenance.pieces(variable)]
    np.testing.assert_array_equal(np.concatenate([[], *found]), values.ravel())
    assert variable.largest <= largest


def test_a_large_chunk_is_read_whole():
    variable = Variable(np.zeros((2, 600, 600)), [1, 600, 600])
    assert [piece.shape for piece in provenance.pieces(variable)] == [(1, 600, 600)] * 2


def test_other_files_count_by_their_bytes(tmp_path):
    path = tmp_path / "scores.csv"
    path.write_bytes(b"a,b\n")
    assert provenance.digest(path) == hashlib.sha256(b"a,b\n").hexdigest()
    with pytest.raises(InputError, match=r"none\.csv: cannot be read"):
        provenance.digest(tmp_path / "none.csv")


def test_what_is_written_is_read_and_has_no_clock(tmp_path):
    (tmp_path / "b.csv").write_text("b")
    (tmp_path / "given.npz").write_bytes(b"given")
    paths = tmp_path / "provenance.json", tmp_path / "again/provenance.json"
    for path in paths:
        provenance.write(
            path,
            {"simulation": {"seed": 3}},
            {"connectome": tmp_path / "given.npz", "target": None},
            [] if path.parent != tmp_path else [tmp_path / "b.csv"],
            tmp_path,
        )
    found = provenance.read(tmp_path)
    assert found["config"] == {"simulation": {"seed": 3}}
    assert found["inputs"] == {
        "connectome": hashlib.sha256(b"given").hexdigest(),
        "target": None,
    }
    assert found["outputs"] == {"b.csv": hashlib.sha256(b"b").hexdigest()}
    assert found["versions"]["numpy"] == np.__version__
    assert found["git"] is None
    other = json.loads(paths[1].read_text())
    assert other | {"outputs": {}} == found | {"outputs": {}}


def test_a_package_that_is_not_there_has_no_version(monkeypatch):
    monkeypatch.setattr(provenance, "PACKAGES", ("numpy", "not-there-at-all"))
    assert provenance.versions()["not-there-at-all"] is None


@pytest.mark.parametrize("text", [None, "{", "[]", '{"outputs": 1}'])
def test_a_folder_without_a_record_is_refused(tmp_path, text):
    if text is not None:
        (tmp_path / "provenance.json").write_text(text)
    with pytest.raises(InputError, match=r"provenance\.json: .*expected"):
        provenance.read(tmp_path)


def git(folder, *arguments):
    user = ["-c", "user.name=A", "-c", "user.email=a@b.org", "-c", "commit.gpgsign=false"]
    done = subprocess.run(
        ["git", *user, "-C", str(folder), *arguments], check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def test_the_commit_is_told_and_whether_the_code_is_as_committed(tmp_path):
    workflow = tmp_path / "workflow"
    workflow.mkdir()
    for path in (workflow / "common.smk", tmp_path / "Snakefile", tmp_path / "README.md"):
        path.write_text("one\n")
    assert provenance.commit(workflow) is None
    git(tmp_path, "init", "--quiet")
    assert provenance.commit(workflow) is None  # there is a repository, which does not hold it
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "--message", "One")
    head = git(tmp_path, "rev-parse", "HEAD")
    (tmp_path / "README.md").write_text("two\n")  # no code
    assert provenance.commit(workflow) == {"commit": head, "clean": True}
    (tmp_path / "Snakefile").write_text("two\n")
    assert provenance.commit(workflow) == {"commit": head, "clean": False}
    git(tmp_path, "checkout", "--quiet", "Snakefile")
    (workflow / "more.py").write_text("")
    assert provenance.commit(workflow) == {"commit": head, "clean": False}


def test_without_git_there_is_no_commit(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert provenance.commit(tmp_path) is None
