"""Settings: the user's configuration, checked and in plain numbers.

The schema (workflow/schemas/config.schema.yaml) says which keys there are, their types, ranges,
units and defaults. Some keywords are our own: ``unit`` marks a quantity and names the unit it has
inside the workflow; ``auto`` allows the text "auto" in its place, which is None inside;
``per_region`` allows a list of one value per region; ``with_source`` says that a key has an effect
only where the section's source is a file ("file"), bundled ("bundled") or one of its ``words``;
``names_of`` allows the names in a table of the package; ``file`` marks what names a file, but for
its ``words``; ``range`` has what a range of the sweep has beside its ends.
"""

import copy
from pathlib import Path
from typing import Any

import yaml

from restmeg import schedule, sweeps
from restmeg.dialect import plain, scalars, several
from restmeg.errors import InputError
from restmeg.measures import MEASURES
from restmeg.nested import flat as flat  # which are looked for here
from restmeg.nested import merged
from restmeg.nested import replaced as replaced
from restmeg.nulls import NULLS

TABLES = {"measures": MEASURES, "nulls": NULLS}


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
    ``sweep`` is as `sweeps` describes it.

    Raises InputError, one line that names the key, what was found and what was expected.
    """
    config = config or {}
    sweep = config.get("sweep") if isinstance(config, dict) else None
    axes = {}
    if isinstance(sweep, dict):  # whose own keys stand beside names of parameters
        axes = {key: values for key, values in sweep.items() if key not in sweeps.OWN}
        own = {key: value for key, value in sweep.items() if key in sweeps.OWN}
        config = {**config, "sweep": own}
    settings = plain("", config, schema, complete=True)
    schedule.check(settings["simulation"])
    _check_nulls(settings["nulls"], config.get("nulls") or {})
    band = settings["fit"]["frequencies"]
    if band and not band[0] < band[1]:
        raise InputError(
            f"config: fit.frequencies: found {band[0]:g} to {band[1]:g} Hz; expected the lower one "
            "first"
        )
    given = (config.get("target") or {}).get("model")
    override = plain("target.model", given, schema["properties"]["model"], complete=False)
    settings["target"]["model"] = merged(settings["model"], override)
    settings["sweep"] = sweeps.load(axes, settings["sweep"], settings["model"], schema)
    settings["fit"]["parameters"] = {
        key: _check_bounds(key, ends, settings["model"], schema)
        for key, ends in settings["fit"]["parameters"].items()
    }
    return settings


def check_effects(settings: dict, schema: dict) -> None:
    """Raise InputError for a key that has no effect in this study and yet another value than usual.

    A file of settings over the bundled ones cannot unset those, so usual values pass.
    """
    for section, part in schema["properties"].items():
        for name, rule in part.get("properties", {}).items():
            if "with_source" not in rule:
                continue
            if origin(section, settings, schema) in several(rule["with_source"]):
                continue
            complete = name != "model"
            usual = plain(f"{section}.{name}", copy.deepcopy(rule["default"]), rule, complete)
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


def _check_bounds(key, ends, model, schema):
    """The bounds of a fitted parameter in plain numbers."""
    section = "fit.parameters"
    rule = sweeps.rule_of(key, ends, sweeps.scalar_rules(model, schema), section)
    if "enum" in rule:
        raise InputError(
            f"config: {section}.{key}: is one of {', '.join(rule['enum'])}; expected a parameter "
            "that is a number"
        )
    low, high = (plain(f"{section}.{key}[{k}]", x, rule, True) for k, x in enumerate(ends))
    if not low < high:
        raise InputError(
            f"config: {section}.{key}: found {low:g} to {high:g}; expected the lower one first"
        )
    return [low, high]


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
    return plain(key, value, rule, complete=True)


def unit(key: str, schema: dict) -> str:
    """Unit of a parameter of the model by its dotted name, "" of one that has none."""
    return scalars("model", schema["properties"]["model"])[key].get("unit", "")


def axis_label(key: str, schema: dict) -> str:
    """A swept parameter as a figure names it: "conduction speed (mm/ms)"."""
    own = unit(key, schema)
    return key.rsplit(".", 1)[1].replace("_", " ") + (f" ({own})" if own else "")
