"""What theory.nc says of the scores of a point."""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from restmeg import check, store


class Predicted(NamedTuple):
    """What theory.nc says of scores."""

    scores: dict[str, tuple[float, float]]  # name: expected value and standard deviation
    log_likelihood: np.ndarray  # (target replicates,)
    replicates: np.ndarray  # (target replicates,)
    notes: list


def read(path: str | Path, point: str) -> Predicted:
    """What theory.nc of a point says of scores. Raises InputError if it is of another point."""
    with store.open_netcdf(path, "log_likelihood", "target_replicate") as dataset:
        check.same(path, "point", store.provenance(dataset)[0].get("point"), point)
        found = {}
        if "score" in dataset.variables:
            columns = (dataset[name][...] for name in ("score", "expected", "expected_sd"))
            found = {str(name): (float(x), float(sd)) for name, x, sd in zip(*columns, strict=True)}
        return Predicted(
            found,
            dataset["log_likelihood"][...],
            dataset["target_replicate"][...],
            store.notes(dataset),
        )
