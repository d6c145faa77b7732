"""What YAML says of a configuration file that its loaded content no longer tells."""

import json
import re
from pathlib import Path

import yaml

from restmeg.errors import InputError

MAX_VALUES = 10**6  # with aliases written out
# YAML 1.1 takes 010 for 8 and 1:30 for 90.
SURPRISING = re.compile(r"[+-]?(0[0-9_]+|[0-9_]+(:[0-5]?[0-9])+(\.[0-9_]*)?)")


def check(path: str | Path) -> None:
    """Raise InputError, one line with the place, for a YAML file that says what nobody means.

    That is text that is not UTF-8 or no YAML, a key that stands twice in one mapping (readers take
    the last one), an alias that leads to itself, and a number that YAML reads in another base.
    """
    path = Path(path)
    content = path.read_bytes()
    try:
        text = content.decode()
        if _is_json(text):
            return
        root = yaml.compose(text)
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise InputError(f"{path}: line {line}: not UTF-8 text; expected UTF-8") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"line {mark.line + 1}: " if mark else ""
        problem = " ".join(str(getattr(error, "problem", None) or error).split())
        raise InputError(f"{path}: {place}{problem}; expected YAML") from None
    except RecursionError:
        raise InputError(f"{path}: nested too deep; expected some levels") from None
    if root is not None:
        _size(path, root, {}, set())


def _is_json(text):
    """Whether it is JSON, in which nothing surprises, with each key once."""

    def once(pairs):
        if len(dict(pairs)) < len(pairs):
            raise ValueError("a key is there twice, which YAML's checks tell")
        return dict(pairs)

    try:
        json.loads(text, object_pairs_hook=once)
    except ValueError:
        return False
    return True


def _size(path, node, sizes, above):
    """Number of values in a node, aliases written out. Raises InputError as `check` says."""
    line = node.start_mark.line + 1
    if id(node) in above:
        raise InputError(f"{path}: line {line}: an alias leads to itself; expected plain values")
    if id(node) in sizes:
        return sizes[id(node)]
    above.add(id(node))
    children = []
    if isinstance(node, yaml.SequenceNode):
        children = node.value
    elif isinstance(node, yaml.MappingNode):
        _check_keys_once(path, node)
        children = [part for pair in node.value for part in pair]
    elif node.style is None and SURPRISING.fullmatch(node.value):
        value = yaml.safe_load(node.value)
        if str(value) != node.value.lstrip("+"):
            raise InputError(
                f"{path}: line {line}: YAML reads {node.value} as {value}; "
                "expected a plain decimal number, or quotes around a text"
            )
    size = 1 + sum(_size(path, child, sizes, above) for child in children)
    if size > MAX_VALUES:
        raise InputError(f"{path}: line {line}: {size} values; expected at most {MAX_VALUES}")
    above.discard(id(node))
    sizes[id(node)] = size
    return size


def _check_keys_once(path, node):
    lines = {}
    for key, _ in node.value:
        line, name = key.start_mark.line + 1, str(key.value)
        if name in lines:
            raise InputError(
                f"{path}: line {line}: key '{name}' is there already, in line {lines[name]}; "
                "expected each key once"
            )
        lines[name] = line
