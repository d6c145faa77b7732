"""What steps take beside what is asked for them: make costs; writes costs.csv, beside this file.

Studies of 8 to 5000 regions, and some that are large in another way, are run on one core, each in
an empty directory. Every job tells in its log how much memory its program held at most, and its
processor time; asked is what `costs` says, without the part for Snakemake's own process, which
reads the workflow in each job on a cluster and is measured apart (`snakemake`).
"""

import argparse
import csv
import multiprocessing
import re
import resource
import subprocess
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import mne
import numpy as np
import yaml
from bench_core import random_connectome
from restmeg import bundled, connectome, costs, inputs, leadfield, settings, study

ROOT = Path(__file__).parents[2]
TABLE = Path(__file__).with_name("costs.csv")
HEAD = ["study", "regions", "rule", "jobs", "asked_mb", "used_mb", "asked_s", "used_s"]
TWO = {"model.coupling_strength": [0.1, 0.2]}
MANY = {"model.coupling_strength": [0.05 * k for k in range(1, 41)]}
REWIRED = {"rewired": {"method": "degree_length", "number": 2}}
SPHERE = {"source": "sphere", "sensors": "neuromag306", "centres": "centres.txt"}
BANDED = {
    "measures": ["orthogonalised_envelope_correlation", "weighted_phase_lag_index", "pearson"],
    "windows": "4 s",
}
COARSE = {"sampling_interval": "4 ms"}
FITTED = {"model.coupling_strength": [0.05, 0.5], "model.conduction_speed": ["3 mm/ms", "30 mm/ms"]}
ROUNDS = {"method": "simulation", "rounds": 2, "points": 6}
NORM = {"source": "minimum_norm"}
FIT = {"fit": {"parameters": FITTED}, "inverse": NORM, "nulls": {"rewired": {"number": 4}}}
# regions, density, duration and replicates; what else is large
STUDIES = {
    "8 regions": (8, 1.0, "4 s", 20, {"sweep": TWO, "nulls": REWIRED}),
    "94 regions": (94, 0.5, "4 s", 16, {"sweep": TWO, "nulls": REWIRED}),
    "400 regions": (400, 0.2, "2 s", 4, {"sweep": TWO, "nulls": REWIRED}),
    "1000 regions": (1000, 0.1, "1 s", 3, {"nulls": REWIRED}),
    "5000 regions": (5000, 0.1, "0.4 s", 2, {}),
    "40 points": (8, 1.0, "1 s", 40, {"sweep": MANY}),
    "long delays": (94, 0.5, "2 s", 4, {"model": {"conduction_speed": "0.1 mm/ms"}}),
    "2000 sensors": (200, 0.5, "4 s", 4, {"leadfield": {"sensors": 2000}}),
    "306 sensors": (94, 0.5, "4 s", 16, {"leadfield": SPHERE}),
    "an inverse": (94, 0.5, "4 s", 16, {"leadfield": SPHERE, "inverse": {"source": "lcmv"}}),
    "bands": (94, 0.5, "30 s", 4, {"connectivity": BANDED, "simulation": COARSE}),
    "a fit": (94, 0.5, "2 s", 4, FIT),
    "a fit by simulation": (94, 0.5, "2 s", 8, {"fit": {"parameters": FITTED, **ROUNDS}}),
    "a recording": (94, 0.5, "4 s", 4, {"target": {"labels": "connectome"}}),
}
OPENED = 170  # MB that a run's first process takes to look at a recording; jobs do not
RECORDED = 120, 1200  # s and Hz
SNAKEMAKE = "snakemake"  # in place of a rule: the process that reads the workflow
USED = re.compile(r"^Used: ([\d.]+) s, (\d+) MB", re.MULTILINE)


def configuration(name: str, folder: Path) -> dict:
    """The configuration of one of STUDIES, with its connectome in a file of the folder."""
    regions, density, duration, replicates, more = STUDIES[name]
    weights, distances = random_connectome(regions, density)
    path = folder / "connectome.npz"
    labels = np.array([f"R{k}" for k in range(regions)])
    np.savez(path, weights=weights, distances=distances, labels=labels)
    given = {
        "connectome": {"source": str(path)},
        "model": {"coupling_strength": 0.2},
        "simulation": {"duration": duration, "transient": "100 ms", "replicates": replicates},
        "target": {"replicates": replicates},
        "leadfield": {"sensors": 64},
    }
    if "target" in more:
        given["target"] = {"source": write_recording(folder, regions)}
    for section, values in more.items():
        given[section] = given.get(section, {}) | values
    centres = folder / "centres.txt"
    places = np.random.default_rng(0).uniform(-40, 40, (regions, 3))
    rows = (" ".join(map(str, [k, *place])) for k, place in zip(labels, places, strict=True))
    centres.write_text("\n".join(rows))
    if "centres" in given["leadfield"]:
        given["leadfield"]["centres"] = str(centres)
    return given


def write_recording(folder: Path, regions: int) -> str:
    """A recording as osl-ephys writes it; returns its path."""
    seconds, rate = RECORDED
    info = mne.create_info([f"parcel_{k}" for k in range(regions)], rate, "misc")
    series = np.random.default_rng(0).normal(size=(regions, seconds * rate))
    path = folder / "x-parc-raw.fif"
    mne.io.RawArray(series, info, verbose="ERROR").save(path, overwrite=True, verbose="ERROR")
    return str(path)


def recorded(loaded: dict, labels: np.ndarray) -> tuple:
    """Segments of a recording, and MB that are held of it; nothing of a synthetic target."""
    given = loaded["target"]
    if given["source"] == "synthetic":
        return ()
    given["path"] = [given["source"]]
    field = leadfield.synthetic(labels, n_sensors=1, seed=0)  # which are not looked at
    _, found, _, held, _ = inputs.check_recording(loaded, field)
    return found, held


def asked(given: dict) -> dict[str, costs.Cost]:
    """What `costs` asks for each rule of this configuration."""
    schema = settings.load_schema(bundled.schema())
    loaded = settings.load(given, schema)
    anatomy = connectome.read(given["connectome"]["source"])
    plan = study.plan(loaded, schema, anatomy.weights)
    sensors = loaded["leadfield"]["sensors"]
    sensors = 306 if sensors == "neuromag306" else sensors
    size = study.size(
        *(loaded, plan, anatomy.weights, anatomy.distances, sensors),
        *recorded(loaded, anatomy.labels),
    )
    planning = costs.Cost(costs.planning(size) + OPENED * size.recorded, 0)
    return {SNAKEMAKE: planning} | costs.of_study(size)


def snakemake(folder: Path, *arguments: str) -> float:
    """Run Snakemake in a folder; MB of the largest process of it and its children so far."""
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile")]
    command += ["--directory", str(folder), "--cores", "1", *arguments]
    subprocess.run(command, check=True, capture_output=True)
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def measured(name: str) -> list[list]:
    """Rows of the table for one of STUDIES."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "config").mkdir()
        given = configuration(name, folder)
        (folder / "config/config.yaml").write_text(yaml.safe_dump(given))
        found = {SNAKEMAKE: [(0.0, snakemake(folder, "--dry-run"))]}
        snakemake(folder)
        if given["leadfield"].get("source") == "sphere":
            del found[SNAKEMAKE]  # it has MNE, which it has not in a job
            fields = folder.glob("results/simulated/*/*/sensors.nc")
            snakemake(folder, *(str(path.relative_to(folder))[:-3] + "-epo.fif" for path in fields))
        if "fit" in given:
            snakemake(folder, "results/figures/planning.png")
        logs = folder / "results/logs"
        for log in sorted(logs.glob("**/*.log")):
            rule = log.relative_to(logs).parts[0].removesuffix(".log")
            seconds, memory = USED.search(log.read_text()).groups()
            found.setdefault(rule, []).append((float(seconds), float(memory)))
        needed = asked(given)
        rows = []
        for rule, jobs in found.items():
            seconds, memory = (max(values) for values in zip(*jobs, strict=True))
            cost = needed[rule]
            rows.append(
                [name, STUDIES[name][0], rule, len(jobs)]
                + [f"{value:.0f}" for value in (cost.memory, memory)]
                + [f"{value:.1f}" for value in (cost.seconds, seconds)]
            )
        return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("studies", nargs="*", default=list(STUDIES))
    rows = []
    if TABLE.exists():
        with TABLE.open(newline="") as file:
            rows = list(csv.reader(file))[1:]
    for name in parser.parse_args().studies:
        rows = [row for row in rows if row[0] != name]
        # In a process of its own, which knows its largest child.
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as alone:
            rows += alone.submit(measured, name).result()
        rows.sort(key=lambda row: list(STUDIES).index(row[0]))
        with TABLE.open("w", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([HEAD, *rows])


if __name__ == "__main__":
    main()
