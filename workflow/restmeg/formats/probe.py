"""Whether a file can be opened at all, found out by a process that may be lost.

HDF5 does not expect damage: what it reads of a damaged file may end the process, or never end.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path

from restmeg.errors import InputError

SECONDS = 8  # to read what a good file says of itself: milliseconds
RATE = 10**7  # bytes a second that a slow disk gives at least
MEMORY = 2**31  # bytes
SMALL = 10**7  # values of a variable that are read
DAMAGED = 3  # exit status
CONNECTIVITY = b"node_in -> node_out"  # the dimension that mne-connectivity's files have
NO_SERIES = (
    "holds connectivity that mne-connectivity estimated, and no series, without which there are no "
    "segments, no spectra and no likelihood; expected the time series that it was estimated from "
    "(restmeg.score takes a matrix, in Python)"
)
START = f"""
import resource, signal, sys
signal.alarm(int(sys.argv[2]))
used = int(open("/proc/self/statm").read().split()[0]) * 4096 if sys.platform == "linux" else 2**33
resource.setrlimit(resource.RLIMIT_AS, (used + {MEMORY}, used + {MEMORY}))
"""
# What opens a file, by how its name ends. What it finds damaged no other process should open: each
# failure leaves HDF5 in a worse state, in which it may end the process later.
NETCDF = f"""
import pathlib, netCDF4
try:
    dataset = netCDF4.Dataset(sys.argv[1])
except Exception as error:
    why = f"cannot be read as NetCDF ({{getattr(error, 'strerror', None) or error}})"
    path = pathlib.Path(sys.argv[1])
    if path.is_file() and {CONNECTIVITY!r} in path.read_bytes():
        why = {NO_SERIES!r}
    print(why)
    sys.exit({DAMAGED})
name = "an attribute"
try:
    dataset.__dict__
    for name, variable in dataset.variables.items():
        variable.__dict__
        if variable.size < {SMALL}:
            variable[...]
except Exception as error:
    print(f"{{name}} cannot be read ({{error}})")
    sys.exit({DAMAGED})
"""
MATLAB = f"""
import math
from restmeg.formats import matlab
from restmeg.errors import InputError
try:
    for name, (kind, shape) in matlab.variables(sys.argv[1]).items():
        if kind in matlab.NUMERIC and math.prod(shape) < {SMALL}:
            matlab.array(sys.argv[1], name)
except InputError as error:
    print(str(error).removeprefix(sys.argv[1] + ": "))
    sys.exit({DAMAGED})
"""
OPENED = {".nc": NETCDF, ".mat": MATLAB}


def check(path: str | Path) -> None:
    """Raise InputError for a file that is damaged inside, ends who opens it, or holds it."""
    opened = next((code for ending, code in OPENED.items() if str(path).endswith(ending)), NETCDF)
    package = Path(__file__).parents[2]
    size = Path(path).stat().st_size if Path(path).exists() else 0
    seconds = SECONDS + size // RATE
    command = [sys.executable, "-c", START + opened, str(path), str(seconds)]
    environment = os.environ | {"PYTHONPATH": str(package)}
    done = subprocess.run(
        command, capture_output=True, text=True, errors="replace", check=False, env=environment
    )
    if done.returncode == DAMAGED:
        raise InputError(f"{path}: {done.stdout.strip()}")
    ended = -done.returncode
    if ended > 0:
        found = (
            f"is not open after {seconds} s, so it is damaged, or its disk is very slow"
            if ended == signal.SIGALRM
            else f"ends the process that opens it ({signal.Signals(ended).name}), so it is damaged"
        )
        raise InputError(f"{path}: cannot be read: it {found}; expected a whole file")
