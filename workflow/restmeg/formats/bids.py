"""Connectivity matrices as BIDS derivatives have them: a TSV, and a JSON file that describes it.

There is no standard yet. Files of that kind name their regions in the TSV (``*_relmat.tsv`` of
XCP-D and giga_connectome) or in a file that the JSON names (``CoordsRows`` of what TVB exports).
"""

import json
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


def _labels(path, described):
    """Names in the first of the files of coordinates that is one of labels."""
    for name in described.get("CoordsRows") or []:
        file = Path(path).parent / str(name)
        if "label" in file.stem and file.is_file() and file.suffix in (".tsv", ".txt"):
            return check.unique_names(file, "label", text.lines(file))
    return None
