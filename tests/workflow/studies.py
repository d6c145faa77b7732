"""A copy of the project with a small study, on which Snakemake is run for real."""

import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import yaml
from restmeg import open_results

ROOT = Path(__file__).parents[2]
PROJECT = ["Snakefile", "workflow", "config", "profiles", "resources/connectome", "environment.yml"]
SMALL = {
    "simulation": {
        "duration": "60 ms",
        "transient": "10 ms",
        "replicates": 4,
        "replicates_per_job": 2,
        "seed": 3,  # none is at its default, so that one that is not handed on is seen
    },
    "target": {"replicates": 2, "seed": 5},
    "leadfield": {"scale": "50 nA m/mV", "seed": 2},
}


class Study:
    """A copy of the project with a small study."""

    def __init__(self, path):
        self.path = path
        self.config = {section: dict(values) for section, values in SMALL.items()}

    def edit(self, section, **values):
        self.config.setdefault(section, {}).update(values)

    def command(self, *arguments):
        """What runs Snakemake on the small study."""
        overlay = self.path / "small.yaml"
        overlay.write_text(yaml.safe_dump(self.config, sort_keys=False))
        return [sys.executable, "-m", "snakemake", "--configfile", str(overlay), *arguments]

    def snakemake(self, *arguments, **environment):
        """Run Snakemake on the small study; returns the finished process."""
        return subprocess.run(
            self.command(*arguments),
            cwd=self.path,
            env=os.environ | environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def run(self, *arguments, cores=2, **environment):
        result = self.snakemake("--cores", str(cores), *arguments, **environment)
        assert result.returncode == 0, result.stdout + result.stderr
        return result

    def todo(self):
        """How many jobs of each rule a run would start."""
        result = self.snakemake("--dry-run")
        assert result.returncode == 0, result.stderr
        text = result.stdout + result.stderr
        if "Nothing to be done" in text:
            return {}
        table = text[text.index("Job stats:") :].split("\n\n")[0]
        jobs = {name: int(count) for name, count in re.findall(r"^(\w+) +(\d+)$", table, re.M)}
        del jobs["all"], jobs["total"]
        return jobs

    def result(self, name):
        return self.path / "results" / name

    def forget(self):
        """Remove all results, and what Snakemake knows of them."""
        for folder in ("results", ".snakemake"):
            shutil.rmtree(self.path / folder, ignore_errors=True)

    def unrecorded(self):
        """Results that are not in provenance.json, or not there though they are in it."""
        files = {
            path.relative_to(self.path / "results").as_posix()
            for path in self.path.glob("results/**/*.*")
            if path.is_file() and not path.name.startswith(".")
        }
        files = {name for name in files if not name.startswith(("logs/", "benchmarks/"))}
        recorded = json.loads(self.result("provenance.json").read_text())["outputs"]
        return (files ^ recorded.keys()) - {"summary.html", "report.html", "provenance.json"}

    def data(self):
        """Bytes of all data files, by path."""
        paths = sorted(self.path.glob("results/**/*.nc")) + sorted(self.path.glob("results/*.csv"))
        return {str(path.relative_to(self.path)): path.read_bytes() for path in paths}


def checksums(study):
    """Of what is promised to be the same bits everywhere, by role and replicate."""
    lines = []
    for name, variable in (("activity", "rate_E"), ("connectivity", "fc")):
        for role in ("simulated", "target"):
            dataset = open_results(study.path / "results").load(name, role)
            for replicate in dataset.replicate.values:
                values = np.ascontiguousarray(dataset[variable].sel(replicate=replicate).values)
                digest = hashlib.sha256(values.tobytes()).hexdigest()
                lines.append(f"{role} {replicate} {variable} {digest}")
    return "".join(f"{line}\n" for line in lines)


def copy_project(path):
    """Copy with times and __pycache__, so that the compiled core is found there."""
    for name in PROJECT:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, path / name)
        else:
            shutil.copy2(source, path / name)
    return Study(path)


def heed_interrupts():
    """Where tests run in the background of a shell, what they start would ignore them."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
