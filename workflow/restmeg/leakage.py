"""How alike leakage alone makes functional connectivity: of uncoupled sources, as a null.

Regions are shifted in time against each other, around the ends of their replicate. Each keeps its
spectrum and amplitude, sensors and inverse are the same, but no region follows another.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from restmeg import (
    connectome,
    estimands,
    estimated,
    estimation,
    inverse,
    recording,
    scoring,
    segments,
    store,
    tables,
)
from restmeg.errors import InputError, warn_of_results
from restmeg.reconstruction import Reconstructed, generator
from restmeg.scores import LEAKAGE

TITLE = "Functional connectivity of uncoupled regions"
STREAM = int.from_bytes(b"shif")  # keeps shifts from other uses of a seed
APART = 1.0  # s between shifts, below which it is told
# What a row of leakage.csv is of: activity itself, and reconstructed, of coupled regions or not.
BEFORE, AFTER, NULL = "activity", "reconstructed", "leakage_null"
MATCH = "fc_match"


def shifts(seed: int, replicate: int, n_regions: int, n_samples: int) -> np.ndarray:
    """By how many samples each region is shifted, (N,): evenly spaced, in random order.

    So no two regions are nearer to each other than n_samples / N. seed: of simulated replicates.
    """
    order = generator(seed, "simulated", replicate, STREAM).permutation(n_regions)
    return order * n_samples // n_regions


class Shifted:
    """Series whose regions are shifted in time, with the interface of `estimation.Series`."""

    def __init__(self, series: Any, seed: int) -> None:
        """series: of simulated replicates, of each of which all is held at once."""
        self.series, self.seed = series, seed
        self.replicates, self.labels = series.replicates, series.labels
        self.n_samples, self.sampling_rate = series.n_samples, series.sampling_rate

    def pieces(self, k: int) -> Iterator[np.ndarray]:
        """Yield replicate number k in pieces (samples, N)."""
        whole = np.empty((self.n_samples, len(self.labels)), np.float32)
        at = 0
        for piece in self.series.pieces(k):
            whole[at : at + len(piece)] = piece
            at += len(piece)
        for column, by in zip(whole.T, self.by(k), strict=True):
            column[:] = np.roll(column, by)
        length = store.piece_length(len(self.labels))
        for first in range(0, self.n_samples, length):
            yield whole[first : first + length]

    def by(self, k: int) -> np.ndarray:
        """The shifts of replicate number k, see `shifts`."""
        return shifts(self.seed, self.replicates[k], len(self.labels), self.n_samples)


def null_file(
    activity_path: str | Path,
    inverse_path: str | Path,
    asked: estimands.Asked,
    seed: int,
    point: str,
    path: str | Path,
    alike: tuple[int, float, float] | None = None,
) -> None:
    """Write leakage.nc: connectivity of a point's replicates once their regions are uncoupled.

    activity_path: activity.nc, simulated; inverse_path: inverse.nc; seed: of simulated replicates,
        whose sensor noise is the same; point, asked, alike: see `estimation.estimate_file`.
    path: ``fc`` (measure, band, replicate, region_to, region_from).

    Warns (ResultWarning), and notes in the file, if shifts are short. Raises InputError as
    `estimation.estimate` does.
    """
    with recording.opened(activity_path) as activity:
        shifted = Shifted(activity, seed)
        series = Reconstructed(shifted, inverse.operator(inverse_path), seed, "simulated")
        given: Any = series if alike is None else segments.alike(series, alike)
        found = estimation.estimate(given, asked, LEAKAGE)
        parameters = (
            activity.raw.provenance | {"role": LEAKAGE, "point": point} | asked.parameters()
        )
        notes = list(found.notes)
        rate, n = activity.sampling_rate, len(activity.labels)
        apart = activity.n_samples / rate / n if rate else APART
        if apart < APART:
            notes.append(
                f"regions of the leakage null are {apart:.2g} s apart, as replicates are no "
                "longer: what is coupled over longer is left in it"
            )
    warn_of_results(f"leakage null, point {point}", notes)
    with store.new_netcdf(path, TITLE, parameters, seed) as dataset:
        for name, values in found.contents(series).items():
            store.add(dataset, name, values)
        store.add_notes(dataset, notes)


def write_table(
    simulated: dict[str, Sequence[str | Path]],
    target_paths: Sequence[str | Path],
    connectome_path: str | Path,
    point: str,
    path: str | Path,
) -> None:
    """Write leakage.csv: the FC match of a point before and after the inverse, and of the null.

    simulated: paths of files of connectivity by BEFORE, AFTER and NULL; target_paths: of the
    target's. Raises InputError if they do not belong together.
    """
    anatomy = connectome.read(connectome_path)
    target = estimated.read(target_paths, "target", anatomy.labels)
    rows: list[list] = [["measure", "band", "of", "value", "ci_low", "ci_high", "n"]]
    for name, paths in simulated.items():
        role = LEAKAGE if name == NULL else "simulated"
        own = estimated.read(paths, role, anatomy.labels)
        if (own.point, own.kinds) != (point, target.kinds):
            raise InputError(
                f"{paths[0]}: point {own.point}, {estimated.listed(own.kinds)}; expected {point}, "
                f"{estimated.listed(target.kinds)}"
            )
        scored = scoring.scored(own, target, anatomy.weights, anatomy.distances, [MATCH])
        for one in scored:
            summary = map(tables.number, one.found.summary)
            rows.append([one.measure, one.band, name, *summary])
    tables.write(path, [rows[0], *sorted(rows[1:], key=lambda row: row[:2])])
