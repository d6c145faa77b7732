"""Time measures of connectivity beside mne-connectivity; make bench writes measures.json.

94 regions, a minute at 250 Hz, one core. Either takes turns on the same series: from band-passed
analytic signals to the matrix, and the whole way from a series, for which the peer filters and
transforms with MNE. Matrices of the first are compared. Then how much memory ten minutes of 400
regions take, in a process of its own.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"

import mne
import mne_connectivity
import numpy as np
from bench_core import machine
from restmeg import bands, estimands, estimation, measures

RATE, SECONDS, REGIONS = 250.0, 60, 94
ALPHA = {"alpha": bands.USUAL["alpha"]}
ORTHOGONALISED = "orthogonalised_envelope_correlation"
PEAK = """
import re, numpy as np
from pathlib import Path
from bench_measures import Noise, ours_from_series
ours_from_series(Noise(400, 600))
print(int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]) // 1024)
"""


class Noise:
    """Series of one replicate, made piece by piece: noise whose regions share a part."""

    def __init__(self, n_regions, seconds):
        self.replicates, self.labels = np.arange(1), [f"R{k}" for k in range(n_regions)]
        self.n_samples, self.sampling_rate = round(seconds * RATE), RATE

    def pieces(self, k):
        rng = np.random.default_rng(k)
        for first in range(0, self.n_samples, 1024):
            n = min(1024, self.n_samples - first)
            shared = rng.standard_normal((n, 1))
            yield (shared + rng.standard_normal((n, len(self.labels)))).astype(np.float32)


def ours_from_series(series):
    return estimation.estimate(series, estimands.Asked([ORTHOGONALISED], ALPHA), "simulated").fc[
        0, 0
    ]


def ours(signal):
    estimator = measures.estimator(ORTHOGONALISED)
    for first in range(0, len(signal), 4096):
        estimator.add(signal[first : first + 4096])
    return estimator.result()


def peers(signal):
    """The same by mne-connectivity, of complex (samples, N)."""
    found = mne_connectivity.envelope_correlation(
        signal.T[None], orthogonalize="pairwise", absolute=False, verbose=False
    )
    return found.get_data("dense")[0, :, :, 0]


def peers_from_series(values):
    filtered = mne.filter.filter_data(values.T.astype(float), RATE, *ALPHA["alpha"], verbose=False)
    from scipy.signal import hilbert

    return peers(hilbert(filtered, axis=1)[:, 500:-500].T)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=5, help="runs of each (default 5)")
    rounds = parser.parse_args().rounds
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    series = Noise(REGIONS, SECONDS)
    values = np.concatenate(list(series.pieces(0)))
    filters = bands.Filters(ALPHA, RATE)
    signal = np.concatenate([part for _, _, part in filters.analytic([values])])
    error = np.abs(ours(signal) - peers(signal)).max()
    runs = {
        "measure": (lambda: ours(signal), lambda: peers(signal)),
        "from series": (lambda: ours_from_series(series), lambda: peers_from_series(values)),
    }
    rows = []
    for name, pair in runs.items():
        times = [[], []]
        for _ in range(rounds):
            for run, took in zip(pair, times, strict=True):
                start = time.perf_counter()
                run()
                took.append(time.perf_counter() - start)
        own, other = map(statistics.median, times)
        rows.append({"what": name, "ours_ms": round(1000 * own, 1)})
        rows[-1] |= {"mne_connectivity_ms": round(1000 * other, 1), "times": round(other / own, 1)}
        print(rows[-1], flush=True)
    here = Path(__file__).parent
    done = subprocess.run(
        [sys.executable, "-c", PEAK],
        **{"capture_output": True, "text": True, "check": True},
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    table = {
        "machine": machine() | {"mne_connectivity": mne_connectivity.__version__},
        "largest_difference": float(f"{error:.2g}"),
        "rows": rows,
        "memory_of_400_regions_600_s_mb": int(done.stdout),
    }
    print(json.dumps(table, indent=2))
    (here / "measures.json").write_text(json.dumps(table, indent=2) + "\n")


if __name__ == "__main__":
    main()
