"""Nested settings: by dotted names, and with other values in places."""

import copy
from collections.abc import Mapping
from typing import Any


def flat(nested: dict, prefix: str = "") -> dict[str, Any]:
    """Values of nested dicts by their dotted names."""
    found: dict[str, Any] = {}
    for name, value in nested.items():
        key = prefix + name
        found |= flat(value, f"{key}.") if isinstance(value, dict) else {key: value}
    return found


def replaced(model: dict, values: Mapping[str, Any]) -> dict:
    """A copy of a model with other values at dotted keys, such as model.noise.sigma."""
    nested: dict[str, Any] = {}
    for key, value in values.items():
        *above, last = key.split(".")[1:]
        inside = nested
        for name in above:
            inside = inside.setdefault(name, {})
        inside[last] = value
    return merged(model, nested)


def merged(base: dict, override: Mapping[str, Any]) -> dict:
    """A copy of nested dicts with some values replaced."""
    found = copy.deepcopy(base)
    for key, value in override.items():
        found[key] = merged(found[key], value) if isinstance(value, dict) else value
    return found
