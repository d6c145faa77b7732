"""Throw damaged files and settings at what reads them: python fuzzing.py KIND SEED SECONDS FOLDER.

In a process of its own, whose memory and time are limited. It prints how many were tried, refused
and taken; what is neither refused nor taken ends it, with what it was left in the folder.
"""

import json
import random
import resource
import signal
import sys
import time
import warnings
import zipfile
from pathlib import Path

import numpy as np
import scipy.io
import yaml
from restmeg import (
    bundled,
    connectome,
    formats,
    inputs,
    leadfield,
    recording,
    settings,
    study,
    yamlfile,
)
from restmeg.errors import InputError
from restmeg.formats import probe

KINDS = (
    *("config", "text", "leadfield.npz", "recording.nc"),
    *(f"connectome.{ending}" for ending in ("npz", "nc", "zip", "mat", "csv", "npy")),
)
LABELS = [f"R{k}" for k in range(6)]
MEMORY = 2**31  # bytes beyond what is there at first
HANG = 10  # s
CONFIG = Path(__file__).parents[2] / "config/config.yaml"
SCHEMA = settings.load_schema(bundled.schema())
AXES = [
    "model.coupling_strength",
    "model.noise.sigma",
    "model.parameters.wEE",
    "simulation.dt",
    "x",
]
NUMBERS = [0, -1, 1, 3, 1e-300, 1e300, float("nan"), float("inf"), 2**63, -(2**70), 0.1]
TEXTS = ["", " ", "4 s", "4 parsecs", "-1 ms", "nan ms", "1e400 s", "no", "\x00", "x" * 5000]
TEXTS += ["10 mm/ms", "8 Hz", "[1, 2]", "../../etc/passwd", "/dev/zero", "pearson", "é", "{}"]


def value(rng, depth=0):
    """Anything that YAML can hold."""
    kind = rng.randrange(8 if depth < 3 else 5)
    if kind < 2:
        return rng.choice(NUMBERS)
    if kind < 4:
        return rng.choice(TEXTS)
    if kind == 4:
        return rng.choice([None, True, False])
    if kind == 5:
        return [value(rng, depth + 1) for _ in range(rng.randrange(4))]
    if kind == 6:
        return [rng.choice(NUMBERS) for _ in range(rng.choice([1, 8, 3000]))]
    return {rng.choice([*TEXTS, 3, None]): value(rng, depth + 1) for _ in range(rng.randrange(4))}


def near(rng, found):
    """Another number in the place of one, with its unit if it has one."""
    number = rng.choice([*NUMBERS, 2, 10, 100, 10**6, rng.random()])
    if isinstance(found, str) and found[:1].isdigit():
        return f"{number} {found.partition(' ')[2]}"
    return number if isinstance(found, int | float) else value(rng)


def configuration(rng):
    """The bundled study's with a few values replaced, and some keys that there are not."""
    given = yaml.safe_load(CONFIG.read_text())
    for _ in range(rng.randrange(1, 4)):
        place = given
        while True:
            key = rng.choice(list(place)) if place and rng.random() < 0.95 else "other"
            if not isinstance(place.get(key), dict) or rng.random() < 0.2:
                break
            place = place[key]
        place[key] = near(rng, place.get(key)) if rng.random() < 0.7 else value(rng)
        if rng.random() < 0.3:
            axis = rng.choice(
                ["model.coupling_strength", "model.noise.sigma", "simulation.dt", "x"]
            )
            given["sweep"] = {axis: value(rng)}
    return given


def judge_configuration(given, folder):
    """All that is checked before a run."""
    loaded = settings.load(given, SCHEMA)
    inputs.check_sources(loaded, SCHEMA, folder, str(bundled.example()))
    anatomy = connectome.from_settings(loaded["connectome"])
    plan = study.plan(loaded, SCHEMA, anatomy.weights)
    inputs.check(loaded, plan, anatomy)


def judge_text(path, folder):
    """The same of a file."""
    yamlfile.check(path)
    judge_configuration(yaml.safe_load(path.read_text()) or {}, folder)


def judge_recording(path):
    with recording.opened(path, LABELS, None) as series:
        for k in range(len(series.replicates)):
            for _ in series.pieces(k):
                pass


def judge_connectome(path):
    good = path.with_name(f"connectome{path.suffix}")
    options = {"distances": good} if path.suffix in (".csv", ".npy") else {}
    if path.suffix == ".mat":
        options["variables"] = {"weights": "weights", "distances": "distances"}
    connectome.read(path, **options)


JUDGES = {
    "connectome": judge_connectome,
    "leadfield": lambda path: leadfield.read(path, LABELS, "T/(nA m)"),
    "recording": judge_recording,
}


def examples(folder):
    """A good file of each kind."""
    import xarray as xr

    rng = np.random.default_rng(0)
    weights = rng.random((6, 6))
    weights += weights.T
    distances = 10 + 10 * weights
    labels = np.array(LABELS)
    np.savez_compressed(
        folder / "connectome.npz", weights=weights, distances=distances, labels=labels
    )
    np.savetxt(folder / "connectome.csv", weights, delimiter=",")
    np.save(folder / "connectome.npy", weights)
    scipy.io.savemat(
        folder / "connectome.mat", {"weights": weights, "distances": distances}, do_compression=True
    )
    with zipfile.ZipFile(folder / "connectome.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, matrix in (("weights", weights), ("tract_lengths", distances)):
            archive.writestr(f"{name}.txt", "\n".join(" ".join(map(str, row)) for row in matrix))
        archive.writestr("centres.txt", "\n".join(f"{label} 1 2 3" for label in LABELS))
    pairs = "target", "source"
    xr.Dataset(
        {"weights": (pairs, weights), "distances": (pairs, distances, {"units": "mm"})},
        coords={"target": LABELS, "source": LABELS},
    ).to_netcdf(folder / "connectome.nc")
    np.savez(folder / "leadfield.npz", gain=rng.random((6, 9)), labels=np.array(LABELS))
    series = rng.random((2, 400, 6)).astype(np.float32)
    xr.Dataset(
        {"rate_E": (("replicate", "time", "region"), series)},
        coords={"region": LABELS, "time": ("time", np.arange(400.0), {"units": "ms"})},
    ).to_netcdf(folder / "recording.nc")


def damaged(rng, content):
    """Bytes with some changed, left out, doubled or cut off."""
    content = bytearray(content)
    for _ in range(rng.choice([1, 1, 2, 5, 30])):
        at = rng.randrange(len(content) or 1)
        how = rng.randrange(5)
        if how == 0:
            content = content[:at] or bytearray(b"x")
        elif how == 1 and content:
            content[at] = rng.randrange(256)
        elif how == 2:
            content[at : at + rng.randrange(1, 64)] = b""
        elif how == 3:
            content[at:at] = content[at : at + rng.randrange(1, 64)]
        else:
            size = rng.choice([1, 2, 4, 8])
            content[at : at + size] = rng.choice([b"\xff", b"\x00", b"\x7f"]) * size
    return bytes(content)


def tries(kind, seed, folder):
    """Yield functions to be called, each with something damaged."""
    rng = random.Random(seed)
    if kind == "config":
        while True:
            given = configuration(rng)
            (folder / "tried.json").write_text(json.dumps(given))
            yield lambda given=given: judge_configuration(given, folder)
    source = CONFIG if kind == "text" else folder / kind
    good = source.read_bytes()
    path = folder / f"tried{source.suffix}"
    of_kind = JUDGES.get(kind.split(".")[0]) or (lambda path: judge_text(path, folder))

    def judge(path):
        if kind != "text" and formats.find(kind.split(".")[0], path).fragile:
            probe.check(path)
        of_kind(path)

    judge(source)
    while True:
        path.write_bytes(damaged(rng, good))
        yield lambda: judge(path)


def limit_memory():
    """To what is used now and MEMORY."""
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, used + MEMORY))


def main():
    kind, seed, seconds, folder = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), sys.argv[4]
    warnings.simplefilter("ignore")
    examples(Path(folder))
    limit_memory()
    counts = {"tried": 0, "refused": 0, "taken": 0}
    until = time.monotonic() + seconds
    for attempt in tries(kind, seed, Path(folder)):
        if time.monotonic() > until:
            break
        signal.alarm(HANG)  # which ends the process
        counts["tried"] += 1
        try:
            attempt()
            counts["taken"] += 1
        except InputError as error:
            assert len(str(error).splitlines()) == 1, error
            assert len(str(error)) <= 1000, error
            counts["refused"] += 1
        signal.alarm(0)
    print(json.dumps(counts))


if __name__ == "__main__":
    main()
