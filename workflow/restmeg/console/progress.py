"""What is known of a run while it runs: its jobs, how far its simulations are, and the time left.

Everything about a job comes from its log, so that it is the same for jobs that run elsewhere.
"""

import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

TARGET = "all"  # the rule that only asks for files: no step of its own
SIMULATION = "simulate"  # the rule whose log tells how far it is
SIMULATED = re.compile(r"([\d.]+) of ([\d.]+) s simulated")
TAIL = 4096  # bytes at the end of a log that hold its last progress
OURS = "restmeg: "  # a line of a log that starts so is for the user
WARNING = "ResultWarning: "


@dataclass
class Job:
    """A step of a run; times in s of the run's clock, simulated time in s."""

    rule: str
    about: str  # the values of its wildcards
    logs: list[Path]
    old: list  # what these logs were when it started: of an earlier run, so not to be read
    started: float
    ended: float | None = None
    failed: bool = False
    asked: Mapping[str, Any] = field(default_factory=dict)  # its resources
    killed: str | None = None  # why it failed, where that is not the job's own doing
    simulated: float = 0.0
    wanted: float = 0.0
    first: tuple[float, float] | None = None  # time and simulated time when it was first seen

    @property
    def name(self) -> str:
        """The rule and what it works on."""
        return f"{self.rule} {self.about}".strip()

    def text(self, tail: int | None = None) -> str:
        """What its logs hold, or the last bytes of them; nothing of an earlier run."""
        found = []
        for path, old in zip(self.logs, self.old, strict=True):
            if _state(path) in (old, None):
                continue
            try:
                with path.open("rb") as file:
                    file.seek(max(0, path.stat().st_size - tail) if tail else 0)
                    found.append(file.read().decode(errors="replace"))
            except OSError:  # it may go at any time
                continue
        return "\n".join(found)

    def lines(self) -> list[str]:
        """The lines of its logs that are not empty; each stand of a progress bar is one."""
        return [line for line in re.split(r"[\r\n]+", self.text()) if line.strip()]

    def warnings(self) -> list[str]:
        """What it warns the user of, each in one line."""
        return [line.removeprefix(WARNING) for line in self.lines() if line.startswith(WARNING)]

    def reason(self) -> str | None:
        """Why it failed in the line that it left for the user, if there is one."""
        found = [line.removeprefix(OURS) for line in self.lines() if line.startswith(OURS)]
        return found[-1] if found else None

    def last_words(self) -> str | None:
        """The last line of its logs, if it is more than progress."""
        lines = self.lines()
        return lines[-1].strip() if lines and " left" not in lines[-1] else None

    def look(self, now: float) -> None:
        """Read from the end of its logs how far its simulation is."""
        found = SIMULATED.findall(self.text(TAIL))
        if found:
            self.simulated, self.wanted = map(float, found[-1])
            self.first = self.first or (now, self.simulated)

    def rate(self, now: float) -> float | None:
        """Simulated s per s, as far as it can be told."""
        if not self.wanted:
            return None
        if self.ended is not None and not self.failed and self.ended > self.started:
            return self.wanted / (self.ended - self.started)
        if self.first and now > self.first[0] and self.simulated > self.first[1]:
            return (self.simulated - self.first[1]) / (now - self.first[0])
        return None


def _state(path):
    """What changes when a file is written anew; None if there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns


def _mean(values):
    values = list(values)
    return sum(values) / len(values) if values else None


class Run:
    """All jobs of a run and how many of each rule there will be."""

    def __init__(self, folder: Path, clock: Callable[[], float] = time.monotonic):
        """folder: to which paths of logs are relative."""
        self.folder = folder
        self.clock = clock
        self.begun = clock()
        self.counts: dict[str, int] = {}
        self.jobs: dict[int, Job] = {}
        self.of_rule: dict[str, dict[int, Job]] = {}
        self.running: dict[int, Job] = {}  # that have started and not ended
        self.n_done = 0  # jobs that ended well
        self.most_at_once = 1
        self.stopping = False  # the user asked for it

    def plan(self, counts: Mapping[str, int]) -> None:
        """Note how many jobs of each rule there will be."""
        self.counts = {k: n for k, n in counts.items() if k not in (TARGET, "total")}

    def start(
        self,
        number: int,
        rule: str,
        wildcards: Mapping[str, str],
        logs: Sequence[str],
        asked: Iterable[tuple[str, Any]] = (),
    ) -> None:
        """Note that a job starts, maybe once more; asked: its resources."""
        paths = [self.folder / log for log in logs]
        about = " ".join(map(str, wildcards.values()))
        old = [_state(path) for path in paths]
        job = Job(rule, about, paths, old, self.clock(), asked=dict(asked))
        mine = self.of_rule.setdefault(rule, {})
        self.jobs[number] = self.running[number] = mine[number] = job
        self.counts[rule] = max(self.counts.get(rule, 0), len(mine))
        self.most_at_once = max(self.most_at_once, len(self.running))

    def end(self, number: int, failed: bool = False) -> Job | None:
        """Note that a job ended; returns it, or None if it is no step or has ended before."""
        job = self.running.pop(number, None)
        if job is None:
            return None
        job.ended = self.clock()
        job.failed = failed
        self.n_done += not failed
        job.look(job.ended)
        return job

    def look(self) -> None:
        """Read how far running simulations are."""
        for job in self.running.values():
            if job.rule == SIMULATION:
                job.look(self.clock())

    @property
    def seconds(self) -> float:
        """For how long it runs."""
        return self.clock() - self.begun

    @property
    def total(self) -> int:
        """Number of steps."""
        return sum(self.counts.values())

    @property
    def failed(self) -> list[Job]:
        """Jobs that failed, and were not started again."""
        return [job for job in self.jobs.values() if job.failed]

    def simulated(self) -> tuple[float, float] | None:
        """Simulated and wanted time in s, over all simulations; None until one tells.

        Those that have not started are taken to be as long as the others.
        """
        known = [job for job in self.of_rule.get(SIMULATION, {}).values() if job.wanted]
        if not known:
            return None
        length = _mean(job.wanted for job in known)
        rest = max(0, self.counts.get(SIMULATION, 0) - len(known))
        done = sum(job.simulated for job in known if not job.failed)
        return done, sum(job.wanted for job in known) + rest * length

    def left(self) -> tuple[float, bool] | None:
        """About how many s are left, and whether that is all; None while nothing tells.

        From how long finished jobs of a rule took and how far simulations are; as many at once as
        there were. It is not all as long as many jobs are of rules of which none has finished:
        they are taken to be as long as others.
        """
        now = self.clock()
        lengths = {rule: self._length(rule, now) for rule in self.counts}
        others = _mean(length for length in lengths.values() if length is not None)
        work, jobs, unknown = 0.0, 0, 0
        for rule, length in lengths.items():
            mine = self.of_rule.get(rule, {})
            running = [job for job in mine.values() if job.ended is None]
            waiting = self.counts[rule] - len(mine)
            jobs += waiting + len(running)
            if length is None and waiting + len(running):
                if rule == SIMULATION or others is None:
                    return None
                unknown += waiting + len(running)
                length = others
            work += sum(_rest(job, length, now) for job in running) + waiting * (length or 0.0)
        return work / max(1, min(self.most_at_once, jobs)), unknown * 10 <= jobs

    def _length(self, rule, now):
        """How many s a job of a rule takes, as far as it can be told."""
        mine = [job for job in self.of_rule.get(rule, {}).values() if not job.failed]
        if rule == SIMULATION:
            return _mean(job.wanted / rate for job in mine if (rate := job.rate(now)))
        return _mean(job.ended - job.started for job in mine if job.ended is not None)


def _rest(job, length, now):
    """How many s a running job still takes."""
    rate = job.rate(now)
    if rate:
        return (job.wanted - job.simulated) / rate
    return max(0.0, length - (now - job.started))


def duration(seconds: float) -> str:
    """A time in words, no more exact than one can use: 0.4 s, 12 s, 3 min 20 s, 2 h 5 min."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def steps(count: int) -> str:
    """A number of steps in words."""
    return "1 step" if count == 1 else f"{count} steps"


def left(seconds: float, all_known: bool) -> str:
    """An estimated time, rounded so that it does not change with each look."""
    step = 1 if seconds < 10 else 5 if seconds < 60 else 10 if seconds < 600 else 60
    rounded = duration(max(1, round(seconds / step) * step)).replace(".0 s", " s")
    return f"{'about' if all_known else 'more than'} {rounded} left"


def simulated(done: float, wanted: float) -> str:
    """How far simulations are, in s."""
    form = ".0f" if wanted >= 100 else ".1f"
    return f"{done:{form}} of {wanted:{form}} s simulated"
