"""A cluster of one node for all tests here, and studies that run on it."""

import importlib.util
import shlex
import subprocess
import sys

import pytest
from cluster import Cluster, missing
from restmeg.core import network
from studies import ROOT, copy_project, heed_interrupts

COMMAND = "snakemake --profile profiles/slurm"  # as README has it


@pytest.fixture(scope="session")
def cluster():
    """Slurm's daemons; tests are skipped where it is not installed."""
    if missing():
        pytest.skip(f"Slurm is not installed ({', '.join(missing())} missing): see .ci/run")
    if not importlib.util.find_spec("snakemake_executor_plugin_slurm"):
        pytest.skip("the package snakemake-executor-plugin-slurm is not installed")
    network.prepare()
    made = Cluster()
    try:
        made.start()
        yield made
    finally:
        made.stop()


@pytest.fixture
def study(tmp_path):
    """A study that has not been run."""
    return copy_project(tmp_path)


@pytest.fixture
def start(study, cluster):
    """Run the study as documented, as a user of the cluster; returns the process.

    Its argument: further options.
    """

    def started(options=""):
        words = [sys.executable, "-m", *shlex.split(f"{COMMAND} {options}")]
        return subprocess.Popen(
            words,
            cwd=study.path,
            env=cluster.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            preexec_fn=heed_interrupts,
        )

    assert f"`{COMMAND}`" in (ROOT / "README.md").read_text()
    return started
