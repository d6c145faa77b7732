"""What results were made from, what came out, and both computed again."""

import json
import os
import subprocess
import sys

from restmeg import provenance
from studies import checksums


def verify(study, *arguments):
    """Run what `make verify` runs; returns the finished process."""
    command = [sys.executable, "-m", "restmeg.verification", "--configfile", "small.yaml"]
    return subprocess.run(
        [*command, *arguments],
        cwd=study.path,
        env=os.environ | {"PYTHONPATH": str(study.path / "workflow")},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_study_says_what_it_was_made_from_and_what_came_out(finished):
    found = provenance.read(finished.path / "results")
    assert found["config"]["simulation"]["duration"] == 60.0  # in ms
    assert found["config"]["target"]["seed"] == 5
    example = finished.path / "resources/connectome/example.npz"
    nothing = {"leadfield": None, "target": None, "inverse": None}
    assert found["inputs"] == {"connectome": provenance.of_bytes(example), **nothing}
    assert found["versions"] == provenance.versions()
    assert finished.unrecorded() == set()
    for name, recorded in found["outputs"].items():
        assert provenance.digest(finished.result(name)) == recorded


def test_a_study_is_verified(finished):
    before = finished.data()
    finished.snakemake("--list-rules")  # writes the settings
    wanted = ["--sample", "2", "--seed", "4"]
    done = verify(finished, *wanted)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "computing 2 again, with what they need (--sample 2 --seed 4)" in done.stdout
    assert "DIFFERS" not in done.stdout
    assert "files that were computed again agree" in done.stdout
    names = [line.split()[-1] for line in done.stdout.splitlines() if line.startswith("same bits")]

    path = finished.result("provenance.json")
    found = json.loads(path.read_text())
    altered = names[-1]
    found["outputs"][altered] = "0" * 64
    path.write_text(json.dumps(found))
    done = verify(finished, *wanted)
    assert done.returncode == 1
    assert f"{altered}: is not what was recorded" in done.stdout
    assert [line for line in done.stdout.splitlines() if "DIFFERS" in line and altered in line]
    assert f"1 of {len(names)} files that were computed again differ" in done.stdout
    assert finished.data() == before


def test_another_configuration_cannot_verify_a_study(finished):
    finished.edit("model", coupling_strength=2.0)
    finished.snakemake("--list-rules")
    done = verify(finished, "--sample", "2", "--seed", "0")
    assert done.returncode == 1
    assert "expected the configuration that they were made with" in done.stderr


def test_the_bundled_study_has_the_bits_that_it_always_had(study, data):
    study.config = {}
    study.run("--until", "points", "connectivity")
    assert checksums(study) == (data / "bundled_study/checksums.txt").read_text()
