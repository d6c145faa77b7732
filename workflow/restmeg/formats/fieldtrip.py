"""A lead field of FieldTrip's ft_prepare_leadfield, in a MATLAB file of version 5 to 7.3."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from restmeg import check
from restmeg.errors import InputError, reason
from restmeg.formats import RawLeadField, matlab

CELL = "leadfield"  # the field with one matrix (sensors, 3 or 1) for each position


def fits(path: str | Path, found: Mapping) -> bool:
    """Whether a file with these variables (`matlab.variables`) is one."""
    return bool(_place(path, found))


def _place(path, found):
    """Name of the structure with the lead field; "." for the file itself; "" for none."""
    if found.get(CELL, ("",))[0] == "cell":
        return "."
    for name, (kind, _) in found.items():
        if kind == "struct" and CELL in _fields(path, name):
            return name
    return ""


def _fields(path, name):
    return _struct(path, name, (CELL,)).keys()


def leadfield(path: str | Path) -> RawLeadField:
    """A row for each position; those outside, which have no matrix, are not ``there``."""
    place = _place(path, matlab.variables(path))
    names = (CELL, "inside", "label", "pos")
    parts = _struct(path, place, names)
    cells = parts[CELL]
    shapes = sorted({np.shape(cell) for cell in cells if np.size(cell)})
    if len(shapes) != 1 or shapes[0][1:] not in ((1,), (3,)):
        raise InputError(
            f"{path}: leadfield: matrices of shapes {check.some(shapes, quote='') or 'none'}; "
            "expected all to be (sensors, 3) or (sensors, 1), or empty outside"
        )
    (shape,) = shapes
    there = np.array([np.size(cell) > 0 for cell in cells])
    kinds = {np.asarray(cell).dtype for cell in cells if np.size(cell)}
    _check_numbers(path, CELL, kinds)
    if parts.get("inside") is not None:
        inside = np.ravel(parts["inside"])
        _check_numbers(path, "inside", {inside.dtype})
        if inside.size != len(cells):  # before 2016 it was a list of places from 1
            if not np.isin(inside, np.arange(len(cells)) + 1).all():
                raise InputError(
                    f"{path}: inside: {inside.size} values up to {inside.max()}; expected one for "
                    f"each of {len(cells)} positions, or some of their numbers from 1"
                )
            inside = np.isin(np.arange(len(cells)) + 1, inside)
        there &= inside.astype(bool)
    gain = np.zeros((len(cells), shape[1], shape[0]))
    for k in np.flatnonzero(there):
        gain[k] = np.asarray(cells[k], dtype=np.float64).T
    labels = parts.get("label")
    if labels is not None and len(labels) != shape[0]:
        raise InputError(
            f"{path}: label: {len(labels)} names; expected {shape[0]}, one for each sensor"
        )
    if shape[1] == 1:
        return RawLeadField(gain[:, 0], None, labels, None, there=there)
    return RawLeadField(gain, None, labels, None, places=parts.get("pos"), there=there)


def _check_numbers(path, name, kinds):
    """Raise InputError unless types of arrays are those of real numbers."""
    other = sorted(str(kind) for kind in kinds if kind.kind not in "fiub")
    if other:
        raise InputError(
            f"{path}: {name}: type {check.some(other, quote='')}; expected real numbers"
        )


def _struct(path, place, names) -> dict[str, Any]:
    """Fields of a structure, or of the file for "."; cells as lists, and labels as texts."""
    try:
        if matlab.is_hdf5(path):
            return _of_hdf5(path, place, names)
        import scipy.io

        wanted = list(names) if place == "." else [place]
        found = scipy.io.loadmat(path, variable_names=wanted)
        if place != ".":
            record = found[place].ravel()[0]
            found = {name: record[name] for name in record.dtype.names or ()}
        return {name: _plain(name, found[name]) for name in names if name in found}
    except InputError:
        raise
    except Exception as error:  # it can be damaged in many ways
        raise InputError(
            f"{path}: cannot be read as a lead field of FieldTrip ({reason(error)}); expected one "
            "by ft_prepare_leadfield"
        ) from None


def _plain(name, value):
    if name == CELL:
        return list(np.ravel(value, order="F"))
    if name == "label":
        return [str(np.squeeze(item)) for item in np.ravel(value)]
    return value


def _of_hdf5(path, place, names):
    import h5py

    with h5py.File(path, "r") as file:
        group = file if place == "." else file[place]
        if not isinstance(group, h5py.Group):
            return {}
        parts: dict[str, Any] = {}
        for name in names:
            if name not in group:
                continue
            values = group[name][()]
            if name == CELL:
                cells = [file[reference] for reference in np.ravel(values)]
                parts[name] = list(map(_value, cells))
            elif name == "label":
                texts = [np.ravel(file[reference][()].T) for reference in np.ravel(values)]
                parts[name] = ["".join(map(chr, text)) for text in texts]
            else:
                parts[name] = _value(group[name])
        return parts


def _value(item):
    if "MATLAB_empty" in item.attrs:  # what is there is its shape
        return np.zeros((0, 0))
    if item.attrs.get("MATLAB_class") == b"char":  # which is kept as numbers
        return np.array("".join(map(chr, np.ravel(item[()].T))))
    return item[()].T
