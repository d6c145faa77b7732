import re
import shutil
from pathlib import Path

import pytest
from processes import KILLED, PACKAGE, listing, run
from restmeg import job


def test_a_process_asked_to_stop_leaves_no_file_at_all(tmp_path):
    code = KILLED.format(context="job.reporting('log')", signal="SIGTERM", before=1)
    done = run(code, tmp_path)
    assert done.returncode == 1
    assert listing(tmp_path) == ["log"]
    assert "stopped by SIGTERM" in (tmp_path / "log").read_text()


JOB = """
    import warnings
    from restmeg import InputError, ResultWarning, job

    with job.reporting("job.log"):
        print("progress")
        {body}
"""


def log_without_use(folder):
    """What a job's log holds before what it took."""
    text = (folder / "job.log").read_text()
    used = re.search(r"^Used: \d+\.\d\d s(, \d+ MB)?\.\n\Z", text, re.MULTILINE)
    return text[: used.start()]


def test_a_job_that_succeeds_says_nothing_but_to_its_log(tmp_path):
    done = run(JOB.format(body="pass"), tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert log_without_use(tmp_path) == "progress\n"


@pytest.mark.parametrize(
    ("error", "line"),
    [
        ("InputError('x.nc: no region')", "restmeg: x.nc: no region (details in job.log)\n"),
        ("KeyError('tau')", "restmeg: KeyError: 'tau' (details in job.log)\n"),
    ],
)
def test_an_error_is_one_line_for_the_user_and_a_traceback_in_the_log(tmp_path, error, line):
    done = run(JOB.format(body=f"raise {error}"), tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", line)
    log = (tmp_path / "job.log").read_text()
    assert log.startswith("progress\nTraceback (most recent call last):\n")
    assert f"{error.split('(')[0]}: " in log.splitlines()[-2]
    assert log.splitlines()[-1] == line.split(" (details")[0]


def test_an_error_of_several_lines_is_one_line_for_the_user(tmp_path):
    done = run(JOB.format(body="raise ValueError('first\\nsecond')"), tmp_path)
    line = "restmeg: ValueError: first (details in job.log)\n"
    assert (done.returncode, done.stdout, done.stderr) == (1, "", line)
    said = "restmeg: ValueError: first\n"
    assert (tmp_path / "job.log").read_text().endswith(f"first\nsecond\n{said}")


def test_a_module_that_was_edited_while_it_was_used_makes_the_job_fail(tmp_path):
    """Measures and readers are imported where they are used, after the job has begun."""
    shutil.copytree(Path(PACKAGE, "restmeg"), tmp_path / "restmeg")
    code = f"""
        import sys
        sys.path.insert(0, {str(tmp_path)!r})
        from restmeg import fingerprint, job, measures
        fingerprint.plan()
        path = fingerprint.PACKAGE / "measures/pearson.py"
        path.write_text(path.read_text() + "\\nCHANGED = 1\\n")
        with job.reporting("job.log"):
            measures.estimator("pearson")
    """
    done = run(code, tmp_path)
    assert done.returncode == 1
    assert "pearson.py: has changed since this run was planned" in done.stderr


@pytest.mark.parametrize("body", ["raise InputError('x')", "warnings.warn('x', ResultWarning)"])
def test_a_watched_job_tells_its_log_alone(tmp_path, body, monkeypatch):
    monkeypatch.setenv(job.WATCHED, "1")
    done = run(JOB.format(body=body), tmp_path)
    assert (done.stdout, done.stderr) == ("", "")
    log = (tmp_path / "job.log").read_text().splitlines()
    assert log[-1] == "restmeg: x" or log[-2] == "ResultWarning: x"


@pytest.mark.parametrize(
    ("category", "line"),
    [
        ("ResultWarning", "restmeg: warning: region B is silent\n"),
        ("UserWarning", ""),
        ("RuntimeWarning", ""),
    ],
)
def test_a_warning_of_ours_is_told_and_any_is_logged(tmp_path, category, line):
    body = f"warnings.warn('region B is silent', {category})"
    done = run(JOB.format(body=body), tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", line)
    assert log_without_use(tmp_path) == f"progress\n{category}: region B is silent\n"
