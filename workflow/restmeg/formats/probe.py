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
START = f"""
import resource, signal, sys
signal.alarm({SECONDS})
used = int(open("/proc/self/statm").read().split()[0]) * 4096 if sys.platform == "linux" else 2**33
resource.setrlimit(resource.RLIMIT_AS, (used + {MEMORY}, used + {MEMORY}))
"""
# What opens a file, by how its name ends; what it raises is said better by who reads it for good.
NETCDF = f"""
import netCDF4
try:
    with netCDF4.Dataset(sys.argv[1]) as dataset:
        dataset.__dict__
        for variable in dataset.variables.values():
            variable.__dict__
            if variable.size < {SMALL}:
                variable[...]
except Exception:
    pass
"""
MATLAB = """
import contextlib
from restmeg.formats import matlab
from restmeg.errors import InputError
with contextlib.suppress(InputError):
    for name, (kind, shape) in matlab.variables(sys.argv[1]).items():
        if kind in matlab.NUMERIC:
            with contextlib.suppress(InputError):
                matlab.array(sys.argv[1], name)
"""
OPENED = {".nc": NETCDF, ".mat": MATLAB}


def check(path: str | Path) -> None:
    """Raise InputError for a file that ends the process that opens it, or holds it."""
    opened = next((code for ending, code in OPENED.items() if str(path).endswith(ending)), NETCDF)
    package = Path(__file__).parents[2]
    command = [sys.executable, "-c", START + opened, str(path)]
    environment = os.environ | {"PYTHONPATH": str(package)}
    done = subprocess.run(command, capture_output=True, check=False, env=environment)
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
