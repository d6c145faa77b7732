"""Snakemake's lock on a working directory, where the run that took it has been killed.

A run locks its directory against others, and one that is killed leaves the lock behind. Where it is
known to be dead that says nothing: files appear whole or not at all, whoever else writes them.
"""

import contextlib
import json
import os
import platform
import shutil
from pathlib import Path

LOCKS, OWNER = "locks", "restmeg_run.json"  # in .snakemake


def release(folder: Path) -> bool:
    """Take away the lock of a run that is dead; whether there was one.

    folder: .snakemake. It stays where its run is not known, as of another machine.
    """
    dead = _is_locked(folder) and _is_dead(folder / OWNER)
    if dead:
        shutil.rmtree(folder / LOCKS, ignore_errors=True)
    return dead


def own(folder: Path, locked: bool = False) -> None:
    """Note that this process is the one that runs here. locked: whether it has the lock."""
    if locked or not _is_locked(folder):
        with contextlib.suppress(OSError):  # then a lock that it leaves stays
            folder.mkdir(exist_ok=True)
            (folder / OWNER).write_text(json.dumps(_self()))


def _is_locked(folder):
    return any((folder / LOCKS).glob("*.lock"))


def _is_dead(owner):
    """Whether the process that a note is of was one of this machine, and is no more."""
    try:
        host, process, started = json.loads(owner.read_text())
    except (OSError, ValueError):
        return False
    return host == platform.node() and _started(process) != started


def _self():
    return [platform.node(), os.getpid(), _started(os.getpid())]


def _started(process):
    """When a process began, as numbers of processes are used again; None if there is none."""
    import psutil

    try:
        found = psutil.Process(process)
        return None if found.status() == psutil.STATUS_ZOMBIE else found.create_time()
    except psutil.NoSuchProcess:
        return None
