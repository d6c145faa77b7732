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
MEMORY = 2**31  # bytes
SMALL = 10**7  # values of a variable that are read
DAMAGED = 3  # exit status
START = f"""
import resource, signal, sys
signal.alarm({SECONDS})
used = int(open("/proc/self/statm").read().split()[0]) * 4096 if sys.platform == "linux" else 2**33
resource.setrlimit(resource.RLIMIT_AS, (used + {MEMORY}, used + {MEMORY}))
"""
# What opens a file, by how its name ends. What it finds damaged no other process should open: each
# failure leaves HDF5 in a worse state, in which it may end the process later.
NETCDF = f"""
import netCDF4
try:
    dataset = netCDF4.Dataset(sys.argv[1])
except Exception as error:
    print(f"cannot be read as NetCDF ({{getattr(error, 'strerror', None) or error}})")
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
from restmeg.formats import matlab
from restmeg.errors import InputError
try:
    for name, (kind, _) in matlab.variables(sys.argv[1]).items():
        if kind in matlab.NUMERIC:
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
    command = [sys.executable, "-c", START + opened, str(path)]
    environment = os.environ | {"PYTHONPATH": str(package)}
    done = subprocess.run(
        command, capture_output=True, text=True, errors="replace", check=False, env=environment
    )
    if done.returncode == DAMAGED:
        raise InputError(f"{path}: {done.stdout.strip()}")
    ended = -done.returncode
    if ended > 0:
        found = (
            f"is not open after {SECONDS} s"
            if ended == signal.SIGALRM
            else f"ends the process that opens it ({signal.Signals(ended).name})"
        )
        raise InputError(
            f"{path}: cannot be read: it {found}, so it is damaged; expected a whole file"
        )
