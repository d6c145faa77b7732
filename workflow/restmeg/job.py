"""A job's surroundings: its log, what the user is told, and how it is stopped.

Nothing here is part of a result, so an edit of this file computes nothing again.
"""

import contextlib
import gc
import io
import os
import signal
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

from restmeg import fingerprint
from restmeg.errors import InputError, ResultWarning

# Environment variable: the main process shows what the logs say, so jobs leave its terminal alone.
WATCHED = "RESTMEG_WATCHED"


@contextlib.contextmanager
def reporting(log: str | Path) -> Iterator[None]:
    """Run a job's body: what it prints goes to ``log``, warnings and errors also to the user.

    The user sees one line for each. Of an error, the log has a traceback, and after it that line,
    which starts with "restmeg: ". A polite kill (SIGTERM) unwinds like an error, so that unfinished
    files are removed.
    """
    # The garbage collector need not look at modules again, which takes 0.2 s of a short job's time,
    # most of it when the process ends.
    gc.freeze()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped by SIGTERM"))
    terminal = os.dup(2)

    def tell(line, anyway=False):
        if anyway or WATCHED not in os.environ:
            os.write(terminal, f"{line}\n".encode())

    with Path(log).open("w", buffering=1) as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
        # So that the log is in the order of events.
        cast(io.TextIOWrapper, sys.stdout).reconfigure(line_buffering=True)
        with warned(ResultWarning, tell, others=True):
            try:
                _check_plan()
                yield
                _check_plan()  # some modules are imported where they are used
                _print_use()
            except Exception as error:
                known = isinstance(error, InputError)
                line = str(error) if known else f"{type(error).__name__}: {error}"
                line = f"restmeg: {line.splitlines()[0]}"
                try:
                    traceback.print_exc()
                    print(line, file=sys.stderr, flush=True)
                except OSError:  # on a full disk nobody would read it there
                    tell(line, anyway=True)
                else:
                    tell(f"{line} (details in {log})")
                sys.exit(1)
            finally:
                gc.freeze()


def _print_use():
    """What the job took, for who sets limits: processor time, and memory where Linux tells it."""
    used = f"{sum(os.times()[:2]):.2f} s"
    with contextlib.suppress(OSError, StopIteration):
        lines = Path("/proc/self/status").read_text().splitlines()
        peak = next(line.split()[1] for line in lines if line.startswith("VmHWM:"))
        used += f", {int(peak) / 1024:.0f} MB"
    print(f"Used: {used}.")


def _check_plan():
    names = [name for name in sys.modules if name.startswith("restmeg.")]
    fingerprint.check_plan(name.removeprefix("restmeg.") for name in names)


@contextlib.contextmanager
def warned(
    told: type[Warning], tell: Callable[[str], object], others: bool = False
) -> Iterator[None]:
    """Hand each warning of the category ``told`` in one line to the function ``tell``.

    others: print all, with their category, on standard error, for a log.
    """

    def show(message, category, *_):
        if others:
            print(f"{category.__name__}: {message}", file=sys.stderr)
        if issubclass(category, told):
            tell(f"restmeg: warning: {str(message).splitlines()[0]}")

    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.showwarning = show
        yield
