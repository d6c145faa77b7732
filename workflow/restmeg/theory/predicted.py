"""What theory.nc says of the scores of a point."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from restmeg import check, store


class Predicted(NamedTuple):
    """What theory.nc says of scores."""

    scores: dict[str, tuple[float, float]]  # name: expected value and standard deviation
    log_likelihood: np.ndarray  # (target replicates,)
    replicates: np.ndarray  # (target replicates,)
    notes: list  # why there is something that theory does not say
    remarks: list  # what it says of the simulation

    def of(self, replicates: Sequence[int] | None) -> "Predicted":
        """That of some replicates of the target alone, or of all for None."""
        kept = np.isin(self.replicates, self.replicates if replicates is None else replicates)
        return self._replace(
            log_likelihood=self.log_likelihood[kept], replicates=self.replicates[kept]
        )


def unsettled(growth_rate: float, transient: float) -> list[str]:
    """What is to be known of a transient, in words, if the network takes longer to settle.

    growth_rate: of the slowest mode, 1 / ms; transient: in ms, that simulations leave out.
    """
    slowest = -1 / growth_rate if growth_rate < 0 else 0.0
    if slowest <= transient:
        return []
    return [
        f"the network settles with a time constant of {slowest:.3g} ms, longer than the transient "
        f"of {transient:.4g} ms: replicates begin where it has not settled; expected a longer "
        "simulation.transient"
    ]


def read(path: str | Path, point: str) -> Predicted:
    """What theory.nc of a point says of scores. Raises InputError if it is of another point."""
    with store.open_netcdf(path, "log_likelihood", "target_replicate", "growth_rate") as dataset:
        parameters, _ = store.provenance(dataset)
        check.same(path, "point", parameters.get("point"), point)
        found = {}
        if "score" in dataset.variables:
            columns = (dataset[name][...] for name in ("score", "expected", "expected_sd"))
            found = {str(name): (float(x), float(sd)) for name, x, sd in zip(*columns, strict=True)}
        return Predicted(
            found,
            dataset["log_likelihood"][...],
            dataset["target_replicate"][...],
            store.notes(dataset),
            unsettled(float(dataset["growth_rate"][...]), parameters["transient"]),
        )


def power(path: str | Path, point: str) -> tuple[np.ndarray, np.ndarray]:
    """Frequencies (n,) in Hz and power (N, n) in theory; NaN where it does not hold for what is
    scored, as of series seen through an inverse.

    Raises InputError if theory.nc is of another point.
    """
    with store.open_netcdf(path, "power", "frequency") as dataset:
        parameters, _ = store.provenance(dataset)
        check.same(path, "point", parameters.get("point"), point)
        holds = np.nan if parameters.get("reconstructed") else 1.0
        return dataset["frequency"][...], holds * dataset["power"][...]


class OverLength(NamedTuple):
    """Scores to be expected over the length of a recording, and what theory.nc says else."""

    lengths: np.ndarray  # (n,) s
    expected: dict[str, np.ndarray]  # {score: (n,)}, none where theory does not hold
    seconds: float  # of this study's replicates
    fc: np.ndarray  # (N, N), NaN where theory does not hold for what is scored
    trouble: str  # why it does not, in words; empty where it holds


def over_length(path: str | Path, point: str) -> OverLength:
    """What theory.nc says beyond this study's length. Raises InputError if of another point."""
    with store.open_netcdf(path, "fc") as dataset:
        parameters, _ = store.provenance(dataset)
        check.same(path, "point", parameters.get("point"), point)
        lengths, expected = np.zeros(0), {}
        if "score" in dataset.variables:
            lengths = dataset["length"][...]
            values = dataset["expected_over_length"][...].T
            expected = dict(zip(map(str, dataset["score"][...]), values, strict=True))
        seconds = parameters["length"] / 1000
        trouble = "; ".join(store.notes(dataset))
        fc = dataset["fc"][...]
        if parameters.get("reconstructed"):  # it is of activity, and what is found is not
            fc = np.full_like(fc, np.nan)
        return OverLength(lengths, expected, seconds, fc, trouble)
