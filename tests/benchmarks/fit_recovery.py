"""Whether a fit finds known truths and knows how sure it is: a part of make recovery.

Truths are drawn from the bounds of config/studies/recovery.yaml, each parameter evenly over the
logarithm, a target is simulated with each, and the fit is told nothing of them: of its regions, and
at the sensors of its lead field with a white noise of NOISE of their median signal's power, of
which the gain and the size are to be found as well. Writes to fit_recovery.csv, of each parameter:

- relative_error: the median of abs(estimate - truth) / truth
- bias, spread: mean and standard deviation of (estimate - truth) / standard error
- coverage: how often the interval holds the truth; identified: how often it ends within the bounds
- p_uniform: a test that the truth's quantile in the estimate's distribution is spread evenly
  (chi-squared of ten bins; Talts et al. 2018, arXiv:1804.06788)

and fit_recovery.png, the histograms of those quantiles.
"""

import argparse
import csv
import math
import multiprocessing
import os
from functools import partial
from pathlib import Path

os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")

import numpy as np
import yaml
from restmeg import bundled, connectome, fit, fourier, leadfield, settings, simulation, study
from restmeg.figures import style
from restmeg.theory import fitting, observed
from restmeg.theory.observed import Observation
from restmeg.theory.search import Axis, Search
from scipy import stats
from tqdm import tqdm

HERE = Path(__file__)
STUDY = HERE.parents[2] / "config/studies/recovery.yaml"
TABLE, FIGURE = (HERE.with_name(f"fit_recovery.{form}") for form in ("csv", "png"))
TARGETS, BINS = 100, 10
HEAD = ["fitted_to", "parameter", "targets", "relative_error", "bias", "spread", "coverage"]
HEAD += ["identified", "p_uniform"]
SIGMA = "model.noise.sigma"
REGIONS, SENSORS = WAYS = ("regions", "sensors")
NOISE = 0.1  # of the power of the median sensor, over all its frequencies


class Case:
    """The study's anatomy, settings and bounds."""

    def __init__(self) -> None:
        schema = settings.load_schema(bundled.schema())
        self.settings = settings.load(yaml.safe_load(STUDY.read_text()), schema)
        with np.load(bundled.example()) as archive:
            names = "weights", "distances", "labels"
            self.anatomy = connectome.Connectome(*(archive[name] for name in names))
        given = self.settings["leadfield"] | {"path": None}
        self.gain = leadfield.from_settings(given, self.anatomy.labels, None).gain
        self.bounds = self.settings["fit"]["parameters"]
        number, share = self.settings["target"]["replicates"], self.settings["fit"]["held_out"]
        self.replicates, _ = study.split(number, share)
        self.times = {key: self.settings["simulation"][key] for key in study.TIMES}

    def truth(self, number: int) -> dict[str, float]:
        """Values drawn for a target."""
        rng = np.random.Generator(np.random.Philox(number))
        draw = {key: rng.random() for key in self.bounds}
        return {key: low * (high / low) ** draw[key] for key, (low, high) in self.bounds.items()}

    def series(self, number: int, truth: dict[str, float]) -> simulation.Passing:
        """A target's activity, to be read once."""
        model = settings.replaced(self.settings["model"], truth)
        given = model, self.times, 1000 + number, "target", self.replicates
        batch = simulation.Batch(self.anatomy, *given)
        made = simulation.simulated(batch, progress=partial(tqdm, disable=True))
        return simulation.Passing(batch, (piece for piece, _ in made))

    def target(self, number: int, truth: dict[str, float]) -> fourier.Fourier:
        """A target's Fourier coefficients."""
        return fourier.estimate(self.series(number, truth), recorded=False)

    def search(
        self, number: int, way: str, told: tuple[str, ...] = ()
    ) -> tuple[Search, dict[str, float]]:
        """A target to be fitted to, and its truth; told: keys whose truth the fit is told."""
        truth = self.truth(number)
        target, seen = self.target(number, truth), Observation()
        if way == SENSORS:
            # The size of the model's noise is the gain of a recording, which nobody knows.
            told += (SIGMA,)
            gain = self.gain / np.abs(self.gain).max()
            field = target.coefficients @ gain
            power = np.median((np.abs(field) ** 2).mean(axis=(0, 1, 2)))
            rng = np.random.Generator(np.random.Philox(500_000 + number))
            noise = rng.normal(size=(2, *field.shape)) / np.sqrt(2)
            field = field + np.sqrt(NOISE * power) * (noise[0] + 1j * noise[1])
            target = target._replace(coefficients=field)
            data, _ = fit.cross_spectra(target, self.replicates)
            size = NOISE * power * np.eye(gain.shape[1])
            data, seen = observed.whitened(data, gain.T, size)
        else:
            data, _ = fit.cross_spectra(target, self.replicates)
        bounds = {key: ends for key, ends in self.bounds.items() if key not in told}
        model = settings.replaced(self.settings["model"], {key: truth[key] for key in told})
        given = self.anatomy, model, self.times, bounds, data, seen
        return Search(*given, calibrated=way == REGIONS), truth


def quantile(
    axis: Axis, one: fitting.Estimate, truth: float, freedom: float = math.inf
) -> tuple[float, float]:
    """How far an estimate is from the truth, in standard errors, and the quantile of that.

    In the coordinates of the fit, by the half of the interval that the truth is in. freedom:
    degrees of it that the interval was made with.
    """
    at, low, high = map(axis.place, (one.value, one.low, one.high))
    away = axis.place(truth) - at
    half = (high - at if away > 0 else at - low) / stats.t.ppf(0.975, freedom)
    z = -away / half if half > 0 else 0.0
    return z, stats.t.sf(z, freedom)


def recovered(number: int, way: str = REGIONS) -> list[list[float]]:
    """Of each parameter of a target: error, z, quantile, hit and whether it is identified."""
    search, truth = Case().search(number, way)
    found = fitting.fit(search)
    rows = []
    for axis, one in zip(found.axes, found.estimates, strict=True):
        if axis.name in truth:
            value = truth[axis.name]
            hit = one.low <= value <= one.high
            rows.append([one.value / value - 1, *quantile(axis, one, value), hit, one.identified])
    return rows


def row(way: str, key: str, found: np.ndarray) -> list:
    """A row of the table; found: (targets, 5), as `recovered` has them."""
    error, z, quantiles, hit, told = found.T
    counts, _ = np.histogram(quantiles[np.isfinite(quantiles)], BINS, (0, 1))
    numbers = np.median(np.abs(error)), z.mean(), z.std(ddof=1), hit.mean(), told.mean()
    p = stats.chisquare(counts).pvalue
    return [way, key, len(found), f"{numbers[0]:.2g}", *(f"{x:.2f}" for x in numbers[1:3])] + [
        *(f"{x:.3f}" for x in numbers[3:]),
        f"{p:.2f}",
    ]


def markdown(path: Path = TABLE) -> str:
    """The table as documentation shows it."""
    with path.open(newline="") as file:
        head, *rows = csv.reader(file)
    lines = [[name.replace("_", " ") for name in head], ["---"] * len(head)]
    lines += [[of, f"`{name}`", *numbers] for of, name, *numbers in rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


@style.look()
def draw(quantiles: dict[tuple[str, str], np.ndarray], path: Path) -> None:
    """Histograms of the truths' quantiles, and where an even one would be in 99 % of draws."""
    figure = style.new_figure(2.6 * len(quantiles), 2.4)
    panels = figure.subplots(1, len(quantiles), sharey=True)
    for axes, ((way, key), values) in zip(panels, quantiles.items(), strict=True):
        low, high = stats.binom.interval(0.99, len(values), 1 / BINS)
        axes.axhspan(low, high, color="0.9", linewidth=0)
        axes.hist(values, BINS, range=(0, 1), color=style.SIMULATED, alpha=0.8)
        axes.set_title(f"{key.rsplit('.', 1)[1].replace('_', ' ')}\nat {way}", fontsize=9)
        axes.set_xlabel("quantile of the truth")
    panels[0].set_ylabel("targets")
    style.save(figure, path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--targets", type=int, default=TARGETS)
    parser.add_argument("--out", type=Path, default=TABLE)
    given = parser.parse_args()
    rows, quantiles = [HEAD], {}
    for way in WAYS:
        with multiprocessing.Pool() as pool:
            each = partial(recovered, way=way)
            found = np.array(pool.map(each, range(given.targets), chunksize=2), float)
        for k, key in enumerate([*Case().bounds][: found.shape[1]]):
            rows.append(row(way, key, found[:, k]))
            quantiles[way, key] = found[:, k, 2]
    with given.out.open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)
    draw(quantiles, given.out.with_suffix(".png"))
    print(markdown(given.out))


if __name__ == "__main__":
    main()
