"""The inverse operator that brings the sensors' field back to regions, and the noise of sensors.

A region's reconstructed series has some of all regions in it. A recording in source space is made
of such series, so what is simulated goes the same way before both are compared:
y = K (G s + e), with the lead field G, the noise e and the inverse K.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from restmeg import check, fingerprint, formats, leadfield, projection, recording, store
from restmeg.errors import InputError
from restmeg.leadfield import LeadField
from restmeg.measures.pearson import Moments

TITLE = "Inverse operator"
NONE, MINIMUM_NORM, LCMV = "none", "minimum_norm", "lcmv"  # sources of the configuration
REGULARISATION = {MINIMUM_NORM: 1 / 9, LCMV: 0.05}
DENSITY = {"mag": 3e-15, "grad": 3e-13}  # T/Hz^0.5 and T/m/Hz^0.5, as the schema has it
RANK = 1e-10  # of the largest eigenvalue: smaller ones are rounding, or of projected directions


class Inverse(NamedTuple):
    """What the section ``inverse`` of the configuration asks for, with a lead field's sensors."""

    source: str  # MINIMUM_NORM, LCMV, or "file"
    regularisation: float  # of a file 0
    matrix: np.ndarray | None  # (N, sensors) of a file, in any scale
    noise: np.ndarray  # (sensors, sensors) one-sided power, T^2/Hz; of gradiometers T/m for T
    remarks: tuple[str, ...] = ()  # what a user should be told

    def identity(self) -> list:
        """All that results depend on beside the lead field and the target."""
        return [self.source, self.regularisation, self.matrix, self.noise]


class Operator(NamedTuple):
    """What activity and noise become by an inverse operator, of regions ``labels``."""

    labels: list
    leakage: np.ndarray  # (N, N) reconstructed series in the rows, of a unit of rate in the columns
    noise: np.ndarray  # (components, N): independent standard normal samples times it are the noise
    parameters: dict  # how it was made


def from_settings(given: Mapping, field: LeadField, rate: float) -> Inverse | None:
    """The Inverse of the section ``inverse`` of a checked configuration; None if there is none.

    rate: Hz at which series are compared, which a file's covariance is of.

    Raises InputError for a file that cannot be used, is not of the lead field's regions, or has
    sensors that it has not.
    """
    if given["source"] == NONE:
        return None
    if given["noise_covariance"]:
        if given["sensor_noise"] != DENSITY:
            raise InputError(
                "config: inverse.sensor_noise: has no effect beside inverse.noise_covariance; "
                "expected one of them"
            )
        noise = 2 / rate * covariance(given["noise_covariance"], field.sensors)
    else:
        kinds = ["mag"] * len(field.sensors) if field.coils is None else field.coils.kinds
        noise = np.diag([given["sensor_noise"][kind] ** 2 for kind in kinds])
    if given["path"]:
        matrix, remarks = read(given["path"], field)
        return Inverse("file", 0.0, matrix, noise, remarks)
    source = given["source"]
    return Inverse(source, given["regularisation"] or REGULARISATION[source], None, noise)


def read(path: str | Path, field: LeadField) -> tuple[np.ndarray, tuple[str, ...]]:
    """The inverse (N, sensors) of a file, ordered as the lead field, and what is to be told of it.

    Sensors of the lead field that it does not use, as bad ones, count for nothing. Raises
    InputError as `from_settings` does.
    """
    raw = formats.reader("inverse", path)(path, {})
    matrix = check.numbers(path, "inverse", raw.inverse)
    names = check.unique_names(path, "sensor", raw.sensors)
    expected = np.size(raw.regions), len(names)
    if matrix.shape != expected:
        raise InputError(
            f"{path}: inverse: shape {matrix.shape}; expected {expected}, as there are names of "
            "regions and sensors"
        )
    order = check.match_regions(path, raw.regions, field.labels)
    place = {name: k for k, name in enumerate(field.sensors)}
    unknown = [name for name in names if name not in place]
    if unknown:
        raise InputError(
            f"{path}: {len(unknown)} of {len(names)} sensors, {check.some(unknown)}, are none of "
            f"the lead field's, {check.some(list(field.sensors))}; expected those of one system"
        )
    found = np.zeros((len(order), len(place)))
    found[:, [place[name] for name in names]] = matrix[order]
    empty = [label for label, row in zip(field.labels, found, strict=True) if not row.any()]
    if empty:
        raise InputError(
            f"{path}: inverse is zero for region {check.some(empty)}; expected weights of sensors"
        )
    left = [name for name in field.sensors if name not in set(names)]
    if not left:
        return found, ()
    remark = (
        f"{len(left)} of {len(place)} sensors of the lead field are not in it, {check.some(left)}, "
        "and count for nothing"
    )
    return found, (remark,)


def covariance(path: str | Path, sensors: check.Names) -> np.ndarray:
    """The noise covariance (sensors, sensors) of a file, T^2, with sensors in this order.

    Others that it has are left out. Raises InputError if it is no covariance, or lacks a sensor.
    """
    raw = formats.reader("covariance", path)(path, {})
    matrix = check.square(path, "covariance", raw.covariance)
    check.every(path, "covariance", matrix, np.isfinite(matrix), "finite values")
    names = check.unique_names(path, "sensor", raw.sensors)
    if len(names) != len(matrix):
        raise InputError(
            f"{path}: {len(names)} names of sensors; expected {len(matrix)}, as covariance has"
        )
    place = {name: k for k, name in enumerate(names)}
    missing = [name for name in sensors if name not in place]
    if missing:
        raise InputError(
            f"{path}: {len(missing)} of {len(sensors)} sensors of the lead field are not in it, "
            f"{check.some(missing)}; expected their noise"
        )
    order = [place[name] for name in sensors]
    matrix = matrix[np.ix_(order, order)]
    silent = [name for name, own in zip(sensors, np.diag(matrix), strict=True) if own <= 0]
    if silent:
        raise InputError(
            f"{path}: variance of sensor {check.some(silent)} is not positive; expected noise"
        )
    deviation = np.sqrt(np.diag(matrix))
    correlation = matrix / np.outer(deviation, deviation)
    if np.abs(correlation - correlation.T).max() > 1e-6:
        raise InputError(f"{path}: covariance is not symmetric; expected a covariance")
    lowest = np.linalg.eigvalsh((correlation + correlation.T) / 2)[0]
    if lowest < -1e-6 * len(sensors):
        raise InputError(
            f"{path}: covariance has a negative eigenvalue, {lowest:.3g} of correlations; expected "
            "a covariance"
        )
    return (matrix + matrix.T) / 2


def roots(noise: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A root (sensors, k) of a covariance, root root^T, and its whitener (k, sensors).

    k is its rank; units of sensors of different kinds do not count for it.
    """
    deviation = np.sqrt(np.diag(noise))
    values, vectors = np.linalg.eigh(noise / np.outer(deviation, deviation))
    kept = values > RANK * values[-1]
    size, vectors = np.sqrt(values[kept]), vectors[:, kept]
    return deviation[:, None] * vectors * size, (vectors / size).T / deviation


def minimum_norm(gain: np.ndarray, noise: np.ndarray, regularisation: float) -> np.ndarray:
    """The minimum-norm estimate (N, sensors) of sources, unweighted in depth, as MNE has it.

    R G^T (G R G^T + lambda^2 C)^-1, with the sources' covariance R a multiple of one that makes
    whitened sensors as strong as their noise on average: lambda^2 is 1 / SNR^2.

    gain: (N, sensors); noise: C, (sensors, sensors); regularisation: lambda^2.
    """
    _, whitener = roots(noise)
    white = whitener @ gain.T
    strength = len(whitener) / (white**2).sum()
    inner = strength * white @ white.T + regularisation * np.eye(len(whitener))
    return strength * white.T @ np.linalg.solve(inner, whitener)


def lcmv(
    gain: np.ndarray, noise: np.ndarray, data: np.ndarray, regularisation: float
) -> np.ndarray:
    """The weights (N, sensors) of beamformers that pass a unit of each source with least power.

    g^T D^-1 / (g^T D^-1 g), of whitened sensors (van Veen et al. 1997, IEEE TBME 44:867).

    gain: (N, sensors); noise, data: covariance (sensors, sensors) of noise and of all that is
    measured; regularisation: part of the mean variance that is added to the diagonal of the latter,
    once it is whitened. Raises InputError for a region without any field.
    """
    if not gain.any(axis=1).all():
        raise InputError(
            f"inverse: region number {int(np.argmin(gain.any(axis=1)))} has no field at the "
            "sensors; expected some of each for a beamformer"
        )
    _, whitener = roots(noise)
    white = whitener @ gain.T
    measured = whitener @ data @ whitener.T
    measured += regularisation * np.trace(measured) / len(measured) * np.eye(len(measured))
    weights = np.linalg.solve(measured, white)
    return (weights / (white * weights).sum(axis=0)).T @ whitener


def noise_factor(inverse: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """What makes reconstructed noise (samples, N) of standard normal numbers (samples, components).

    inverse: K, (N, sensors); noise: C, (sensors, sensors). A triangular root F of K C K^T = F^T F:
    as few numbers as there are regions, or sensors where those are fewer.
    """
    root, _ = roots(noise)
    factor = np.asarray(np.linalg.qr((inverse @ root).T, mode="r"))
    return factor * np.where(np.diag(factor) < 0, -1.0, 1.0)[:, None]


def source_covariance(paths: Sequence[str | Path]) -> np.ndarray:
    """Covariance (N, N) of activity over time within replicates. paths: of activity.nc."""
    scatter, n = np.zeros(()), 0
    for path in paths:
        with recording.opened(path) as series:
            for k in range(len(series.replicates)):
                moments = Moments()
                for piece in series.pieces(k):
                    moments.add(piece)
                scatter, n = scatter + moments.scatter(), n + moments.n - 1
    return scatter / n


def write(
    leadfield_path: str | Path,
    labels: check.Names,
    given: Mapping,
    planned: str,
    scale: float,
    rates: tuple[float, float],
    target_paths: Sequence[str | Path],
    path: str | Path,
) -> None:
    """Write inverse.nc: the operator, and what it makes of activity and noise.

    leadfield_path: leadfield.nc, of regions ``labels``; given: the section ``inverse``; planned:
        digest of what it leads to; scale: nA m/mV; rates: Hz of simulated series, and at which they
        are compared; target_paths: activity.nc of the target, which a beamformer is adapted to.
    path: ``inverse`` (region, sensor), ``leakage`` (region_to, region_from) and ``sensor_noise``
        (component, region), of samples at the first of the rates.

    Raises InputError as `from_settings` does, or if files are not what was planned with.
    """
    field = leadfield.read(leadfield_path, labels)
    found = from_settings(given, field, rates[1])
    if found is None:
        raise InputError(f"config: inverse.source: {NONE}; expected an inverse")
    named = given["path"] or given["noise_covariance"] or "config: inverse"
    fingerprint.check_content(named, planned, *found.identity())
    gain, noise = projection.scaled(field.gain, scale), found.noise * rates[0] / 2
    if found.matrix is not None:
        inverse = found.matrix
    elif found.source == MINIMUM_NORM:
        inverse = minimum_norm(gain, noise, found.regularisation)
    else:
        data = gain.T @ source_covariance(target_paths) @ gain + noise
        inverse = lcmv(gain, noise, data, found.regularisation)
    parameters: dict[str, Any] = {"source": found.source, "scale": scale, "rate": rates[0]}
    if found.matrix is None:
        parameters["regularisation"] = found.regularisation
    with store.new_netcdf(path, TITLE, parameters) as dataset:
        store.add(dataset, "region", field.labels)
        store.add(dataset, "sensor", field.sensors)
        store.add(dataset, "inverse", inverse)
        for end in ("region_to", "region_from"):
            store.add(dataset, end, field.labels)
        store.add(dataset, "leakage", inverse @ gain.T)
        store.add(dataset, "sensor_noise", noise_factor(inverse, noise))


def operator(path: str | Path) -> Operator:
    """What inverse.nc makes of activity and noise."""
    with store.open_netcdf(path, "leakage", "sensor_noise", "region") as dataset:
        return Operator(
            [str(name) for name in dataset["region"][...]],
            store.read_values(dataset["leakage"]),
            store.read_values(dataset["sensor_noise"]),
            store.provenance(dataset)[0],
        )
