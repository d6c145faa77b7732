"""Which settings of a study differ from their defaults, in words."""

import functools
import operator
from collections.abc import Mapping

from restmeg import settings
from restmeg.dialect import scalars

LISTED = 6  # values of a list that are written one by one


def of(loaded: dict, schema: dict) -> list[list[str]]:
    """Settings that differ from their defaults: rows of dotted key, value and default, as texts.

    loaded: from `settings.load`; schema: from `settings.load_schema`. Of the target's model, what
    differs from the model; of nulls and the sweep, all of it.
    """
    usual = settings.load({}, schema)
    usual["target"]["model"] = loaded["model"]
    rows = []
    for section, part in schema["properties"].items():
        if section in ("nulls", "sweep"):
            continue
        for key, rule in scalars(section, part).items():
            given, default = (
                functools.reduce(operator.getitem, key.split("."), of) for of in (loaded, usual)
            )
            if given != default:
                model = "that of the model, " if key.startswith("target.model.") else ""
                rows.append([key, _in_words(given, rule), model + _in_words(default, rule)])
    for name, null in loaded["nulls"].items():
        networks = f"{null['number']} network" + ("s" if null["number"] > 1 else "")
        rows.append([f"nulls.{name}", f"{null['method']}, {networks}", "none"])
    rules = scalars("model", schema["properties"]["model"])
    of = ""
    if loaded["sweep"]["points"] is not None:
        of = f", in {len(loaded['sweep']['points'])} points that are no grid"
    for key, values in loaded["sweep"]["axes"].items():
        rows.append([f"sweep.{key}", _in_words(values, rules[key]) + of, "not swept"])
    return rows


def _in_words(value: object, rule: Mapping) -> str:
    """A value with its unit: "4000 ms", "0.5, 1, 1.5", "68 values from 0.9 to 1.1 ms"."""
    rule = rule.get("items", rule)
    unit = f" {rule['unit']}" if "unit" in rule else ""
    if isinstance(value, Mapping):  # of names to names
        found = [f"{name} is {'left out' if to is None else to}" for name, to in value.items()]
        more = f" and {len(found) - LISTED} more" if len(found) > LISTED else ""
        return ", ".join(found[:LISTED]) + more
    if isinstance(value, list):
        if len(value) > LISTED and all(isinstance(item, int | float) for item in value):
            return f"{len(value)} values from {_plain(min(value))} to {_plain(max(value))}{unit}"
        return (", ".join(map(_plain, value)) or "none") + (unit if value else "")
    return _plain(value) + (unit if value is not None else "")


def _plain(value: object) -> str:
    if value is None:
        return "auto"
    return f"{value:.12g}" if isinstance(value, float) else str(value)
