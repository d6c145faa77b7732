"""The lead field of a spherical head, by MNE: of a current dipole in each region.

In a sphere neither its size nor its conductivity counts for the field outside (Sarvas 1987), and a
radial dipole has none.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from restmeg import check, sensors
from restmeg.errors import InputError

SMALLEST = 0.01  # m: no brain is smaller
RADIUS = 0.09  # m: of the head
ORIGIN = np.array(sensors.ORIGIN)


def computed(given: Mapping, labels: check.Names, centres: Any) -> dict:
    """Parts of a LeadField of the section ``leadfield`` of a checked configuration, by name.

    centres: (N, 3) of the regions, in mm in whatever coordinates whose axes point to the right, to
    the front and up; used where ``centres`` of the section names no file. They are shifted so that
    the middle of their bounding box is the sphere's.

    Raises InputError for centres that are not known or outside the head, and for sensors in it.
    """
    from restmeg.formats import vectors

    where = given["centres"] or "connectome"
    if given["centres"]:
        centres = vectors.of_regions(given["centres"], labels)
    elif centres is None:
        raise InputError(
            "config: leadfield.source: sphere needs the centres of the regions, and the connectome "
            "has none; expected a file of them in leadfield.centres (name, x, y and z in mm a line)"
        )
    centres = np.asarray(centres, dtype=np.float64)
    middle = (centres.min(axis=0) + centres.max(axis=0)) / 2
    radii = (centres - middle) / 1000
    distance = np.linalg.norm(radii, axis=1)
    if distance.max() < SMALLEST:
        raise InputError(
            f"{where}: the centres of all regions are within {1000 * distance.max():.3g} mm of "
            f"their middle; expected those of a brain, in mm (are they in m?)"
        )
    if not (distance < RADIUS).all():
        k = int(np.argmax(distance))
        raise InputError(
            f"{where}: the centre of region '{labels[k]}' is {1000 * distance[k]:.4g} mm from the "
            f"middle of all; expected less than {1000 * RADIUS:g} mm, the radius of the head (are "
            "centres in mm?)"
        )
    directions = tangents(radii)
    if given["dipoles"] not in (None, "tangential"):
        directions = unit_vectors(given["dipoles"], labels)
    names, coils = sensors.find(given["sensors"])
    names = check.unique_names("config: leadfield.sensors", "sensor", names)
    near = np.linalg.norm(coils.positions - ORIGIN, axis=1)
    if not (near > RADIUS).all():
        k = int(np.argmin(near))
        raise InputError(
            f"config: leadfield.sensors: sensor '{names[k]}' is {1000 * near[k]:.4g} mm from the "
            f"middle of the head; expected more than {1000 * RADIUS:g} mm, the head's radius"
        )
    return {
        "gain": gain(ORIGIN + radii, directions, names, coils),
        "sensors": names,
        "coils": coils,
        "sources": (1000 * (ORIGIN + radii), directions),
        "made": {
            "sensors": given["sensors"],
            "dipoles": given["dipoles"] or "tangential",
            "centres": where,
            "centres_shift_mm": [float(x) for x in 1000 * ORIGIN - middle],
            "sphere_origin_mm": [float(x) for x in 1000 * ORIGIN],
            "sphere_radius_mm": 1000 * RADIUS,
        },
    }


def tangents(radii: np.ndarray) -> np.ndarray:
    """A unit vector (N, 3) perpendicular to each radius vector: z x r, on its circle of latitude.

    On the vertical axis, where there is none, it is x.
    """
    east = np.cross([0.0, 0.0, 1.0], radii)
    size = np.linalg.norm(east, axis=1, keepdims=True)
    whole = np.linalg.norm(radii, axis=1, keepdims=True)
    on_axis = size <= 1e-9 * np.maximum(whole, 1e-9)
    return np.where(on_axis, [[1.0, 0.0, 0.0]], east / np.where(on_axis, 1.0, size))


def unit_vectors(path: str, labels: check.Names) -> np.ndarray:
    """Directions (N, 3) of regions in a file, of length 1. Raises InputError if one has none."""
    from restmeg.formats import vectors

    found = vectors.of_regions(path, labels)
    size = np.linalg.norm(found, axis=1, keepdims=True)
    if not size.all():
        raise InputError(
            f"{path}: the direction of region '{labels[int(np.argmin(size))]}' is 0, 0, 0; "
            "expected a vector"
        )
    return found / size


def gain(
    positions: np.ndarray, directions: np.ndarray, names: check.Names, coils: sensors.Coils
) -> np.ndarray:
    """Gain (N, sensors) in T/(nA m), of gradiometers in T/m/(nA m), of dipoles in the sphere.

    positions: (N, 3) m in head coordinates; directions: (N, 3) unit vectors.
    """
    import mne

    info = sensors.to_info(names, coils, 1000.0)
    # Without shells: MNE would leave out what is beyond the innermost, which counts for EEG alone.
    sphere = mne.make_sphere_model(r0=sensors.ORIGIN, head_radius=None, verbose="ERROR")
    dipoles = mne.setup_volume_source_space(
        pos={"rr": positions, "nn": directions}, verbose="ERROR"
    )
    forward = mne.make_forward_solution(
        info, mne.Transform("mri", "head"), dipoles, sphere, n_jobs=1, verbose="ERROR"
    )
    # In three directions, as MNE goes over to 32 bits for fixed ones.
    along = forward["sol"]["data"].reshape(len(coils.kinds), len(positions), 3)
    return 1e-9 * np.einsum("snd,nd->ns", along, directions)
