"""MEG sensors: names, kinds, where they are and how they lie, in head coordinates.

Head coordinates are MNE's: x to the right ear, y to the nose, z up. Each sensor has the coil type
by which MNE knows its shape. MNE is imported where it is used, as it takes a while.
"""

import contextlib
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from restmeg import check
from restmeg.errors import InputError, reason

UNITS = {"mag": "T", "grad": "T/m"}  # of what a kind of sensor measures
MIXED = "sensor_unit"  # units of what is of sensors of both kinds: see the variable of that name
RADIUS = 0.12  # m: of a helmet of point magnetometers
HEAD = 4  # MNE's number of head coordinates
POINT = 2000  # MNE's coil type of a magnetometer of no size
# Systems by name: MNE's name, and where the origin of their own coordinates is put, m. The middle
# of the sphere that fits their sensors best is then at ORIGIN.
SYSTEMS = {
    "neuromag306": ("neuromag", (0.0, -0.015, 0.051)),
    "ctf275": ("ctf275", (0.0, 0.004, 0.059)),
}
ORIGIN = (0.0, 0.0, 0.04)  # m: of the head's sphere
VARIABLES = ("sensor_kind", "sensor_unit", "sensor_position", "sensor_axes", "coil_type")


class Coils(NamedTuple):
    """Sensors of known kind and place."""

    kinds: np.ndarray  # (sensors,) "mag" (T) or "grad" (T/m)
    positions: np.ndarray  # (sensors, 3) m
    axes: np.ndarray  # (sensors, 3, 3) unit vectors of the coil; the last is its normal
    types: np.ndarray  # (sensors,) MNE's coil types

    def taken(self, chosen: Any) -> "Coils":
        """Those of some sensors."""
        return Coils(*(part[chosen] for part in self))

    def units(self) -> np.ndarray:
        """What each sensor measures in."""
        return np.array([UNITS[kind] for kind in self.kinds], dtype=object)

    def variables(self) -> dict[str, np.ndarray]:
        """What a file says of them."""
        parts = (self.kinds, self.units(), self.positions, self.axes, self.types)
        return dict(zip(VARIABLES, parts, strict=True))


def unit(coils: Coils | None) -> str:
    """The unit of what sensors measure, T where their kinds are not known, or MIXED."""
    found = {"T"} if coils is None else set(coils.units())
    return found.pop() if len(found) == 1 else MIXED


def stored(path: str | Path, variables: dict[str, Any]) -> Coils | None:
    """Coils of the VARIABLES of a file, or None if it has no kinds of sensors.

    Raises InputError for what cannot be; whether there are as many as the file has sensors is for
    who knows those.
    """
    if "sensor_kind" not in variables:
        return None
    missing = [name for name in VARIABLES if name not in variables]
    if missing:
        raise InputError(
            f"{path}: has sensor_kind but no variable {check.some(missing)}; expected all of "
            f"{', '.join(VARIABLES)}, or none"
        )
    parts = [np.asarray(variables[name]) for name in VARIABLES]
    kinds, units, positions, axes, types = parts
    n, shapes = kinds.size, [part.shape for part in parts]
    numbers = all(part.dtype.kind in "fiu" and np.isfinite(part).all() for part in parts[2:])
    if shapes != [(n,), (n,), (n, 3), (n, 3, 3), (n,)] or not numbers:
        raise InputError(
            f"{path}: {', '.join(VARIABLES)} have shapes {check.some(shapes, quote='', shown=5)}; "
            f"expected texts of {(n,)} and {(n,)} and finite numbers of {(n, 3)}, {(n, 3, 3)} and "
            f"{(n,)}"
        )
    coils = Coils(kinds.astype(str).astype(object), positions, axes, types)
    unknown = sorted(set(coils.kinds) - set(UNITS))
    if unknown:
        raise InputError(f"{path}: sensor_kind: {check.some(unknown)}; expected mag or grad")
    if list(coils.units()) != [str(unit) for unit in units]:
        raise InputError(
            f"{path}: sensor_unit: other units than those of sensor_kind; expected T for mag and "
            "T/m for grad"
        )
    return coils


def helmet(number: int) -> tuple[np.ndarray, Coils]:
    """Names and coils of radial point magnetometers, evenly spread over the upper half of a sphere.

    On a spiral: the k-th of n is (k + 1/2)/n of RADIUS above ORIGIN, and each is turned from the
    one before by the golden angle.
    """
    k = np.arange(number)
    height = (k + 0.5) / number
    angle = k * np.pi * (3 - np.sqrt(5))
    wide = np.sqrt(1 - height**2)
    normals = np.stack([wide * np.cos(angle), wide * np.sin(angle), height], axis=1)
    names = np.array([f"S{k}" for k in range(number)], dtype=object)
    return names, points(np.array(ORIGIN) + RADIUS * normals, normals)


def points(positions: np.ndarray, normals: np.ndarray) -> Coils:
    """Point magnetometers at positions (n, 3) m with unit normals (n, 3)."""
    # Any two perpendicular vectors will do: a point has no other direction than its normal.
    other = np.where(np.abs(normals[:, :1]) < 0.9, [[1.0, 0.0, 0.0]], [[0.0, 1.0, 0.0]])
    second = np.cross(normals, other)
    second /= np.linalg.norm(second, axis=1, keepdims=True)
    axes = np.stack([np.cross(second, normals), second, normals], axis=1)
    n = len(positions)
    return Coils(np.full(n, "mag", dtype=object), positions, axes, np.full(n, POINT))


def find(given: int | str) -> tuple[np.ndarray, Coils]:
    """Names and coils of a number of point magnetometers, a system of SYSTEMS, or a file.

    A file is FIF of MNE, whose transformation from device to head counts, or text: a line for each
    point magnetometer with its name, position (mm) and direction. Raises InputError if it cannot be
    used.
    """
    if isinstance(given, int):
        return helmet(given)
    if given in SYSTEMS:
        import mne

        system, shift = SYSTEMS[given]
        info = mne.channels.read_meg_canonical_info(system, verbose="ERROR")
        names, coils = of_info(given, info)
        return names, coils._replace(positions=coils.positions + np.array(shift))
    if str(given).endswith(".fif"):
        import mne

        with problems_told(given, "information on sensors"):
            info = mne.io.read_info(given, verbose="ERROR")
        return of_info(given, info)
    from restmeg.formats import vectors

    names, values = vectors.named(given, 6)
    size = np.linalg.norm(values[:, 3:], axis=1)
    if not size.all():
        raise InputError(
            f"{given}: sensor '{names[np.argmin(size)]}' has the direction 0, 0, 0; expected a "
            "vector"
        )
    return names, points(values[:, :3] / 1000, values[:, 3:] / size[:, None])


@contextlib.contextmanager
def problems_told(path: str | Path, what: str) -> Iterator[None]:
    """Raise InputError for whatever a block that reads a FIF file raises: it can be broken anyhow.

    what: that is expected in the file.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # such as that its name is not what MNE would call it
            yield
    except InputError:
        raise
    except Exception as error:
        raise InputError(
            f"{path}: cannot be read as FIF ({reason(error)}); expected {what}"
        ) from None


def of_info(path: str | Path, info: Any) -> tuple[np.ndarray, Coils]:
    """Names and coils of the MEG channels of an MNE Info, in head coordinates.

    Raises InputError if it has none, or does not say where the head is.
    """
    import mne

    picks = mne.pick_types(info, meg=True, ref_meg=False, exclude=())
    if not len(picks):
        raise InputError(f"{path}: no MEG channel; expected some")
    channels = [info["chs"][k] for k in picks]
    location = np.array([channel["loc"][:12] for channel in channels], dtype=np.float64)
    location = location.reshape(-1, 4, 3)
    if not np.isfinite(location).all() or not location[:, 1:].any():
        raise InputError(f"{path}: positions of MEG channels are missing; expected them")
    moved, turned = np.zeros(3), np.eye(3)
    if info["dev_head_t"] is not None:
        turned, moved = info["dev_head_t"]["trans"][:3, :3], info["dev_head_t"]["trans"][:3, 3]
    elif any(channel["coord_frame"] != HEAD for channel in channels):
        raise InputError(
            f"{path}: has its sensors in coordinates of the device and no dev_head_t, which brings "
            "them to the head; expected it: set info['dev_head_t'] to that of a recording of the "
            "same head, or to mne.Transform('meg', 'head') if both coordinates are the same"
        )
    kinds = [mne.channel_type(info, k) for k in picks]
    coils = Coils(
        np.array(kinds, dtype=object),
        np.einsum("ij,nj->ni", turned, location[:, 0]) + moved,
        np.einsum("ij,nkj->nki", turned, location[:, 1:]),
        np.array([int(channel["coil_type"]) for channel in channels]),
    )
    return np.array([info["ch_names"][k] for k in picks], dtype=object), coils


def to_info(names: check.Names, coils: Coils, sampling_rate: float) -> Any:
    """An MNE Info of sensors, whose device has head coordinates. sampling_rate: Hz."""
    import mne

    info = mne.create_info(list(names), sampling_rate, list(coils.kinds), verbose="ERROR")
    info["dev_head_t"] = mne.Transform("meg", "head")
    for channel, position, axes, kind in zip(
        info["chs"], coils.positions, coils.axes, coils.types, strict=True
    ):
        channel["loc"][:] = np.concatenate([position, axes.ravel()])
        channel["coil_type"] = int(kind)
    return info
