"""Damaged files and settings are refused in a line, or taken: longer by make fuzz."""

import json
import os
import subprocess
import sys
from pathlib import Path

import fuzzing
import h5py
import numpy as np
import pytest
from restmeg import store
from restmeg.errors import LONGEST, InputError
from restmeg.formats import probe

SECONDS = float(os.environ.get("RESTMEG_FUZZ", 3))
FEWEST = {
    "connectome.nc": 2,
    "connectome.mat": 2,
    "recording.nc": 2,
}  # tries: each is opened by a process of its own


@pytest.mark.parametrize("kind", fuzzing.KINDS)
def test_what_is_damaged_is_refused_or_taken(kind, tmp_path):
    command = [sys.executable, fuzzing.__file__, kind, "0", str(SECONDS), str(tmp_path)]
    environment = os.environ | {"PYTHONPATH": str(Path(store.__file__).parents[1])}
    result = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert result.returncode == 0, result.stderr
    counts = json.loads(result.stdout)
    print(f"{kind}: {counts}")
    assert counts["tried"] >= FEWEST.get(kind, 20)
    assert counts["refused"] > 0


class Touch:
    """Makes a file where it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


def test_nothing_in_a_file_is_executed(tmp_path):
    path, made = tmp_path / "connectome.npz", tmp_path / "made"
    labels = np.empty(3, object)
    labels[:] = [Touch(made)] * 3
    np.savez(path, weights=np.ones((3, 3)), distances=np.ones((3, 3)), labels=labels)
    with pytest.raises(InputError, match="it holds Python objects"):
        fuzzing.JUDGES["connectome"](path)
    assert not made.exists()


def test_a_file_that_ends_who_opens_it_is_refused(tmp_path, monkeypatch):
    for code, found in (
        ("import os; os.abort()", "it ends the process that opens it (SIGABRT), so it is damaged"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGALRM)", "it is not open after 8 s"),
    ):
        monkeypatch.setitem(probe.OPENED, ".nc", code)
        with pytest.raises(InputError) as caught:
            probe.check(tmp_path / "x.nc")
        assert found in str(caught.value)
    monkeypatch.undo()
    fuzzing.examples(tmp_path)
    probe.check(tmp_path / "recording.nc")
    with pytest.raises(InputError, match=r"none.nc: cannot be read as NetCDF \(No such file"):
        probe.check(tmp_path / "none.nc")


def test_connectivity_of_another_tool_is_not_taken_for_a_recording(tmp_path):
    path = tmp_path / "connectivity.nc"
    with h5py.File(path, "w") as file:  # as mne-connectivity writes it
        file["node_in -> node_out"] = np.arange(6)
        matrix = file.create_dataset("__xarray_dataarray_variable__", data=np.ones(6))
        matrix.attrs["events"] = np.empty((0, 3))  # which netCDF4 cannot read
        matrix.dims[0].label = "node_in -> node_out"
        matrix.attrs["data_structure"] = "Connectivity"
    with pytest.raises(InputError, match=r"y.nc: holds connectivity that .* time series"):
        probe.check(path)


def test_a_message_is_one_line_that_can_be_read():
    text = str(InputError("config: x\n\0: " + "y" * 10**6 + "; expected less"))
    assert text.startswith(r"config: x\n\x00: yyy")
    assert text.endswith("yyy; expected less")
    assert len(text) == LONGEST
    assert str(InputError("x: région; expected µ")) == "x: région; expected µ"
