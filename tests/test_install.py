"""`pip install .` gives a package that needs nothing of the checkout."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
USE = """
import restmeg
activity = restmeg.simulate("example", duration="2 ms", transient="0 ms", replicates=2)
print(restmeg.__file__, activity.sizes["region"])
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The folder that it is installed into."""
    folder = tmp_path_factory.mktemp("installed")
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    options = ["--no-deps", "--no-build-isolation", "--target", str(folder)]
    subprocess.run([*pip, "install", *options, str(ROOT)], check=True, cwd=folder)
    return folder


def test_an_installed_package_knows_the_example(installed, tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", USE],
        env=os.environ | {"PYTHONPATH": str(installed)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == f"{installed}/restmeg/__init__.py 8\n"


def test_it_holds_the_package_and_its_data_alone(installed):
    brought = {path.relative_to(installed).parts[0] for path in installed.rglob("*.*")}
    assert brought == {"restmeg", "restmeg-0.1.0.dist-info"}
    data = sorted(path.name for path in (installed / "restmeg/data").iterdir())
    assert data == ["config.schema.yaml", "example.npz"]
    modules = {path.relative_to(installed) for path in installed.rglob("*.py")}
    source = ROOT / "workflow"
    assert modules == {path.relative_to(source) for path in (source / "restmeg").rglob("*.py")}
