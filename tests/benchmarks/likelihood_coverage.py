"""How often 95 % intervals of the likelihood hold the truth (make coverage).

Writes likelihood_coverage.csv.

Coupling strength and conduction speed are estimated together from targets of the bundled study that
the core simulates (20 replicates of 4 s each, true values 1.5 and 10 mm/ms).
"""

import argparse
import csv
import multiprocessing
from pathlib import Path

import numpy as np
from restmeg import bundled, settings
from test_likelihood import AXES, TRUTH, estimates

TABLE = Path(__file__).with_name("likelihood_coverage.csv")
TARGETS = 400
HEAD = ["parameter", "targets", "truth", "mean", "standard_error", "bias", "spread", "coverage"]


def estimate(seed):
    """Likeliest values of one target, and their standard errors: (parameters,) each."""
    with np.load(bundled.example()) as archive:
        example = archive["weights"], archive["distances"]
    model = settings.load({}, settings.load_schema(bundled.schema()))["model"]
    values, deviations = estimates(example, model, [seed])
    return values[0], deviations[0]


def markdown(path: Path = TABLE) -> str:
    """The table as documentation shows it."""
    with path.open(newline="") as file:
        head, *rows = csv.reader(file)
    lines = [[name.replace("_", " ") for name in head], ["---"] * len(head)]
    lines += [[f"`{name}`", *numbers] for name, *numbers in rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--targets", type=int, default=TARGETS)
    parser.add_argument("--out", type=Path, default=TABLE)
    given = parser.parse_args()
    with multiprocessing.Pool() as pool:
        found = pool.map(estimate, range(10_000, 10_000 + given.targets), chunksize=4)
    values, deviations = (np.array(part) for part in zip(*found, strict=True))
    rows = [HEAD]
    for k, key in enumerate(AXES):
        z = (values[:, k] - TRUTH[key]) / deviations[:, k]
        rows.append(
            [
                *(key, given.targets, f"{TRUTH[key]:g}", f"{values[:, k].mean():.4g}"),
                *(f"{np.median(deviations[:, k]):.2g}", f"{z.mean():.2f}", f"{z.std(ddof=1):.2f}"),
                f"{np.mean(np.abs(z) < 1.96):.3f}",
            ]
        )
    with given.out.open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)
    print(markdown(given.out))


if __name__ == "__main__":
    main()
