"""Where a run is shown: lines for a file, or a view on a terminal that overwrites itself."""

import io
import os
import sys
import tempfile
from typing import TextIO

from restmeg.progress import SIMULATION, Job, Run, about, duration

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
        self.stream.write(f"{text}\n")
        self.stream.flush()

    def start(self) -> None:
        """Say what there is to do."""
        parts = ", ".join(f"{count} {rule}" for rule, count in self.run.counts.items())
        self.text(f"{self.run.total} steps: {parts}")

    def update(self) -> None:
        """A job has started."""

    def ended(self, job: Job) -> None:
        """A job has ended, well or not."""
        total = str(self.run.total)
        place = f"{len(self.run.done):>{len(total)}}/{total}"
        how = "FAILED after " if job.failed else ""
        self.text(f"{place} {job.name}, {how}{duration(job.ended - job.started)}")

    def look(self) -> None:
        """A second has passed."""
        now = self.run.clock()
        if now - self.spoke >= EVERY and self.run.running:
            self.spoke = now
            parts = [f"{len(self.run.running)} running", *_state(self.run)]
            self.text(f"{' ' * len(str(self.run.total))}. {', '.join(parts)}")

    def stop(self) -> None:
        """The run is over."""


def _state(run):
    """How far the simulations are and how long it takes, as far as it is known."""
    simulated, left = run.simulated(), run.left()
    if simulated and simulated[0] < simulated[1]:
        yield f"{simulated[0]:.1f} of {simulated[1]:.1f} s simulated"
    if left is not None:
        yield about(left)


class View(Lines):
    """A table of the rules on a terminal: steps done of all, what runs, and how long it takes.

    What others write to the terminal meanwhile, as jobs that cannot even start, goes to a file first
    and then above the table, which it would otherwise tear.
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

    def text(self, text: str, style: str = "") -> None:
        """Write a text above the table."""
        from rich.text import Text

        self.console.print(Text(text, style), soft_wrap=True)
        self.file.flush()

    def start(self) -> None:
        """Show the table."""
        self.others.catch()
        self.live.start()
        self.update()

    def update(self) -> None:
        """Show it anew."""
        for line in self.others.read():
            self.text(line)
        self._fit()
        self.live.refresh()

    look = update

    def ended(self, job: Job) -> None:
        """A job has ended, well or not."""
        del job
        self.update()

    def stop(self) -> None:
        """Leave the table as it is, and the terminal as it was."""
        if self.live.is_started:
            self.update()
            self.live.stop()
        for line in self.others.release():
            self.text(line)

    def _fit(self):
        """The terminal may be another one than standard input's, and change its size."""
        try:
            size = os.get_terminal_size(self.file.fileno())
        except OSError:
            return
        if size.columns and size.lines:
            self.console.size = size

    def table(self):
        """What is shown, as rich draws it."""
        from rich.console import Group
        from rich.table import Table
        from rich.text import Text

        run = self.run
        if not run.total:
            return Text("")
        over = len(run.done) == run.total
        head = Text.assemble(
            (f"{len(run.done)} of {run.total} steps", "bold"), f"   {duration(run.seconds)}"
        )
        left = None if over else run.left()
        if left is not None:
            head.append(f", {about(left)}")
        grid = Table.grid(padding=(0, 2), expand=True)
        grid.add_column(no_wrap=True)
        grid.add_column(no_wrap=True, justify="right")
        wide = self.console.width >= WIDE
        if wide:
            grid.add_column(width=24)
        grid.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
        for rule, count in run.counts.items():
            cells = self._row(rule, count)
            grid.add_row(*cells if wide else cells[:2] + cells[3:])
        return Group(head, grid)

    def _row(self, rule, count):
        from rich.progress_bar import ProgressBar
        from rich.text import Text

        mine = [job for job in self.run.jobs.values() if job.rule == rule]
        running = [job for job in mine if job.ended is None]
        failed = sum(job.failed for job in mine)
        done = len(mine) - len(running) - failed
        style = "red" if failed else "bold" if running else "dim" if done < count else ""
        part, what = done / count, running[0].about if running else ""
        if len(running) > 1:
            what = f"{what} and {len(running) - 1} more"
        simulated = self.run.simulated() if rule == SIMULATION else None
        if simulated and simulated[1]:
            part = simulated[0] / simulated[1]
            what = f"{simulated[0]:.1f} of {simulated[1]:.1f} s simulated"
        if failed:
            what = f"{failed} failed" + (f", {what}" if what else "")
        bar = ProgressBar(
            total=1.0, completed=part, complete_style="cyan", finished_style="green", style="dim"
        )
        return [Text(rule, style), Text(f"{done} of {count}", style), bar, Text(what, "dim")]


class _Others:
    """Keeps what is written to the terminal by others than us, and what they start."""

    def __init__(self):
        self.kept = {}
        self.file = None
        self.place = 0

    def catch(self):
        """From now on, what is written to standard output and error on a terminal goes to a file."""
        _flush()
        self.file = tempfile.TemporaryFile()
        for number in (1, 2):
            if os.isatty(number):
                self.kept[number] = os.dup(number)
                os.dup2(self.file.fileno(), number)

    def read(self, to_the_end=False):
        """Lines that have come since."""
        if self.file is None:
            return []
        size = os.fstat(self.file.fileno()).st_size - self.place
        new = os.pread(self.file.fileno(), size, self.place)
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
        if self.file:
            self.file.close()
        self.file = None
        return lines


def _flush():
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError, io.UnsupportedOperation):
            continue
