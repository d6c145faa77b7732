"""Time a sweep end to end beside the same exploration with neurolib: make bench-sweep.

21 coupling strengths x 16 replicates of 4 s at 80 regions, and 16 replicates of the target, on two
cores: simulate, functional connectivity, scores. Ours is the workflow, as installed, from no
results to scores.csv, each step a file. The other is what one would write with neurolib: a pool of
two processes that run its Wilson-Cowan model and keep scores in memory; no files, no intervals,
nothing to take up again. See peers.py for what is unlike within a run.
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
from bench_core import random_connectome

ROOT = Path(__file__).parents[2]
REGIONS, REPLICATES, CORES = 80, 16, 2
DURATION, TRANSIENT, DT = 4000.0, 300.0, 0.1  # ms
STRENGTHS = [round(0.5 + 0.05 * k, 2) for k in range(21)]
TRUTH = 1.5

STUDY = """
connectome: {{source: {connectome}}}
simulation: {{replicates: {replicates}, sampling_interval: {sampling} ms}}
target: {{replicates: {replicates}}}
sweep: {{model.coupling_strength: {strengths}}}
"""


def workflow(snakemake, sampling):
    """Run the sweep in an empty directory."""
    with tempfile.TemporaryDirectory() as folder:
        weights, distances = random_connectome(REGIONS, 1.0)
        connectome = Path(folder, "connectome.npz")
        labels = [f"R{k}" for k in range(REGIONS)]
        np.savez(connectome, weights=weights, distances=distances, labels=np.array(labels))
        (Path(folder) / "config").mkdir()
        study = STUDY.format(
            connectome=connectome, replicates=REPLICATES, sampling=sampling, strengths=STRENGTHS
        )
        Path(folder, "config/config.yaml").write_text(study)
        command = [snakemake, "--snakefile", ROOT / "Snakefile", "--directory", folder]
        start = time.perf_counter()
        subprocess.run(
            [*command, "--cores", str(CORES), "--quiet", "all", "--until", "score"],
            check=True,
        )
        return time.perf_counter() - start


def one_run(strength, every):
    """FC of one run."""
    connectome = random_connectome(REGIONS, 1.0)
    rate = peers.neurolib_run(*connectome, DURATION, coupling=strength)()
    rate = rate[:, round(TRANSIENT / DT) :][:, ::every]
    return np.corrcoef(rate)[np.triu_indices(REGIONS, 1)]


def exploration(sampling):
    """The same with neurolib, compiled before the clock starts."""
    every = round(sampling / DT)
    edges = random_connectome(REGIONS, 1.0)[0][np.triu_indices(REGIONS, 1)]
    with ProcessPoolExecutor(CORES) as pool:
        list(pool.map(one_run, [TRUTH] * CORES, [every] * CORES))
        start = time.perf_counter()
        runs = [s for s in (TRUTH, *STRENGTHS) for _ in range(REPLICATES)]
        fc = np.array(list(pool.map(one_run, runs, [every] * len(runs))))
        target, simulated = fc[:REPLICATES], fc[REPLICATES:].reshape(-1, REPLICATES, len(edges))
        for point in simulated:
            [np.corrcoef(x, edges)[0, 1] for x in point]
            [np.corrcoef(x, y)[0, 1] for x in point for y in target]
        return time.perf_counter() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--snakemake", default="snakemake", help="that of the study's environment")
    parser.add_argument("--sampling", type=float, default=1.0, help="ms between samples")
    parser.add_argument("--rounds", type=int, default=3)
    wanted = parser.parse_args()
    ours, theirs = [], []
    for _ in range(wanted.rounds):
        ours.append(workflow(wanted.snakemake, wanted.sampling))
        theirs.append(exploration(wanted.sampling))
        print(f"workflow {ours[-1]:.1f} s, neurolib {theirs[-1]:.1f} s", flush=True)
    ratio = statistics.median(theirs) / statistics.median(ours)
    print(f"every {wanted.sampling:g} ms: {ratio:.1f} times neurolib")


if __name__ == "__main__":
    sys.exit(main())
