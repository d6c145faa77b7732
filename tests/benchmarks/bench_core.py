"""Time the core beside its peers: make bench writes the table and figure, latest.json and .png.

Each row is one connectome. Ours and the peers' runs take turns in one process, so that a slow
moment of the machine hits all of them; medians are compared. All integrate the same number of steps
on the same weights and distances, with noise on both populations, and keep rE of every step; what
else is unlike stands in peers.py. Time is that of one core, compiled and warm, per 4 s simulated;
large networks are run for less and scaled, but for the layout of our coupling, done once a run.

A row also says where our time goes: nodes and noise (the same network with hardly a pair), and the
rest, which is coupling. Its ceiling is measured here too: the coupling's own loop over values that
never leave the first-level cache, where a multiply-add costs one unaligned load.
"""

import argparse
import json
import os
import platform
import statistics
import time
from importlib import metadata
from pathlib import Path

os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"

import numpy as np
import peers
import yaml
from numba import njit
from numba.core.registry import cpu_target
from restmeg import settings, simulation
from restmeg.core import layout, network, vectors
from restmeg.model import (
    ADAMS_BASHFORTH,
    EXPONENTIAL_EULER,
    build_network,
    initial_state,
    stream,
)
from restmeg.theory import linear, spectra, stability

ROOT = Path(__file__).parents[2]
DT = 0.1  # ms
FULL = 4000.0  # ms
PEERS = ("neurolib", "brainmass")
SPEED = 10.0  # mm/ms, at which distances up to 140 mm are delays up to 140 steps
# regions, density, speed (mm/ms), simulated ms, peers
SIZES = [
    (8, 1.0, SPEED, 4000.0, PEERS),
    (80, 1.0, SPEED, 4000.0, PEERS),
    (400, 1.0, SPEED, 1000.0, PEERS),
    (1000, 1.0, SPEED, 250.0, PEERS),
    (400, 0.2, SPEED, 1000.0, PEERS[:1]),
]
# A rhythm: nodes near where they oscillate by themselves, at 11 Hz (see README of config).
RHYTHM = {
    **{"tau_E": 10.0, "tau_I": 20.0, "a_E": 4.0, "a_I": 4.0, "theta_E": 1.0, "theta_I": 1.0},
    **{"wEE": 3.25, "wIE": 2.5, "wEI": 3.75, "wII": 0.0, "r": 0.0},
}
METHODS = [(ADAMS_BASHFORTH, 1.0), (ADAMS_BASHFORTH, 0.5), (EXPONENTIAL_EULER, 0.1)]
DELAYS = [(400, 1.0, speed, 500.0, PEERS[:1]) for speed in (3.0, 10.0, 30.0, 100.0, np.inf)]


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


def bundled_model(speed):
    config = yaml.safe_load((ROOT / "config/config.yaml").read_text())
    schema = settings.load_schema(ROOT / "workflow/schemas/config.schema.yaml")
    return settings.load(config, schema)["model"] | {"conduction_speed": speed}


def ours(net, duration, dt=DT):
    """A callable that integrates our network once, from rest."""

    def integrate():
        state = initial_state(net)
        return simulation.run(net, state, stream(0, "simulated", 0), round(duration / dt))

    return integrate


def milliseconds(function):
    start = time.perf_counter()
    function()
    return (time.perf_counter() - start) * 1e3


@njit(error_model="numpy")
def _sum_often(values, offsets, weights, total, times):
    for _ in range(times):
        network._sum_block(
            vectors.data(values),
            vectors.data(offsets),
            vectors.data(weights),
            0,
            offsets.shape[0],
            vectors.data(total),
        )


def ceiling():
    """Multiply-adds in 1e9 per second of the coupling's loop within the first-level cache."""
    rng = np.random.default_rng(0)
    values = layout.aligned(rng.random(2048))  # 16 KB
    offsets = rng.integers(0, len(values) - layout.BLOCK, 2000).astype(np.uint32)
    weights, total, times = rng.random(2000), layout.aligned(np.zeros(layout.BLOCK)), 1000
    call = lambda: _sum_often(values, offsets, weights, total, times)  # noqa: E731
    call()
    elapsed = statistics.median(milliseconds(call) for _ in range(9))
    return times * len(offsets) * layout.BLOCK / elapsed / 1e6


def compare(regions, density, speed, duration, names, rounds, limit):
    """One row of the table. limit: what `ceiling` says."""
    weights, distances = random_connectome(regions, density)
    model = bundled_model(speed)
    lay_out = lambda: build_network(weights, distances, model, DT)  # noqa: E731
    net = lay_out()
    alone = np.zeros_like(weights)
    alone[0, 1] = 1e-9
    uncoupled = build_network(alone, distances, model, DT)
    runs = {"ours": ours(net, duration), "uncoupled": ours(uncoupled, duration)}
    for name in names:
        runs[name] = getattr(peers, f"{name}_run")(weights, distances, duration, speed=speed)
    for run in runs.values():  # compile, warm up, check
        assert np.isfinite(run()).all()
    times = {name: [] for name in ("layout", *runs)}
    for _ in range(rounds):
        times["layout"].append(milliseconds(lay_out))
        for name, run in runs.items():
            times[name].append(milliseconds(run) * FULL / duration)
    took = {name: statistics.median(values) for name, values in times.items()}
    total = took["ours"] + took["layout"]
    least = np.count_nonzero(weights) * FULL / DT / limit / 1e6
    row = {
        "regions": regions,
        "density": density,
        "speed": speed if np.isfinite(speed) else None,
        "ours_ms": round(total, 2),
        "nodes_and_noise_ms": round(took["uncoupled"], 2),
        "coupling_ms": round(took["ours"] - took["uncoupled"], 2),
        "coupling_at_ceiling_ms": round(least, 2),
    }
    for name in names:
        row[f"{name}_ms"] = round(took[name], 1)
        row[f"times_{name}"] = round(took[name] / total, 1)
    return row


def rhythm():
    """94 regions with a rhythm, and its model; noise that is small enough for linear theory."""
    weights, distances = random_connectome(94, 0.5)
    model = bundled_model(8.0)
    model |= {"coupling": "additive", "coupling_strength": 0.05}
    model["parameters"] = RHYTHM
    model["noise"] = model["noise"] | {"mean_E": 0.3, "sigma": 0.002}
    return weights / weights.sum(axis=1).mean(), distances, model


def variance(weights, distances, model, dt, method):
    """Mean variance of rE over regions, by linear theory of the method; of Euler's for "euler"."""
    known = EXPONENTIAL_EULER if method == "euler" else method
    net = linear.linearise(weights, distances, model, dt, method=known)
    if method == "euler":
        plain = [part._replace(step=np.full(len(weights), dt)) for part in net[1:3]]
        net = net._replace(excitatory=plain[0], inhibitory=plain[1])
    return float(np.diag(spectra.converged(net, stability.slowest_mode(net))).mean())


def methods(rounds, duration=4000.0):
    """Rows of each method at its step, with what it is off by, beside neurolib's Euler steps."""
    weights, distances, model = rhythm()
    limit = variance(weights, distances, model, 0.02, ADAMS_BASHFORTH)
    names = {f"{method}, {dt:g} ms": (method, dt) for method, dt in METHODS}
    runs = {}
    for name, (method, dt) in names.items():
        runs[name] = ours(build_network(weights, distances, model, dt, method), duration, dt)
    names["neurolib, 0.1 ms"] = ("euler", DT)
    # Its time does not depend on what the parameters are.
    runs["neurolib, 0.1 ms"] = peers.neurolib_run(weights, distances, duration, speed=8.0)
    for run in runs.values():
        assert np.isfinite(run()).all()
    times = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            times[name].append(milliseconds(run) * FULL / duration)
    took = {name: statistics.median(values) for name, values in times.items()}
    print("\n94 regions with a rhythm: ms per 4 s, variance too large by, times neurolib's speed")
    rows = []
    for name, (method, dt) in names.items():
        error = variance(weights, distances, model, dt, method) / limit - 1
        speed = took["neurolib, 0.1 ms"] / took[name]
        rows.append({"method": name, "ms": round(took[name], 2), "variance_error": round(error, 5)})
        rows[-1]["times_neurolib"] = round(speed, 1)
        print(f"{name:>28}{took[name]:>10.1f}{100 * error:>9.2f} %{speed:>8.1f}", flush=True)
    return rows


def show(rows):
    columns = [
        ("regions", "regions"),
        ("density", "density"),
        ("speed", "mm/ms"),
        ("ours_ms", "ours"),
        ("nodes_and_noise_ms", "nodes"),
        ("coupling_ms", "coupling"),
        ("coupling_at_ceiling_ms", "ceiling"),
        ("neurolib_ms", "neurolib"),
        ("times_neurolib", "times"),
        ("brainmass_ms", "brainmass"),
        ("times_brainmass", "times"),
    ]
    print("".join(f"{title:>10}" for _, title in columns))
    for row in rows:
        print("".join(f"{row.get(key, '') or '':>10}" for key, _ in columns), flush=True)


def machine():
    """What the figures were measured on."""
    info = Path("/proc/cpuinfo")
    names = [line for line in info.read_text().split("\n") if "model name" in line]
    return {
        "processor": names[0].split(":")[1].strip() if names else platform.processor(),
        "instruction_set": cpu_target.target_context.codegen().magic_tuple()[1],
        "system": platform.system(),
        "python": platform.python_version(),
        **{name: metadata.version(name) for name in ("numba", "numpy", *PEERS)},
    }


def plot(table, path):
    """Time per simulated second over regions, with the peers and the ceiling of the coupling."""
    import matplotlib.pyplot as plt
    import seaborn as sns

    sns.set_theme(style="ticks", context="notebook")
    colours = dict(zip(("ours", *PEERS), sns.color_palette("colorblind"), strict=False))
    rows = [row for row in table["sizes"] if row["density"] == 1]
    regions = [row["regions"] for row in rows]
    figure, axes = plt.subplots(figsize=(6.4, 4.4), layout="constrained")
    for name, label in (("brainmass", "brainmass"), ("neurolib", "neurolib"), ("ours", "restmeg")):
        seconds = [row[f"{name}_ms"] / FULL for row in rows]
        width = 2.6 if name == "ours" else 1.6
        axes.plot(regions, seconds, "o-", color=colours[name], linewidth=width, label=label)
    seconds = [row["coupling_at_ceiling_ms"] / FULL for row in rows]
    axes.plot(regions, seconds, ":", color="0.4", label="ceiling: one load per multiply-add")
    axes.axhline(1, color="0.8", linewidth=1, zorder=0)
    axes.text(8, 1.12, "real time", color="0.5", fontsize=9)
    axes.set(xscale="log", yscale="log", xlabel="Regions", xticks=regions)
    axes.set_xticklabels([str(n) for n in regions])
    axes.minorticks_off()
    axes.set_ylabel("Time per simulated second (s), one core")
    axes.legend(frameon=False, fontsize=10)
    sns.despine(figure)
    figure.savefig(path, dpi=150)
    plt.close(figure)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--regions", type=int, nargs="*", help="only these numbers of regions")
    parser.add_argument("--rounds", type=int, default=7, help="runs of each (default 7)")
    wanted = parser.parse_args()
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})  # one core for all of them
    limit = ceiling()
    print(f"Ceiling of the coupling: {limit:.1f} G multiply-adds/s. Times in ms per 4 s simulated.")
    table = {"machine": machine(), "ceiling_G_per_s": round(limit, 2)}
    for part, cases in (("sizes", SIZES), ("delays", DELAYS)):
        table[part] = []
        for case in cases:
            if wanted.regions and case[0] not in wanted.regions:
                continue
            table[part].append(compare(*case, wanted.rounds, limit))
            show(table[part][-1:])
    if not wanted.regions:
        table["methods"] = methods(wanted.rounds)
        here = Path(__file__).parent
        (here / "latest.json").write_text(json.dumps(table, indent=2) + "\n")
        plot(table, here / "latest.png")


if __name__ == "__main__":
    main()
