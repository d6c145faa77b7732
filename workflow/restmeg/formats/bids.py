"""Connectivity matrices as BIDS derivatives have them: a TSV, and a JSON file that describes it.

There is no standard yet. Files of that kind name their regions in the TSV (``*_relmat.tsv`` of
XCP-D and giga_connectome) or in a file that the JSON names (``CoordsRows`` of what TVB exports).
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path

from restmeg import check
from restmeg.errors import InputError
from restmeg.formats import RawConnectome, pair, text


def connectome(path: str | Path, given: Mapping) -> RawConnectome:
    """As `pair.connectome`; of ``weights.tsv`` distances are in ``distances.tsv`` beside it."""
    beside = Path(str(path).replace("weights.tsv", "distances.tsv"))
    elsewhere = given["distances"] or (beside if beside != Path(path) else None)
    raw = pair.connectome(path, {**given, "distances": elsewhere})
    described = _described(path)
    labels = raw.labels if raw.labels is not None else _labels(path, described)
    unit = _described(elsewhere).get("Units")
    return raw._replace(labels=labels, distance_unit=unit if isinstance(unit, str) else None)


def _described(path):
    """What the JSON file of the same name says."""
    sidecar = Path(path).with_suffix(".json")
    if not sidecar.exists():
        return {}
    try:
        found = json.loads("".join(text.lines(sidecar)))
        return dict(found)
    except (ValueError, TypeError, RecursionError):
        raise InputError(f"{sidecar}: cannot be read as JSON; expected names and values") from None


def _is_file(path):
    return os.path.isfile(path)  # noqa: PTH113 as it takes names of any length


def _labels(path, described):
    """Names in the first of the files of coordinates that is one of labels."""
    named = described.get("CoordsRows") or []
    if not isinstance(named, list) or not all(isinstance(name, str) for name in named):
        raise InputError(
            f"{Path(path).with_suffix('.json')}: CoordsRows is no list of names; expected those of "
            "files"
        )
    for name in named:
        file = Path(path).parent / name
        if "label" in file.stem and file.suffix in (".tsv", ".txt") and _is_file(file):
            return check.unique_names(file, "label", text.lines(file))
    return None
