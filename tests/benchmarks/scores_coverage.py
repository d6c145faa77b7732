"""How often 95 % intervals of scores hold the truth (make coverage); writes scores_coverage.csv.

Functional connectivity of a recording is drawn from the normal distribution that linear theory
gives it: expectation r, and covariance V by Bartlett's formula (tests/unit/theory.py), of the
bundled connectome. The target is the model itself, one of twice its coupling strength, or one
whose regions have changed places. Of a single recording segments are drawn, each with ten times its
V, and the recording is their mean.

Of measures in a band, analytic signals of recordings are drawn with the cross-spectra that theory
gives them, of the same connectome with an alpha rhythm, and measured.

The truth of a score that is a mean over replicates is its expectation; that of the distance and of
the corrected match is what they are of the expected connectivity. An FC match with a single
recording is asked for its expectation given this recording.
"""

import argparse
import csv
import functools
import itertools
import multiprocessing
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import theory
from restmeg import bundled, connectome, measures, settings
from restmeg.bands import BROADBAND
from restmeg.model import ADAMS_BASHFORTH
from restmeg.scores import OF_CONNECTIVITY, SCORES, correlation
from restmeg.scores.comparison import Comparison
from restmeg.theory.banded import Banded, banded
from restmeg.theory.settled import settle

TABLE = Path(__file__).with_name("scores_coverage.csv")
SEGMENTS = 10
# Coupling strength and order of regions.
TARGETS = {
    "the model": (1.5, [0, 1, 2, 3, 4, 5, 6, 7]),
    "another strength": (3.0, [0, 1, 2, 3, 4, 5, 6, 7]),
    "another connectome": (1.5, [3, 0, 6, 1, 7, 4, 2, 5]),
}
ORDERS = {name: order for name, (_, order) in TARGETS.items()}
RHYTHM = {
    **{"tau_E": 10.0, "tau_I": 20.0, "a_E": 4.0, "a_I": 4.0, "theta_E": 1.0, "theta_I": 1.0},
    **{"wEE": 3.25, "wIE": 2.5, "wEI": 3.75, "wII": 0.0, "r": 0.0},
}
STRENGTHS = {"the model": 0.15, "another strength": 0.1, "another connectome": 0.15}
ALPHA = 8.0, 13.0  # Hz
IN_BAND = "orthogonalised_envelope_correlation", "phase_locking_value"
BAND_DESIGNS = [(5, 5), (20, 20), (20, 2)]
BAND_DRAWS, POOL = 400, 5000  # the latter recordings, to draw from
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
HEAD = [
    "measure",
    "band",
    "score",
    "target",
    "simulated",
    "targets",
    "seconds",
    "draws",
    "with_interval",
    "coverage",
]


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
    return patterns_of(side(target, duration).draw(np.random.default_rng(0), draws))


def patterns_of(rows: np.ndarray) -> Patterns:
    """Patterns of recordings (n, pairs)."""
    draws = len(rows)
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
    both = [patterns(name, duration, of_truth) for name in ("the model", target)]
    return truths_of(*both, [side(name, duration).expected for name in ("the model", target)])


def truths_of(ours: Patterns, theirs: Patterns, expected: Sequence[np.ndarray]) -> dict[str, float]:
    """The same of patterns of both sides, and their expected connectivity."""
    weights, distances = (row[None] for row in PAIRS)
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
        count(counts, given, known)
    return {name: (shown, held) for name, (shown, held) in counts.items()}


def rows_of(target, design, draws):
    """Rows of the table for one target and one of DESIGNS."""
    n, m, duration = design
    start = [target, n, m, f"{duration / 1000:g}", draws]
    return [
        ["pearson", BROADBAND, name, *start, shown, f"{held / shown:.3f}"]
        for name, (shown, held) in coverage(target, *design, draws).items()
        if shown
    ]


def in_alpha(target: str) -> Banded:
    """Analytic signals in alpha of one of TARGETS, with a rhythm."""
    order = ORDERS[target]
    weights, distances = (matrix[np.ix_(order, order)] for matrix in anatomy())
    model = settings.load({}, settings.load_schema(bundled.schema()))["model"]
    model |= {"coupling": "additive", "coupling_strength": STRENGTHS[target]}
    model |= {"conduction_speed": 2.0, "parameters": model["parameters"] | RHYTHM}
    model["noise"] = model["noise"] | {"mean_E": 0.26, "sigma": 0.001}
    settled = settle(weights, distances, model, 0.5, ADAMS_BASHFORTH)
    return banded(settled, ALPHA, (250.0, 250.0))


def recordings(target: str, measure: str) -> np.ndarray:
    """A measure of POOL recordings of LONG in alpha, (POOL, pairs), of one of TARGETS."""
    one = in_alpha(target)
    # As many frequencies as a recording has, and twice as many samples.
    number = round(len(one.spectra) * LONG / one.period)
    at = (np.arange(number) + 0.5) * len(one.spectra) / number - 0.5
    nearest = np.clip(at, 0, len(one.spectra) - 1)
    low = np.minimum(nearest.astype(int), len(one.spectra) - 2)
    share = (nearest - low)[:, None, None]
    spectra = (1 - share) * one.spectra[low] + share * one.spectra[low + 1]
    values, axes = np.linalg.eigh(spectra)
    roots = axes * np.sqrt(np.maximum(values, 0))[:, None, :]
    rng = np.random.default_rng(
        [list(TARGETS).index(target), list(measures.MEASURES).index(measure)]
    )
    found = np.empty((POOL, len(PAIRS[0])))
    for k in range(POOL):
        noise = rng.standard_normal((2, number, roots.shape[1]))
        parts = np.einsum("nij,nj->ni", roots, noise[0] + 1j * noise[1])
        estimator = measures.estimator(measure)
        estimator.add(np.fft.ifft(parts, 2 * number, axis=0) * 2 * number)
        found[k] = correlation.edges(estimator.result())
    return found


class Pool(NamedTuple):
    """Recordings, and what is expected of their patterns."""

    rows: np.ndarray
    known: Patterns


def pool(target: str, measure: str) -> Pool:
    """Recordings of one of TARGETS by a measure in alpha."""
    rows = recordings(target, measure)
    return Pool(rows, patterns_of(rows))


def rows_in_band(target, measure):
    """Rows of the table for one target and a measure in alpha."""
    ours = pool("the model", measure)
    theirs = ours if target == "the model" else pool(target, measure)
    known = truths_of(ours.known, theirs.known, [one.rows.mean(axis=0) for one in (ours, theirs)])
    found = []
    for n, m in BAND_DESIGNS:
        rng = np.random.default_rng([n, m, list(TARGETS).index(target)])
        counts = {name: [0, 0] for name in OF_CONNECTIVITY}
        for _ in range(BAND_DRAWS):
            places = rng.choice(POOL, n + m, replace=False)  # no recording on both sides
            simulated, aim = ours.rows[places[:n]], theirs.rows[places[n:]]
            count(counts, Comparison(simulated, aim, *PAIRS, simulated[:0]), known)
        start = [target, n, m, f"{LONG / 1000:g}", BAND_DRAWS]
        found += [
            [measure, "alpha", name, *start, shown, f"{held / shown:.3f}"]
            for name, (shown, held) in counts.items()
            if shown
        ]
    return found


def count(counts, given, known):
    """Add to counts of each score whether it has an interval, and whether that holds the truth."""
    for name in OF_CONNECTIVITY:
        found = SCORES[name].function(given).summary
        if np.isfinite(found.ci_low):
            counts[name][0] += 1
            counts[name][1] += bool(found.ci_low <= known[name] <= found.ci_high)


def markdown(
    path: Path = TABLE,
    measure: str = "pearson",
    sizes: Sequence[tuple[int, int]] = tuple((n, m) for n, m, _ in DESIGNS),
) -> str:
    """The table of a measure as documentation shows it: percent, its range over the targets.

    Left out are designs in which hardly a draw has an interval.
    """
    found: dict = {}
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            if row["measure"] == measure and int(row["with_interval"]) >= FEWEST:
                at = row["score"], int(row["simulated"]), int(row["targets"])
                found.setdefault(at, []).append(round(100 * float(row["coverage"])))
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
    with multiprocessing.Pool(given.processes) as workers:
        found = [row for rows in workers.starmap(rows_of, parts, chunksize=1) for row in rows]
        banded_parts = itertools.product(TARGETS, IN_BAND)
        found += itertools.chain(*workers.starmap(rows_in_band, banded_parts, chunksize=1))
    with given.out.open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([HEAD, *found])
    print(markdown(given.out))
    for measure in IN_BAND:
        print(markdown(given.out, measure, BAND_DESIGNS))


if __name__ == "__main__":
    main()
