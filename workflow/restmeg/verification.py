"""Compute a sample of a study's results again, and compare with what was recorded of them.

    python -m restmeg.verification --configfile my_study.yaml

in the folder where the study was run, or ``make verify``. Nothing in it is changed. The exit code
is 1 if anything differs.
"""

import argparse
import json
import os
import random
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from restmeg import bundled, provenance, store, tables
from restmeg.errors import InputError
from restmeg.study import RECORDING

SNAKEFILE = Path(__file__).parents[2] / "Snakefile"
DIGITS = 1e-9  # of a variable's largest value: what a library's FFT and linear algebra may change
TABLE_DIGITS = 1e-8  # of a number in a table, which is written with nine digits
SAME, NEAR, OTHER, UNKNOWN = "same bits", "nine digits", "DIFFERS", "DIFFERS (no original)"


def candidates(outputs: Iterable[str], everything: bool = False) -> list[str]:
    """Names of results that can be computed again; figures are for the eye and not among them.

    everything: also those that need all points, as the tables of a sweep do.
    """
    names = sorted(name for name in outputs if not name.startswith("figures/"))
    return names if everything else [name for name in names if "/" in name or name.endswith(".nc")]


def altered(folder: Path, outputs: dict[str, str]) -> tuple[list[str], list[str]]:
    """Names of recorded results that are not as they were, and of those that are gone.

    folder: of the results; outputs: {name: recorded digest}.
    """
    gone = [name for name in outputs if not (folder / name).exists()]
    there = outputs.keys() - set(gone)
    return sorted(name for name in there if provenance.digest(folder / name) != outputs[name]), gone


def compare(new: Path, name: str, recorded: str, original: Path) -> str:
    """How a result that was computed again agrees: SAME, NEAR, OTHER or UNKNOWN.

    new: its file; name: what it is called among results; recorded: its digest then; original: the
    file of then, which is what digits are compared with.
    """
    if provenance.digest(new) == recorded:
        return SAME
    if _is_exact(new, name):
        return OTHER
    if not original.exists() or provenance.digest(original) != recorded:
        return UNKNOWN
    near = near_netcdf if new.suffix == ".nc" else near_table
    return NEAR if near(new, original) else OTHER


def _is_exact(path, name):
    """Whether a file has the same bits everywhere: not if it was filtered or reconstructed."""
    if Path(name).name not in provenance.BITS:
        return False
    with store.open_netcdf(path) as dataset:
        parameters, _ = store.provenance(dataset)
    inexact = {"compared", "inverse", "bands"} & parameters.keys()
    return not inexact and parameters.get("point") != RECORDING


def near_netcdf(path: Path, other_path: Path) -> bool:
    """Whether two NetCDF files hold the same variables, with numbers that agree to nine digits."""
    with store.open_netcdf(path) as one, store.open_netcdf(other_path) as other:
        if one.variables.keys() != other.variables.keys():
            return False
        return all(_near(one[name], other[name]) for name in one.variables)


def _near(one, other):
    if (one.shape, one.dtype, one.dimensions) != (other.shape, other.dtype, other.dimensions):
        return False
    if one.dtype is str or one.dtype.kind not in "fc":
        return bool(np.array_equal(one[...], other[...]))
    tolerance = max(DIGITS, 4 * np.finfo(one.dtype).eps)
    # Of the largest value, as what is near zero is the difference of such values.
    largest = max((_largest(piece) for piece in provenance.pieces(other)), default=0.0)
    return all(
        np.allclose(a, b, rtol=tolerance, atol=tolerance * largest, equal_nan=True)
        for a, b in zip(provenance.pieces(one), provenance.pieces(other), strict=True)
    )


def _largest(values):
    finite = np.abs(values[np.isfinite(values)])
    return float(finite.max(initial=0.0))


def near_table(path: Path, other_path: Path) -> bool:
    """Whether two tables hold the same rows, with numbers that agree to nine digits."""
    (head, rows), (other_head, other_rows) = tables.read(path), tables.read(other_path)
    return (head, len(rows)) == (other_head, len(other_rows)) and all(
        _near_text(row[name], other[name])
        for row, other in zip(rows, other_rows, strict=True)
        for name in head
    )


def _near_text(text, other):
    if text == other:
        return True
    try:
        one, two = float(text), float(other)
    except ValueError:
        return False
    return bool(np.isclose(one, two, rtol=TABLE_DIGITS, atol=DIGITS, equal_nan=True))


def absolute_sources(record: dict[str, Any], directory: Path) -> dict[str, dict[str, Any]]:
    """A configuration with the absolute paths of a study's files, as they are read elsewhere.

    Raises InputError if one is not what it was.
    """
    found: dict[str, dict[str, Any]] = {}
    for key, recorded in record["inputs"].items():
        section, _, name = key.partition(".")
        given = record["config"][section][name or "source"]
        if recorded is None:
            continue
        several = isinstance(given, list)
        bundled_one = not name and given == "example"
        sources = [bundled.example()] if bundled_one else given if several else [given]
        paths = [directory / Path(one).expanduser() for one in sources]
        digests = recorded if isinstance(recorded, list) else [recorded]
        for path, digest in zip(paths, digests, strict=True):
            if provenance.of_bytes(path) != digest:
                raise InputError(f"{path}: is not the file that this study was made of")
        if not bundled_one:
            absolute = [*map(str, paths)] if several else str(paths[0])
            found.setdefault(section, {})[name or "source"] = absolute
    return found


def verify(
    directory: Path,
    configfiles: Sequence[Path],
    sample: int | None,
    seed: int,
    cores: int,
    snakefile: Path = SNAKEFILE,
) -> bool:
    """Check a study's files, compute some of them again, tell what agrees; whether all does.

    directory: where the study was run; configfiles: as they were given; sample: how many files are
    computed again, besides those that they need; None for all.

    Raises InputError if there is nothing to compare with, or it cannot be computed.
    """
    results = directory / "results"
    record = provenance.read(results)
    outputs = record["outputs"]
    for line in environment(record):
        print(line)
    sources = absolute_sources(record, directory)
    changed, gone = altered(results, outputs)
    print(f"{len(outputs) - len(changed) - len(gone)} files are as they were recorded")
    for name in changed:
        print(f"{OTHER}  {results / name}: is not what was recorded")
    if gone:
        print(f"{len(gone)} are gone, such as {gone[0]}")

    wanted = candidates(outputs, everything=sample is None)
    if sample is not None and sample < len(wanted):
        wanted = sorted(random.Random(seed).sample(wanted, sample))
        print(f"computing {sample} again, with what they need (--sample {sample} --seed {seed})")
    else:
        print(f"computing {len(wanted)} again")
    with tempfile.TemporaryDirectory() as folder:
        _compute(directory, Path(folder), configfiles, sources, wanted, cores, snakefile)
        again = Path(folder, "results")
        made = [name for name in candidates(outputs, True) if (again / name).exists()]
        found = {name: compare(again / name, name, outputs[name], results / name) for name in made}
    for name, how in found.items():
        print(f"{how}  {name}")
    bad = [name for name, how in found.items() if how in (OTHER, UNKNOWN)]
    if bad or changed:
        print(f"{len(bad)} of {len(found)} files that were computed again differ")
    else:
        print(f"all {len(found)} files that were computed again agree")
    return not bad and not changed


def environment(record: dict[str, Any]) -> list[str]:
    """Lines that tell which versions a study was made with, where they are others now."""
    now = provenance.versions()
    return [
        f"{name} was {then} and is {now.get(name)}"
        for name, then in record["versions"].items()
        if now.get(name) != then
    ]


def _compute(directory, folder, configfiles, sources, wanted, cores, snakefile):
    """Run the workflow on a study's configuration in another folder."""
    overlay = folder / "sources.yaml"
    overlay.write_text(json.dumps(sources))
    usual = directory / "config/config.yaml"
    configs = [*([usual] if usual.exists() else []), *configfiles, overlay]
    command = [sys.executable, "-m", "snakemake", "--snakefile", snakefile]
    command += ["--directory", folder, "--cores", str(cores)]
    command += ["--configfile", *(path.resolve() for path in configs)]
    command += ["--", *(f"results/{name}" for name in wanted)]
    if subprocess.run([*map(str, command)], cwd=directory, check=False).returncode:
        raise InputError(
            f"{directory / 'results'}: {wanted[0]} and others cannot be computed again; expected "
            "the configuration that they were made with, by --configfile"
        )


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its exit code."""
    parser = argparse.ArgumentParser("make verify", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--directory", type=Path, default=Path(), help="where the study was run")
    parser.add_argument("--configfile", type=Path, nargs="+", default=[], help="as it was given")
    parser.add_argument("--sample", default="5", help="how many files, or all (%(default)s)")
    parser.add_argument("--seed", type=int, help="of the sample; another one each time")
    parser.add_argument("--cores", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--snakefile", type=Path, default=SNAKEFILE)
    given = parser.parse_args(arguments)
    seed = secrets.randbelow(10**6) if given.seed is None else given.seed
    sample = None if given.sample == "all" else int(given.sample)
    try:
        agrees = verify(
            given.directory.resolve(),
            given.configfile,
            sample,
            seed,
            given.cores,
            given.snakefile.resolve(),
        )
    except InputError as error:
        print(f"restmeg: {error}", file=sys.stderr)
        return 1
    return 0 if agrees else 1


if __name__ == "__main__":
    sys.exit(main())
