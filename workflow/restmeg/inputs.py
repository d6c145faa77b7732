"""The user's files and settings, checked together before anything is computed."""

import contextlib
import os
import warnings
from pathlib import Path
from typing import NamedTuple

import numpy as np

from restmeg import (
    InputError,
    InputWarning,
    connectome,
    fingerprint,
    leadfield,
    rates,
    recording,
    settings,
    study,
)

SATURATED = 1000  # coupling strength times mean row sum: no model is anything but saturated there
# What a region passes on of the others' rates (`rates.coupling_gain`). Of 4 s of 68 and 94 regions
# with weaker coupling than WEAK, functional connectivity is hardly that of the weights; additive
# coupling stronger than STRONG leads seven connectomes into saturation.
WEAK, STRONG = 0.01, 0.4


class Inputs(NamedTuple):
    """What results are made from. Digests change with the numbers, not with their files' names."""

    anatomy: str  # digest of weights, distances and labels
    labels: list  # of regions, in order
    gain: str  # digest of the lead field


def check_sources(loaded, schema, results, example):
    """Find the file of each part of the study; raise InputError for a source that cannot be used.

    loaded: from `settings.load`; each section gets ``path``: the user's file, ``~`` expanded, or
    ``example`` for the bundled connectome, or None for what is made. results: the folder of the
    study's own files.
    """
    for section in ("connectome", "leadfield", "target"):
        source = loaded[section]["source"]
        own = study.is_file(section, loaded, schema)
        if own:
            bundled = schema["properties"][section]["properties"]["source"]["default"]
            loaded[section]["path"] = _usable(section, source, bundled, results)
        else:
            loaded[section]["path"] = example if section == "connectome" else None
    settings.check_effects(loaded, schema)


def _usable(section, source, bundled, results):
    where = f"config: {section}.source: '{source}'"
    path = Path(source)
    with contextlib.suppress(RuntimeError):  # no such user
        path = path.expanduser()
    try:
        there, below = path.is_file(), Path(results).resolve() in path.resolve().parents
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"{where}: {reason}; expected the path of a file") from None
    if not there:
        raise InputError(
            f"config: {section}.source: no file '{source}'; expected {bundled} or a file"
        )
    if set(source) & set("{}"):  # Snakemake would take what is between them for a wildcard
        raise InputError(f"{where}; expected a path without braces")
    if below:
        raise InputError(
            f"{where} is below results/, where this study's own files are; "
            "expected a file elsewhere, such as a copy"
        )
    if not os.access(path, os.R_OK):
        raise InputError(f"{where}: cannot be read; expected a file with read permission")
    return str(path)


def check(loaded, plan):
    """Read the user's files as jobs will; return their Inputs.

    loaded: from `settings.load`, with paths from `check_sources`; plan: from `study.plan`.

    Raises InputError for what cannot be used, and warns (InputWarning) of what is seldom meant.
    """
    given = loaded["connectome"]
    anatomy = connectome.read(
        given["path"], given["orientation"], given["distance_unit"], given["normalise"]
    )
    connectome.question(given["path"], anatomy)
    models = [*plan.models.values()]
    _check_per_region(models, anatomy.labels)
    row_sums = anatomy.weights.sum(axis=1)
    _question_coupling(given["path"], row_sums, models)
    simulation = loaded["simulation"]
    worst = {}
    for model in models:
        for cause, found in rates.step_notes(simulation["dt"], model, row_sums).items():
            worst[cause] = max(found, worst.get(cause, found))
    for _, note in worst.values():
        _warn(f"config: {note}")

    given = loaded["leadfield"]
    if given["path"]:
        field = leadfield.read(given["path"], anatomy.labels, given["unit"])
        leadfield.question(given["path"], field, given["unit"])
    else:
        field = leadfield.synthetic(
            anatomy.labels, given["sensors"], given["seed"], given["gain_sum"]
        )

    given = loaded["target"]
    if given["path"]:
        seconds = (simulation["duration"] - simulation["transient"]) / 1000
        with recording.opened(given["path"], anatomy.labels, given["sampling_rate"]) as series:
            recording.question(
                given["path"], series, seconds, 1000 / simulation["sampling_interval"]
            )
    return Inputs(
        anatomy=fingerprint.content(*anatomy),
        labels=[str(label) for label in anatomy.labels],
        gain=fingerprint.content(*field),
    )


def _check_per_region(models, labels):
    """Raise InputError unless lists in the models have a value for each region."""
    for model in models:
        for key, value in settings.flat(model).items():
            if isinstance(value, list) and len(value) != len(labels):
                raise InputError(
                    f"config: model.{key}: {len(value)} values; expected one, or one for each of "
                    f"{len(labels)} regions"
                )


def _question_coupling(path, row_sums, models):
    """Warn of weights that saturate or do not couple the model; refuse what always saturates."""
    models = [model for model in models if model["coupling_strength"] > 0]
    if not models:
        return  # uncoupled on purpose
    with np.errstate(over="ignore"):
        row_sum = row_sums.mean()
        weakest = min(model["coupling_strength"] for model in models) * row_sum
    mend = (
        "another model.coupling_strength mends it, or connectome.normalise, such as mean_row_sum, "
        "which brings weights to a scale of their own"
    )
    scale = f"{path}: weights: their mean row sum, {row_sum:.3g}, times model.coupling_strength is "
    if not weakest <= SATURATED:
        raise InputError(
            f"{scale}{weakest:.3g}; expected at most {SATURATED}, as all regions would be "
            f"saturated; {mend}"
        )
    gains = [(rates.coupling_gain(model, row_sums), model) for model in models]
    strongest, model = max(gains, key=lambda pair: pair[0])
    scale += f"{model['coupling_strength'] * row_sum:.3g}"
    if strongest < WEAK:
        effect = "regions are practically uncoupled"
    elif model["coupling"] == "additive" and strongest > STRONG:
        effect = "regions may be saturated"
    else:
        return
    _warn(f"{scale}: {effect}; {mend}")


def _warn(text):
    # Never in the name of the caller: where that is a Snakefile, Python would lose the warning.
    warnings.warn(text, InputWarning, stacklevel=1)
