import pint
import pytest
from restmeg import InputError, units


@pytest.mark.parametrize(
    ("text", "unit", "expected"),
    [
        ("4000 ms", "ms", 4000.0),
        ("4 s", "ms", 4000.0),
        ("4e3ms", "ms", 4000.0),
        ("0.1 ms", "ms", 0.1),
        ("1e-4 s", "ms", 0.1),
        ("100 us", "ms", 0.1),
        ("100 µs", "ms", 0.1),
        ("1 s²/s", "ms", 1000.0),
        ("1 m s^-1 s² m^-1", "ms", 1000.0),
        ("-3 ms", "ms", -3.0),
        ("40 mm", "mm", 40.0),
        ("4 cm", "mm", 40.0),
        ("0.04 m", "mm", 40.0),
        ("10 mm/ms", "mm/ms", 10.0),
        ("10 m/s", "mm/ms", 10.0),
        ("10 meter / second", "mm/ms", 10.0),
        ("10 m s^-1", "mm/ms", 10.0),
        ("36 km/h", "mm/ms", 10.0),
        ("1 nA m/mV", "nA m/mV", 1.0),
        ("1 pA*m/uV", "nA m/mV", 1.0),
        ("1 A m/V", "nA m/mV", 1e6),
        ("1 fT/(nA m)", "T/(nA m)", 1e-15),
    ],
)
def test_every_spelling_is_exactly_the_same_number(text, unit, expected):
    assert units.magnitude("here", text, unit) == expected


@pytest.mark.parametrize("tenths", [1, 3, 7, 11, 33, 12345, 40001])
@pytest.mark.parametrize(("unit", "exponent"), [("us", 3), ("ms", 0), ("s", -3), ("ks", -6)])
def test_a_decimal_keeps_its_exact_value_in_every_unit(tenths, unit, exponent):
    text = f"{tenths}e{exponent - 1} {unit}"
    assert units.magnitude("here", text, "ms") == float(f"{tenths}e-1")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (4, "4 has no unit"),
        (0.1, "0.1 has no unit"),
        ("4", "'4' has no unit"),
        ("4 mm/mm", "'4 mm/mm' has no unit"),
        ("4 mm", "'4 mm' is in millimeter"),
        ("3 Hz", "'3 Hz' is in hertz"),
        ("1 S", "'1 S' is in siemens"),
        ("five ms", "cannot read 'five ms'"),
        ("4 msec2", "cannot read '4 msec2'"),
        ("", "cannot read ''"),
        ("ms", "cannot read 'ms'"),
        ("1,5 ms", "cannot read '1,5 ms'"),
        ("2 5 ms", "cannot read '2 5 ms'"),
        ("4 000 ms", "cannot read '4 000 ms'"),
        ("1.2.3 ms", "cannot read '1.2.3 ms'"),
        (True, "cannot read True"),
    ],
)
def test_what_is_no_time_is_refused_with_what_was_found_and_expected(text, problem):
    with pytest.raises(InputError) as caught:
        units.magnitude("simulation.dt", text, "ms")
    assert str(caught.value) == f'simulation.dt: {problem}; expected a time such as "300 ms"'


@pytest.mark.parametrize("unit", units.KINDS)
def test_the_example_in_a_message_can_be_given(unit):
    example = units.KINDS[unit].split('"')[1]
    assert units.magnitude("here", example, unit) > 0


@pytest.mark.parametrize(
    ("given", "unit", "expected"),
    [
        ("mm", "mm", 1.0),
        ("cm", "mm", 10.0),
        ("m", "mm", 1000.0),
        ("T / (nA * m)", "T/(nA m)", 1.0),
        ("fT/(nA m)", "T/(nA m)", 1e-15),
        ("T/(A m)", "T/(nA m)", 1e-9),
    ],
)
def test_factor_of_a_unit(given, unit, expected):
    assert units.factor("here", given, unit) == expected


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (None, "no attribute 'units'"),
        ("s", "unit 's' is in second"),
        ("1", "unit '1' has no unit"),
        ("", "unit '' has no unit"),
        ("2 mm", "cannot read unit '2 mm'"),
        ("furlongg", "cannot read unit 'furlongg'"),
        (3.0, "attribute 'units' is 3.0"),
        ("m**9**9**9", "cannot read unit 'm**9**9**9'"),
        ("mm*9**9**9", "cannot read unit 'mm*9**9**9'"),
    ],
)
def test_a_unit_of_another_dimension_has_no_factor(given, problem):
    with pytest.raises(InputError) as caught:
        units.factor("x.nc: distances", given, "mm")
    assert str(caught.value) == f'x.nc: distances: {problem}; expected units such as "mm"'


@pytest.mark.parametrize(
    "text",
    [
        *("1 ms**9**9**9", "1 ms ** 9 **9 ** 9", "1 ms^9^9^9", "1 ms**(9**9**9)", "1 ms^999"),
        *("1 ms**2**9**9", "1 s(9**9**9)", "1 s*9**9**9", "1 ms**-9**9", "1 " + "m" * 99),
        *("1 ms*9⁹⁹⁹⁹⁹⁹", "1 ms⁹⁹⁹", "1 ms⁹**9", "1 ms²^9", "1 ms*((((9)**99)**99)**99)**99"),
        *("1 ((((s**99)**99)**99)**99)", "1 (ms)⁹", "1 ms ⁹ ⁹ ⁹"),
    ],
)
def test_a_tower_of_powers_is_refused_before_it_is_computed(text, monkeypatch):
    asked = []
    monkeypatch.setattr(units, "_registry", lambda: asked.append(text))
    with pytest.raises(InputError, match="cannot read"):
        units.magnitude("simulation.dt", text, "ms")
    assert not asked


@pytest.mark.parametrize(("given", "unit"), units.KNOWN)
def test_factors_that_are_known_are_those_of_pint(given, unit):
    assert units.KNOWN[given, unit] == float(f"{pint.Quantity(1.0, given).to(unit).magnitude:.12g}")
