"""What theory.nc says of the scores of a point."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from restmeg import check, estimands, store
from restmeg.errors import InputError
from restmeg.estimands import Kind


class Predicted(NamedTuple):
    """What theory.nc says of scores."""

    scores: dict[Kind, dict[str, tuple[float, float]]]  # name: expected value and deviation
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
            names = [str(name) for name in dataset["score"][...]]
            values, deviations = (dataset[name][...] for name in ("expected", "expected_sd"))
            for kind, place in _places(dataset).items():
                pairs = zip(map(float, values[place]), map(float, deviations[place]), strict=True)
                found[kind] = dict(zip(names, pairs, strict=True))
        return Predicted(
            found,
            dataset["log_likelihood"][...],
            dataset["target_replicate"][...],
            store.notes(dataset),
            unsettled(float(dataset["growth_rate"][...]), parameters["transient"]),
        )


def _places(dataset):
    """Measures and bands of a file, and where they are in its variables over both."""
    names, bands = ([str(name) for name in dataset[of][...]] for of in ("measure", "band"))
    kinds = estimands.kinds(names, bands)
    return dict(zip(kinds, estimands.places(kinds, names, bands), strict=True))


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
    endless: bool  # whether that is of an endless recording, or of one as long as the study's
    trouble: str  # why it does not hold, in words; empty where it does


def over_length(path: str | Path, point: str, kind: Kind) -> OverLength:
    """What theory.nc says beyond this study's length of a measure in a band.

    Raises InputError if it is of another point, or not of that.
    """
    with store.open_netcdf(path, "fc", "measure", "band") as dataset:
        parameters, _ = store.provenance(dataset)
        check.same(path, "point", parameters.get("point"), point)
        place = _places(dataset).get(kind)
        if place is None:
            raise InputError(f"{path}: is not of {kind}; expected it, as what is simulated is")
        lengths, expected = np.zeros(0), {}
        trouble = "; ".join(store.notes(dataset))
        if "score" in dataset.variables:
            lengths = dataset["length"][...]
            values = dataset["expected_over_length"][place].T
            known = zip(map(str, dataset["score"][...]), values, strict=True)
            expected = {name: one for name, one in known if np.isfinite(one).any()}
        fc, endless = dataset["fc"][place], True
        if "fc_as_long" in dataset.variables:
            as_long = dataset["fc_as_long"][place]
            fc, endless = as_long, np.array_equal(fc, as_long)
        if np.isnan(fc).all() and not trouble:
            trouble = f"there is none of {kind.words}"
        if parameters.get("reconstructed"):  # it is of activity, and what is found is not
            fc = np.full_like(fc, np.nan)
        return OverLength(lengths, expected, parameters["length"] / 1000, fc, endless, trouble)
