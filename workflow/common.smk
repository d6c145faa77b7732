"""Settings, sweep points and paths: what the rules share."""

import os
import sys
from pathlib import Path

WORKFLOW = Path(workflow.current_basedir.get_path_or_uri(secret_free=True))
sys.path.insert(0, str(WORKFLOW))  # the package is used where it lies; scripts inherit this

from restmeg import InputError, settings

EXAMPLE = os.path.relpath(WORKFLOW.parent / "resources/connectome/example.npz")
BUNDLED = {"connectome": "example", "leadfield": "synthetic", "target": "synthetic"}
RECORDING = "recording"  # in place of a point's name where the target is one


def load_settings():
    """The checked configuration; a mistake ends the run with one line."""
    try:
        for path in workflow.configfiles:
            settings.check_keys_once(path)
        loaded = settings.load(config, SCHEMA)
        for section, bundled in BUNDLED.items():
            source = loaded[section]["source"]
            where = f"config: {section}.source"
            if source != bundled and not Path(source).is_file():
                raise InputError(f"{where}: no file '{source}'; expected {bundled} or a file")
            if set(source) & set("{}"):  # Snakemake would take what is between them for a wildcard
                raise InputError(f"{where}: '{source}'; expected a path without braces")
            if Path("results").resolve() in Path(source).resolve().parents:
                raise InputError(
                    f"{where}: '{source}' is below results/, where this study's own files are; "
                    "expected a file elsewhere, such as a copy"
                )
    except InputError as error:
        sys.exit(str(error))
    return loaded


def file_of(section):
    """The user's file for a part of the study, or nothing where the bundled one is used."""
    source = SETTINGS[section]["source"]
    return [] if source == BUNDLED[section] else source


def code(*modules):
    """Paths of modules of the package: as inputs, they make an edit of the science re-run rules."""
    return [os.path.relpath(WORKFLOW / "restmeg" / f"{name}.py") for name in modules]


def per_batch(role, points, name):
    """The paths of one kind of file, for all batches of a role at some points."""
    pattern = "results/{role}/{point}/{batch}/{name}.nc"
    return expand(pattern, role=role, point=points, batch=BATCHES[role], name=name)


def activity(wildcards):
    """What connectivity is estimated from: simulated activity, or the target's recording."""
    if wildcards.point == RECORDING:
        return SETTINGS["target"]["source"]
    return f"results/{wildcards.role}/{wildcards.point}/{wildcards.batch}/activity.nc"


SCHEMA = settings.load_schema(WORKFLOW / "schemas/config.schema.yaml")
SETTINGS = load_settings()
LEADFIELD = {"source": SETTINGS["leadfield"]["source"]}
if not file_of("leadfield"):
    LEADFIELD |= {key: SETTINGS["leadfield"][key] for key in ("sensors", "seed")}
SIMULATION = {
    key: SETTINGS["simulation"][key] for key in ("dt", "duration", "transient", "sampling_interval")
}
SEEDS = {"simulated": SETTINGS["simulation"]["seed"], "target": SETTINGS["target"]["seed"]}
POINTS = settings.sweep_points(SETTINGS["model"], SETTINGS["sweep"])
MODELS = {point.name: point.model for point in POINTS}
BATCHES = {
    "simulated": settings.batches(
        SETTINGS["simulation"]["replicates"], SETTINGS["simulation"]["replicates_per_job"]
    )
}
if file_of("target"):
    TARGET = RECORDING
    BATCHES["target"] = {"all": []}  # one file, whose replicates it alone knows
else:
    TARGET = settings.name_of(SETTINGS["target"]["model"])
    MODELS[TARGET] = SETTINGS["target"]["model"]
    BATCHES["target"] = settings.batches(
        SETTINGS["target"]["replicates"], SETTINGS["simulation"]["replicates_per_job"]
    )

# Figures of a single model show the configured one, or the first point of a sweep without it.
BASE = settings.name_of(SETTINGS["model"])
SHOWN = next((point for point in POINTS if point.name == BASE), POINTS[0])
FIRST_BATCH = next(iter(BATCHES["simulated"]))
AXES = {key: settings.axis_label(key, SCHEMA) for key in SETTINGS["sweep"]}
SHOWN_AT = ", ".join(f"{AXES[key]} {value}" for key, value in SHOWN.values.items())
FIGURES = ["connectome", "traces", "connectivity", "structure_function", "scores"]
if AXES:
    FIGURES.append("sweep")


wildcard_constraints:
    role="simulated|target",
    point="p[0-9a-f]{9}|recording",
    batch=r"\d+-\d+|all",
