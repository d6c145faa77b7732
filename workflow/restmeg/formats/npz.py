"""Arrays by name in an .npz archive of numpy."""

from collections.abc import Mapping
from pathlib import Path

from restmeg import store
from restmeg.formats import RawConnectome, RawCovariance, RawInverse, RawLeadField

# Names of weights, distances and labels: our own, and tvboptim's.
OURS = ("weights", "distances", "labels")
LAYOUTS = (OURS, ("weights", "lengths", "region_labels"))


def connectome(path: str | Path, given: Mapping) -> RawConnectome:
    """Arrays ``weights``, ``distances`` and ``labels``, or named by ``given["variables"]``.

    In our own layout a row is a target, and distances are in mm, unless the user says otherwise.
    """
    there = store.names_in_npz(path)
    usual = next((names for names in LAYOUTS if set(names) <= set(there)), OURS)
    chosen = [
        given["variables"][part] or name
        for part, name in zip(("weights", "distances", "labels"), usual, strict=True)
    ]
    if given["labels"] is not None:  # a file of them, which the judge reads
        weights, distances = store.read_npz(path, *chosen[:2])
        labels = store.read_npz(path, chosen[2])[0] if chosen[2] in there else None
    else:
        weights, distances, labels = store.read_npz(path, *chosen)
    known = tuple(chosen) == OURS
    return RawConnectome(
        weights,
        distances,
        labels,
        usual_unit="mm" if known else None,
        orientation="target_source" if known else None,
    )


def leadfield(path: str | Path, given: Mapping) -> RawLeadField:  # noqa: ARG001
    """Arrays ``gain`` (regions, sensors), ``labels`` of regions and, if there, ``sensors``."""
    names = ["sensors"] if "sensors" in store.names_in_npz(path) else []
    gain, labels, *sensors = store.read_npz(path, "gain", "labels", *names)
    return RawLeadField(gain, labels, sensors=sensors[0] if sensors else None, unit=None)


def inverse(path: str | Path, given: Mapping) -> RawInverse:  # noqa: ARG001
    """Arrays ``inverse`` (regions, sensors), ``regions`` and ``sensors``, their names."""
    return RawInverse(*store.read_npz(path, "inverse", "regions", "sensors"))


def covariance(path: str | Path, given: Mapping) -> RawCovariance:  # noqa: ARG001
    """Arrays ``covariance`` (sensors, sensors) and ``sensors``, their names."""
    return RawCovariance(*store.read_npz(path, "covariance", "sensors"))
