"""Null networks beside netneurotools': make bench-nulls writes nulls.json.

Of one sparse connectome, ten networks by each: ends exchanged within ten classes of length
(match_length_degree_distribution) and then weights exchanged until strengths match
(strength_preserving_rand_sa_mse_opt), which lets go of the relation of weight and length that the
first has kept. Figures are means over networks; seconds are processor time of one network, warm.
"""

import contextlib
import io
import json
import statistics
import sys
import time
from importlib import metadata
from pathlib import Path

import numpy as np
from netneurotools import networks
from restmeg.null_networks import network

sys.path.insert(0, str(Path(__file__).parents[1] / "unit"))
import brains

OUT = Path(__file__).with_name("nulls.json")
SIZES = [(68, 0.1), (68, 0.3), (80, 0.2)]  # regions, density
NUMBER = 10


def ours(study, seed):
    """A null network of this package's."""
    return network("degree_length", study, 0, seed)


def theirs(study, seed):
    """A null network of netneurotools'."""
    with contextlib.redirect_stderr(io.StringIO()), contextlib.redirect_stdout(io.StringIO()):
        _, rewired, _ = networks.match_length_degree_distribution(
            study.weights, study.distances, nbins=10, nswap=20 * len(study.weights), seed=seed
        )
        matched, _ = networks.strength_preserving_rand_sa_mse_opt(
            study.weights, R=rewired, seed=seed
        )
    return study._replace(weights=matched)


def described(make, study):
    """Mean figures of some networks."""
    make(study, 0)  # compiles
    rows = []
    for seed in range(NUMBER):
        start = time.process_time()
        null = make(study, seed)
        rows.append({"seconds": time.process_time() - start, **brains.likeness(study, null)})
    return {key: float(f"{statistics.fmean(row[key] for row in rows):.4g}") for key in rows[0]}


def main():
    """Write the table."""
    table = {"netneurotools": metadata.version("netneurotools"), "numpy": np.__version__}
    for n_regions, density in SIZES:
        study = brains.connectome(n_regions, density)
        found = {"study": brains.likeness(study, study)}
        for name, make in (("restmeg", ours), ("netneurotools", theirs)):
            found[name] = described(make, study)
        found["times_as_fast"] = round(
            found["netneurotools"]["seconds"] / found["restmeg"]["seconds"]
        )
        table[f"{n_regions} regions, density {density}"] = found
        print(json.dumps(found, indent=1))
    OUT.write_text(json.dumps(table, indent=1) + "\n")


if __name__ == "__main__":
    main()
