"""What is told of jobs that Slurm ended."""

import pytest
from restmeg.console import slurm

ASKED = {"mem_mb": 1500, "runtime": 60}
ENDED = (
    "SLURM-job '12' failed, SLURM status is: '{}'. Detailed failure reason unavailable "
    "(status command is not 'sacct').For further error details see the cluster/cloud log"
)
KILLED = [
    "slurmstepd: error: Step 9.0 exceeded memory limit (1573 > 1500), being killed",
    "slurmstepd: error: Job 9 exceeded memory limit (2 > 1), being killed",
    "slurmstepd: error: Detected 1 oom_kill event in StepId=9.0. Some of your processes may have",
    "slurmstepd: error: Detected 1 oom-kill event(s) in step 9.batch cgroup.",
    "srun: error: node: task 0: Out Of Memory",
]


@pytest.mark.parametrize(
    ("state", "told"),
    [
        ("OUT_OF_MEMORY", "out of memory: asked 1500 MB"),
        ("TIMEOUT", "over its time limit: asked 60 min"),
        ("DEADLINE", "over its time limit: asked 60 min"),
        ("CANCELLED", "cancelled"),
        ("CANCELLED by 1000", "cancelled"),
        ("NODE_FAIL", "its node failed"),
        ("FAILED", "Slurm says FAILED"),
    ],
)
def test_states_are_told_in_words(state, told):
    assert slurm.reason(ENDED.format(state), ["results/logs/x.log"], ASKED) == told


@pytest.mark.parametrize("line", KILLED)
def test_a_job_that_was_killed_for_its_memory_is_seen_by_its_log(tmp_path, line):
    log = tmp_path / "slurm_logs/rule_x/9.log"
    log.parent.mkdir(parents=True)
    log.write_text(f"Building DAG\n{line}\nWorkflowError:\n")
    found = slurm.reason(ENDED.format("FAILED"), ["results/logs/x.log", str(log)], ASKED)
    assert found == "out of memory: asked 1500 MB"
    assert slurm.reason(ENDED.format("TIMEOUT"), [str(log)], ASKED).startswith("over its time")


def test_another_failure_names_the_log_of_slurm(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    log = tmp_path / ".snakemake/slurm_logs/rule_x/9.log"
    log.parent.mkdir(parents=True)
    log.write_text("srun: error: Unable to confirm allocation\n")
    found = slurm.reason(ENDED.format("FAILED"), ["results/logs/x.log", str(log)], ASKED)
    assert found == "Slurm says FAILED, see .snakemake/slurm_logs/rule_x/9.log"


def test_a_refusal_is_told_in_the_words_of_sbatch():
    said = (
        "SLURM sbatch failed. The error message was 'sbatch: error: invalid partition specified\n"
        "sbatch: error: Batch job submission failed: Invalid partition name specified'.\n"
        "    sbatch call:\n        sbatch --parsable 'x'\n"
    )
    assert slurm.reason(said, [], ASKED) == (
        "Slurm did not take it: sbatch: error: Batch job submission failed: "
        "Invalid partition name specified"
    )


@pytest.mark.parametrize(
    "said", ["", "None", "For further error details see the cluster/cloud log"]
)
def test_other_failures_are_none_of_slurm(said):
    assert slurm.reason(said, ["results/logs/x.log"], ASKED) is None


def test_what_was_not_asked_for_is_no_error():
    assert slurm.reason(ENDED.format("OUT_OF_MEMORY"), [], {}) == "out of memory: asked no MB"
