"""What a fit by simulation proposes and finds at one place of the parameters: its files."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from restmeg import store, tables
from restmeg.estimands import Kind
from restmeg.surrogate import Known

TITLE = "Distance of a model from the target"


class Distance(NamedTuple):
    """How far a model is from the target, in all kinds of what is compared."""

    kinds: list[Kind]
    values: np.ndarray  # (kinds,) squared distance per value; inf or NaN where there is none
    weights: np.ndarray  # (kinds,) of these in the whole distance
    without_replicate: np.ndarray  # (kinds, n) the same without each simulated replicate
    without_target: np.ndarray  # (kinds, m) and without each of the target's

    def known(self, place: np.ndarray) -> Known:
        """The whole distance at a place (P,), with and without replicates."""
        sides = self.without_replicate, self.without_target
        without = [(self.weights @ side)[None] for side in sides]
        return Known(place[None], np.array([self.weights @ self.values]), without)


def deviation(known: Known) -> float:
    """Standard error of the one value that is known: the jackknife's over both sides."""
    if not np.isfinite(known.values[0]):
        return np.nan
    return float(np.sqrt(sum((len(side) - 1) * side.var() for (side,) in known.without)))


def proposal(path: str | Path, number: int) -> dict[str, float]:
    """The values of one row of a round's points.csv, by their dotted names."""
    head, rows = tables.read(path)
    (row,) = (row for row in rows if int(row["number"]) == number)
    return {name: float(row[name]) for name in head[1:]}


class Evaluation(NamedTuple):
    """What a file of an evaluation says."""

    round: int
    values: Mapping[str, float]  # of parameters, by their dotted names
    distance: Distance
    replicates: list[int]  # of the target that were compared with
    notes: list[str]


def read(path: str | Path) -> Evaluation:
    """What a file of an evaluation says. Raises InputError for another file."""
    with store.open_netcdf(path, "parameter", "objective", "without_target") as dataset:
        parameters, _ = store.provenance(dataset)
        names = (dataset[name][...] for name in Kind._fields)
        distances = Distance(
            [Kind(str(measure), str(band)) for measure, band in zip(*names, strict=True)],
            *(
                dataset[name][...]
                for name in ("distance", "weight", "without_replicate", "without_target")
            ),
        )
        values = zip(dataset["parameter"][...], dataset["value"][...], strict=True)
        return Evaluation(
            parameters["round"],
            {str(name): float(value) for name, value in values},
            distances,
            parameters["target_replicates"],
            store.notes(dataset),
        )
