"""From what a file of a lead field has to a row for each region.

Rows may be regions with names, regions in order, or sources that a parcellation assigns to regions;
and which of rows and columns are sensors may have to be found out.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from restmeg import check, formats, sphere
from restmeg.errors import InputError
from restmeg.formats import text

NAMING = (
    "leadfield.labels, a file with their names or connectome if they are in its order, or "
    "leadfield.parcellation"
)
SENSOR_FIRST = "sensor_region"
WHOLE = re.compile(r"[+-]?[0-9]+")
LONGEST = 15  # digits of a place that are worth reading


def of_regions(
    path: str | Path, raw: formats.RawLeadField, labels: check.Names, given: Mapping
) -> formats.RawLeadField:
    """A lead field whose rows are regions with names, and that have one direction each.

    labels: of the connectome; given: the section ``leadfield`` of the configuration, None for what
    it does not say.

    Raises InputError if that cannot be known.
    """
    if raw.regions is not None and raw.oriented:
        return raw
    listed = given["parcellation"]
    if listed is not None and given["labels"] is not None:
        raise InputError(
            "config: leadfield.parcellation and leadfield.labels both say what rows are; expected "
            "one of them"
        )
    names = None
    if listed is not None:
        names, remarks = parcellation(listed, labels)
        raw = raw._replace(remarks=(*raw.remarks, *remarks))
    if given["labels"] is not None:
        names = _labels(given["labels"], labels)
    if not raw.oriented:
        raw = _oriented(path, raw, names, labels, given)
    _check_places(path, raw)
    if listed is None:
        _without_effect(given, "combine", "sign_flip")
        return _in_order(path, raw, names, labels, given)
    if len(names or ()) != len(raw.gain):
        raise InputError(
            f"{listed}: {len(names or ())} entries; expected {len(raw.gain)}, one for each source "
            f"of {path}"
        )
    return _combined(path, raw, names, labels, given)


def _check_places(path, raw):
    """Raise InputError unless what is there of positions is one of each row."""
    if raw.places is None:
        return
    found, expected = np.asarray(raw.places), (len(raw.gain), 3)
    if found.dtype.kind not in "fiu" or found.shape != expected:
        raise InputError(
            f"{path}: positions of sources: shape {found.shape} of {found.dtype}; expected numbers "
            f"of {expected}, as many as the gain has"
        )


def parcellation(path: str | Path, labels: check.Names) -> tuple[list[str | None], tuple[str, ...]]:
    """The region of each source in a file, None for what is of no region of the connectome.

    Also what a user should be told of how the file is read.

    The file has a name in each line, or cells of one row or column, or whole numbers, which are
    places in the connectome from 0; -1 is none. Lines may be empty. Raises InputError for other
    numbers, if none is of a region, or if numbers may be from 1 with 0 for none.
    """
    entries = _listed(path) if str(path).endswith((".npy", ".mat")) else _entries(path)
    known = {str(label) for label in labels}
    whole = [entry for entry in entries if entry]
    if whole and all(map(WHOLE.fullmatch, whole)) and not known & set(whole):
        return _by_place(path, entries, labels)
    found = [entry if entry in known else None for entry in entries]
    if not any(found):
        raise InputError(
            f"{path}: its names, {check.some(list(dict.fromkeys(whole))) or 'none'}, are none of "
            f"the connectome's, {check.some(list(labels))}; expected names of its regions"
        )
    return found, ()


def _listed(path):
    """Names or whole numbers, as text, of the one list in a file of numpy or MATLAB."""
    variable = None
    if str(path).endswith(".mat"):
        from restmeg.formats import matlab

        kinds = {name: kind for name, (kind, _) in matlab.variables(path).items()}
        if len(kinds) != 1:
            raise InputError(
                f"{path}: {len(kinds)} variables, {check.some(list(kinds)) or 'none'}; expected "
                "the list of regions alone"
            )
        ((variable, kind),) = kinds.items()
        if kind == "cell":
            return matlab.names(path, variable)
    values = np.asarray(formats.reader("array", path)(path, variable).values)
    if values.dtype.kind not in "Ufiu" or max(values.shape, default=0) != values.size:
        raise InputError(
            f"{path}: shape {values.shape} of {values.dtype}; expected a list of names or places"
        )
    if values.dtype.kind == "U":
        return [str(value).strip() for value in values.ravel()]
    if not np.isfinite(values).all() or not np.array_equal(values, np.round(values)):
        raise InputError(f"{path}: numbers that are not whole; expected places of regions")
    return [f"{value:.0f}" for value in values.ravel().tolist()]


def _entries(path):
    """Names in lines, of which empty ones count, or in one line with commas."""
    text.lines(path)  # which says what is wrong with it
    lines = Path(path).read_text(encoding="utf-8-sig").splitlines()
    if len(lines) == 1 and "," in lines[0]:
        lines = lines[0].split(",")
    return [line.strip().strip('"').strip() for line in lines]


def _by_place(path, entries, labels):
    """Regions by place, and remarks as `parcellation`: 0 may be meant as none, and 1 as the first.

    Where -1 or an empty entry is there it is not, nor where that leaves the last region alone: it
    is then refused. Else it cannot be known, and is told.
    """
    longest = max(map(len, entries))
    places = [int(entry[:LONGEST] or -1) for entry in entries]
    lowest, highest, last = min(places), max(places), len(labels) - 1
    if longest > LONGEST or highest > last or lowest < -1:
        hint = "; are they from 1?" if lowest in (0, 1) and highest == last + 1 else ""
        long = f", of up to {longest} digits" if longest > LONGEST else ""
        raise InputError(
            f"{path}: numbers from {lowest} to {highest}{long}; expected places in the connectome "
            f"from 0 to {last}, or -1 for none{hint}"
        )
    remarks: tuple[str, ...] = ()
    if lowest == 0:
        if highest < last:
            raise InputError(
                f"{path}: numbers from 0 to {highest}, and region '{labels[last]}' has none; "
                f"expected places in the connectome from 0 to {last}, and -1 for none; are they "
                "from 1, with 0 for none? Then subtract 1 from all"
            )
        remarks = (
            f"0 is the first region, '{labels[0]}', in {path}, as -1 would be none; if 0 is none "
            "there and 1 the first region, subtract 1 from all",
        )
    regions = [None if place < 0 else str(labels[place]) for place in places]
    return regions, remarks


def _labels(given, labels):
    """Names of rows in order."""
    if given == "connectome":
        return [str(label) for label in labels]
    names = text.names(given)
    return list(check.unique_names(given, "label", names))


def _oriented(path, raw, names, labels, given):
    """Rows as regions or sources, columns as sensors."""
    matrix = check.matrix(path, "gain", raw.gain)
    stated = given["orientation"]
    axis_names = [raw.regions, raw.sensors]  # of rows and columns so far
    axis = {None: None, "region_sensor": 0, SENSOR_FIRST: 1}[stated]
    if axis is None:
        axis = _axis(path, matrix.shape, axis_names, names, labels)
    elif names is not None and matrix.shape[axis] != len(names):
        raise InputError(
            f"config: leadfield.orientation: {stated}, but {path} has shape {matrix.shape}; "
            f"expected {len(names)} {('rows', 'columns')[axis]}"
        )
    regions, sensors = axis_names[axis], axis_names[1 - axis]
    matrix = matrix if axis == 0 else matrix.T
    if regions is not None and given["labels"] is not None and list(regions) != list(names):
        raise InputError(
            f"config: leadfield.labels: {path} has names of its own, {check.some(regions)}; "
            "expected the same, or auto"
        )
    if given["parcellation"] is not None:
        regions = None  # of sources, whatever they are called
    return raw._replace(gain=matrix, regions=regions, sensors=sensors, oriented=True)


def _axis(path, shape, axis_names, names, labels):
    """Which axis is of regions or sources, 0 or 1."""
    if names is not None:
        fits = [k for k in (0, 1) if shape[k] == len(names)]
        if len(fits) == 1:
            return fits[0]
        if not fits:
            raise InputError(
                f"{path}: gain: shape {shape}; expected one side of {len(names)}, as many as there "
                "are names of rows (leadfield.parcellation or leadfield.labels)"
            )
    else:
        known = {str(label) for label in labels}
        shared = [len(known & set(found or ())) for found in axis_names]
        if shared[0] != shared[1]:
            return int(np.argmax(shared))
        if not any(shared):
            found = [check.some(names) for names in axis_names if names]
            named = f" ({' and '.join(found)} are none of the connectome's)" if found else ""
            raise InputError(
                f"{path}: does not say which regions it is of{named}; expected {NAMING}"
            )
    raise InputError(
        f"{path}: gain: shape {shape}: both sides may be those of the regions; expected "
        f"leadfield.orientation: region_sensor or {SENSOR_FIRST}"
    )


def _in_order(path, raw, names, labels, given):
    """Rows are regions, by their own names or those that the user gives."""
    names = raw.regions if raw.regions is not None else names
    if names is None:
        raise InputError(
            f"{path}: {len(raw.gain)} sources, and no names of regions; expected {NAMING}"
        )
    if len(names) != len(raw.gain):
        raise InputError(
            f"{path}: gain: {len(raw.gain)} rows; expected {len(names)}, as there are names"
        )
    if raw.there is not None and not raw.there.all():
        outside = [names[k] for k in np.flatnonzero(~raw.there)]
        raise InputError(
            f"{path}: no gain from {check.some(outside)}, outside the head; expected regions inside"
        )
    order = check.match_regions(path, names, labels)
    gain, places = raw.gain[order], None if raw.places is None else raw.places[order]
    if gain.ndim == 3:
        gain = _along(gain, _directions(path, places, labels, given))
    else:
        _without_effect(given, "dipoles")
    return raw._replace(gain=gain, regions=np.asarray(labels, dtype=object))


def _combined(path, raw, names, labels, given):
    """A row for each region, of those of its sources."""
    if given["combine"] is None:
        raise InputError(
            f"{path}: several sources a region; expected leadfield.combine: mean (a region's "
            "moment is shared by its sources) or sum (each has it)"
        )
    if raw.normals is None and given["sign_flip"]:
        raise InputError(
            f"config: leadfield.sign_flip: true, but {path} does not say the directions of "
            "sources; expected false, or left out"
        )
    if raw.normals is not None and given["sign_flip"] is None:
        raise InputError(
            f"{path}: sources of a region may point against each other, and their fields cancel; "
            "expected leadfield.sign_flip: true (as mne.label_sign_flip) or false"
        )
    there = np.ones(len(names), dtype=bool) if raw.there is None else raw.there
    place = {str(label): k for k, label in enumerate(labels)}
    region = np.array([place[name] if name else -1 for name in names])
    region[~there] = -1
    empty = [label for k, label in enumerate(labels) if not (region == k).any()]
    if empty:
        raise InputError(
            f"{given['parcellation']}: no source in {len(empty)} of {len(labels)} regions, "
            f"{check.some(empty)}; expected one at least (connectome.regions leaves regions out)"
        )
    gain = raw.gain
    if gain.ndim == 3:
        given_file = given["dipoles"] not in (None, "tangential")
        if given_file:
            directions = sphere.unit_vectors(given["dipoles"], labels)[region]
        else:
            directions = _directions(path, raw.places, labels, given)
        gain = _along(gain, directions)
    else:
        _without_effect(given, "dipoles")
    if given["sign_flip"]:
        gain = gain * _flips(raw.normals, region, len(labels))[:, None]
    combined = np.zeros((len(labels), gain.shape[1]))
    used = region >= 0
    np.add.at(combined, region[used], gain[used])
    if given["combine"] == "mean":
        combined /= np.bincount(region[used], minlength=len(labels))[:, None]
    remarks = raw.remarks
    if not used.all():
        left = np.count_nonzero(~used)
        remarks += (
            f"{left} of {len(used)} sources are of no region of the connectome, or outside the "
            f"head, and left out ({given['parcellation']})",
        )
    return raw._replace(
        gain=combined, regions=np.asarray(labels, dtype=object), remarks=remarks, normals=None
    )


def _flips(normals: np.ndarray, region: np.ndarray, n_regions: int) -> np.ndarray:
    """1 or -1 (sources,): -1 where a source points against its region's main direction.

    That is the first right singular vector of its normals, along the mean of which it is taken to
    point, as in mne.label_sign_flip.
    """
    flips = np.ones(len(normals))
    for k in range(n_regions):
        own = region == k
        _, _, directions = np.linalg.svd(normals[own], full_matrices=False)
        along = normals[own] @ directions[0]
        along = -along if along.mean() < 0 else along
        flips[own] = np.where(along < 0, -1.0, 1.0)
    return flips


def _directions(path, places, labels, given):
    """A unit vector for each row of three directions; places: where they are."""
    if given["dipoles"] is None:
        raise InputError(
            f"{path}: has three directions for each source; expected leadfield.dipoles, tangential "
            "or a file with the direction of each region"
        )
    if given["dipoles"] != "tangential":
        return sphere.unit_vectors(given["dipoles"], labels)
    if places is None or not np.isfinite(places).all():
        raise InputError(
            f"{path}: does not say where its sources are; expected a file in leadfield.dipoles"
        )
    places = np.asarray(places, dtype=np.float64)
    return sphere.tangents(places - (places.min(axis=0) + places.max(axis=0)) / 2)


def _along(gain, directions):
    return np.einsum("nds,nd->ns", gain, directions)


def _without_effect(given: Mapping[str, Any], *names: str) -> None:
    for name in names:
        if given[name] is not None:
            of = "parcellation" if name != "dipoles" else "file with three directions a source"
            raise InputError(
                f"config: leadfield.{name}: has no effect without a {of}; expected it left out"
            )
