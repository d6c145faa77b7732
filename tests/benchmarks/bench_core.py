"""Time the core beside its peers and write the table (latest.json): make bench.

Each row is one connectome and one peer. Ours and the peer's runs alternate in one process, so that
a slow moment of the machine hits both; medians are compared. All integrate the same number of steps
on the same weights and distances, with noise on both populations, and keep rE of every step; what
else is unlike stands in peers.py. Time is that of one core, compiled and warm, per 4 s simulated;
large networks are run for less and scaled.
"""

import argparse
import json
import os
import statistics
import time
from pathlib import Path

os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"

import numpy as np
import peers
import yaml
from restmeg import settings, simulation

ROOT = Path(__file__).parents[2]
DT = 0.1  # ms
FULL = 4000.0  # ms
# regions, density, simulated ms, pairs of runs for each peer
ROWS = [
    (8, 1.0, 4000.0, {"neurolib": 9, "brainmass": 9}),
    (80, 1.0, 4000.0, {"neurolib": 9, "brainmass": 7}),
    (400, 1.0, 2000.0, {"neurolib": 7, "brainmass": 3}),
    (400, 0.2, 2000.0, {"neurolib": 7}),
]


def random_connectome(n_regions, density):
    """Symmetric weights that fall off with distance, of regions on a sphere of radius 70 mm."""
    rng = np.random.default_rng(0)
    positions = rng.normal(size=(n_regions, 3))
    positions *= 70 / np.linalg.norm(positions, axis=1, keepdims=True)
    distances = np.linalg.norm(positions[:, None] - positions[None], axis=2)
    weights = rng.random((n_regions, n_regions)) * (rng.random((n_regions, n_regions)) < density)
    weights = np.triu(weights, 1)
    weights = (weights + weights.T) / (1 + distances / 40)
    return weights / weights.max(), distances


def ours(weights, distances, duration):
    """A callable that integrates our network once, from rest, layout of the coupling included."""
    config = yaml.safe_load((ROOT / "config/config.yaml").read_text())
    schema = settings.load_schema(ROOT / "workflow/schemas/config.schema.yaml")
    model = settings.load(config, schema)["model"]

    def integrate():
        network = simulation.build_network(weights, distances, model, DT)
        state = simulation.initial_state(network)
        random = simulation.stream(0, "simulated", 0)
        return simulation.run(network, state, random, round(duration / DT))

    return integrate


def milliseconds(function):
    start = time.perf_counter()
    result = function()
    elapsed = (time.perf_counter() - start) * 1e3
    assert np.isfinite(result).all()
    return elapsed


def compare(regions, density, duration, peer, pairs):
    connectome = random_connectome(regions, density)
    own, other = ours(*connectome, duration), getattr(peers, f"{peer}_run")(*connectome, duration)
    own(), other()  # compile and warm up
    times = [(milliseconds(own), milliseconds(other)) for _ in range(pairs)]
    ours_ms, peer_ms = (
        statistics.median(column) * FULL / duration for column in zip(*times, strict=True)
    )
    return {
        "regions": regions,
        "density": density,
        "peer": peer,
        "ours_ms": round(ours_ms, 2),
        "peer_ms": round(peer_ms, 1),
        "ratio": round(peer_ms / ours_ms, 2),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--regions", type=int, nargs="*", help="only these numbers of regions")
    wanted = parser.parse_args().regions
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})  # one core for all of them
    table = []
    print(f"{'regions':>8}{'density':>8}  {'peer':10}{'ours ms':>10}{'peer ms':>10}{'ratio':>8}")
    for regions, density, duration, pairs_of in ROWS:
        for peer, pairs in pairs_of.items():
            if wanted and regions not in wanted:
                continue
            row = compare(regions, density, duration, peer, pairs)
            table.append(row)
            print(
                f"{regions:8}{density:8}  {peer:10}{row['ours_ms']:10.1f}"
                f"{row['peer_ms']:10.0f}{row['ratio']:8.1f}",
                flush=True,
            )
    if not wanted:
        path = Path(__file__).with_name("latest.json")
        path.write_text(json.dumps(table, indent=2) + "\n")


if __name__ == "__main__":
    main()
