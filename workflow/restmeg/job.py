"""A job's surroundings: its log, what the user is told, and how it is stopped.

Nothing here is part of a result, so an edit of this file computes nothing again.
"""

import contextlib
import gc
import os
import signal
import sys
import traceback
import warnings
from pathlib import Path

from restmeg import InputError, ResultWarning, fingerprint


@contextlib.contextmanager
def reporting(log):
    """Run a job's body: what it prints goes to ``log``, warnings and errors also to the user.

    The user sees one line for each; a traceback is in the log. A polite kill (SIGTERM) unwinds like
    an error, so that unfinished files are removed.
    """
    # The garbage collector need not look at modules again, which takes 0.2 s of a short job's time,
    # most of it when the process ends.
    gc.freeze()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped by SIGTERM"))
    terminal = os.dup(2)

    def tell(line):
        os.write(terminal, f"{line}\n".encode())

    with Path(log).open("w", buffering=1) as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
        sys.stdout.reconfigure(line_buffering=True)  # so that the log is in the order of events
        with warned(ResultWarning, tell, others=True):
            try:
                names = [
                    name.partition(".")[2] for name in sys.modules if name.startswith("restmeg.")
                ]
                fingerprint.check_plan(names)
                yield
            except Exception as error:
                traceback.print_exc()
                known = isinstance(error, InputError)
                line = str(error) if known else f"{type(error).__name__}: {error}"
                tell(f"restmeg: {line.splitlines()[0]} (details in {log})")
                sys.exit(1)
            finally:
                gc.freeze()


@contextlib.contextmanager
def warned(told, tell, others=False):
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
