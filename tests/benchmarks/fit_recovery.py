"""Whether a fit finds known truths and knows how sure it is: a part of make recovery.

Truths are drawn from the bounds of config/studies/recovery.yaml, each parameter evenly over the
logarithm, a target is simulated with each, and the fit is told nothing of them. Writes to
fit_recovery.csv, of each parameter: the bias and the spread of (estimate - truth) / standard error,
how often the interval holds the truth, and, as a test of calibration, how evenly the truth's
quantile in the estimate's distribution is spread (chi-squared of ten bins; Talts et al. 2018,
arXiv:1804.06788). And fit_recovery.png, histograms of those quantiles.
"""

import argparse
import math
import multiprocessing
import os
from functools import partial
from pathlib import Path

os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")

import numpy as np
import yaml
from restmeg import bundled, connectome, fit, fourier, settings, simulation, study
from restmeg.theory import fitting
from restmeg.theory.observed import Observation
from tqdm import tqdm

HERE = Path(__file__)
STUDY = HERE.parents[2] / "config/studies/recovery.yaml"
TABLE, FIGURE = (HERE.with_name(f"fit_recovery.{form}") for form in ("csv", "png"))
TARGETS, BINS = 200, 10
HEAD = ["of", "parameter", "targets", "relative_error", "bias", "spread", "coverage", "p_uniform"]
REGIONS = "regions"


class Case:
    """The study's anatomy, settings and bounds."""

    def __init__(self, replicates: int | None = None) -> None:
        """replicates: of a target that are fitted to, in place of the study's."""
        schema = settings.load_schema(bundled.schema())
        self.settings = settings.load(yaml.safe_load(STUDY.read_text()), schema)
        with np.load(bundled.example()) as archive:
            self.anatomy = connectome.Connectome(
                archive["weights"], archive["distances"], archive["labels"]
            )
        self.bounds = self.settings["fit"]["parameters"]
        number = self.settings["target"]["replicates"]
        fitted, _ = study.split(number, self.settings["fit"]["held_out"])
        self.replicates = fitted if replicates is None else list(range(replicates))
        self.times = {key: self.settings["simulation"][key] for key in study.TIMES}

    def truth(self, number: int) -> dict[str, float]:
        """Values drawn for a target."""
        rng = np.random.Generator(np.random.Philox(number))
        return {
            key: float(low * (high / low) ** rng.random())
            for key, (low, high) in self.bounds.items()
        }

    def target(self, number: int, truth: dict[str, float]) -> fourier.Fourier:
        """A target's Fourier coefficients."""
        model = settings.replaced(self.settings["model"], truth)
        given = model, self.times, 1000 + number, "target", self.replicates
        batch = simulation.Batch(self.anatomy, *given)
        values = (
            piece for piece, _ in simulation.simulated(batch, progress=partial(tqdm, disable=True))
        )
        return fourier.estimate(simulation.Passing(batch, values), recorded=False)


def quantile(axis: fitting.Axis, one: fitting.Estimate, truth: float) -> tuple[float, float]:
    """How far an estimate is from the truth, in standard errors, and the normal quantile of that.

    In the coordinates of the fit, by the half of the interval that the truth is in.
    """
    at, low, high = map(axis.place, (one.value, one.low, one.high))
    away = axis.place(truth) - at
    half = (high - at if away > 0 else at - low) / fitting.NORMAL
    z = -away / half
    return z, 0.5 * math.erfc(z / math.sqrt(2))


def recovered(number: int) -> list[list]:
    """Of each parameter of a target: error, in parts and in standard errors, hit and quantile."""
    case = Case()
    truth = case.truth(number)
    data, _ = fit.cross_spectra(case.target(number, truth), case.replicates)
    model, times = case.settings["model"], case.times
    search = fitting.Search(
        case.anatomy, model, times, case.bounds, data, Observation(), calibrated=True
    )
    found = fitting.fit(search)
    rows = []
    for axis, one in zip(found.axes, found.estimates, strict=True):
        value = truth[axis.name]
        hit = one.low <= value <= one.high
        rows.append([one.value / value - 1, *quantile(axis, one, value), hit, one.identified])
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--targets", type=int, default=TARGETS)
    parser.add_argument("--out", type=Path, default=TABLE)
    given = parser.parse_args()
    with multiprocessing.Pool() as pool:
        found = np.array(pool.map(recovered, range(given.targets), chunksize=2), float)
    for k, key in enumerate(Case().bounds):
        error, z, quant, hit, told = found[:, k].T
        counts = np.histogram(quant, BINS, (0, 1))[0]
        print(
            key, np.median(np.abs(error)), z.mean(), z.std(ddof=1), hit.mean(), told.mean(), counts
        )


if __name__ == "__main__":
    main()
