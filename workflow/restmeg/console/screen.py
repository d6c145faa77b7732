"""Where a run is shown: lines for a file, or a view on a terminal that overwrites itself."""

import io
import os
import sys
import tempfile
from pathlib import Path
from typing import Any, TextIO

from restmeg.console.progress import SIMULATION, Job, Run, duration, left, simulated, steps

EVERY = 30.0  # s between lines on what runs, where nothing can be overwritten
WIDE = 80  # columns from which there is room for bars


def screen(stream: TextIO, run: Run, colour: bool = True) -> "Lines":
    """The view for a terminal, or lines if it is none, is a simple one, or rich is missing."""
    if stream.isatty() and os.environ.get("TERM") not in (None, "", "dumb", "unknown"):
        try:
            return View(stream, run, colour)
        except ImportError:
            pass
    return Lines(stream, run)


class Lines:
    """A plain line a step, and one at times on what runs: for files, and terminals of old."""

    def __init__(self, stream: TextIO, run: Run):
        """stream: to write to; run: what is known of the run."""
        self.stream = stream
        self.run = run
        self.spoke = run.clock()

    def text(self, text: str, style: str = "") -> None:
        """Write a text of its own; style: for terminals."""
        del style
        self.spoke = self.run.clock()
        self.stream.write(f"{text}\n")
        self.stream.flush()

    def start(self) -> None:
        """Say what there is to do."""
        parts = ", ".join(f"{count} {rule}" for rule, count in self.run.counts.items())
        self.text(f"{steps(self.run.total)}: {parts}")

    def ended(self, job: Job) -> None:
        """A job has ended, well or not."""
        total = str(self.run.total)
        place = f"{self.run.n_done:>{len(total)}}/{total}"
        how = f"{'stopped' if self.run.stopping else 'FAILED'} after " if job.failed else ""
        time = duration((job.ended or self.run.clock()) - job.started)
        why = f", {job.killed}" if job.killed else ""
        self.text(f"{place} {job.name}, {how}{time}{why}")

    def look(self) -> None:
        """A second has passed."""
        if self.run.clock() - self.spoke >= EVERY and self.run.running:
            parts = [f"{len(self.run.running)} running", *_state(self.run)]
            self.text(f"{' ' * (2 * len(str(self.run.total)) + 1)} {', '.join(parts)}")

    def stop(self) -> None:
        """The run is over."""


def _state(run):
    """How far the simulations are and how long it takes, as far as it is known."""
    time, rest = run.simulated(), run.left()
    if time and time[0] < time[1]:
        yield simulated(*time)
    if rest:
        yield left(*rest)


class View(Lines):
    """A table of the rules on a terminal: steps done of all, what runs, and how long it takes.

    What others write to the terminal meanwhile, as jobs that cannot even start, goes to a file and
    from there above the table, which it would otherwise tear.
    """

    def __init__(self, stream: TextIO, run: Run, colour: bool = True):
        """Raises ImportError if rich is missing."""
        import rich.console
        import rich.live

        super().__init__(stream, run)
        encoding = getattr(stream, "encoding", None) or "utf-8"
        self.file = os.fdopen(os.dup(stream.fileno()), "w", encoding=encoding, errors="replace")
        self.console = rich.console.Console(
            file=self.file, force_terminal=True, highlight=False, no_color=not colour or None
        )
        self.live = rich.live.Live(
            console=self.console,
            get_renderable=self.table,
            auto_refresh=False,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self.others = _Others()
        self.blank = False

    def text(self, text: str, style: str = "") -> None:
        """Write a text above the table."""
        from rich.text import Text

        self.console.print(Text(text, style), soft_wrap=True)
        self.file.flush()

    def start(self) -> None:
        """Show the table."""
        self.others.catch()
        self.live.start()
        self.look()

    def look(self) -> None:
        """Show it anew: once a second, and not with each of what may be many thousand jobs."""
        for line in self.others.read():
            self.text(line)
        self._fit()
        self.live.refresh()

    def ended(self, job: Job) -> None:
        """A job has ended: the table tells it, but for why Slurm ended it, as it may try again."""
        if job.killed:
            super().ended(job)

    def stop(self) -> None:
        """Leave the table as it is, and the terminal as it was."""
        try:
            if self.live.is_started:
                self.look()
        except Exception:
            self.blank = True  # or what is wrong with the table would come again
            raise
        finally:
            self.live.stop()
            for line in self.others.release():
                self.text(line)

    def _fit(self):
        """The terminal may be another one than standard input's, and change its size."""
        try:
            size = os.get_terminal_size(self.file.fileno())
        except OSError:
            return
        if size.columns and size.lines:  # the last columns are left for the ^C of an interrupt
            self.console.size = (size.columns - 3, size.lines)

    def table(self) -> Any:
        """What is shown, as rich draws it."""
        from rich.console import Group
        from rich.table import Table
        from rich.text import Text

        if not self.run.total or self.blank:
            return Text("")
        wide = self.console.width >= WIDE
        grid = Table.grid(padding=(0, 2), expand=True)
        grid.add_column(no_wrap=True)
        grid.add_column(no_wrap=True, justify="right")
        if wide:
            grid.add_column(width=20)
        grid.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
        for rule, count in self.run.counts.items():
            cells = self._row(rule, count)
            grid.add_row(*cells if wide else cells[:2] + cells[3:])
        return Group(self._head(), grid)

    def _head(self):
        from rich.text import Text

        run = self.run
        over = run.n_done == run.total or run.failed or run.stopping
        rest = None if over else run.left()
        after = f", {left(*rest)}" if rest else ""
        return Text.assemble(
            (f"{run.n_done} of {steps(run.total)}", "bold"), f", {duration(run.seconds)}{after}"
        )

    def _row(self, rule, count):
        """Name of a rule, steps done of all, a bar, and what it is at."""
        from rich.text import Text

        mine = self.run.of_rule.get(rule, {}).values()
        running = [job for job in mine if job.ended is None]
        failed = sum(job.failed for job in mine)
        done = len(mine) - len(running) - failed
        part, what = done / count, []
        if failed:
            what.append(f"{failed} {'stopped' if self.run.stopping else 'failed'}")
        time = self.run.simulated() if rule == SIMULATION else None
        if time and time[1]:
            part = time[0] / time[1]
            what.append(simulated(*time))
        elif running:
            more = f" and {len(running) - 1} more" if len(running) > 1 else ""
            what.append(f"{running[0].about or 'running'}{more}")
        style = "red" if failed else "bold" if running else "dim" if done < count else ""
        bar = _bar(part) if count > 1 else ""
        return [
            Text(f"  {rule}", style),
            Text(f"{done} of {count}", style),
            bar,
            Text(", ".join(what), "red" if failed else "dim"),
        ]


def _bar(part):
    from rich.progress_bar import ProgressBar

    return ProgressBar(
        total=1.0, completed=part, complete_style="cyan", finished_style="green", style="dim"
    )


class _Others:
    """Keeps what is written to the terminal by others than us, and what they start."""

    def __init__(self):
        self.kept = {}
        self.file = None
        self.place = 0

    def catch(self):
        """From now on, what goes to standard output and error goes to a file, if to a terminal."""
        _flush()
        self.file, path = tempfile.mkstemp()
        Path(path).unlink()
        for number in (1, 2):
            if os.isatty(number):
                self.kept[number] = os.dup(number)
                os.dup2(self.file, number)

    def read(self, to_the_end=False):
        """Lines that have come since."""
        if self.file is None:
            return []
        new = os.pread(self.file, os.fstat(self.file).st_size - self.place, self.place)
        if not to_the_end:
            new = new[: new.rfind(b"\n") + 1]
        self.place += len(new)
        return new.decode(errors="replace").splitlines()

    def release(self):
        """Give the terminal back; returns the lines that are left."""
        _flush()
        for number, terminal in self.kept.items():
            os.dup2(terminal, number)
            os.close(terminal)
        self.kept = {}
        lines = self.read(to_the_end=True)
        if self.file is not None:
            os.close(self.file)
        self.file = None
        return lines


def _flush():
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError, io.UnsupportedOperation):
            continue
