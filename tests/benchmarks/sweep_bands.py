"""Time a sweep with bands end to end beside neurolib and mne-connectivity: make bench-sweep.

11 coupling strengths x 8 replicates of 60 s at 94 regions with a rhythm, and 8 replicates of the
target, sampled every 4 ms, on two cores: simulate, orthogonalised envelope correlations in the
alpha and beta band, scores. Ours is the workflow, from no results to scores.csv, each step a file,
with theory, likelihood, spectra and intervals; once by the peer's step of 0.1 ms, and once by the
second-order method at 0.5 ms. The other is what one would write: a pool of two processes that run
neurolib's model, filter and transform with MNE, take mne-connectivity's envelope correlations, and
correlate. All its runs take the same, so that some of them are timed and counted for all.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")

import numpy as np
import peers
import yaml
from bench_core import rhythm
from restmeg import bands

ROOT = Path(__file__).parents[2]
CORES, REPLICATES, REGIONS = 2, 8, 94
SECONDS, TRANSIENT, EVERY = 60, 3, 4  # s, s, ms
RATE = 1000 / EVERY
STRENGTHS = [round(0.02 + 0.006 * k, 3) for k in range(11)]
TRUTH = 0.05
BANDS = {name: bands.USUAL[name] for name in ("alpha", "beta")}
METHODS = {"exponential_euler": "0.1 ms", "adams_bashforth": "0.5 ms"}


def study(folder, method):
    """The study's settings, with its connectome in a file of the folder."""
    weights, distances, model = rhythm()
    labels = np.array([f"R{k}" for k in range(len(weights))])
    np.savez(folder / "connectome.npz", weights=weights, distances=distances, labels=labels)
    units = {"tau_E": "ms", "tau_I": "ms", "tau": "ms"}
    parameters, noise = (
        {name: f"{value} {units[name]}" if name in units else value for name, value in part.items()}
        for part in (model["parameters"], model["noise"])
    )
    return {
        "connectome": {"source": str(folder / "connectome.npz")},
        "model": {
            "coupling": model["coupling"],
            "coupling_strength": TRUTH,
            "conduction_speed": f"{model['conduction_speed']} mm/ms",
            "parameters": parameters,
            "noise": noise,
        },
        "simulation": {
            "method": method,
            "dt": METHODS[method],
            "duration": f"{SECONDS + TRANSIENT} s",
            "transient": f"{TRANSIENT} s",
            "sampling_interval": f"{EVERY} ms",
            "replicates": REPLICATES,
            "keep": "shown",
        },
        "target": {"replicates": REPLICATES},
        "connectivity": {
            "measures": ["orthogonalised_envelope_correlation"],
            "bands": {name: [f"{x} Hz" for x in limits] for name, limits in BANDS.items()},
        },
        "sweep": {"model.coupling_strength": STRENGTHS},
    }


def workflow(snakemake, method):
    """Run the sweep in an empty directory; seconds that it took."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "config").mkdir()
        text = yaml.safe_dump(study(folder, method))
        (folder / "config/config.yaml").write_text(text)
        command = [snakemake, "--snakefile", ROOT / "Snakefile", "--directory", folder]
        start = time.perf_counter()
        subprocess.run(
            [*command, "--cores", str(CORES), "--quiet", "all", "--until", "score"], check=True
        )
        return time.perf_counter() - start


def one_run(seconds):
    """Orthogonalised envelope correlations of one run of the peers, of each band."""
    import mne
    from mne_connectivity import envelope_correlation
    from scipy.signal import hilbert

    weights, distances, _ = rhythm()
    run = peers.neurolib_run(weights, distances, 1000 * (seconds + TRANSIENT), speed=8.0)
    rate = run()[:, 1000 * TRANSIENT * 10 :: 10 * EVERY].astype(float)
    found = []
    for low, high in BANDS.values():
        filtered = mne.filter.filter_data(rate, RATE, low, high, verbose=False)
        signal = hilbert(filtered, axis=1)[None, :, round(2 * RATE) : round(-2 * RATE)]
        fc = envelope_correlation(signal, orthogonalize="pairwise", absolute=False, verbose=False)
        found.append(fc.get_data("dense")[0, :, :, 0][np.triu_indices(REGIONS, 1)])
    return found


def exploration(timed):
    """Seconds that all runs of the peers take, by those that are timed, and their scores."""
    runs = (1 + len(STRENGTHS)) * REPLICATES
    with ProcessPoolExecutor(CORES) as pool:
        list(pool.map(one_run, [7] * CORES))  # compiled before the clock starts
        start = time.perf_counter()
        fc = np.array(list(pool.map(one_run, [SECONDS] * timed)))
        took = (time.perf_counter() - start) * runs / timed
    start = time.perf_counter()
    for _ in STRENGTHS:
        for band in range(len(BANDS)):
            rows = np.resize(fc[:, band], (REPLICATES, fc.shape[2]))
            [np.corrcoef(x, y)[0, 1] for x in rows for y in rows]
    return took + time.perf_counter() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--snakemake", default="snakemake", help="that of the study's environment")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--timed", type=int, default=6, help="runs of the peers that are timed")
    wanted = parser.parse_args()
    took: dict = {name: [] for name in (*METHODS, "peers")}
    for _ in range(wanted.rounds):
        for method in METHODS:
            took[method].append(workflow(wanted.snakemake, method))
        took["peers"].append(exploration(wanted.timed))
        print({name: round(times[-1], 1) for name, times in took.items()}, flush=True)
    theirs = statistics.median(took["peers"])
    for method in METHODS:
        print(f"{method}: {theirs / statistics.median(took[method]):.1f} times the peers")


if __name__ == "__main__":
    sys.exit(main())
