import os
import subprocess
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from processes import listing, run
from restmeg import InputError, disk, store


def test_a_file_appears_at_the_end_and_alone(tmp_path):
    path = tmp_path / "new/folder/result.txt"
    with disk.whole(path) as partial:
        partial.write_text("done")
        assert partial.parent == path.parent
        assert not path.exists()
    assert path.read_text() == "done"
    assert listing(path.parent) == ["result.txt"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_an_error_leaves_nothing(tmp_path, error):
    with pytest.raises(error), disk.whole(tmp_path / "result.txt") as partial:
        partial.write_text("half")
        raise error
    assert listing(tmp_path) == []


def test_two_writers_of_one_file_do_not_touch_each_other_s(tmp_path):
    """One that outlived its killed parent, and the one started anew: both end well."""
    path = tmp_path / "a.txt"
    with disk.whole(path) as first:
        first.write_text("first")
        with pytest.raises(KeyError), disk.whole(path) as second:
            second.write_text("half")
            raise KeyError
        with disk.whole(path) as third:
            third.write_text("third")
        assert path.read_text() == "third"
        assert first.exists()
    assert path.read_text() == "first"
    assert listing(tmp_path) == ["a.txt"]


def test_the_last_of_many_writers_leaves_nothing_behind(tmp_path):
    code = """
        import sys, time
        from restmeg import disk
        for _ in range(50):
            with disk.whole("a.txt") as partial:
                partial.write_text("whole")
                time.sleep(0.001)
    """
    with ThreadPoolExecutor() as pool:
        done = list(pool.map(lambda _: run(code, tmp_path), range(3)))
    assert [process.stderr for process in done] == [""] * 3
    assert listing(tmp_path) == ["a.txt"]


def test_where_nothing_can_be_locked_others_are_left_alone(tmp_path, monkeypatch):
    def fails(*_):
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(disk.fcntl, "flock", fails)
    other = tmp_path / ".a.txt.0123.partial"
    other.write_text("of a process that may be alive")
    with disk.whole(tmp_path / "a.txt") as partial:
        partial.write_text("whole")
    assert other.exists()
    assert (tmp_path / "a.txt").read_text() == "whole"


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 4 MB."""
    if (
        os.geteuid()
        or subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", tmp_path], check=False
        ).returncode
    ):
        pytest.skip("mounting a small file system needs root")
    yield tmp_path
    subprocess.run(["umount", "-l", tmp_path], check=True)


def test_a_full_disk_is_told_as_such(small_disk):
    """HDF5 says only that it failed."""
    path = small_disk / "result.nc"
    with pytest.raises(InputError) as caught, store.new_netcdf(path, "Too long", {}) as dataset:
        rate = store.add_series(dataset, "rate_E", (1, 2**20, 8))
        rate[...] = np.random.default_rng(0).standard_normal((1, 2**20, 8))
    assert str(caught.value) == f"{path}: cannot be written (No space left on device)"
    assert listing(small_disk) == []


def test_an_error_that_is_not_the_disk_s_stays_what_it_is(tmp_path):
    with pytest.raises(RuntimeError, match="mine"), disk.whole(tmp_path / "a.txt"):
        raise RuntimeError("mine")
    assert listing(tmp_path) == []


def test_what_a_killed_process_left_goes_when_the_file_is_made(tmp_path):
    code = """
        import os, signal
        from restmeg import disk
        with disk.whole("a.txt") as partial:
            partial.write_text("half")
            os.kill(os.getpid(), signal.SIGKILL)
    """
    run(code, tmp_path)
    assert len(list(tmp_path.glob("*.partial"))) == 1
    with disk.whole(tmp_path / "a.txt") as partial:
        partial.write_text("whole")
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]
