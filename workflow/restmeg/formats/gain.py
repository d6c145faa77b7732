"""A gain matrix as numbers alone, or within a MATLAB file of Brainstorm or FieldTrip."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from restmeg import formats
from restmeg.errors import InputError
from restmeg.formats import RawLeadField


def leadfield(path: str | Path, given: Mapping) -> RawLeadField:
    """A matrix whose rows and columns are still to be told apart; names as a text file has them."""
    if str(path).endswith(".mat"):
        from restmeg.formats import brainstorm, fieldtrip, matlab

        found = matlab.variables(path)
        for layout in (brainstorm, fieldtrip):
            if given["variable"] is None and layout.fits(path, found):
                for name in ("orientation", "variable"):
                    if given[name] is not None:
                        raise InputError(
                            f"config: leadfield.{name}: has no effect on {path}, which says that "
                            "itself; expected it left out"
                        )
                return layout.leadfield(path)
    values, rows, columns = formats.reader("array", path)(path, given["variable"])
    values = np.asarray(values)
    return RawLeadField(values, rows, columns, None, oriented=False, some_missing=True)
