"""Quantities with units, at the border to files and configuration; inside are plain numbers.

Inside, times are in ms, lengths in mm, speeds in mm/ms, sources in nA m per mV, fields in T.
"""

import functools

from restmeg import InputError

KINDS = {
    "ms": 'a time such as "300 ms"',
    "mm": 'a length such as "40 mm"',
    "mm/ms": 'a speed such as "10 mm/ms"',
    "nA m/mV": 'a dipole moment per potential such as "1 nA m/mV"',
    "T/(nA m)": 'a field per dipole moment such as "T/(nA m)"',
}


@functools.cache
def _registry():
    import pint  # costs a third of a second, and most jobs need no unit but their own

    return pint.UnitRegistry()


def magnitude(where, text, unit):
    """The number that ``text`` ("4 s") is in ``unit`` ("ms").

    where: what to call it in a message. Raises InputError for text that is no quantity, has no
    unit or has another dimension.
    """
    import pint

    expected = f"expected {KINDS[unit]}"
    if isinstance(text, (int, float)) and not isinstance(text, bool):
        raise InputError(f"{where}: {text} has no unit; {expected}")
    try:
        quantity = _registry().Quantity(text)
        if quantity.unitless:
            raise InputError(f"{where}: '{text}' has no unit; {expected}")
        value = float(quantity.to(unit).magnitude)
    except InputError:
        raise
    except pint.DimensionalityError as error:
        raise InputError(f"{where}: '{text}' is in {error.units1}; {expected}") from None
    except Exception:  # pint's parser raises errors of many kinds for text it cannot read
        raise InputError(f"{where}: cannot read '{text}' as a quantity; {expected}") from None
    # Twelve digits, so that "10 m/s" and "10 mm/ms" are the same number and not just nearly.
    return float(f"{value:.12g}")


def factor(where, given, unit):
    """What values in the unit ``given`` are to be multiplied by to be in ``unit``."""
    if given == unit:
        return 1.0
    if given is None:
        raise InputError(f"{where}: no attribute 'units'; expected {KINDS[unit]}")
    return magnitude(f"{where}: units", f"1 {given}", unit)
