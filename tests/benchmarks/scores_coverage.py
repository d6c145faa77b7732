"""How often 95 % intervals of scores hold the truth (make coverage); writes scores_coverage.csv.

Functional connectivity of a recording is drawn from the normal distribution that linear theory
gives it: expectation r, and covariance V by Bartlett's formula (tests/unit/theory.py), of the
bundled connectome. The target is the model itself, one of twice its coupling strength, or one
whose regions have changed places. Of a single recording segments are drawn, each with ten times its
V, and the recording is their mean.

The truth of a score that is a mean over replicates is its expectation; that of the distance and of
the corrected match is what they are of the expected connectivity. An FC match with a single
recording is asked for its expectation given this recording.
"""

import argparse
import csv
import functools
import itertools
import multiprocessing
from pathlib import Path
from typing import NamedTuple

import numpy as np
import theory
from restmeg import bundled, connectome, settings
from restmeg.scores import OF_CONNECTIVITY, SCORES, correlation
from restmeg.scores.comparison import Comparison

TABLE = Path(__file__).with_name("scores_coverage.csv")
SEGMENTS = 10
# Coupling strength and order of regions.
TARGETS = {
    "the model": (1.5, [0, 1, 2, 3, 4, 5, 6, 7]),
    "another strength": (3.0, [0, 1, 2, 3, 4, 5, 6, 7]),
    "another connectome": (1.5, [3, 0, 6, 1, 7, 4, 2, 5]),
}
SHORT, LONG = 3700.0, 60_000.0  # ms
# simulated and target replicates, and ms of each
DESIGNS = [
    *((n, n, SHORT) for n in (5, 10, 20, 50)),
    *((20, 2, SHORT), (100, 5, SHORT), (5, 50, SHORT)),
    *((n, 1, LONG) for n in (5, 20, 50)),
]
DRAWS = 1000
FEWEST = 200  # draws with an interval: of fewer a coverage is not told
OF_TRUTH = 200_000  # draws for expectations
HEAD = ["score", "target", "simulated", "targets", "seconds", "draws", "with_interval", "coverage"]


class Side(NamedTuple):
    """Functional connectivity of recordings of one model and duration: N(expected, root root')."""

    expected: np.ndarray  # (pairs,)
    root: np.ndarray  # (pairs, pairs)

    def draw(self, rng, n, times=1.0):
        """n of them, of so many times the variance: (n, pairs)."""
        noise = rng.standard_normal((n, len(self.expected))) @ self.root.T
        return self.expected + np.sqrt(times) * noise


def anatomy():
    """Weights and distances (N, N) of the bundled connectome."""
    with np.load(bundled.example()) as archive:
        return archive["weights"], archive["distances"]


@functools.cache
def side(target: str, duration: float) -> Side:
    """Recordings of one of TARGETS."""
    strength, order = TARGETS[target]
    weights, distances = (matrix[np.ix_(order, order)] for matrix in anatomy())
    model = settings.load({}, settings.load_schema(bundled.schema()))["model"]
    delays = connectome.delays_in_steps(distances, model["conduction_speed"], 0.1)
    given = model | {"coupling_strength": strength}
    expected, error = theory.correlations(weights, delays, given, 0.1, duration)
    return Side(expected, np.linalg.cholesky(error))


class Patterns(NamedTuple):
    """Mean standardised pattern of a side's recordings, so that products are expectations."""

    plain: np.ndarray
    ranked: np.ndarray
    freed: np.ndarray
    likeness: float  # expected correlation of two recordings


@functools.cache
def patterns(target: str, duration: float, draws: int) -> Patterns:
    """Patterns of recordings of one of TARGETS, from so many draws."""
    rows = side(target, duration).draw(np.random.default_rng(0), draws)
    plain = correlation.standardised(rows)
    total = plain.sum(axis=0)
    return Patterns(
        plain.mean(axis=0),
        correlation.standardised(rows.argsort(axis=1).argsort(axis=1)).mean(axis=0),
        correlation.freed(rows, PAIRS[1]).mean(axis=0),
        (total @ total - draws) / (draws * (draws - 1)),
    )


PAIRS = tuple(correlation.undirected(matrix) for matrix in anatomy())  # weights, distances


def truths(target: str, duration: float, of_truth: int) -> dict[str, float]:
    """What each score of the model against one of TARGETS estimates."""
    weights, distances = (row[None] for row in PAIRS)
    ours, theirs = (patterns(name, duration, of_truth) for name in ("the model", target))
    expected = [side(name, duration).expected for name in ("the model", target)]
    match = ours.plain @ theirs.plain
    baselines = {"weights": weights, "log_weights": np.log(weights), "distance": -distances}
    return {
        "structure_function_coupling": correlation.standardised(weights)[0] @ ours.plain,
        "structure_function_spearman": (
            correlation.standardised(correlation.ranks(weights))[0] @ ours.ranked
        ),
        "structure_function_partial": correlation.freed(weights, distances[0])[0] @ ours.freed,
        "fc_match": match,
        "fc_match_ceiling": theirs.likeness,
        "fc_match_minus_ceiling": match - theirs.likeness,
        "fc_match_corrected": np.corrcoef(*expected)[0, 1],
        "fc_distance": ((expected[0] - expected[1]) ** 2).mean(),
        "fc_match_partial": ours.freed @ theirs.freed,
        **{
            f"baseline_{name}": correlation.standardised(row)[0] @ theirs.plain
            for name, row in baselines.items()
        },
    }


def compared(target: str, duration: float, n: int, m: int, rng: np.random.Generator) -> Comparison:
    """n drawn replicates of the model and m of one of TARGETS, or its segments if m is 1."""
    simulated, aim = side("the model", duration), side(target, duration)
    rows = simulated.draw(rng, n)
    if m > 1:
        return Comparison(rows, aim.draw(rng, m), *PAIRS, rows[:0])
    segments = aim.draw(rng, SEGMENTS, SEGMENTS)
    return Comparison(rows, segments.mean(axis=0, keepdims=True), *PAIRS, segments)


def coverage(
    target: str, n: int, m: int, duration: float, draws: int, of_truth: int = OF_TRUTH
) -> dict[str, tuple[int, int]]:
    """Of each score how many draws have an interval, and how many of these hold the truth."""
    rng = np.random.default_rng([n, m, int(duration), list(TARGETS).index(target)])
    known = truths(target, duration, of_truth)
    ours = patterns("the model", duration, of_truth)
    counts = {name: [0, 0] for name in OF_CONNECTIVITY}
    for _ in range(draws):
        given = compared(target, duration, n, m, rng)
        if m == 1:
            known["fc_match"] = given.target_patterns[0] @ ours.plain
            known["fc_match_partial"] = given.beyond_distance(given.target)[0] @ ours.freed
        for name in OF_CONNECTIVITY:
            found = SCORES[name].function(given).summary
            if np.isfinite(found.ci_low):
                counts[name][0] += 1
                counts[name][1] += bool(found.ci_low <= known[name] <= found.ci_high)
    return {name: (shown, held) for name, (shown, held) in counts.items()}


def rows_of(target, design, draws):
    """Rows of the table for one target and one of DESIGNS."""
    n, m, duration = design
    start = [target, n, m, f"{duration / 1000:g}", draws]
    return [
        [name, *start, shown, f"{held / shown:.3f}"]
        for name, (shown, held) in coverage(target, *design, draws).items()
        if shown
    ]


def markdown(path: Path = TABLE) -> str:
    """The table as documentation shows it: coverage in percent, its range over the targets.

    Left out are designs in which hardly a draw has an interval.
    """
    found: dict = {}
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            if int(row["with_interval"]) >= FEWEST:
                at = row["score"], int(row["simulated"]), int(row["targets"])
                found.setdefault(at, []).append(round(100 * float(row["coverage"])))
    sizes = [(n, m) for n, m, _ in DESIGNS]
    lines = [["score", *(f"{n}, {m}" for n, m in sizes)], ["---"] * (len(sizes) + 1)]
    for name in OF_CONNECTIVITY:
        cells = [sorted(set(found.get((name, *size), []))) for size in sizes]
        texts = ["-".join(map(str, dict.fromkeys([*cell[:1], *cell[-1:]]))) for cell in cells]
        lines.append([f"`{name}`", *texts])
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--draws", type=int, default=DRAWS)
    parser.add_argument("--processes", type=int)
    parser.add_argument("--out", type=Path, default=TABLE)
    given = parser.parse_args()
    parts = [(*part, given.draws) for part in itertools.product(TARGETS, DESIGNS)]
    with multiprocessing.Pool(given.processes) as pool:
        found = [row for rows in pool.starmap(rows_of, parts, chunksize=1) for row in rows]
    with given.out.open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([HEAD, *found])
    print(markdown(given.out))


if __name__ == "__main__":
    main()
