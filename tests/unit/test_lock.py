"""A lock of a dead run is taken away, and no other."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from restmeg import lock


@pytest.fixture
def folder(tmp_path):
    """.snakemake with a lock, of nobody that is known."""
    (tmp_path / "locks").mkdir()
    (tmp_path / "locks/0.output.lock").write_text("results/scores.csv\n")
    return tmp_path


def is_locked(folder):
    return (folder / "locks/0.output.lock").exists()


def test_a_lock_whose_run_is_not_known_stays(folder):
    assert not lock.release(folder)
    (folder / lock.OWNER).write_text("{")
    assert not lock.release(folder)
    assert is_locked(folder)


def test_a_lock_of_a_living_run_stays(folder):
    lock.own(folder, locked=True)
    assert not lock.release(folder)
    assert is_locked(folder)


def test_a_lock_of_another_machine_stays(folder):
    (folder / lock.OWNER).write_text(json.dumps(["elsewhere", 1, 0.0]))
    assert not lock.release(folder)
    assert is_locked(folder)


def test_a_lock_of_a_dead_run_goes(folder):
    code = "from pathlib import Path; from restmeg import lock; lock.own(Path('.'), locked=True)"
    environment = os.environ | {"PYTHONPATH": str(Path(lock.__file__).parents[1])}
    subprocess.run([sys.executable, "-c", code], cwd=folder, env=environment, check=True)
    assert lock.release(folder)
    assert not is_locked(folder)
    assert not lock.release(folder)


def test_a_process_with_the_number_of_a_dead_one_is_another(folder):
    lock.own(folder, locked=True)
    host, process, started = json.loads((folder / lock.OWNER).read_text())
    (folder / lock.OWNER).write_text(json.dumps([host, process, started - 100]))
    assert lock.release(folder)


def test_who_finds_a_lock_does_not_say_that_it_has_it(folder):
    lock.own(folder)
    assert not (folder / lock.OWNER).exists()
