"""Code run in a process of its own, as a job would be."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import restmeg

PACKAGE = str(Path(restmeg.__file__).parents[1])

KILLED = """
    import os, signal
    import numpy as np
    from restmeg import store, job

    with {context}:
        with store.new_netcdf("result.nc", "Killed", {{}}) as dataset:
            x = store.add_empty(dataset, "time", (2**20,), np.float32)
            x[: 2**19] = 1.0
            dataset.sync()
            assert len(os.listdir()) > {before}
            os.kill(os.getpid(), signal.{signal})
"""


def run(code, folder):
    """Run code, as a job would, in a process of its own."""
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": PACKAGE},
        capture_output=True,
        text=True,
        timeout=60,
    )


def listing(folder):
    return sorted(file.name for file in folder.iterdir())
