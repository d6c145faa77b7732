"""Whatever is killed at whatever moment, nothing finished is lost; longer by make torture."""

import os
import random
import signal
import subprocess

import netCDF4
import psutil
import pytest
from studies import heed_interrupts

KILLS = int(os.environ.get("RESTMEG_KILLS", 3))
SWEEP = {"model.coupling_strength": [0.5, 1.5]}
LONGEST = 12.0  # s until a run is killed
# Figures, which are most of a run's time, are left to make torture.
WANTED = [] if "RESTMEG_KILLS" in os.environ else ["results/scores.csv"]


def start(study):
    return subprocess.Popen(
        study.command("--cores", "2", *WANTED),
        cwd=study.path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=heed_interrupts,
    )


def jobs(process):
    """Scripts that run now."""
    try:
        children = psutil.Process(process.pid).children(recursive=True)
        return [child for child in children if ".snakemake/scripts" in " ".join(child.cmdline())]
    except psutil.Error:
        return []


def interrupt(process):
    os.killpg(process.pid, signal.SIGINT)


def end(process):
    process.terminate()


def kill_all(process):
    os.killpg(process.pid, signal.SIGKILL)


def kill_scheduler(process):
    """What it started lives on."""
    process.kill()


def kill_job(process):
    for job in jobs(process)[:1]:
        job.kill()


WAYS = [interrupt, end, kill_all, kill_scheduler, kill_job]


def results(study):
    """Bytes of all data files; a file under the name of a result is whole."""
    found = study.data()
    for name in found:
        if name.endswith(".nc"):
            netCDF4.Dataset("memory", memory=found[name]).close()
    return found


def test_no_kill_loses_what_was_finished(study):
    study.edit("simulation", keep="all")
    study.config["sweep"] = SWEEP
    study.run(*WANTED)
    expected = results(study)
    rng = random.Random(0)
    kills = complete = 0
    while kills < KILLS:
        study.forget()
        done = False
        while not done and kills < KILLS:
            before = results(study)
            way = WAYS[kills % len(WAYS)]
            process = start(study)
            wait = rng.uniform(0, LONGEST)
            try:
                process.wait(wait)
            except subprocess.TimeoutExpired:
                way(process)
                kills += 1
            said = process.communicate(timeout=120)[1]
            done = process.returncode == 0
            assert "--unlock" not in said, way.__name__
            after = results(study)
            for name, content in after.items():
                assert content == expected[name], f"{way.__name__} after {wait:.1f} s: {name}"
            if way is not kill_job:  # a job that failed takes its results with it
                assert set(before) <= set(after)
        complete += done
        study.run(*WANTED)
        for orphan in processes_of(study):
            orphan.wait(60)
        assert results(study) == expected
        hidden = list(study.path.glob("results/**/.*"))
        assert not hidden
    print(f"{kills} kills, {complete} runs that were not killed")


def processes_of(study):
    found = []
    for process in psutil.process_iter(["cmdline"]):
        if str(study.path) in " ".join(process.info["cmdline"] or []):
            found.append(process)
    return found


def test_a_full_disk_is_called_that_and_the_next_run_goes_on(study):
    place = study.path / "results"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o"]
    if subprocess.run([*mount, "size=200k", "tmpfs", str(place)], check=False).returncode:
        pytest.skip("nothing may be mounted here")
    try:
        result = study.snakemake("--cores", "2")
        assert result.returncode == 1
        assert "No space left on device" in result.stderr, result.stderr
        results(study)
        subprocess.run([*mount, "remount,size=200m", "tmpfs", str(place)], check=True)
        study.run()
        found = results(study)
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)
    study.forget()
    study.run()
    assert results(study) == found
