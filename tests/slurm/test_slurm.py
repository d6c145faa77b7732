"""The workflow on Slurm: the same bytes as on one machine, and what a user sees of failures."""

import re
import signal
import textwrap
import time

import yaml
from studies import copy_project

# Jobs here take some seconds, and nobody else asks the cluster.
SOON = "--slurm-init-seconds-before-status-checks 3"
TARGET = "results/target/p44136fa355b3/0-1/activity.nc"
WAITING = """\
import time
time.sleep({})
"""
# More than a simulation here asks for, and less than twice that.
HOG = """\
held = bytearray(600 * 2**20)
held[::4096] = b"x" * len(held[::4096])
"""


def told(process, seconds=900):
    """What a process says until it ends."""
    try:
        return process.communicate(timeout=seconds)[0]
    finally:
        process.kill()


def edited(study, text):
    """Put lines at the head of the script that simulates; returns what takes them out again."""
    path = study.path / "workflow/scripts/simulate.py"
    before = path.read_text()
    path.write_text(text + before)
    return lambda: path.write_text(before)


def running(cluster, *about, seconds=300):
    """Slurm's number of the job whose comment has some words, once it runs."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for line in cluster("squeue", "-h", "-t", "R", "-o", "%A %k").splitlines():
            if all(word in line for word in about):
                return line.split()[0]
        time.sleep(0.2)
    raise AssertionError(f"no job {about} runs: " + cluster("squeue", "--states=all"))


def written(study, **config):
    """The options that a study of one's own needs."""
    (study.path / "my_study.yaml").write_text(yaml.safe_dump(study.config | config))
    return "--configfile my_study.yaml"


def test_the_bundled_study_has_the_same_bytes_as_on_one_machine(study, start, tmp_path_factory):
    said = told(start())
    assert "Done in " in said
    assert "FAILED" not in said
    assert "account" not in said
    here = copy_project(tmp_path_factory.mktemp("here"))
    here.config = {}
    here.run()
    assert len(here.data()) > 14
    assert study.data() == here.data()
    again = told(start())
    assert "Nothing to do: all is up to date" in again
    todo = study.snakemake("--dry-run", "--configfile", "config/config.yaml")
    assert "Nothing to be done" in todo.stdout + todo.stderr


def test_a_sweep_has_the_same_bytes_as_on_one_machine(study, start, tmp_path_factory):
    sweep = {"model.coupling_strength": [0.5, 1.5]}
    said = told(start(f"{SOON} results/best.csv {written(study, sweep=sweep)}"))
    assert "Done in " in said
    here = copy_project(tmp_path_factory.mktemp("here"))
    here.config["sweep"] = sweep
    here.run("results/best.csv")
    assert len(here.data()) > 14
    assert study.data() == here.data()


def test_a_failing_simulation_is_told_by_the_line_of_its_log(study, start):
    study.edit("simulation", replicates=2)
    failing = {"parameters": {"r": -1e300, "tau_E": "1e-300 ms"}}
    config = written(study, model=failing)
    once = f"{SOON} --retries 0 --until simulate"
    last = told(start(f"{once} {config}")).splitlines()[-1]
    assert re.match(
        r"restmeg: target\.model: replicate 0 is not finite .*"
        r"\(details in results/logs/simulate/target_p\w{12}_0-1\.log\)$",
        last,
    )
    said = told(start(f"{once} {written(study)}"))
    assert "Done in " in said


def test_jobs_that_slurm_ends_are_told_with_why_and_run_again(study, start, cluster):
    """One over its memory, one over its time and one that is cancelled, in one run."""
    held = textwrap.indent(HOG, "    ")
    mend = edited(study, f"if snakemake.wildcards.role == 'target':\n{held}{WAITING.format(200)}")
    once = f"{SOON} --retries 0 --until simulate {written(study)}"
    process = start(f"{once} --keep-going")
    cluster("scancel", running(cluster, "0-1", "simulated"))
    late = running(cluster, "2-3", "simulated")
    cluster("scontrol", "update", f"JobId={late}", "TimeLimit=00:00:01")
    said = told(process)
    assert process.returncode == 1
    lines = said.splitlines()
    assert lines[-4].startswith("Failed after ")
    point = r"p[0-9a-f]{12}"
    for about, why in (
        (rf"target {point} 0-1", r"out of memory: asked \d\d\d MB"),
        (rf"simulated {point} 0-1", "cancelled"),
        (rf"simulated {point} 2-3", "over its time limit: asked 5 min"),
    ):
        last = [line for line in lines[-3:] if re.search(rf"simulate {about} failed: {why}", line)]
        assert len(last) == 1, said
    mend()
    assert "Done in " in told(start(once))


def test_a_job_over_its_memory_gets_more_of_it(study, start):
    """The executor's second attempt asks for twice as much."""
    edited(study, HOG + WAITING.format(5))
    said = told(start(f"{SOON} {TARGET} {written(study)}"))
    failed = r"simulate target \w+ 0-1, FAILED after [^,]+, out of memory: asked \d\d\d MB"
    assert re.search(failed, said)
    assert "Done in " in said


def test_an_interrupt_takes_jobs_from_the_cluster(study, start, cluster):
    edited(study, WAITING.format(200))
    process = start(f"{SOON} {TARGET} {written(study)}")
    running(cluster, "rule_simulate")
    process.send_signal(signal.SIGINT)
    said = told(process)
    assert "Interrupted after " in said
    end = time.monotonic() + 20
    while cluster("squeue", "-h") and time.monotonic() < end:
        time.sleep(0.2)
    assert not cluster("squeue", "-h")
