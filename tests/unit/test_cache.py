"""The compiled core on disk: kept, shared by processes that start together, and dispensable."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from restmeg import core

PACKAGE = Path(core.__file__).parents[1]
FIRST_STEP = """
from restmeg.core import network
network.prepare()
stats = network._advance.stats
print(sum(stats.cache_misses.values()), sum(stats.cache_hits.values()), stats.cache_path)
"""


def start(workflow, **environment):
    return subprocess.Popen(
        [sys.executable, "-c", FIRST_STEP],
        env=os.environ | {"PYTHONPATH": str(workflow)} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process):
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    return out.split()


def test_processes_that_start_together_compile_once(tmp_path):
    for round_ in range(2):
        folder = {"NUMBA_CACHE_DIR": str(tmp_path / str(round_))}
        cold = [start(PACKAGE.parent, **folder) for _ in range(8)]
        compiled, loaded = zip(*(finish(process)[:2] for process in cold), strict=True)
        assert sorted(compiled) == ["0"] * 7 + ["1"]
        assert sorted(loaded) == ["0"] + ["1"] * 7


def test_an_edit_of_the_core_is_compiled(tmp_path):
    """And a copy that was not edited is not."""
    shutil.copytree(PACKAGE, tmp_path / "restmeg", ignore=shutil.ignore_patterns("__pycache__"))
    assert finish(start(tmp_path))[:2] == ["1", "0"]
    assert finish(start(tmp_path))[:2] == ["0", "1"]
    source = tmp_path / "restmeg" / "core" / "elementary.py"
    before = finish(start(tmp_path))[2]
    source.write_text(source.read_text() + "\n# edited\n")
    together = [finish(process) for process in [start(tmp_path) for _ in range(3)]]
    assert sorted(compiled for compiled, _, _ in together) == ["0", "0", "1"]
    # Not where another version is, whose data could be taken for its own.
    assert before not in [folder for _, _, folder in together]


def test_where_nothing_can_be_written_the_core_still_runs(tmp_path):
    """Files stand where folders would have to be made, which stops even the superuser."""
    shutil.copytree(PACKAGE, tmp_path / "restmeg", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "restmeg" / "core" / "__pycache__").write_text("")
    (tmp_path / "home").write_text("")
    places = dict.fromkeys(("HOME", "XDG_CACHE_HOME"), str(tmp_path / "home"))
    assert finish(start(tmp_path, **places)) == ["1", "0", "None"]
