"""Variables of a MATLAB file: of version 5 to 7, or of 7.3, which is HDF5."""

from pathlib import Path
from typing import Any

import numpy as np

from restmeg import check
from restmeg.errors import InputError, reason
from restmeg.formats import RawArray

NUMERIC = {"double", "single", "sparse", "logical"} | {
    f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)
}
HDF5 = b"\x89HDF\r\n\x1a\n"


def array(path: str | Path, variable: str | None = None) -> RawArray:
    """The array of numbers named ``variable``, or the only one that is no vector, if None."""
    found = variables(path)
    if variable is None:
        matrices = [
            name
            for name, (kind, shape) in found.items()
            if kind in NUMERIC and sum(n > 1 for n in shape) > 1
        ]
        if len(matrices) != 1:
            raise InputError(
                f"{path}: {len(matrices)} matrices ({_some(matrices or found)}); "
                "expected one, or its name in connectome.variables, or variable of another section"
            )
        variable = matrices[0]
    if variable not in found:
        raise InputError(f"{path}: no variable '{variable}'; found {_some(found)}")
    kind, shape = found[variable]
    if kind not in NUMERIC:
        raise InputError(f"{path}: {variable}: is of class {kind}; expected numbers")
    check.size(path, variable, shape, np.float64)
    values = _read(path, variable)
    return RawArray(values.toarray() if kind == "sparse" else np.asarray(values))


def names(path: str | Path, variable: str) -> list[str]:
    """Texts in a cell or character array."""
    found = variables(path)
    if variable not in found:
        raise InputError(f"{path}: no variable '{variable}'; found {_some(found)}")
    check.size(path, variable, found[variable][1], object)
    if is_hdf5(path):
        with _opened(path) as file:
            try:
                cells = [file[cell][()].T for cell in np.ravel(file[variable][()].T)]
                return ["".join(map(chr, np.ravel(cell))) for cell in cells]
            except Exception:  # numbers, a structure, or others in its cells
                raise InputError(
                    f"{path}: {variable}: no cell array of texts; expected one"
                ) from None
    texts = [str(np.squeeze(text)) for text in np.ravel(_read(path, variable))]
    return [text.strip() for text in texts]


def variables(path: str | Path) -> dict[str, tuple[str, tuple[int, ...]]]:
    """Class and shape of each variable by its name. Raises InputError if it cannot be read."""
    if not is_hdf5(path):
        import scipy.io  # costs half a second, and few files need it

        try:
            return {name: (kind, shape) for name, shape, kind in scipy.io.whosmat(path)}
        except Exception as error:  # it can be damaged in many ways
            raise _unreadable(path, error) from None
    found = {}
    with _opened(path) as file:
        for name, item in file.items():
            if name.startswith("#"):  # where it keeps what cells hold
                continue
            kind = item.attrs.get("MATLAB_class", b"double")
            kind = kind.decode() if isinstance(kind, bytes) else str(kind)
            if "MATLAB_sparse" in item.attrs:
                kind = "sparse matrix of version 7.3"
            found[name] = kind, tuple(reversed(getattr(item, "shape", ())))
    return found


def _read(path, variable) -> Any:
    if is_hdf5(path):
        with _opened(path) as file:
            item = file[variable]
            if "MATLAB_empty" in item.attrs:  # what is there is its shape
                return np.zeros(tuple(item[()]))
            return item[()].T
    import scipy.io

    try:
        return scipy.io.loadmat(path, variable_names=[variable])[variable]
    except Exception as error:
        raise _unreadable(path, error) from None


def _opened(path):
    import h5py

    try:
        return h5py.File(path, "r")
    except Exception as error:
        raise _unreadable(path, error) from None


def is_hdf5(path: str | Path) -> bool:
    """Whether it is of version 7.3. Raises InputError if it cannot be read."""
    try:
        with Path(path).open("rb") as file:
            start = file.read(520)
    except OSError as error:
        raise _unreadable(path, error) from None
    return HDF5 in (start[:8], start[512:])  # MATLAB writes a header of 512 bytes before it


def _unreadable(path, error):
    return InputError(
        f"{path}: cannot be read as a MATLAB file ({reason(error)}); expected a .mat file"
    )


def _some(found):
    return check.some(list(found), shown=8) or "none"
