"""Snakemake run for real, on a copy of the project in a temporary directory."""

import shutil

import pytest
from restmeg.core import network
from studies import Study, copy_project


@pytest.fixture
def study(tmp_path):
    """A study that has not been run."""
    return copy_project(tmp_path)


@pytest.fixture(scope="session")
def finished_once(tmp_path_factory):
    network.prepare()
    study = copy_project(tmp_path_factory.mktemp("finished"))
    study.run()
    return study.path


@pytest.fixture
def finished(finished_once, tmp_path):
    """A study that has been run."""
    shutil.copytree(finished_once, tmp_path / "study")
    return Study(tmp_path / "study")
