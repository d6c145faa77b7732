"""One value of the configuration, held against its rule in the schema: plain numbers, or a message.

The schema's own keywords are told at its top; the words of `settings` on them hold here.
"""

import copy
import difflib
import json
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

import jsonschema

from restmeg import units
from restmeg.errors import InputError

TYPES = {
    "object": "a mapping of keys",
    "array": "a list",
    "string": "text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "null": "nothing",
}


def several(value: Any) -> list:
    """A list, or what is none as the only item of one."""
    return value if isinstance(value, list) else [value]


def plain(key: str, value: Any, schema: Mapping, complete: bool) -> Any:
    """A value of the configuration in plain numbers.

    key: its dotted name, for messages; schema: its rule; complete: whether keys that are left out
    get their defaults. Raises InputError, one line that names the key, what was found and what was
    expected.
    """
    if schema.get("per_region") and isinstance(value, list):
        if not value:
            raise InputError(f"config: {key}: the list is empty; expected one value per region")
        single = {name: part for name, part in schema.items() if name != "per_region"}
        return [plain(f"{key}[{k}]", item, single, complete) for k, item in enumerate(value)]
    if schema.get("auto") and value == "auto":
        return None
    if "unit" in schema:
        value = units.magnitude(f"config: {key}", value, schema["unit"])
        _check_value(key, value, {**schema, "type": "number"}, f" {schema['unit']}")
        return value
    if value is None and schema.get("type") == "object":
        value = {}  # a key with nothing below it
    properties = schema.get("properties")
    if isinstance(value, dict) and "propertyNames" in schema:  # names of the user's own
        return _check_named(key, value, schema, complete)
    if properties is None:
        if schema.get("type") == "number" and isinstance(value, str):
            value = _number(value)  # YAML takes 1e-3 for text
        _check_value(key, value, schema)
        if "unit" in schema.get("items", {}):
            return [
                plain(f"{key}[{k}]", item, schema["items"], True) for k, item in enumerate(value)
            ]
        # JSON does not tell 2 from 2.0, and neither may Snakemake, which compares parameters.
        kinds = several(schema.get("type"))
        whole = isinstance(value, float) and "integer" in kinds
        return int(value) if whole else float(value) if "number" in kinds else value
    if not isinstance(value, dict):
        where = f"config: {key}" if key else "config"
        raise InputError(f"{where}: found {found(value)}; expected {TYPES['object']}")
    for name in value:
        if name not in properties:
            inner = [
                place.removeprefix(f"{key}.")
                for part in properties
                for place in scalars(f"{key}.{part}".lstrip("."), properties[part])
            ]
            raise InputError(unknown_key(key, name, properties, inner))
    checked = {}
    for name, part in properties.items():
        if name in value or complete:
            given = value.get(name, copy.deepcopy(part.get("default")))
            checked[name] = plain(f"{key}.{name}".lstrip("."), given, part, complete)
    return checked


def _check_named(key, value, schema, complete):
    """A mapping of names of the user's own, as `plain` returns it."""
    checked = {}
    for name, part in value.items():
        if not re.fullmatch(schema["propertyNames"]["pattern"], str(name)):
            raise InputError(
                f"config: {key}: found the name {found(name)}; expected letters, digits, _ and -"
            )
        if str(name) in checked:
            raise InputError(f"config: {key}: the name {name} is there twice; expected it once")
        rule = schema["additionalProperties"]
        checked[str(name)] = plain(f"{key}.{name}", part, rule, complete)
    return checked


def _number(text):
    """The number that a text is, or the text."""
    try:
        return float(text)
    except ValueError:
        return text


def unknown_key(key: str, name: str, accepted: Iterable[str], inner: Iterable[str] = ()) -> str:
    """What is wrong with a key that there is not, with the nearest that there is.

    inner: dotted names of keys further in, which may have been meant.
    """
    where = json.dumps(name, default=str, ensure_ascii=False).strip('"')
    where = f"config: {key}.{where}" if key else f"config: {where}"
    accepted, inner = list(accepted), list(inner)
    candidates = [*inner, *accepted]
    by_lower_case = {other.lower().rsplit(".", 1)[-1]: other for other in candidates}
    by_lower_case |= {other.lower(): other for other in candidates}
    text = str(name).lower()
    last = text.rsplit(".", 1)[-1]
    nearest = [last] if last in by_lower_case else difflib.get_close_matches(text, by_lower_case, 1)
    hint = f"did you mean '{by_lower_case[nearest[0]]}'? " if nearest else ""
    return f"{where}: no such key; {hint}accepted: {', '.join(accepted)}"


def _check_value(key, value, schema, unit=""):
    """Raise InputError for the first rule of the schema that a value breaks."""
    if isinstance(value, float) and not math.isfinite(value):
        raise InputError(f"config: {key}: {value} is not finite")
    error = next(jsonschema.Draft202012Validator(schema).iter_errors(value), None)
    if error is None:
        return
    limit = error.validator_value
    instance = found(error.instance) + unit
    place = "".join(f".{part}" if isinstance(part, str) else f"[{part}]" for part in error.path)
    expected = {
        "type": lambda: " or ".join(
            TYPES[kind] for kind in ([limit] if isinstance(limit, str) else limit)
        ),
        "enum": lambda: "one of " + ", ".join(map(str, limit)),
        "minimum": lambda: f"at least {limit}{unit}",
        "exclusiveMinimum": lambda: f"more than {limit}{unit}",
        "maximum": lambda: f"at most {limit}{unit}",
        "minItems": lambda: f"at least {limit} value{'s' * (limit > 1)}",
        "maxItems": lambda: f"at most {limit} values",
        "minLength": lambda: "a name or a path",
        "uniqueItems": lambda: "each value once",
    }.get(error.validator, lambda: f"{error.validator} {found(limit)}")()
    raise InputError(f"config: {key}{place}: found {instance}; expected {expected}")


def found(value: Any) -> str:
    """A value as JSON writes it, shortened where it is long."""
    text = json.dumps(value, default=str)
    return text if len(text) <= 200 else f"{text[:150]} ... ({len(text)} characters)"


def scalars(key: str, schema: dict) -> dict[str, dict]:
    """Schemas of all values below a key, by their dotted names."""
    if "properties" not in schema:
        return {key: schema}
    parts = (scalars(f"{key}.{name}", part) for name, part in schema["properties"].items())
    return {name: part for found in parts for name, part in found.items()}
