"""Whether a fit by simulation finds known truths and knows how sure it is: a part of make recovery.

As fit_recovery.py, whose columns its table has: truths are drawn from the bounds below, evenly over
the logarithm, a short target of the bundled study is simulated with each, and rounds of
simulations, with seeds of their own for each target, are told nothing of them. Writes
simulated_recovery.csv. Quantiles are of the estimates alone whose interval is of their own standard
error (of a parameter that lies in an open valley it reaches over what the valley leaves open, and
holds the truth more often than it says).
"""

import argparse
import contextlib
import csv
import multiprocessing
import os
from pathlib import Path

os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")

import numpy as np
from fit_recovery import HEAD, markdown, quantile, row
from restmeg import bundled, connectome, estimands, evaluation, power, settings, simulation, study
from restmeg.evaluated import Evaluation
from restmeg.evaluation import POWER, Patterns
from restmeg.fit_by_simulation import estimated, proposed
from restmeg.parameters import Axis, Estimate
from restmeg.schedule import schedule
from restmeg.scores import spectral
from scipy import stats

TABLE = Path(__file__).with_suffix(".csv")
TARGETS, ROUNDS, POINTS = 100, 4, 12
WAY = "simulations"
AXES = [Axis("model.coupling_strength", 0.5, 3.0), Axis("model.noise.sigma", 0.004, 0.025)]
TIMES = {"duration": "4300 ms", "transient": "300 ms", "sampling_interval": "2 ms"}
REPLICATES = range(10)  # of either side
ASKED = estimands.Asked(["pearson"])
FREEDOM = 2 * (len(REPLICATES) - 1)  # of intervals, as replicates of both sides count alike


class Case:
    """A target, and simulations that are fitted to it."""

    def __init__(
        self,
        number: int,
        anatomy: connectome.Connectome,
        model: dict,
        times: dict,
        axes: list[Axis],
        truth: dict[str, float],
        simulated: range = REPLICATES,
    ) -> None:
        """number: of the target, for seeds; simulated: replicates of an evaluation."""
        self.number, self.anatomy, self.model, self.times = number, anatomy, model, times
        self.axes, self.truth = axes, truth
        self.replicates = {"target": REPLICATES, "simulated": simulated}
        self.target = self.patterns(truth, "target", self.nothing())

    def nothing(self) -> Patterns:
        """No replicates, and the frequencies that those of this length have."""
        samples = schedule(self.times).samples
        rate = 1000 / self.times["sampling_interval"]
        _, length, _ = power.cut(samples, rate)
        frequencies = power.bins(length, rate, False) * rate / length
        low, high = spectral.FREQUENCIES
        inside = (frequencies >= low) & (frequencies <= high)
        return Patterns(np.arange(0), {POWER: np.empty((0, 0))}, frequencies[inside], False)

    def patterns(self, values: dict, role: str, target: Patterns) -> Patterns:
        """What replicates look like that are simulated with some values."""
        model = settings.replaced(self.model, values)
        seed = self.number + (1000 if role == "target" else 100_000)
        given = self.times, seed, role, self.replicates[role]
        batch = simulation.Batch(self.anatomy, model, *given)
        with Path(os.devnull).open("w") as nowhere, contextlib.redirect_stderr(nowhere):
            found, _ = evaluation.simulated_patterns(batch, ASKED, target)
        assert found is not None
        return found

    def fit(self, rounds: int, points: int) -> list[Estimate]:
        """The estimates after some rounds."""
        found: list[Evaluation] = []
        own = settings.flat(self.model, "model.")
        for number in range(1, 1 + rounds):
            for place in proposed(number, points, self.axes, own, list(found)):
                values = dict(zip((axis.name for axis in self.axes), place, strict=True))
                ours = self.patterns(values, "simulated", self.target)
                number_of_ours = len(self.replicates["simulated"])
                distance = evaluation.compare(ours, self.target, number_of_ours)
                found.append(Evaluation(number, values, distance, list(REPLICATES), []))
        return estimated(self.axes, found)[1]


def drawn(number: int) -> Case:
    """A target of the bundled anatomy, whose truth is drawn."""
    loaded = settings.load({"simulation": TIMES}, settings.load_schema(bundled.schema()))
    times = {key: loaded["simulation"][key] for key in study.TIMES}
    with np.load(bundled.example()) as archive:
        names = "weights", "distances", "labels"
        anatomy = connectome.Connectome(*(archive[name] for name in names))
    random = np.random.Generator(np.random.Philox(number))
    truth = {axis.name: axis.value(random.random()) for axis in AXES}
    return Case(number, anatomy, loaded["model"], times, AXES, truth)


def recovered(number: int, rounds: int = ROUNDS, points: int = POINTS) -> list[list[float]]:
    """Of each parameter of a target: error, z, quantile, hit and whether it is identified."""
    case = drawn(number)
    rows = []
    for axis, one in zip(AXES, case.fit(rounds, points), strict=True):
        truth = case.truth[axis.name]
        hit = one.low <= truth <= one.high
        z, at = quantile(axis, one, truth, FREEDOM)
        if not (one.identified and is_its_own(axis, one)):
            at = np.nan
        rows.append([one.value / truth - 1, z, at, hit, one.identified])
    return rows


def is_its_own(axis: Axis, one: Estimate) -> bool:
    """Whether an interval is that of a standard error, to a tenth."""
    half = (axis.place(one.high) - axis.place(one.low)) / 2
    deviation = one.deviation / axis.slope(one.value)
    return bool(abs(half / (stats.t.ppf(0.975, FREEDOM) * deviation) - 1) < 0.1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--targets", type=int, default=TARGETS)
    parser.add_argument("--out", type=Path, default=TABLE)
    given = parser.parse_args()
    with multiprocessing.Pool() as pool:
        found = np.array(pool.map(recovered, range(given.targets), chunksize=1), float)
    rows = [row(WAY, axis.name, found[:, k]) for k, axis in enumerate(AXES)]
    with given.out.open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([HEAD, *rows])
    print(markdown(given.out))


if __name__ == "__main__":
    main()
