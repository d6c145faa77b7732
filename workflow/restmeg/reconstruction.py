"""Activity as sensors and an inverse operator would show it: with leakage, and with their noise."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from restmeg import exact, inverse, recording, store
from restmeg.errors import InputError, warn_of_results
from restmeg.model import ROLES

TITLE = "Reconstructed activity"
STREAM = int.from_bytes(b"sens")  # keeps these random numbers from those of other uses of a seed
NOISY = 0.5  # share of the variance that is noise, above which it is told


def generator(seed: int, role: str, replicate: int, stream: int = STREAM) -> np.random.Generator:
    """The random numbers of a replicate's sensors; they depend on nothing else.

    seed: of the role, a key of `model.ROLES`; stream: of what they are.
    """
    key = np.array([seed, stream << 32 | int(replicate)], np.uint64)
    counter = np.array([0, 0, 0, ROLES[role]], np.uint64)
    return np.random.Generator(np.random.Philox(key=key, counter=counter))


class Reconstructed:
    """Series seen through sensors and an inverse, with the interface of `estimation.Series`."""

    def __init__(self, series: Any, operator: inverse.Operator, seed: int, role: str) -> None:
        """series: of simulated activity; seed: of their role, a key of `model.ROLES`.

        Raises InputError if the operator is of other regions.
        """
        if [str(name) for name in series.labels] != operator.labels:
            raise InputError("inverse.nc: its regions are not those of the activity")
        self.series, self.operator, self.seed, self.role = series, operator, seed, role
        self.replicates, self.labels = series.replicates, series.labels
        self.n_samples, self.sampling_rate = series.n_samples, series.sampling_rate

    def pieces(self, k: int) -> Iterator[np.ndarray]:
        """Yield replicate number k in pieces (samples, N) of 32 bits, in the inverse's unit."""
        random = generator(self.seed, self.role, self.replicates[k])
        leakage, factor = self.operator.leakage.T, self.operator.noise
        for piece in self.series.pieces(k):
            noise = random.standard_normal((len(piece), len(factor)))
            values = exact.product(piece.astype(np.float64), leakage)
            yield (values + exact.product(noise, factor)).astype(np.float32)


def reconstruct_file(
    activity_path: str | Path,
    inverse_path: str | Path,
    seed: int,
    role: str,
    point: str,
    path: str | Path,
) -> None:
    """Write reconstructed.nc for one file of activity.

    activity_path: ``rate_E`` (replicate, time, region); inverse_path: inverse.nc; seed: of the
        role; point: name of the model, for messages.
    path: ``reconstructed`` (replicate, time, region), and ``noise_share`` (replicate, region) of
        its variance.

    Warns (ResultWarning), and notes in the file, if it is mostly noise. Raises InputError if the
    two are not of the same regions in the same order.
    """
    operator = inverse.operator(inverse_path)
    of_noise = (operator.noise**2).sum(axis=0)
    with recording.opened(activity_path) as activity:
        series = Reconstructed(activity, operator, seed, role)
        raw = activity.raw
        parameters = raw.provenance | {"inverse": operator.parameters}
        shape = len(series.replicates), series.n_samples, len(series.labels)
        with (
            store.open_netcdf(activity_path) as source,
            store.new_netcdf(path, TITLE, parameters, seed) as dataset,
        ):
            store.copy_variables(source, dataset, "replicate", "time", "region")
            out = store.add_series(dataset, "reconstructed", shape)
            shares = np.empty((shape[0], shape[2]))
            for k in range(shape[0]):
                shares[k] = np.minimum(1.0, of_noise / _filled(out, k, series.pieces(k)))
            store.add(dataset, "noise_share", shares)
            notes, share = [], float(np.median(shares))
            if share > NOISY:
                notes.append(
                    f"sensor noise is {100 * share:.0f} % of the variance of reconstructed series, "
                    "over all frequencies that their sampling has"
                )
            store.add_notes(dataset, raw.notes + notes)
    warn_of_results(f"{role}, point {point}", notes)


def _filled(out, k, pieces):
    """Put pieces of a replicate where they belong; returns the variance (N,) of its series."""
    n, origin, sums, squares = 0, 0.0, 0.0, 0.0
    for piece in pieces:
        out[k, n : n + len(piece)] = piece
        origin = origin if n else piece[0].astype(np.float64)
        n += len(piece)
        apart = piece - origin
        sums, squares = sums + apart.sum(axis=0), squares + (apart**2).sum(axis=0)
    return (squares - sums**2 / n) / n
