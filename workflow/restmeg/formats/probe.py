"""Whether a file can be opened at all, found out by a process that may be lost.

HDF5 does not expect damage: what it reads of a damaged file may end the process, or never end.
"""

import signal
import subprocess
import sys
from pathlib import Path

from restmeg.errors import InputError

SECONDS = 8  # to read what a good file says of itself: milliseconds
MEMORY = 2**31  # bytes
SMALL = 10**7  # values of a variable that are read
OPENED = f"""
import resource, signal, sys
import netCDF4
signal.alarm({SECONDS})
used = int(open("/proc/self/statm").read().split()[0]) * 4096 if sys.platform == "linux" else 2**33
resource.setrlimit(resource.RLIMIT_AS, (used + {MEMORY}, used + {MEMORY}))
try:
    with netCDF4.Dataset(sys.argv[1]) as dataset:
        dataset.__dict__
        for variable in dataset.variables.values():
            variable.__dict__
            if variable.size < {SMALL}:
                variable[...]
except Exception:
    pass  # is said better by who reads it for good
"""


def check(path: str | Path) -> None:
    """Raise InputError for a NetCDF file that ends the process that opens it, or holds it."""
    command = [sys.executable, "-c", OPENED, str(path)]
    ended = -subprocess.run(command, capture_output=True, check=False).returncode
    if ended > 0:
        found = (
            f"is not open after {SECONDS} s"
            if ended == signal.SIGALRM
            else f"ends the process that opens it ({signal.Signals(ended).name})"
        )
        raise InputError(
            f"{path}: cannot be read as NetCDF: it {found}, so it is damaged; expected a whole file"
        )
