import json
import os
import shutil

import numpy as np
import pytest
from processes import run
from restmeg import InputError, fingerprint

EVERY = {"", "errors", "version"}  # what comes with the package itself
SCRIPTS = fingerprint.PACKAGE.parent / "scripts"
SOURCE = '''
"""A module."""
import warnings
from restmeg import InputError

def area(width: float, height=2) -> float:
    """Area."""
    if width < 0:  # a comment
        warnings.warn("narrow", UserWarning)
        raise InputError(f"width {width}")
    return width * height
'''


@pytest.fixture
def digest(tmp_path):
    numbers = iter(range(10**6))

    def of(source):
        path = tmp_path / f"script{next(numbers)}.py"
        path.write_text(source)
        return fingerprint.code(path)

    return of


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("  # a comment", ""),
        ('    """Area."""\n', ""),
        ('"""A module."""', '"""Another text."""'),
        ("width * height", "(width\n            * height)"),
        ("width: float", "width: int"),
        (" -> float", ""),
        ('f"width {width}"', '"too narrow"'),
        ('"narrow", UserWarning', '"very narrow", UserWarning'),
    ],
)
def test_how_code_is_written_does_not_count(digest, old, new):
    assert old in SOURCE
    assert digest(SOURCE.replace(old, new)) == digest(SOURCE)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("width * height", "width + height"),
        ("height=2", "height=3"),
        ("width < 0", "width <= 0"),
        ("InputError(f", "ValueError(f"),
        ("area(", "surface("),
    ],
)
def test_what_code_does_counts(digest, old, new):
    assert old in SOURCE
    assert digest(SOURCE.replace(old, new)) != digest(SOURCE)


def test_imports_are_followed_and_job_plumbing_is_not():
    assert fingerprint.modules(SCRIPTS / "points.py").keys() == EVERY | {"tables"}
    simulate = fingerprint.modules(SCRIPTS / "simulate.py").keys()
    assert {"simulation", "core", "core.network", "core.cache", "journal", "units"} <= simulate
    assert (
        not {
            "job",
            "disk",
            "questions",
            "fingerprint",
            "figures",
            "scores",
            "formats",
            "formats.npz",
            "leadfield",
            "settings",
        }
        & simulate
    )
    assert "figures" in fingerprint.modules(SCRIPTS / "plot_sweep.py")


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("from restmeg import units", ["units"]),
        ("from restmeg.units import magnitude", ["units"]),
        ("import restmeg.units as units", ["units"]),
        ("def f():\n    from restmeg import units", ["units"]),
        ("from restmeg import core", ["core"]),
        ("from restmeg.core import layout", ["core", "core.layout"]),
        ("from restmeg.core.layout import Pairs", ["core", "core.layout"]),
        ("import restmeg.core.layout", ["core", "core.layout"]),
        ("import numpy, restmegalomania", []),
    ],
)
def test_every_way_to_import_is_followed(tmp_path, line, found):
    (tmp_path / "script.py").write_text(line)
    assert fingerprint.modules(tmp_path / "script.py").keys() == EVERY | set(found)


def test_a_chosen_module_counts_with_all_that_it_imports():
    chosen = fingerprint.modules(SCRIPTS / "connectivity.py", "measures.pearson")
    plain = fingerprint.modules(SCRIPTS / "connectivity.py")
    assert chosen.keys() - plain.keys() == {"measures.pearson"}
    assert fingerprint.code(SCRIPTS / "connectivity.py", "measures.pearson") != fingerprint.code(
        SCRIPTS / "connectivity.py"
    )


def test_large_files_count_by_size_and_time(tmp_path, monkeypatch):
    path = tmp_path / "file"
    path.write_bytes(b"some")
    small = fingerprint.of_file(path)
    os.utime(path, ns=(0, 5))
    assert fingerprint.of_file(path) == small
    monkeypatch.setattr(fingerprint, "LARGE", 3)
    large = fingerprint.of_file(path)
    os.utime(path, ns=(0, 4))
    assert fingerprint.of_file(path) != large


def test_digests_of_content():
    a = np.arange(6.0)
    same = fingerprint.content(a.copy(), np.array(["x", "y"], dtype=object), {"b": 1, "a": 2})
    assert fingerprint.content(a, np.array(["x", "y"]), {"a": 2, "b": 1}) == same
    assert fingerprint.content(np.arange(12.0)[::2] / 2, ["x", "y"], {"a": 2, "b": 1}) == same
    others = [
        (a + 1e-12, ["x", "y"], {"a": 2, "b": 1}),
        (a.reshape(2, 3), ["x", "y"], {"a": 2, "b": 1}),
        (a.astype(np.float32), ["x", "y"], {"a": 2, "b": 1}),
        (a, ["xy", ""], {"a": 2, "b": 1}),
        (a, ["x", "y"], {"a": 2, "b": 2}),
    ]
    digests = {fingerprint.content(*items) for items in others}
    assert len(digests | {same}) == 1 + len(others)


@pytest.fixture
def planned(monkeypatch):
    monkeypatch.setattr(os, "environ", {**os.environ})
    os.environ.pop(fingerprint.PLANNED, None)
    fingerprint.plan()

    def change(name, raw, meaning):
        noted = json.loads(os.environ[fingerprint.PLANNED])
        noted[name] = [raw or noted[name][0], meaning or noted[name][1]]
        os.environ[fingerprint.PLANNED] = json.dumps(noted)

    return change


def test_a_job_runs_only_the_code_that_its_run_was_planned_with(planned):
    fingerprint.check_plan(["scoring", "store"])
    planned("scoring", "0", None)  # a comment
    fingerprint.check_plan(["scoring", "store"])
    planned("scoring", "0", "0")
    fingerprint.check_plan(["store"])  # which does not use it
    with pytest.raises(
        InputError, match=r"scoring\.py: has changed since this run was planned; ex"
    ):
        fingerprint.check_plan(["scoring", "store"])


def test_a_job_on_a_cluster_keeps_what_its_run_noted(planned):
    planned("scoring", "0", "0")
    noted = os.environ[fingerprint.PLANNED]
    fingerprint.plan()
    assert os.environ[fingerprint.PLANNED] == noted


def test_a_job_of_other_code_is_stopped_before_it_computes(tmp_path):
    shutil.copytree(fingerprint.PACKAGE, tmp_path / "restmeg")
    code = f"""
        import sys
        sys.path.insert(0, {str(tmp_path)!r})
        from restmeg import fingerprint, job, tables
        fingerprint.plan()
        path = fingerprint.PACKAGE / "tables.py"
        path.write_text(path.read_text() + "{{}}")
        with job.reporting("log"):
            open("computed", "w")
    """
    for text, stops in (("# a comment", False), ("\\nCHANGED = 1", True)):
        done = run(code.replace("{}", text), tmp_path)
        assert bool(done.returncode) == stops, done.stderr
        assert ("tables.py: has changed since this run was planned" in done.stderr) == stops
        assert (tmp_path / "computed").exists() != stops
        (tmp_path / "computed").unlink(missing_ok=True)


def test_what_was_read_is_kept_and_only_as_good_as_what_is_read(tmp_path):
    """The same digests from a start that keeps, one that finds it, and where it is damaged."""
    shutil.copytree(
        fingerprint.PACKAGE, tmp_path / "restmeg", ignore=shutil.ignore_patterns("__pycache__")
    )
    code = f"""
        import sys
        sys.path.insert(0, {str(tmp_path)!r})
        from restmeg import fingerprint
        fingerprint.plan()
        print(fingerprint.code(fingerprint.PACKAGE / "simulation.py"))
    """
    kept = tmp_path / "restmeg/__pycache__/fingerprint.json"

    def digest():
        done = run(code, tmp_path)
        assert done.returncode == 0, done.stderr
        return done.stdout

    fresh = digest()
    assert kept.exists()
    assert digest() == fresh
    for damaged in ("", "[]", '{"reader": 1}', kept.read_text()[:500]):
        kept.write_text(damaged)
        assert digest() == fresh
    found = json.loads(kept.read_text())  # and is whole again
    kept.write_text(json.dumps({key: ["0", []] for key in found} | {"reader": found["reader"]}))
    assert digest() != fresh  # it was used
    kept.write_text(json.dumps({key: ["0", []] for key in found} | {"reader": "another"}))
    assert digest() == fresh
    kept.unlink()
    kept.mkdir()  # nothing can be written there
    assert digest() == fresh


def test_code_needs_nothing_but_the_standard_library(tmp_path):
    code = """
        import sys
        from restmeg import fingerprint
        fingerprint.code(fingerprint.PACKAGE / "simulation.py")
        assert "numpy" not in sys.modules
    """
    done = run(code, tmp_path)
    assert done.returncode == 0, done.stderr
