"""What a run will take, said before it is run."""

import logging
from collections.abc import Callable, Mapping
from typing import Any, TextIO

from restmeg.console.progress import duration, steps
from restmeg.costs import Total

LONG = 600  # s of work: less needs no word before it


def words(total: Total) -> str:
    """What a run takes."""
    return (
        f"about {duration(total.seconds)} of one core in {steps(total.jobs)}, up to "
        f"{_room(total.memory)} of memory in each, and up to {_room(total.stored)} of disk"
    )


def _room(megabytes):
    return f"{megabytes / 1000:.2g} GB" if megabytes >= 1000 else f"{max(megabytes, 1):.0f} MB"


class Forecast(logging.Handler):
    """Says at the end of a dry run what the run would take."""

    def __init__(self, stream: TextIO, total: Callable[[Mapping], Total]) -> None:
        """stream: to the user; total: of how many jobs of each rule there are."""
        super().__init__()
        self.stream, self.total = stream, total
        self.counts: Mapping[str, int] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Note how many jobs of each rule there are."""
        event: Any = getattr(record, "event", None)
        if str(getattr(event, "value", event)) == "run_info":
            self.counts = record.stats  # type: ignore[attr-defined]

    def close(self) -> None:
        """Say it, once all else is said."""
        if self.counts:
            print(f"\nThe run takes {words(self.total(self.counts))}.", file=self.stream)
            self.counts = {}
        super().close()
