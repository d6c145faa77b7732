"""Quantities with units, at the border to files and configuration; inside are plain numbers.

Inside, times are in ms, lengths in mm, speeds in mm/ms, sampling rates in Hz, sources in nA m per
mV, fields in T.
"""

import functools
import re
from typing import Any

from restmeg.errors import InputError

KINDS = {
    "ms": 'a time such as "300 ms"',
    "mm": 'a length such as "40 mm"',
    "mm/ms": 'a speed such as "10 mm/ms"',
    "Hz": 'a frequency such as "250 Hz"',
    "nA m/mV": 'a dipole moment per potential such as "1 nA m/mV"',
    "T/(nA m)": 'a field per dipole moment such as "1 T/(nA m)"',
    "T/Hz^0.5": 'a density of noise such as "3 fT/Hz^0.5"',
    "T/m/Hz^0.5": 'a density of noise such as "3 fT/cm/Hz^0.5"',
}

# Factors that are known without pint, which takes as long to load as all else: of what most say.
KNOWN = {
    ("s", "ms"): 1000.0,
    ("fT/Hz^0.5", "T/Hz^0.5"): 1e-15,
    ("fT/cm/Hz^0.5", "T/m/Hz^0.5"): 1e-13,
}

# pint alone would read "1,5 ms" as 15 ms and "2 5 ms" as 10 ms.
NUMBER_AND_UNIT = re.compile(
    r"\s*(?P<number>[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?)\s*(?P<unit>([^\W\d_][\w\s*/^().·-]*)?)"
)


@functools.cache
def _registry():
    import pint  # costs a third of a second, and most jobs need no unit but their own

    return pint.UnitRegistry()


# pint computes powers, and a tower of them would never end: only a name may have one, of a small
# number or a half, and that none of its own.
POWER = re.compile(
    r"(?<=[^\W\d_⁰¹²³⁴-⁹])(?:(?:\*\*|\^)-?(?:\d{1,2}|0\.5)|⁻?[⁰¹²³⁴-⁹]{1,2})(?![\d.(^⁻⁰¹²³⁴-⁹]|\*\*)"
)
POWERS = re.compile(r"\*\*|\^|[⁻⁰¹²³⁴-⁹]+")


def magnitude(where: str, text: Any, unit: str) -> float:
    """The number that ``text`` ("4 s") is in ``unit`` ("ms").

    where: what to call it in a message. Raises InputError for text that is no quantity, has no
    unit or has another dimension.
    """
    expected = f"expected {KINDS[unit]}"
    if isinstance(text, int | float) and not isinstance(text, bool):
        raise InputError(f"{where}: {text} has no unit; {expected}")
    parts = NUMBER_AND_UNIT.fullmatch(text) if isinstance(text, str) else None
    if parts is None:
        raise InputError(f"{where}: cannot read {text!r}; {expected}")
    value = float(parts["number"]) * _factor(parts["unit"], unit, where, repr(text), expected)
    # Twelve digits, so that "10 m/s" and "10 mm/ms" are the same number and not just nearly.
    return float(f"{value:.12g}")


def factor(where: str, given: Any, unit: str) -> float:
    """What values in the unit ``given``, an attribute of a file, are to be multiplied by.

    Raises InputError if it is None, cannot be read or has another dimension than ``unit``.
    """
    expected = f'expected units such as "{unit}"'
    if given is None:
        raise InputError(f"{where}: no attribute 'units'; {expected}")
    if not isinstance(given, str):
        raise InputError(f"{where}: attribute 'units' is {given}; {expected}")
    return _factor(given, unit, where, f"unit {given!r}", expected)


def _factor(given, unit, where, found, expected):
    given = given.replace("sqrt(Hz)", "Hz^0.5")
    if given == unit:
        return 1.0
    if (given, unit) in KNOWN:
        return KNOWN[given, unit]
    compact = "".join(given.split())
    if len(given) > 60 or len(POWERS.findall(compact)) != len(POWER.findall(compact)):
        raise InputError(f"{where}: cannot read {found}; {expected}")
    import pint

    try:
        quantity = _registry().Quantity(1.0, given)
        if not quantity.dimensionless:
            return float(quantity.to(unit).magnitude)
    except pint.DimensionalityError as error:
        raise InputError(f"{where}: {found} is in {error.units1}; {expected}") from None
    except Exception:  # pint's parser raises errors of many kinds for text it cannot read
        raise InputError(f"{where}: cannot read {found}; {expected}") from None
    raise InputError(f"{where}: {found} has no unit; {expected}")
