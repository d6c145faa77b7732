"""What a run shows in place of Snakemake's own output: what it does, and at the end what came out.

Snakemake hands what it has to say to the handlers of its logger: records with an attribute `event`,
as its logger plugins get them. A plugin of ours would have to be installed, and be named on the
command line. So `attach` puts a handler of our own in the place of the one that prints, by means of
the module `logging` alone, when the workflow is read. From when jobs are going to be executed, each
record that it knows is shown in our way, and each other one as that handler would have printed it.
Where something is not as expected, as in another version of Snakemake, its own handler gets its
say again and the run goes on. The log in .snakemake/log is complete in any case.

Jobs do not write to the terminal meanwhile. What they say is read from their logs, which is the
same for jobs that run elsewhere.
"""

import contextlib
import logging
import os
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from restmeg import costs, job
from restmeg.console import ending, forecast, progress, slurm
from restmeg.console.screen import Lines, screen

DEFAULT = "DefaultStreamHandler"  # Snakemake's own, which is not there beside another that prints
LOOK = 1.0  # s between looks at the logs of running jobs
NOTHING = "Nothing to be done"
STOPPING = ("Terminating processes on user request", "Will exit after finishing")
# After failures that are told anyway, these say nothing more.
KNOWN = ("Exiting because a job execution failed", "At least one job did not complete success")


def attach(
    logger: logging.Logger, settings: Any, total: Callable[[Mapping[str, int]], costs.Total]
) -> None:
    """Show the run that may come on Snakemake's logger in our way.

    settings: Snakemake's output settings; total: what a run of so many jobs of each rule takes,
    which a dry run tells, and a long run when it begins. Nothing else is changed for dry runs and
    all that executes no job, nor where the user asked for another amount of output (--verbose,
    --quiet) or another logger that prints.
    """
    os.environ.pop(job.WATCHED, None)
    with contextlib.suppress(Exception):
        if any(isinstance(handler, Console) for handler in logger.handlers):
            return
        default = next(h for h in logger.handlers if h.name == DEFAULT)
        quiet = {getattr(part, "name", str(part)).lower() for part in settings.quiet or ()}
        assert isinstance(default, logging.StreamHandler)
        if settings.dryrun and not quiet - {"host"}:
            logger.addHandler(forecast.Forecast(default.stream, total))
        if settings.dryrun or settings.verbose or settings.debug_dag or quiet - {"host"}:
            return
        console = Console(default, Path.cwd(), settings, total)
        logger.removeHandler(default)
        logger.addHandler(console)


class Console(logging.Handler):
    """Shows the records that it knows in our way, and others as the default handler would."""

    def __init__(
        self,
        default: logging.StreamHandler,
        folder: Path,
        settings: Any = None,
        total: Callable[[Mapping[str, int]], costs.Total] | None = None,
    ) -> None:
        """folder: where the workflow runs; settings, total: see `attach`."""
        super().__init__()
        self.default = default
        self.folder = folder
        self.total = total
        self.colour = not getattr(settings, "nocolor", False)
        self.show_logs = getattr(settings, "show_failed_logs", False)
        self.run = progress.Run(folder)
        self.screen: Lines | None = None  # from when jobs are going to be executed
        self.guard = threading.RLock()  # not the handler's own, which is held while it is closed
        self.over = threading.Event()
        self.told: set[str] = set()  # warnings
        self.held: list[str] = []  # what Snakemake says of processes that failed
        self.broken = False  # Snakemake's own output has its place back
        self.nothing = self.stopping = self.scored = self.trouble = False

    def emit(self, record: logging.LogRecord) -> None:
        """Show a record; what we cannot show is shown by the default handler, from then on."""
        with self.guard:
            try:
                if self.broken or not self._take(record):
                    self._pass_on(record)
            except Exception:
                if self.broken:
                    raise
                self._give_up()
                self.default.handle(record)

    def close(self) -> None:
        """Tell what came out, after all that Snakemake had to say."""
        with self.guard:
            if not (self.over.is_set() or self.broken):
                self.over.set()
                try:
                    self._conclude()
                except Exception:
                    self._give_up()
        super().close()

    def _give_up(self):
        self.broken = True
        os.environ.pop(job.WATCHED, None)
        with contextlib.suppress(Exception):
            if self.screen:
                self.screen.stop()

    def _pass_on(self, record):
        if self.screen is None or self.broken:
            self.default.handle(record)
        elif self.default.filter(record):
            serious = record.levelno >= logging.ERROR
            self.trouble |= serious
            self.screen.text(self.default.format(record), "red" if serious else "yellow")

    def _take(self, record):
        """Show a record in our way; False if it is to be passed on."""
        event = getattr(record, "event", None)
        event = str(getattr(event, "value", event))
        if event == "workflow_started":
            self._start()
        if self.screen is None:
            return False
        known = getattr(self, f"_on_{event}", None)
        if known:
            return known(record) is not False
        text = record.getMessage() if record.msg else ""
        if record.levelno >= logging.WARNING:
            return self._is_told_by_us(text)
        self.nothing |= text.startswith(NOTHING)
        if text.startswith(STOPPING) and not self.stopping:
            self.stopping = self.run.stopping = True
            self.screen.text("Stopping: waiting for what runs now.", "yellow")
        return True  # what else it tells of its work is in its own log

    def _start(self):
        self.screen = screen(self.default.stream, self.run, self.colour)
        os.environ[job.WATCHED] = "1"

    def _on_run_info(self, record):
        self.run.plan(record.stats)
        taken = self.total(self.run.counts) if self.total else None
        if taken and taken.seconds > forecast.LONG:
            self.screen.text(f"This takes {forecast.words(taken)}.")
        self.screen.start()
        threading.Thread(target=self._watch, daemon=True).start()

    def _on_job_info(self, record):
        if record.output:
            wildcards = record.wildcards or {}
            asked = getattr(record, "resources", None) or {}
            self.run.start(record.jobid, record.rule_name, wildcards, record.log, asked.items())
            self.scored |= "results/scores.csv" in record.output
        else:  # the rule that asks for all files
            self.scored = True

    def _on_job_finished(self, record):
        ended = self.run.end(getattr(record, "job_id", None))
        if ended:
            self._warn(ended)
            self.screen.ended(ended)

    def _on_job_error(self, record):
        ended = self.run.end(record.jobid, failed=True)
        if ended:
            said = getattr(record, "rule_msg", None) or ""
            ended.killed = slurm.reason(said, record.log, ended.asked)
            self._warn(ended)
            self.screen.ended(ended)
        return record.jobid in self.run.jobs and not self.show_logs

    def _on_error(self, record):
        """Hold back that a job's process failed, which its log tells better."""
        text = record.getMessage()
        if "CalledProcessError" in text:
            self.held += [text] if text not in self.held else []
            return True
        return self._is_told_by_us(text)

    def _is_told_by_us(self, text):
        """Whether it says nothing new: that a run has ended badly, which its end says better."""
        if text.startswith(slurm.USUAL):
            return True
        return bool(self.run.failed or self.stopping) and any(known in text for known in KNOWN)

    def _ignore(self, record):
        """Told by what jobs tell."""

    _on_job_started = _on_progress = _on_group_info = _on_group_error = _ignore
    _on_shellcmd = _on_resources_info = _on_workflow_started = _on_rulegraph = _ignore

    def _watch(self):
        while not self.over.wait(LOOK):
            with self.guard:
                if self.over.is_set() or self.broken:
                    return
                try:
                    self.run.look()
                    self.screen.look()
                except Exception:
                    self._give_up()

    def _warn(self, ended):
        for text in ended.warnings():
            if text not in self.told:
                self.told.add(text)
                self.screen.text(f"restmeg: warning: {text}", "yellow")

    def _conclude(self):
        if self.screen is None:
            return
        self.screen.stop()
        say, run = self.screen.text, self.run
        if run.total:
            say("")
        time = progress.duration(run.seconds)
        if self.stopping or run.failed:
            reasons = self._reasons()
            how = "Interrupted" if self.stopping else "Failed"
            done = f"{run.n_done} of {progress.steps(run.total)} done"
            say(f"{how} after {time}: {done}; the next run goes on from there.", "bold")
            for line in reasons:
                say(line, "red")
        elif self.nothing and not self.trouble:
            where = ending.places(self.folder)
            say(f"Nothing to do: all is up to date{f' in {where}' if where else ''}.")
        elif run.total and run.n_done == run.total:
            say(f"Done in {time}: {progress.steps(run.total)}.", "bold")
            for line in ending.scores(self.folder) if self.scored else []:
                say(line)
            where = ending.places(self.folder) if self.scored else ""
            if where:
                say(f"Look at {where}.")
        elif self.held:  # of what is none of our steps
            for text in self.held:
                say(text, "red")

    def _reasons(self):
        """A line for each job that failed; before them, what else may help to understand them."""
        lines = {}
        for failed in self.run.failed:
            log = ", ".join(os.path.relpath(path, self.folder) for path in failed.logs)
            reason, last = failed.reason(), failed.last_words()
            if reason:
                line = f"restmeg: {reason} (details in {log})"
            elif self.stopping:
                continue  # it was told to stop
            elif failed.killed:
                line = f"restmeg: {failed.name} failed: {failed.killed}"
                line += f" (details in {log})" if last else ""
            elif last:
                line = f"restmeg: {failed.name} failed: {last} (details in {log})"
            else:
                line = f"restmeg: {failed.name} failed, see above; its log {log} has no reason"
            lines[line] = None
            if not reason:
                for text in self.held:
                    self.screen.text(text, "red")
                self.held = []
        return list(lines)
