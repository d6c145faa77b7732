"""Why Slurm ended a job, from what its executor says and from the log of Slurm's own.

The executor's message has the state that Slurm gives a job, with accounting or without. A job that
was killed for its memory by the daemon that watches it has the state FAILED, and only its log says
why.
"""

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

STATE = re.compile(r"SLURM status is: '(\w+)")
REFUSED = re.compile(r"sbatch failed.*?The error message was '(.*?)'\.?\s*\n", re.DOTALL)
OVER_MEMORY = re.compile(r"oom.kill|out of memory|exceeded .*memory limit", re.IGNORECASE)
MEMORY, TIME = "out of memory: asked {mem_mb} MB", "over its time limit: asked {runtime} min"
WORDS = {
    "OUT_OF_MEMORY": MEMORY,
    "TIMEOUT": TIME,
    "DEADLINE": TIME,
    "CANCELLED": "cancelled",
    "NODE_FAIL": "its node failed",
    "BOOT_FAIL": "its node did not start",
}
# The executor guesses an account, and says so for each job where nothing has one.
USUAL = ("No SLURM account given", "No account was given", "Unable to guess SLURM account")


def reason(said: str, logs: Iterable[str | Path], asked: Mapping[str, Any]) -> str | None:
    """Why a job failed in a few words; None if Slurm has nothing to do with it.

    said: the executor's message; logs: paths of logs, of which Slurm's own may be one; asked: the
    job's resources.
    """
    refused = REFUSED.search(said)
    if refused:
        return f"Slurm did not take it: {refused[1].strip().splitlines()[-1]}"
    found = STATE.search(said)
    if not found:
        return None
    state = found[1]
    paths = [Path(log) for log in logs if log]
    log = next((path for path in paths if "slurm_logs" in path.parts), None)
    if state == "FAILED" and log and OVER_MEMORY.search(_end(log)):
        state = "OUT_OF_MEMORY"
    if state in WORDS:
        return WORDS[state].format_map(_Asked(asked))
    return f"Slurm says {state}" + (f", see {os.path.relpath(log)}" if log else "")


class _Asked(dict):
    """Resources, of which some may not have been asked for."""

    def __missing__(self, name):
        return "no"


def _end(path):
    """The last lines of a log; nothing if it is gone."""
    try:
        return path.read_text(errors="replace")[-4096:]
    except OSError:
        return ""
