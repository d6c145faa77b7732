"""Whether scores find a known truth: make recovery.

The bundled study's sweep (coupling strengths 0.5 to 3 in steps of 0.25, 20 replicates of 4 s at
each, truth 1.5) for twenty pairs of seeds, and how often each score is best at which strength.
Writes the table that README shows to recovery.csv, beside this file.
"""

import csv
import os
import sys
import warnings
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "workflow"))
os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")

import numpy as np
import restmeg
from restmeg import bundled, fourier, labelled, recording, settings
from restmeg.scores import SCORES
from restmeg.theory import likelihood, linear

STRENGTHS = [round(0.5 + 0.25 * k, 2) for k in range(11)]
TRUTH, REPLICATES, PAIRS = 1.5, 20, 20
SCORED = ("fc_match", "fc_match_corrected", "fc_distance")
LIKELIHOOD = "log_likelihood"
TABLE = Path(__file__).with_name("recovery.csv")


def best(pair: int, strengths=tuple(STRENGTHS), replicates=REPLICATES) -> dict[str, float]:
    """The coupling strength at which each score is best, with one pair of seeds."""
    common = {"replicates": replicates, "progress": False}
    seed, other = 2 * pair, 2 * pair + 1
    activity = restmeg.simulate("example", role="target", seed=other, **common)
    target = restmeg.connectivity(activity)
    series = recording.judged("target", labelled.recording(activity))
    coefficients = fourier.estimate(series, recorded=False)
    with np.load(bundled.example()) as archive:
        weights, distances = archive["weights"], archive["distances"]
    model = settings.load({}, settings.load_schema(bundled.schema()))["model"]
    values: dict[str, list] = {name: [] for name in (*SCORED, LIKELIHOOD)}
    for strength in strengths:
        simulated = restmeg.simulate("example", seed=seed, coupling_strength=strength, **common)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # weakly coupled patterns are too unreliable for some
            scores = restmeg.score(restmeg.connectivity(simulated), target, "example")
        for name in SCORED:
            values[name].append(float(scores.value.sel(score=name).squeeze()))
        net = linear.linearise(weights, distances, model | {"coupling_strength": strength}, 0.1)
        values[LIKELIHOOD].append(likelihood.log_likelihood(net, coefficients).values.sum())
    found = {}
    for name, row in values.items():
        found[name] = strengths[int(np.nanargmax(SCORES[name].sign * np.array(row)))]
    return found


def main() -> None:
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        found = list(pool.map(best, range(PAIRS)))
    rows = [["score", *STRENGTHS]]
    for name in (*SCORED, LIKELIHOOD):
        counts = [sum(one[name] == strength for one in found) for strength in STRENGTHS]
        rows.append([name, *counts])
    with TABLE.open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)
    csv.writer(sys.stdout, lineterminator="\n").writerows(rows)


if __name__ == "__main__":
    main()
