"""Settings: the user's configuration, checked and in plain numbers.

The schema (workflow/schemas/config.schema.yaml) says which keys there are, their types, ranges,
units and defaults. Some keywords are our own: ``unit`` marks a quantity and names the unit it has
inside the workflow; ``auto`` allows the text "auto" in its place, which is None inside;
``per_region`` allows a list of one value per region; ``with_source`` says that a key has an effect
only where the section's source is a file ("file"), bundled ("bundled") or one of its ``words``;
``names_of`` allows the names in a table of the package; ``file`` marks what names a file, but for
its ``words``.
"""

import copy
import difflib
import json
import math
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import jsonschema
import yaml

from restmeg import schedule, units
from restmeg.errors import InputError
from restmeg.measures import MEASURES
from restmeg.nulls import NULLS

TABLES = {"measures": MEASURES, "nulls": NULLS}
TYPES = {
    "object": "a mapping of keys",
    "array": "a list",
    "string": "text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "null": "nothing",
}


def load_schema(path: str | Path) -> dict:
    """The schema as a dict, with references to ``$defs`` and to tables of the package resolved."""
    schema = yaml.safe_load(Path(path).read_text())
    return _resolve(schema, schema.pop("$defs"))


def _resolve(node, definitions):
    if isinstance(node, list):
        return [_resolve(item, definitions) for item in node]
    if not isinstance(node, dict):
        return node
    node = {key: _resolve(value, definitions) for key, value in node.items()}
    if "names_of" in node:
        node["enum"] = list(TABLES[node.pop("names_of")])
    reference = node.pop("$ref", None)
    if reference:
        node = {**_resolve(definitions[reference.rsplit("/", 1)[1]], definitions), **node}
    return node


def load(config: dict, schema: dict) -> dict:
    """Check a configuration and return it complete, in plain numbers.

    config: dict as read from YAML; schema: from `load_schema`.
    Returns a new dict with every key of the schema; ``target.model`` is the whole ground truth, and
    ``sweep`` holds plain numbers.

    Raises InputError, one line that names the key, what was found and what was expected.
    """
    config = config or {}
    sweep = config.get("sweep") if isinstance(config, dict) else None
    for key, values in sweep.items() if isinstance(sweep, dict) else ():
        if isinstance(values, dict):
            raise InputError(
                f"config: sweep.{key}: found keys below it; expected dotted names, such as "
                "model.coupling_strength: [1.0, 1.5]"
            )
    settings = _check("", config, schema, complete=True)
    schedule.check(settings["simulation"])
    _check_nulls(settings["nulls"], config.get("nulls") or {})
    band = settings["fit"]["frequencies"]
    if band and not band[0] < band[1]:
        raise InputError(
            f"config: fit.frequencies: found {band[0]:g} to {band[1]:g} Hz; expected the lower one "
            "first"
        )
    given = (config.get("target") or {}).get("model")
    override = _check("target.model", given, schema["properties"]["model"], complete=False)
    settings["target"]["model"] = _merge(settings["model"], override)
    for key, values in settings["sweep"].items():
        settings["sweep"][key] = _check_axis(key, values, schema["properties"]["model"])
        if isinstance(flat(settings["model"])[key.removeprefix("model.")], list):
            raise InputError(
                f"config: sweep.{key}: {key} is a list of one value per region, which a sweep "
                "would replace; expected one value there"
            )
    fitted = settings["fit"]["parameters"]
    for key, ends in fitted.items():
        fitted[key] = _check_bounds(key, ends, settings["model"], schema["properties"]["model"])
    return settings


def check_effects(settings: dict, schema: dict) -> None:
    """Raise InputError for a key that has no effect in this study and yet another value than usual.

    A file of settings over the bundled ones cannot unset those, so usual values pass.
    """
    for section, part in schema["properties"].items():
        for name, rule in part.get("properties", {}).items():
            if "with_source" not in rule:
                continue
            if origin(section, settings, schema) in _several(rule["with_source"]):
                continue
            complete = name != "model"
            usual = _check(f"{section}.{name}", copy.deepcopy(rule["default"]), rule, complete)
            if name == "model":
                usual = settings["model"]
            if settings[section][name] != usual:
                given = settings[section]["source"]
                value = "" if name == "model" else f", {rule['default']}"
                raise InputError(
                    f"config: {section}.{name}: has no effect where {section}.source is {given}; "
                    f"expected its default{value}, or left out"
                )


def origin(section: str, loaded: dict, schema: dict) -> str:
    """Where a part of a study is from: "bundled", "file", or one of the words of its source."""
    rule = schema["properties"][section]["properties"]["source"]
    given = loaded[section]["source"]
    if given == rule["default"]:
        return "bundled"
    return given if given in rule.get("words", ()) else "file"


def is_file(section: str, loaded: dict, schema: dict) -> bool:
    """Whether a part of a study is the user's file, and not made or bundled."""
    return origin(section, loaded, schema) == "file"


def files(section: str, loaded: dict, schema: dict) -> dict[str, str]:
    """Paths that a section names beside ``source``, by their keys."""
    properties = schema["properties"][section]["properties"]
    given = {name: loaded[section].get(name) for name in properties if properties[name].get("file")}
    return {
        name: value
        for name, value in given.items()
        if isinstance(value, str) and value not in properties[name].get("words", ())
    }


def _several(value):
    return value if isinstance(value, list) else [value]


def flat(nested: dict, prefix: str = "") -> dict[str, Any]:
    """Values of nested dicts by their dotted names."""
    found: dict[str, Any] = {}
    for name, value in nested.items():
        key = prefix + name
        found |= flat(value, f"{key}.") if isinstance(value, dict) else {key: value}
    return found


def _check(key, value, schema, complete):
    """The value in plain numbers; ``complete`` fills in defaults. Raises InputError."""
    if schema.get("per_region") and isinstance(value, list):
        if not value:
            raise InputError(f"config: {key}: the list is empty; expected one value per region")
        single = {name: part for name, part in schema.items() if name != "per_region"}
        return [_check(f"{key}[{k}]", item, single, complete) for k, item in enumerate(value)]
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
                _check(f"{key}[{k}]", item, schema["items"], True) for k, item in enumerate(value)
            ]
        # JSON does not tell 2 from 2.0, and neither may Snakemake, which compares parameters.
        kinds = _several(schema.get("type"))
        whole = isinstance(value, float) and "integer" in kinds
        return int(value) if whole else float(value) if "number" in kinds else value
    if not isinstance(value, dict):
        where = f"config: {key}" if key else "config"
        raise InputError(f"{where}: found {_found(value)}; expected {TYPES['object']}")
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
            checked[name] = _check(f"{key}.{name}".lstrip("."), given, part, complete)
    return checked


def _check_named(key, value, schema, complete):
    """A mapping of names of the user's own, as `_check` returns it."""
    checked = {}
    for name, part in value.items():
        if not re.fullmatch(schema["propertyNames"]["pattern"], str(name)):
            raise InputError(
                f"config: {key}: found the name {_found(name)}; expected letters, digits, _ and -"
            )
        if str(name) in checked:
            raise InputError(f"config: {key}: the name {name} is there twice; expected it once")
        rule = schema["additionalProperties"]
        checked[str(name)] = _check(f"{key}.{name}", part, rule, complete)
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
    found = _found(error.instance) + unit
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
    }.get(error.validator, lambda: f"{error.validator} {_found(limit)}")()
    raise InputError(f"config: {key}{place}: found {found}; expected {expected}")


def _found(value):
    """A value as JSON writes it, shortened where it is long."""
    text = json.dumps(value, default=str)
    return text if len(text) <= 200 else f"{text[:150]} ... ({len(text)} characters)"


def _check_nulls(nulls, given):
    """Bring the number of a kind that has one network to 1; raise InputError for another."""
    for name, null in nulls.items():
        if NULLS[null["method"]].single:
            found = {str(key): part or {} for key, part in given.items()}[name].get("number", 1)
            if found != 1:
                raise InputError(
                    f"config: nulls.{name}.number: found {found}, but there is one network of "
                    f"method {null['method']}; expected 1, or left out"
                )
            null["number"] = 1


def _check_bounds(key, ends, model, model_schema):
    """The bounds of a fitted parameter in plain numbers."""
    low, high = _check_axis(key, ends, model_schema, "fit.parameters")
    kind = [one for one in (low, high) if isinstance(one, str)]
    if kind or isinstance(flat(model)[key.removeprefix("model.")], list):
        found = f"is one of several words, such as {kind[0]}" if kind else "is a list"
        raise InputError(
            f"config: fit.parameters.{key}: {key} {found}; expected a parameter with one number"
        )
    if not low < high:
        raise InputError(
            f"config: fit.parameters.{key}: found {low:g} to {high:g}; expected the lower one first"
        )
    return [low, high]


def _check_axis(key, values, model_schema, section="sweep"):
    """The values of one swept parameter in plain numbers."""
    swept = scalars("model", model_schema)
    below = [name for name in swept if name.startswith(f"{key}.")]
    if below:
        raise InputError(
            f"config: {section}.{key}: not a scalar; expected one of {', '.join(below)}"
        )
    if key not in swept:
        raise InputError(unknown_key(section, key, swept))
    scalar = {name: rule for name, rule in swept[key].items() if name != "per_region"}
    checked = [
        _check(f"{section}.{key}[{k}]", value, scalar, complete=True)
        for k, value in enumerate(values)
    ]
    seen = set()
    for k, value in enumerate(checked):
        if value in seen:
            raise InputError(f"config: {section}.{key}[{k}]: {values[k]} is there more than once")
        seen.add(value)
    return checked


def scalars(key: str, schema: dict) -> dict[str, dict]:
    """Schemas of all values below a key, by their dotted names."""
    if "properties" not in schema:
        return {key: schema}
    parts = (scalars(f"{key}.{name}", part) for name, part in schema["properties"].items())
    return {name: part for found in parts for name, part in found.items()}


def replaced(model: dict, values: Mapping[str, Any]) -> dict:
    """A copy of a model with other values at dotted keys, such as model.noise.sigma."""
    nested: dict[str, Any] = {}
    for key, value in values.items():
        *above, last = key.split(".")[1:]
        inside = nested
        for name in above:
            inside = inside.setdefault(name, {})
        inside[last] = value
    return _merge(model, nested)


def _merge(base, override):
    """A copy of nested dicts with some values replaced."""
    merged = copy.deepcopy(base)
    for key, value in override.items():
        merged[key] = _merge(merged[key], value) if isinstance(value, dict) else value
    return merged


def places(schema: dict, section: str) -> dict[str, list[str]]:
    """Where each value of a section is: {its name: the keys that lead to it}."""
    found = (key.split(".") for key in scalars(section, schema["properties"][section]))
    return {keys[-1]: keys for keys in found}


def checked(key: str, value: Any, schema: dict) -> Any:
    """One value of the configuration in plain numbers; key: its dotted name.

    Raises InputError as `load` does.
    """
    section, name = key.split(".")
    rule = schema["properties"][section]["properties"][name]
    return _check(key, value, rule, complete=True)


def unit(key: str, schema: dict) -> str:
    """Unit of a parameter of the model by its dotted name, "" of one that has none."""
    return scalars("model", schema["properties"]["model"])[key].get("unit", "")


def axis_label(key: str, schema: dict) -> str:
    """A swept parameter as a figure names it: "conduction speed (mm/ms)"."""
    own = unit(key, schema)
    return key.rsplit(".", 1)[1].replace("_", " ") + (f" ({own})" if own else "")
