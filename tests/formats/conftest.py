import pytest
from studies import ROOT, copy_project


@pytest.fixture
def study(tmp_path):
    """A study that has not been run, with what `make data` fetches."""
    made = copy_project(tmp_path)
    (tmp_path / "resources/data").symlink_to(ROOT / "resources/data")
    return made
