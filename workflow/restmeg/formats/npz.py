"""Arrays by name in an .npz archive of numpy."""

from pathlib import Path

from restmeg import store
from restmeg.formats import RawConnectome, RawLeadField


def connectome(path: str | Path) -> RawConnectome:
    """Arrays ``weights``, ``distances`` and ``labels``; a row is what the user says."""
    weights, distances, labels = store.read_npz(path, "weights", "distances", "labels")
    return RawConnectome(weights, distances, labels, distance_unit=None)


def leadfield(path: str | Path) -> RawLeadField:
    """Arrays ``gain`` (regions, sensors) and ``labels`` of regions."""
    gain, labels = store.read_npz(path, "gain", "labels")
    return RawLeadField(gain, labels, sensors=None, unit=None)
