"""An array in a .npy file of numpy."""

from pathlib import Path

import numpy as np

from restmeg.errors import InputError, reason
from restmeg.formats import RawArray


def array(path: str | Path, variable: str | None = None) -> RawArray:
    """The array, as a map of the file: what is not used is not read."""
    if variable is not None:
        raise InputError(f"{path}: holds one array and no '{variable}'; expected no name")
    try:
        values = np.load(path, mmap_mode="r", allow_pickle=False)
    except OSError as error:
        raise InputError(f"{path}: cannot be read as .npy ({reason(error)})") from None
    except Exception as error:  # a header can be broken in many ways
        why = reason(error)
        if "allow_pickle" in why or "Python objects" in why:
            why = "it holds Python objects"
        raise InputError(
            f"{path}: cannot be read as .npy ({why}); expected one by numpy.save"
        ) from None
    if not isinstance(values, np.ndarray):
        values.close()
        raise InputError(f"{path}: is an archive of arrays; expected one by numpy.save")
    return RawArray(values)
