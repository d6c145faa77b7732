"""Settings, plan and paths: what the rules share."""

import contextlib
import os
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path
from statistics import fmean
from types import SimpleNamespace


def own_folder():
    """The folder of this file, with the package in it.

    Of a workflow that comes from a git host (github, gitlab) Snakemake reads single files as it
    needs them. The rest is checked out beside what it has fetched, once for each commit.
    """
    here = workflow.current_basedir
    if not hasattr(here, "hosted_repo"):
        return Path(here.get_path_or_uri(secret_free=True))
    repository = here.hosted_repo.repo_clone

    def git(*arguments):
        done = subprocess.run(["git", *map(str, arguments)], check=True, capture_output=True)
        return done.stdout.decode().strip()

    commit = git("-C", repository, "rev-parse", f"{here.ref}^{{commit}}")
    checkout = workflow.source_cache_path / "restmeg" / commit
    if not checkout.exists():
        checkout.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=checkout.parent) as fresh:
            clone = Path(fresh, commit)
            git("clone", "--quiet", "--shared", "--no-checkout", repository, clone)
            git("-C", clone, "checkout", "--quiet", commit)
            with contextlib.suppress(OSError):  # another process was first
                clone.rename(checkout)
    return checkout / here.path


WORKFLOW = own_folder()
if not WORKFLOW.is_dir():
    sys.exit(f"restmeg: {WORKFLOW}: no folder; expected a checkout, or github(...) or gitlab(...)")
sys.path.insert(0, str(WORKFLOW))  # the package is used where it lies

from restmeg import InputError, InputWarning, bands, bundled, connectome, costs, estimands
from restmeg import fingerprint, inputs, inverse, job, lock, measures, nulls, settings, study
from restmeg import yamlfile
from restmeg.console import handler
from restmeg.model import ROLES
from restmeg.summary import deviations, page, words

EXAMPLE = os.path.relpath(bundled.example())
SCHEMA = settings.load_schema(bundled.schema())
TABLES = ["scores", "scores_replicates", "scores_notes"]


def check_all():
    """The checked settings, the plan, what inputs are and how large; a mistake ends the run."""

    def tell(line):
        if workflow.is_main_process:  # jobs that read the Snakefile again have nothing new to say
            print(line, file=sys.stderr)

    try:
        for path in workflow.configfiles:
            yamlfile.check(path)
        loaded = settings.load(config, SCHEMA)
        inputs.check_sources(loaded, SCHEMA, "results", EXAMPLE)
        if workflow.is_main_process:
            inputs.open_elsewhere(loaded, SCHEMA)
        anatomy = connectome.from_settings(loaded["connectome"])
        plan = study.plan(loaded, SCHEMA, anatomy.weights)
        found = None if workflow.is_main_process else inputs.planned(loaded, anatomy)
        if found is None:
            with job.warned(InputWarning, tell):
                found = inputs.check(loaded, plan, anatomy)
            inputs.hand_on(found)
        study.check_fit(loaded, SCHEMA, found.recorded)
    except InputError as error:
        line = str(error)
        sys.exit(line if line.startswith("config: ") else f"restmeg: {line}")
    size = partial(
        study.size, loaded, plan, *anatomy[:2], found.sensors, found.recorded, found.held
    )
    return loaded, plan, found, size


def untracked(section):
    """Settings of a section as an object, which Snakemake does not compare with earlier runs.

    Compared is the digest of what they lead to: neither the name of a file nor how its numbers are
    written down makes a result another one.
    """
    return SimpleNamespace(**SETTINGS[section])


def code(script, *chosen):
    """What a script does, with all that it imports from the package: an edit re-runs its rule.

    chosen: modules that it uses beside those, and beside the reader of our own files.
    """
    return fingerprint.code(WORKFLOW / "scripts" / script, "formats.netcdf", *chosen)


def of_points(role, points, name):
    """The paths of one kind of file, for all batches of a role at some points."""
    return [
        f"results/{role}/{point}/{batch}/{name}.nc"
        for point in points
        for batch in STUDY.batches[role]
    ]


def of_nulls(point, name="connectivity"):
    """The paths of one kind of file of all null networks of a point."""
    return [
        f"results/nulls/{null}/{point}/{batch}/{name}.nc"
        for null, batches in STUDY.nulls.items()
        for batch in batches
    ]


def of_point(name):
    """An input function: those paths for the simulated point of a job."""
    return lambda wildcards: of_points("simulated", [wildcards.point], name)


def activity(wildcards):
    """What is known of regions: simulated activity, or the target's recording."""
    if wildcards.point == study.RECORDING:
        return "results/recording.nc"
    return f"results/{wildcards.role}/{wildcards.point}/{wildcards.batch}/activity.nc"


def compared(wildcards):
    """What connectivity and spectra are of: that, but of simulated activity as an inverse shows it."""
    path = activity(wildcards)
    return path.replace("activity.nc", "reconstructed.nc") if INVERSE else path


def theory_of_target(wildcards):
    """Theory of a simulated target that is another model than the point."""
    if STUDY.target in (study.RECORDING, wildcards.point):
        return []
    return f"results/target/{STUDY.target}/theory.nc"


def model_of(wildcards):
    """The model of a point; None of the fitted one, whose model is in the file of the fit."""
    return None if wildcards.point == study.FITTED else STUDY.models[wildcards.point]


def fit_of(wildcards):
    """The file of the fit, for the point that it finds."""
    return FIT if wildcards.point == study.FITTED else []


def refit_of(wildcards):
    """The file of fits on null networks, for the fitted point."""
    path = "results/nulls/{null}/fitted/{batch}/fit.nc"
    return path.format(**wildcards) if wildcards.point == study.FITTED else []


def recorded(wildcards):
    """All results, but for the summary, that a study keeps: what their provenance is told of."""
    kept_activity = POINTS if SETTINGS["simulation"]["keep"] == "all" else [SHOWN]
    simulated, target = ["simulated", POINTS], ["target", [STUDY.target]]
    made = STUDY.target != study.RECORDING
    other = made and (FIT or set(POINTS) - {STUDY.target})
    return [
        *expand("results/{name}.nc", name=["connectome", "leadfield"]),
        *([] if made else ["results/recording.nc"]),
        *of_points("simulated", kept_activity, "activity"),
        *(of_points(*target, "activity") if made and kept_activity == POINTS else []),
        *of_points("simulated", PROJECTED, "sensors"),
        *recorded_of_inverse(kept_activity, made),
        *of_points(*simulated, "connectivity"),
        *of_points(*target, "connectivity"),
        *of_points(*simulated, "spectra"),
        *of_points(*target, "spectra"),
        *of_points(*target, "fourier"),
        *of_nulls(SHOWN),
        *expand("results/simulated/{point}/theory.nc", point=POINTS),
        *([f"results/target/{STUDY.target}/theory.nc"] if other else []),
        *expand("results/simulated/{point}/{name}.csv", point=POINTS, name=TABLES),
        *expand("results/{name}.csv", name=["points", "differences", *TABLES]),
        "results/scores.nc",
        *recorded_of_fit(kept_activity),
        *(BEST + NULLS + NULL_NETWORKS + NULL_NOTES),
        *expand("results/figures/{name}.{form}", name=FIGURES, form=["png", "svg"]),
    ]


def recorded_of_inverse(kept_activity, made):
    """Results of an inverse among them."""
    if not INVERSE:
        return []
    targets = [STUDY.target] if made and kept_activity == POINTS else []
    return [
        *INVERSE,
        *of_points("simulated", kept_activity, "reconstructed"),
        *of_points("target", targets, "reconstructed"),
        *of_points("simulated", POINTS, "leakage"),
        *of_points("simulated", [SHOWN], "unleaked"),
        "results/leakage.csv",
    ]


def recorded_of_fit(kept_activity):
    """Results of a fit among them."""
    if not FIT:
        return []
    name = [study.FITTED]
    return [
        *FIT,
        *(proposals(ROUNDS) + evaluations(ROUNDS)),
        *(of_points("target", [STUDY.target], SEEN) if SEEN != "fourier" and not ROUNDS else []),
        *(of_points("simulated", name, "activity") if kept_activity == POINTS else []),
        *(
            of_points("simulated", name, "reconstructed")
            if INVERSE and kept_activity == POINTS
            else []
        ),
        *(of_points("simulated", name, "leakage") if INVERSE else []),
        *of_points("simulated", name, "connectivity"),
        *of_points("simulated", name, "spectra"),
        "results/simulated/fitted/theory.nc",
        *FITTED,
        *REFITTED,
    ]


def proposals(rounds):
    """The files of what some rounds of a fit by simulation evaluate."""
    return expand("results/fit/{round}/points.csv", round=rounds)


def evaluations(rounds):
    """The files of all evaluations of some rounds."""
    return expand("results/fit/{round}/{number}.nc", round=rounds, number=EVALUATED)


def before(wildcards):
    """The evaluations that a round's proposals are made from."""
    return evaluations(range(1, int(wildcards.round)))


def kept(path):
    """A file of every point, or one that goes once it has been used, but for the shown point's."""
    return path if SETTINGS["simulation"]["keep"] == "all" else temp(path)


def asked(rule):
    """Memory and time for the largest job of a rule; more with each attempt."""
    cost = costs.COSTS[rule](SIZE)
    memory, minutes = costs.megabytes(SIZE, cost), costs.minutes(cost)
    return {
        "mem_mb": lambda wildcards, attempt: attempt * memory,
        "runtime": lambda wildcards, attempt: attempt * minutes,
    }


for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")  # a job has one core, and should not take its neighbours'
SETTINGS, STUDY, INPUTS, size_of = check_all()
SIZE = size_of()  # with the largest batches
fingerprint.plan()  # jobs use this package too, whatever else is installed
if workflow.is_main_process:
    handler.attach(
        logger,
        workflow.output_settings,
        lambda counts: costs.total(counts, SIZE, typical=size_of(of_batch=fmean)),
    )
    if not workflow.dryrun:
        lock.release(Path(".snakemake"))  # of a run that was killed
        lock.own(Path(".snakemake"))
POINTS = [point.name for point in STUDY.points]
SHOWN = STUDY.shown.name
FIRST_BATCH = next(iter(STUDY.batches["simulated"]))
PROJECTED = POINTS if SETTINGS["leadfield"]["project"] == "all" else [SHOWN]
SEEDS = {"simulated": SETTINGS["simulation"]["seed"], "target": SETTINGS["target"]["seed"]}
TIMES = {key: SETTINGS["simulation"][key] for key in study.TIMES}
# Samples and Hz of a recording's segments, and Hz of simulated replicates.
ALIKE = INPUTS.recorded and [*INPUTS.recorded[1:], 1000 / TIMES["sampling_interval"]]
LENGTH = 1000 * ALIKE[0] / ALIKE[1] if ALIKE else TIMES["duration"] - TIMES["transient"]  # ms
RATES = [1000 / TIMES["sampling_interval"]]  # Hz of simulated series, and where they are compared
RATES.append(ALIKE[1] if ALIKE else RATES[0])
ASKED = estimands.asked(SETTINGS["connectivity"])
MEASURES = ASKED.measures
ROWS = {name: list(measures.MEASURES[name]) for name in MEASURES}  # of the table of measures
# Modules of what is asked for.
MEASURE_MODULES = [*map(measures.module, MEASURES)]
POWER_BANDS = bands.ascending(ASKED.bands or bands.USUAL)  # that share power
AXES = {key: settings.axis_label(key, SCHEMA) for key in SETTINGS["sweep"]["axes"]}
SHOWN_AT = ", ".join(words.setting(AXES[key], value) for key, value in STUDY.shown.values.items())
FIGURES = ["connectome", "traces", "connectivity", "structure_function", "scores"]
if len(ASKED.kinds) > 1:
    FIGURES.insert(3, "bands")
if ASKED.windows:
    FIGURES.append("dynamics")
if INPUTS.located:
    FIGURES.insert(2, "topography")
NULLS, NULL_NETWORKS, NULL_NOTES = [], [], []
if SETTINGS["nulls"]:
    NULLS.append("results/nulls.csv")
    NULL_NETWORKS.append("results/nulls_networks.csv")
    NULL_NOTES.append("results/nulls/notes.csv")
    FIGURES.append("nulls")
INVERSE, ADAPTED_TO, LEAKAGE = [], [], []
if SETTINGS["inverse"]["source"] != inverse.NONE:
    INVERSE.append("results/inverse.nc")
    LEAKAGE += ["results/leakage.csv", *of_points("simulated", [SHOWN], "reconstructed")]
if SETTINGS["inverse"]["source"] == inverse.LCMV:
    ADAPTED_TO += of_points("target", [STUDY.target], "activity")
FIT, FITTED, TO_FIT, HELD_OUT = [], [], [], []
ROUNDS, EVALUATED = [], []  # of a fit by simulation, and points of each
if SETTINGS["fit"]["method"] == study.SIMULATION:
    ROUNDS += range(1, 1 + SETTINGS["fit"]["rounds"])
    EVALUATED += range(SETTINGS["fit"]["points"])
# Their noise is none that the fitted model is scored with: parameters make up for some of it.
APART = [
    SETTINGS["simulation"]["replicates"] + k for k in range(SETTINGS["simulation"]["replicates"])
]
# Fitted parameters: what to write for each, and its value in a synthetic target.
FREE = {key: settings.axis_label(key, SCHEMA) for key in SETTINGS["fit"]["parameters"]}
UNITS = {key: settings.unit(key, SCHEMA) for key in FREE}
TRUE = settings.flat(STUDY.models.get(STUDY.target, {}), "model.")
TRUE = {key: TRUE[key] for key in FREE if key in TRUE}
RECORDED = ["results/recording.nc"] if INPUTS.recorded else []  # which says what file is whose
# What is fitted to: series that are seen through an inverse if the study is, as a recording is.
SEEN = "fourier_seen" if INVERSE and not INPUTS.recorded else "fourier"
if SETTINGS["fit"]["parameters"]:
    FIT.append("results/fit.nc")
    number = INPUTS.recorded[0] if INPUTS.recorded else SETTINGS["target"]["replicates"]
    TO_FIT, HELD_OUT = study.split(number, SETTINGS["fit"]["held_out"])
    FIGURES.append("fit")
    FITTED += ["results/fit.csv", *expand("results/simulated/fitted/{table}.csv", table=TABLES)]
REFITTED = []  # of null networks, on which a model is fitted again by its likelihood
if FIT and SETTINGS["nulls"] and not ROUNDS:
    FITTED.append("results/simulated/fitted/nulls.csv")
    REFITTED += of_nulls(study.FITTED, "fit") + of_nulls(study.FITTED)
    REFITTED += expand("results/simulated/fitted/nulls_{name}.csv", name=["networks", "notes"])
BEST = []
if AXES:
    FIGURES.append("sweep")
    BEST.append("results/best.csv")
FIGURES += ["spectra", "theory", "length"]
# Where files are makes nothing another one.
GIVEN = SimpleNamespace(files=inputs.files(SETTINGS, SCHEMA))
EFFECTIVE = {
    name: {key: value for key, value in values.items() if key != "path"}
    for name, values in SETTINGS.items()
}
SUMMARISED = {
    "point": SHOWN,
    "shown": SHOWN_AT,
    "axes": AXES,
    "truth": STUDY.truth,
    "otherwise": {
        settings.axis_label(key, SCHEMA): value for key, value in STUDY.otherwise.items()
    },
    "recorded": INPUTS.recorded,
    "length": LENGTH,
    "speed": STUDY.shown.model["conduction_speed"],
    "free": FREE,
    "true": TRUE,
    "held_out": len(HELD_OUT),
    "by_simulation": bool(ROUNDS),
    **TIMES,
}


onstart:
    lock.own(Path(".snakemake"), locked=True)
    if workflow.local_exec:
        # Its limit of jobs a second is for clusters, and here only holds the end of each run.
        workflow.scheduler.job_rate_limiter = None


wildcard_constraints:
    role="|".join(ROLES),
    point="p[0-9a-f]{12}|recording|fitted",
    batch=r"\d+-\d+|all",
    null="[A-Za-z0-9_-]+",
    round=r"\d+",
    number=r"\d+",
