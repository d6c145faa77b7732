"""What a run shows, with Snakemake run for real: to a file, and on a terminal."""

import contextlib
import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
import time

import pytest
from studies import heed_interrupts

FAILING = {"parameters": {"r": -1e300, "tau_E": "1e-300 ms"}}
STEP = re.compile(r" *\d+/\d+ \w+[^,]*, .*\d s$")
CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def on_terminal(study, *arguments, columns=100, interrupt_at=None):
    """Run Snakemake on a terminal of its own; returns its exit code and all that it wrote.

    interrupt_at: a text upon which Ctrl-C is pressed.
    """
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(study.path)
        os.environ |= {"TERM": "xterm-256color"}
        heed_interrupts()
        os.execv(sys.executable, arguments)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    written = b""
    with contextlib.suppress(OSError):  # its end, on Linux
        while new := os.read(terminal, 65536):
            written += new
            if interrupt_at and interrupt_at.encode() in written:
                os.write(terminal, b"\x03")
                interrupt_at = None
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), written.decode()


def test_a_run_is_a_line_a_job_and_a_summary(study):
    report = ["--report-after-run", "--report", "results/report.html"]
    result = study.run(*report)
    assert result.stdout == ""
    lines = result.stderr.splitlines()
    steps = [line for line in lines if STEP.match(line)]
    assert len(steps) == 22
    assert len(lines) < 22 + 18
    assert "\x1b" not in result.stderr
    assert "\r" not in result.stderr
    places = "results/summary.html, results/report.html, results/scores.csv and results/figures/"
    assert lines[-1] == f"Look at {places}."
    assert re.search(r"FC match +-?0\.\d\d +-?0\.\d\d to -?0\.\d\d +8 pairs$", result.stderr, re.M)
    again = study.run(*report).stderr.splitlines()
    assert again[-1] == f"Nothing to do: all is up to date in {places}."
    assert len(again) <= 4


def test_parallel_failures_are_told_last_and_once_each(study):
    study.edit("model", **FAILING)
    study.edit("simulation", replicates_per_job=1)
    result = study.snakemake("--cores", "2", "--keep-going")
    assert result.returncode == 1
    lines = result.stderr.splitlines()
    last = lines[-2:]  # a batch of the target each: what diverges in the simulated role is a result
    assert len(set(last)) == 2
    for line in last:
        assert re.match(
            r"restmeg: target.model: replicate \d .* \(details in results/logs/.*\.log\)$", line
        )
        assert lines.count(line) == 1
    assert lines[-3].startswith("Failed after ")
    assert "Exception" not in result.stderr
    assert "Error" not in result.stderr
    assert len([line for line in lines if not STEP.match(line)]) < 20


def test_the_reason_comes_from_the_log_where_the_job_has_no_terminal(study):
    """As of jobs that an executor runs elsewhere."""
    script = study.path / "workflow/scripts/simulate.py"
    lost = "import os\nos.dup2(os.open(os.devnull, os.O_WRONLY), 2)\n"
    script.write_text(lost + script.read_text())
    study.edit("model", **FAILING)
    result = study.snakemake("--cores", "1")
    last = result.stderr.splitlines()[-1]
    assert re.match(r"restmeg: target.model: replicate \d .*not finite.*\(details in", last)


def test_a_warning_of_several_jobs_is_shown_once(study):
    warning = """
    import warnings
    from restmeg import ResultWarning
    warnings.warn("region B is silent", ResultWarning)
"""
    for name in ("connectome", "leadfield"):
        script = study.path / f"workflow/scripts/{name}.py"
        script.write_text(re.sub(r"(?<=log\[0\]\):\n)", warning, script.read_text()))
    said = study.run("results/connectome.nc", "results/leadfield.nc").stderr
    assert said.count("restmeg: warning: region B is silent\n") == said.count("is silent") == 1
    for name in ("connectome", "leadfield"):
        assert "is silent" in study.result(f"logs/{name}.log").read_text()


def test_what_snakemake_finds_wrong_is_shown_whole(study):
    result = study.snakemake("--cores", "1", "results/none.csv")
    assert result.returncode == 1
    assert "MissingRuleException:\nNo rule to produce results/none.csv" in result.stderr
    rules = study.path / "workflow/rules/scores.smk"
    text = rules.read_text()
    rules.write_text(text.replace('points="results/points.csv"', 'points="results/none.csv"'))
    result = study.snakemake("--cores", "1")
    assert result.returncode == 1
    assert "MissingInputException" in result.stderr
    assert "affected files:\n        results/none.csv" in result.stderr
    rules.write_text(text + "nonsense here\n")
    assert "invalid syntax:\nnonsense here" in study.snakemake("--cores", "1").stderr


@pytest.mark.parametrize(
    ("option", "shown"), [(["--quiet", "all"], ""), (["--verbose"], "Finished jobid: ")]
)
def test_quiet_and_verbose_are_snakemake_s_own(study, option, shown):
    said = study.run("results/points.csv", *option).stderr
    assert shown in said
    assert "1/1 points" not in said
    assert "Done" not in said


@pytest.mark.parametrize("columns", [60, 120])
def test_a_terminal_has_a_live_view_and_ends_clean(study, columns):
    arguments = study.command("--cores", "2", "--until", "score")
    status, written = on_terminal(study, *arguments, columns=columns)
    assert status == 0
    assert written.count("\x1b[?25l") == written.count("\x1b[?25h") == 1  # the cursor is back
    text = CONTROL.sub("", written)
    for part in ("0 of 15 steps", "15 of 15 steps", "0 of 3", "3 of 3", " s simulated", "Done in"):
        assert part in text
    table = text[text.rindex("15 of 15 steps") : text.rindex("Done in")].splitlines()
    assert len([line for line in table if line.strip()]) == 1 + 9  # each rule once
    assert all(len(line.rstrip()) < columns for line in table)
    assert "Finished jobid" not in text
    assert text.rstrip().endswith("Look at results/scores.csv.")


def test_what_others_write_to_the_terminal_is_kept(study):
    """As of a job that cannot even start."""
    script = study.path / "workflow/scripts/points.py"
    script.write_text(
        "import sys\nprint('stray one\\nstray two', file=sys.stderr)\nimport nonsuch\n"
    )
    arguments = study.command("--cores", "2", "results/points.csv")
    status, written = on_terminal(study, *arguments)
    assert status == 1
    text = CONTROL.sub("", written)
    for part in ("stray one", "stray two", "No module named 'nonsuch'", "CalledProcessError"):
        assert text.count(f"{part}") == 1
    log = "results/logs/points.log"
    assert f"restmeg: points failed, see above; its log {log} has no reason" in text


LONG = {"duration": "2000 s", "transient": "10 ms", "sampling_interval": "100 ms"}


def test_an_interrupt_leaves_a_sane_terminal(study):
    study.edit("simulation", **LONG)
    arguments = study.command("--cores", "2")
    status, written = on_terminal(study, *arguments, interrupt_at=" s simulated")
    assert status == 1
    assert written.count("\x1b[?25l") == written.count("\x1b[?25h") == 1
    text = CONTROL.sub("", written)
    assert "Stopping: waiting for what runs now." in text
    last = text.rstrip().splitlines()[-1]
    assert re.match(r"Interrupted after .*: \d of 22 steps done; the next run goes on", last)
    assert "Exception" not in text


def test_an_interrupted_run_without_a_terminal_ends_in_a_line(study):
    study.edit("simulation", **LONG)
    process = subprocess.Popen(
        study.command("--cores", "2"),
        cwd=study.path,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=heed_interrupts,
    )
    logs = "results/logs/simulate/*.log"
    while process.poll() is None and not any(p.stat().st_size for p in study.path.glob(logs)):
        time.sleep(0.1)
    os.killpg(process.pid, signal.SIGINT)
    said = process.communicate(timeout=60)[1]
    assert process.returncode == 1
    assert said.splitlines()[-1].startswith("Interrupted after ")
