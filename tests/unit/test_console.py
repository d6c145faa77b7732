"""What is shown of a run: records of Snakemake in, lines out."""

import contextlib
import io
import logging
import os
import pty
import sys
import textwrap
from types import SimpleNamespace

import pytest
import scored
from processes import PACKAGE
from restmeg import job
from restmeg.console import forecast, handler, progress, screen
from test_ending import KEY_SCORES


@pytest.fixture
def clock(monkeypatch):
    now = SimpleNamespace(time=0.0)
    monkeypatch.setattr(progress.Run.__init__, "__defaults__", (lambda: now.time,))
    return now


def settings(**changed):
    usual = {"dryrun": False, "verbose": False, "debug_dag": False, "quiet": None}
    return SimpleNamespace(**usual | {"nocolor": False, "show_failed_logs": False} | changed)


class Snakemake:
    """Its logger, with the handler that prints, in a directory of results."""

    def __init__(self, path):
        self.path = path
        self.logger = logging.Logger("snakemake")
        self.stream = io.StringIO()
        self.default = logging.StreamHandler(self.stream)
        self.default.name = handler.DEFAULT
        self.logger.addHandler(self.default)

    def says(self, event, text=None, level=logging.INFO, **attributes):
        self.logger.log(level, text, extra={"event": event, **attributes})

    def plan(self, **counts):
        self.says("workflow_started")
        self.says("run_info", stats=counts)

    def starts(self, number, rule, output="x", **wildcards):
        log = [f"results/logs/{rule}{number}.log"]
        about = {"output": [output] if output else [], "wildcards": wildcards, "log": log}
        about["resources"] = {"mem_mb": 500 * number}
        self.says("job_info", jobid=number, rule_name=rule, **about)
        return self.path / log[0]

    def finishes(self, number):
        self.says("job_finished", job_id=number)

    def fails(self, number):
        command = "RuleException: CalledProcessError ... non-zero exit status 1."
        self.says("error", command, logging.ERROR, exception="RuleException")
        self.says("job_error", "Error in rule", logging.ERROR, jobid=number, log=[])

    def lines(self):
        return self.stream.getvalue().splitlines()

    def end(self):
        for one in list(self.logger.handlers):
            one.close()
        return self.lines()


@pytest.fixture
def snakemake(tmp_path, monkeypatch, clock):  # noqa: ARG001
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(job.WATCHED, "")
    (tmp_path / "results/logs").mkdir(parents=True)
    made = Snakemake(tmp_path)
    handler.attach(made.logger, settings(), None)
    yield made
    made.end()


def test_a_line_a_job_and_where_to_look(snakemake, clock):
    snakemake.says(None, "Building DAG of jobs...")  # as of --report alone
    snakemake.plan(simulate=1, score=1, all=1, total=3)
    snakemake.says(None, "Select jobs to execute...")
    snakemake.starts(1, "simulate", role="target", point="p1", batch="0-9")
    clock.time = 75
    snakemake.finishes(1)
    snakemake.says("progress", done=1, total=3)
    snakemake.starts(2, "score", "results/scores.csv")
    scored.write(snakemake.path / "results/scores.csv", scored.rows())
    snakemake.finishes(2)
    snakemake.starts(0, "all", None)
    snakemake.finishes(0)
    assert snakemake.end() == [
        "Building DAG of jobs...",
        "2 steps: 1 simulate, 1 score",
        "1/2 simulate target p1 0-9, 1 min 15 s",
        "2/2 score, 0.0 s",
        "",
        "Done in 1 min 15 s: 2 steps.",
        "",
        *KEY_SCORES,
        "",
        "Look at results/scores.csv.",
    ]


def test_a_failure_is_told_last_from_its_log_and_once(snakemake):
    snakemake.plan(simulate=2, total=2)
    for number, reason in ((1, "x.nc: no region"), (2, "y.nc: no time")):
        log = snakemake.starts(number, "simulate", batch=number)
        log.write_text(f"Traceback\nrestmeg.InputError\nrestmeg: {reason}\n")
        snakemake.fails(number)
        snakemake.says("job_error", "again", logging.ERROR, jobid=number, log=[])  # as of 9.19
    snakemake.says(None, "Exiting because a job execution failed. Look ...", logging.ERROR)
    text = "WorkflowError:\nAt least one job did not complete successfully."
    snakemake.says("error", text, logging.ERROR, exception="WorkflowError")
    assert snakemake.end()[1:] == [
        "0/2 simulate 1, FAILED after 0.0 s",
        "0/2 simulate 2, FAILED after 0.0 s",
        "",
        "Failed after 0.0 s: 0 of 2 steps done; the next run goes on from there.",
        "restmeg: x.nc: no region (details in results/logs/simulate1.log)",
        "restmeg: y.nc: no time (details in results/logs/simulate2.log)",
    ]


KILLED = "SLURM-job '7' failed, SLURM status is: 'OUT_OF_MEMORY'."


def test_a_job_that_slurm_ended_is_told_at_once_and_last(snakemake):
    snakemake.plan(score=1, total=1)
    snakemake.says(None, "No SLURM account given, trying to guess.", logging.WARNING)
    for _ in range(2):  # it is tried again
        snakemake.starts(2, "score")
        snakemake.says("job_error", "x", logging.ERROR, jobid=2, log=[], rule_msg=KILLED)
    assert snakemake.end()[1:] == [
        "0/1 score, FAILED after 0.0 s, out of memory: asked 1000 MB",
        "0/1 score, FAILED after 0.0 s, out of memory: asked 1000 MB",
        "",
        "Failed after 0.0 s: 0 of 1 step done; the next run goes on from there.",
        "restmeg: score failed: out of memory: asked 1000 MB",
    ]


def test_what_a_killed_job_left_in_its_log_is_told_first(snakemake):
    snakemake.plan(score=1, total=1)
    log = snakemake.starts(1, "score")
    log.write_text("restmeg: x.nc: no region\n")
    snakemake.says("job_error", "x", logging.ERROR, jobid=1, log=[], rule_msg=KILLED)
    assert snakemake.end()[-1].startswith("restmeg: x.nc: no region (details in ")


@pytest.mark.parametrize(
    ("log", "last"),
    [
        (None, "restmeg: score failed, see above; its log results/logs/score1.log has no reason"),
        ("stopped by SIGTERM\n", "restmeg: score failed: stopped by SIGTERM (details in results"),
        ("  0 % | |, ? left\r", "restmeg: score failed, see above"),
    ],
)
def test_a_job_that_left_no_reason_is_told_as_snakemake_does(snakemake, log, last):
    path = snakemake.path / "results/logs/score1.log"
    path.write_text("restmeg: of an earlier run\n")
    snakemake.plan(score=1, total=1)
    snakemake.starts(1, "score")
    if log:
        path.write_text(log)
    snakemake.fails(1)
    lines = snakemake.end()
    assert lines[-1].startswith(last)
    assert "CalledProcessError" in lines[-3]
    assert "earlier" not in "".join(lines)


def test_a_job_that_is_tried_again_has_not_failed(snakemake):
    snakemake.plan(score=1, total=1)
    snakemake.starts(1, "score")
    snakemake.fails(1)
    snakemake.starts(1, "score")
    snakemake.finishes(1)
    assert snakemake.end()[-1] == "Done in 0.0 s: 1 step."


def test_warnings_are_told_once_each(snakemake):
    snakemake.plan(simulate=2, total=2)
    for number in (1, 2):
        log = snakemake.starts(number, "simulate")
        log.write_text("ResultWarning: region B is silent\nRuntimeWarning: overflow\n")
        snakemake.finishes(number)
    told = [line for line in snakemake.end() if "arning" in line]
    assert told == ["restmeg: warning: region B is silent"]


def test_what_snakemake_warns_of_is_shown_as_it_does(snakemake):
    snakemake.default.setFormatter(logging.Formatter("<%(message)s>"))
    snakemake.plan(score=1, total=1)
    snakemake.says(None, "the disk is full", logging.WARNING)
    text = "MissingOutputException: no file"
    snakemake.says("error", text, logging.ERROR, exception="MissingOutputException")
    assert snakemake.lines()[1:] == ["<the disk is full>", f"<{text}>"]


def test_nothing_to_do_is_a_line(snakemake):
    snakemake.says("workflow_started")
    snakemake.says(None, "Nothing to be done (all requested files are present and up to date).")
    assert snakemake.end() == ["Nothing to do: all is up to date."]


def test_an_interrupt_is_no_failure(snakemake):
    snakemake.plan(simulate=2, total=2)
    snakemake.starts(1, "simulate")
    snakemake.says(None, "Terminating processes on user request, this might take some time.")
    snakemake.fails(1)
    text = "WorkflowError:\nAt least one job did not complete successfully."
    snakemake.says("error", text, logging.ERROR, exception="WorkflowError")
    assert snakemake.end()[1:] == [
        "Stopping: waiting for what runs now.",
        "0/2 simulate, stopped after 0.0 s",
        "",
        "Interrupted after 0.0 s: 0 of 2 steps done; the next run goes on from there.",
    ]


@pytest.mark.parametrize(
    "changed", [{"dryrun": True}, {"verbose": True}, {"quiet": {"ALL"}}, {"quiet": {"rules"}}]
)
def test_where_other_output_is_asked_for_ours_stays_away(tmp_path, changed):
    made = Snakemake(tmp_path)
    handler.attach(made.logger, settings(**changed), None)
    assert made.logger.handlers[0] is made.default
    added = [forecast.Forecast] if "dryrun" in changed else []  # which only adds lines
    assert [type(one) for one in made.logger.handlers[1:]] == added


@pytest.mark.parametrize("without", ["handler", "settings"])
def test_another_snakemake_or_logger_keeps_its_output(tmp_path, without):
    made = Snakemake(tmp_path)
    made.default.name = "other" if without == "handler" else handler.DEFAULT
    handler.attach(made.logger, settings() if without == "handler" else object(), None)
    assert made.logger.handlers == [made.default]


def test_a_record_of_another_kind_gives_snakemake_its_output_back(snakemake):
    snakemake.plan(score=1, total=1)
    snakemake.says("job_info", "rule score:")  # without what it is about
    snakemake.says("job_error", "Error in rule score", logging.ERROR)
    assert snakemake.end()[1:] == ["rule score:", "Error in rule score"]
    assert job.WATCHED not in os.environ


def bar(simulated, wanted):
    return f"\r 40 % |####  |, {simulated:.1f} of {wanted:.1f} s simulated, 00:09 left"


def test_simulated_time_and_time_left(tmp_path, clock):
    run = progress.Run(tmp_path)
    run.plan({"simulate": 4, "score": 1, "all": 1, "total": 6})
    log = tmp_path / "1.log"
    for number in (1, 2):
        run.start(number, "simulate", {}, ["1.log"])
    assert run.left() is None
    assert run.simulated() is None
    for clock.time, seconds in ((10, 10.0), (20, 20.0)):
        log.write_text(bar(0, 40) + bar(seconds, 40))
        run.look()
    assert run.simulated() == (40, 160)
    # 20 s for the rest of two, 40 s for two more, both at once, and one of which nothing is known.
    assert run.left() == ((20 + 20 + 2 * 40 + 40) / 2, False)
    clock.time = 40
    log.write_text(bar(40, 40))
    run.end(1)
    assert run.simulated()[0] == 60


def test_lines_on_what_runs_are_seldom(tmp_path, clock):
    run, stream = progress.Run(tmp_path), io.StringIO()
    lines = screen.screen(stream, run)
    run.plan({"simulate": 12, "total": 12})
    lines.start()
    run.start(1, "simulate", {}, ["1.log"])
    for clock.time in range(1, 100):
        (tmp_path / "1.log").write_text(bar(clock.time, 100))
        run.look()
        lines.look()
    text = stream.getvalue().splitlines()[1:]
    assert text == [
        "      1 running, 30 of 1200 s simulated, about 20 min left",
        "      1 running, 60 of 1200 s simulated, about 19 min left",
        "      1 running, 90 of 1200 s simulated, about 18 min left",
    ]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.42, "0.4 s"), (9.96, "10 s"), (59.6, "1 min"), (200, "3 min 20 s"), (7500, "2 h 5 min")],
)
def test_durations_are_as_exact_as_one_can_use(seconds, text):
    assert progress.duration(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.1, "1 s"), (8.4, "8 s"), (43, "45 s"), (124, "2 min"), (4000, "1 h 7 min")],
)
def test_time_left_is_round(seconds, text):
    assert progress.left(seconds, True) == f"about {text} left"
    assert progress.left(seconds, False) == f"more than {text} left"


def test_a_view_that_fails_gives_the_terminal_back(tmp_path):
    """And what was printed meanwhile is shown."""
    code = """
        import os, sys
        from pathlib import Path
        from restmeg.console import progress, screen

        class Broken(screen.View):
            fails = False

            def table(self):
                if self.fails and not self.blank:
                    raise RuntimeError("broken")
                return super().table()

        run = progress.Run(Path())
        view = Broken(sys.stderr, run)
        view.start()
        os.write(1, b"said by another\\n")
        view.fails = True
        try:
            view.stop()
        except RuntimeError:
            os.write(1, b"afterwards\\n")
    """
    done = on_terminal([sys.executable, "-c", textwrap.dedent(code)], tmp_path)
    assert "said by another" in done
    assert "afterwards" in done
    assert done.count("\x1b[?25l") == done.count("\x1b[?25h")  # the cursor


def on_terminal(command, folder):
    """What a command writes to a terminal of its own."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(folder)
        os.environ |= {"TERM": "xterm-256color", "PYTHONPATH": PACKAGE}
        os.execv(command[0], command)
    written = b""
    with contextlib.suppress(OSError):  # its end, on Linux
        while new := os.read(terminal, 65536):
            written += new
    os.close(terminal)
    os.waitpid(pid, 0)
    return written.decode()


@pytest.mark.parametrize("lacking", ["rich", "cursor"])
def test_a_terminal_that_cannot_have_a_view_has_lines(tmp_path, monkeypatch, lacking):
    stream = io.StringIO()
    stream.isatty = lambda: True
    monkeypatch.setenv("TERM", "dumb" if lacking == "cursor" else "xterm")
    if lacking == "rich":
        monkeypatch.setitem(sys.modules, "rich.console", None)
    assert type(screen.screen(stream, progress.Run(tmp_path))) is screen.Lines
