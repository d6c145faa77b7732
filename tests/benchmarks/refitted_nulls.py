"""Whether p of refitted null networks are as small as they say: a part of make recovery.

A target is simulated on a network that was rewired from the bundled one. The network of a study is
once another such one, whose null networks have no reason to be worse, and once the one that was
simulated. The likelihood of each, at parameters of its own, stands beside that of NULLS null
networks. Writes the p of each target to refitted_nulls.csv.
"""

import argparse
import csv
import multiprocessing
import os
from pathlib import Path

os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")

import numpy as np
from fit_recovery import Case
from restmeg import fit, fourier, null_scores
from restmeg.connectome import Connectome
from restmeg.nulls import making
from restmeg.theory import fitting
from restmeg.theory.observed import CrossSpectra, Observation
from restmeg.theory.search import Search

TABLE = Path(__file__).with_suffix(".csv")
TARGETS, NULLS = 24, 19
METHOD = "degree_length"
BOUNDS = {"model.coupling_strength": [0.3, 4.0], "model.conduction_speed": [3.0, 30.0]}
HEAD = ["target", "p_of_another_network", "p_of_the_network"]


def log_likelihood(case: Case, anatomy: Connectome, data: CrossSpectra) -> float:
    """The highest between the bounds; -inf where there is none."""
    given = anatomy, case.settings["model"], case.times, BOUNDS, data, Observation()
    try:
        return fitting.likeliest(Search(*given, calibrated=True)).value * fourier.REDUNDANCY
    except fitting.NoFitError:
        return -np.inf


def chances(number: int) -> list[float]:
    """p of both studies of a target."""
    case = Case()
    bundled = case.anatomy
    simulated = making.network(METHOD, bundled, 1000 + number, 0)
    case.anatomy = simulated
    target = case.target(4000 + number, {})
    data, _ = fit.cross_spectra(target, case.replicates)
    found = []
    for own in (making.network(METHOD, bundled, 2000 + number, 0), simulated):
        nulls = [making.network(METHOD, own, 3000 + number, k) for k in range(NULLS)]
        others = np.array([log_likelihood(case, null, data) for null in nulls])
        value = log_likelihood(case, own, data)
        found.append(null_scores.against(value, others, "highest", null_scores.ALIKE_FITS).p)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--targets", type=int, default=TARGETS)
    parser.add_argument("--out", type=Path, default=TABLE)
    given = parser.parse_args()
    with multiprocessing.Pool() as pool:
        found = pool.map(chances, range(given.targets), chunksize=1)
    rows = [[number, *(f"{p:.2f}" for p in both)] for number, both in enumerate(found)]
    with given.out.open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([HEAD, *rows])
    small = (np.array(found) <= 0.05 + 1e-9).mean(axis=0)
    print(f"p <= 0.05: {small[0]:.3f} of another network, {small[1]:.3f} of the network itself")


if __name__ == "__main__":
    main()
