"""What is swept: from the section ``sweep`` of the configuration to axes and points.

Inside, a sweep is ``axes``, {dotted key: its values}, and ``points``, None for the grid of them
all, or else the values of each point in the order of axes. However it is written, the same points
are the same sweep, and what was computed for it stays.
"""

import csv
import itertools
import json
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from decimal import Context, Decimal, localcontext
from pathlib import Path
from typing import Any, NamedTuple

from restmeg.dialect import plain, scalars, unknown_key
from restmeg.errors import InputError, reason

OWN = ("zip", "table", "design")  # keys of the section that are no parameters
MOST = 20_000  # points, as planning them takes minutes
DIGITS = 12  # of a value that is made, as of one with a unit
PARTS = 10**6  # of a range: a design places points at whole numbers of them
HANDED = "RESTMEG_PLANNED_DESIGN"  # environment variable: where a run has placed its points
ROOM = 100_000  # characters that an environment variable may have
SPAN = "{start: 0.5, stop: 3, num: 6}"


class Group(NamedTuple):
    """Parameters that move together: each combination of rows of all groups is a point."""

    keys: list[str]
    rows: list[tuple]  # of values
    where: str  # what messages call it


class Range(NamedTuple):
    """From one number to another, in equal steps or in equal ratios."""

    start: float
    stop: float
    is_log: bool

    def at(self, part: int, parts: int) -> float:
        """The value after some of so many equal parts, the same on every machine; ends are exact.

        It has DIGITS, so that one that is written in a list is the same.
        """
        if part in (0, parts):
            return self.stop if part else self.start
        with localcontext(Context(prec=40)):
            low, high = Decimal(repr(self.start)), Decimal(repr(self.stop))
            if self.is_log:
                value = ((low.ln() * (parts - part) + high.ln() * part) / parts).exp()
            else:
                value = low + (high - low) * part / parts
            return float(format(value, f".{DIGITS}g"))


def load(axes: Mapping, own: Mapping, model: dict, schema: Mapping) -> dict:
    """A sweep in plain numbers, as the module describes it.

    axes: {dotted key: a list of values, or a range} as given; own: the section's own keys, checked;
    model: the configured one, in plain numbers; schema: from `settings.load_schema`. Where there is
    a table, the sweep waits for `with_table`.

    Raises InputError, one line, for what cannot be swept so.
    """
    rules, design = scalar_rules(model, schema), _design(own["design"], schema)
    lists: dict[str, list] = {}
    ranges: dict[str, Range] = {}
    for key, given in axes.items():
        rule = rule_of(key, given, rules)
        if isinstance(given, Mapping):
            span, number = _range(key, given, rule, schema)
            if number is None:
                ranges[key] = span
                continue
            values: Sequence = [span.at(k, number - 1) for k in range(number)]
        else:
            plain(
                f"sweep.{key}", given, schema["properties"]["sweep"]["additionalProperties"], True
            )
            values = [plain(f"sweep.{key}[{k}]", x, rule, True) for k, x in enumerate(given)]
        lists[key] = [*values]
    groups = _together(own["zip"], lists, ranges)
    if ranges and design is None:
        raise InputError(
            f"config: sweep.{next(iter(ranges))}: found no num; expected start, stop and num, or "
            "sweep.design.method, which places points in a range without it"
        )
    if design:
        groups.append(_placed(design, ranges))
    places = list(axes)
    groups.sort(key=lambda group: places.index(group.keys[0]))
    _check_groups(groups, rules)
    if own["table"] is not None:
        return {"table": own["table"], "groups": groups}
    return _settled(groups, places, None)


def with_table(sweep: dict, path: str, model: dict, schema: Mapping) -> dict:
    """A sweep that waits for the table of its points, with it. path: of the CSV file.

    Raises InputError, one line, for a file that cannot be read or used.
    """
    rules = scalar_rules(model, schema)
    table = _table(path, rules)
    swept = [key for group in sweep["groups"] for key in group.keys]
    for key in table.keys:
        if key in swept:
            raise InputError(f"{table.where}: {key} is an axis of the sweep too; expected it once")
    _check_groups([table], rules)
    return _settled([*sweep["groups"], table], [*swept, *table.keys], path)


def points(sweep: Mapping) -> Iterator[dict[str, Any]]:
    """Yield the values of each point by their keys."""
    axes = sweep["axes"]
    rows = itertools.product(*axes.values()) if sweep["points"] is None else sweep["points"]
    for row in rows:
        yield dict(zip(axes, row, strict=True))


def number_of_points(sweep: Mapping) -> int:
    """How many points a sweep has."""
    if sweep["points"] is None:
        return math.prod(map(len, sweep["axes"].values()))
    return len(sweep["points"])


def _settled(groups, keys, path):
    """A sweep of groups. keys: in the order of columns."""
    keys = sorted((key for group in groups for key in group.keys), key=keys.index)
    axes = {key: [] for key in keys}
    for group in groups:
        columns = zip(*group.rows, strict=True)
        axes |= {key: [*dict.fromkeys(x)] for key, x in zip(group.keys, columns, strict=True)}
    number = math.prod(len(group.rows) for group in groups)
    rows = None
    if number < math.prod(map(len, axes.values())):  # rows of a group differ: else all are there
        _check_number(number)
        order = [key for group in groups for key in group.keys]
        found = itertools.product(*(group.rows for group in groups))
        flat = ([value for row in parts for value in row] for parts in found)
        rows = [[row[order.index(key)] for key in keys] for row in flat]
    return {"axes": axes, "points": rows, "path": path}


def scalar_rules(model: dict, schema: Mapping) -> dict[str, dict | None]:
    """The rule of each scalar that can be swept; None where the model has a list in its place."""
    rules = scalars("model", schema["properties"]["model"])
    found: dict[str, dict | None] = {}
    for key, rule in rules.items():
        place: Any = model
        for name in key.split(".")[1:]:
            place = place[name]
        single = {
            name: part for name, part in rule.items() if name not in ("per_region", "default")
        }
        found[key] = None if isinstance(place, list) else single
    return found


def rule_of(key: str, given: Any, rules: Mapping, section: str = "sweep") -> dict:
    """The rule of a scalar that is swept or fitted, of `scalar_rules`. Raises InputError."""
    below = [name for name in rules if name.startswith(f"{key}.")]
    if isinstance(given, Mapping) and key not in rules:
        raise InputError(
            f"config: {section}.{key}: found keys below it; expected dotted names, such as "
            "model.coupling_strength: [1.0, 1.5]"
        )
    if below:
        raise InputError(
            f"config: {section}.{key}: not a scalar; expected one of {', '.join(below)}"
        )
    if key not in rules:
        raise InputError(unknown_key(section, key, [*rules, *(OWN if section == "sweep" else ())]))
    if rules[key] is None:
        raise InputError(
            f"config: {section}.{key}: {key} is a list of one value per region, which one value "
            "would replace; expected one value there"
        )
    return rules[key]


def _range(key, given, rule, schema):
    """A Range, and the number of its values or None."""
    if "enum" in rule:
        raise InputError(
            f"config: sweep.{key}: found a range; expected a list, of {', '.join(rule['enum'])}"
        )
    more = schema["properties"]["sweep"]["additionalProperties"]["range"]["properties"]
    ends = {"start": rule, "stop": rule}
    for name in ends:
        if name not in given and given.keys() <= {*ends, *more}:
            raise InputError(f"config: sweep.{key}: found no {name}; expected {SPAN}")
    whole = {"type": "object", "properties": {**ends, **more}}
    found = plain(f"sweep.{key}", dict(given), whole, complete=True)
    start, stop, is_log = found["start"], found["stop"], found["scale"] == "log"
    if start == stop:
        raise InputError(
            f"config: sweep.{key}: start and stop are both {start:g}; expected two values"
        )
    if is_log and min(start, stop) <= 0:
        raise InputError(
            f"config: sweep.{key}: found {min(start, stop):g} in a range of scale log; expected "
            "more than 0"
        )
    return Range(start, stop, is_log), found["num"]


def _together(zipped, lists, ranges):
    """Groups of lists, those of ``zipped`` together."""
    of: dict[str, list[str]] = {}
    for k, keys in enumerate(zipped):
        where = f"config: sweep.zip[{k}]"
        for key in keys:
            if key in ranges:
                raise InputError(f"{where}: {key} has no num; expected a list of values")
            if key not in lists:
                raise InputError(
                    f"{where}: {key} is no axis; expected keys of this sweep, "
                    f"{', '.join(lists) or 'which has none'}"
                )
            if key in of:
                raise InputError(f"{where}: {key} is there more than once; expected it once")
            of[key] = keys
        lengths = [len(lists[key]) for key in keys]
        if len(set(lengths)) > 1:
            texts = ", ".join(f"{key} has {n}" for key, n in zip(keys, lengths, strict=True))
            raise InputError(f"{where}: {texts} values; expected as many of each")
    groups = {}
    for key in lists:
        keys = of.get(key, [key])
        rows = list(zip(*(lists[name] for name in keys), strict=True))
        where = (
            f"config: sweep.{key}" if len(keys) == 1 else f"config: sweep.zip, {', '.join(keys)}"
        )
        groups[tuple(keys)] = Group(keys, rows, where)
    return list(groups.values())


def _check_groups(groups, rules):
    """Raise InputError if a group has one row twice, or there are too many points."""
    for keys, rows, where in groups:
        seen: dict[tuple, int] = {}
        for k, row in enumerate(rows):
            if row in seen:
                values = ", ".join(_told(x, rules[key]) for key, x in zip(keys, row, strict=True))
                place = f"[{k}]" if where.endswith(f"sweep.{keys[0]}") else f", point {k + 1}"
                raise InputError(
                    f"{where}{place}: {values} is there more than once; expected each point once"
                )
            seen[row] = k


def _told(value, rule):
    """A value with its unit."""
    if isinstance(value, str):
        return value
    return f"{value:g}" + (f" {rule['unit']}" if "unit" in rule else "")


def _check_number(number):
    if number > MOST:
        raise InputError(f"config: sweep: makes {number} points; expected at most {MOST}")


def _design(given, schema):
    """What is asked of a design: its method, number and seed; or None."""
    rules = schema["properties"]["sweep"]["properties"]["design"]["properties"]
    if given["method"] != rules["method"]["default"]:
        return given
    for name in ("number", "seed"):
        usual = rules[name]["default"]
        if given[name] != usual:
            raise InputError(
                f"config: sweep.design.{name}: has no effect where sweep.design.method is none; "
                f"expected its default, {usual}, or left out"
            )
    return None


def _placed(design, ranges):
    """Points of a design in some ranges."""
    if not ranges:
        raise InputError(
            f"config: sweep.design.method: {design['method']} has no range to place points in; "
            "expected one without num, such as model.coupling_strength: {start: 0.5, stop: 3}"
        )
    parts = _parts(design["method"], len(ranges), design["number"], design["seed"])
    rows = [
        tuple(span.at(part, PARTS) for span, part in zip(ranges.values(), row, strict=True))
        for row in parts
    ]
    return Group(list(ranges), rows, "config: sweep.design")


_known: dict[tuple, list[list[int]]] = {}  # parts of ranges, by what asks for them


def _parts(*asked):
    """Where a design has its points: rows of whole numbers of PARTS of each range.

    asked: method, number of ranges, of points, and seed. Of Sobol's sequence more points keep
    those that were there.
    """
    handed = json.loads(os.environ.get(HANDED, "null"))
    if handed and tuple(handed[0]) == asked:
        return handed[1]
    if asked not in _known:
        import numpy as np
        from scipy.stats import qmc  # which takes longer to load than all else before a run

        method, width, number, seed = asked
        random = np.random.default_rng(seed)
        if method == "sobol":
            # A power of two, as the sequence is even only then; of others its beginning.
            power = math.ceil(math.log2(number))
            cube = qmc.Sobol(width, rng=random).random_base2(power)[:number]
        else:
            cube = qmc.LatinHypercube(width, rng=random).random(number)
        _known[asked] = np.rint(cube * PARTS).astype(int).tolist()
    return _known[asked]


def hand_on() -> None:
    """Tell the jobs of a run, by the environment, where its design has points.

    So that they need no SciPy; very large ones they compute again.
    """
    for asked, parts in _known.items():
        text = json.dumps([asked, parts], separators=(",", ":"))
        if len(text) < ROOM:
            os.environ[HANDED] = text


def _table(path, rules):
    """The points of a CSV file, whose header has dotted names.

    A number without unit is in ms or mm/ms, as in the workflow's own tables.
    """
    where = f"config: sweep.table: {path}"
    try:
        with Path(path).open(newline="", encoding="utf-8-sig") as file:
            lines = csv.reader(file, strict=True)
            head = [name.strip() for name in next(lines, [])]
            for key in head:
                try:
                    rule_of(key, None, rules)
                except InputError as error:
                    text = str(error).removeprefix("config: sweep.")
                    raise InputError(f"{where}: column {text}") from None
                if head.count(key) > 1:
                    raise InputError(f"{where}: column {key} is there more than once")
            if not head:
                raise InputError(f"{where}: is empty; expected dotted names in its first line")
            rows = []
            for row in lines:
                if not any(map(str.strip, row)):
                    continue
                if len(row) != len(head):
                    raise InputError(
                        f"{where}, line {lines.line_num}: found {len(row)} values; expected "
                        f"{len(head)}, one for each name of the first line"
                    )
                at = f"{where.removeprefix('config: ')}, line {lines.line_num}, "
                rows.append(
                    tuple(
                        plain(at + key, _with_unit(text.strip(), rules[key]), rules[key], True)
                        for key, text in zip(head, row, strict=True)
                    )
                )
                _check_number(len(rows))
    except (OSError, UnicodeError, csv.Error) as error:
        raise InputError(f"{where}: cannot be read as CSV ({reason(error)})") from None
    if not rows:
        raise InputError(f"{where}: has no point; expected a line for each below the names")
    return Group(head, rows, where)


def _with_unit(text, rule):
    """A bare number with the unit that it has inside."""
    try:
        float(text)
    except ValueError:
        return text
    return f"{text} {rule['unit']}" if "unit" in rule else text
