"""Which jobs an edit of a finished sweep starts: no fewer, and no more."""

import copy

K, SPEED = "model.coupling_strength", "model.conduction_speed"
LOCKING = ["pearson", "phase_locking_value"]
FIGURES = "workflow/restmeg/figures/pairs.py"


def edit(section, **values):
    return lambda study: study.edit(section, **values)


def sweep(**axes):
    return lambda study: study.config.update(sweep=axes)


def in_other_words(study):
    study.edit("simulation", transient="0.1 s")
    study.edit("leadfield", scale="50 uA m/V")
    study.edit("target", model={"coupling_strength": 1.5})
    (study.path / "points.csv").write_text(f"{K}\n1.50\n5e-1\n")
    study.config["sweep"] = {"table": "points.csv"}


def figures(study):
    path = study.path / FIGURES
    path.write_text(path.read_text() + "\nEDITED = True\n")


def jobs(*rules, **several):
    return dict.fromkeys(rules, 1) | several


LAST = jobs("summary", "provenance")
SCORED = LAST | jobs("score", "best", "plot_scores", "plot_sweep", "plot_bands")
GATHERED = SCORED | jobs("points")
POINT = jobs("simulate", "connectivity", "spectra", "theory", "score_point")
EXPECTED = jobs(theory=2, theory_of_target=1)  # of what is compared
# What is edited, and the jobs of each rule that this starts. Of three points two are simulated and
# one, with other noise, is the target.
EDITS = {
    "the same in other words": (in_other_words, {}),
    "a value": (sweep(**{K: {"start": 1.5, "stop": 0.5, "num": 3}}), POINT | GATHERED),
    "an axis": (
        sweep(**{K: [1.5, 0.5], SPEED: ["10 m/s", "5 m/s"]}),
        dict.fromkeys(POINT, 2) | jobs("plot_activity") | GATHERED,  # it tells the speed
    ),
    "an axis that moves with the first": (
        sweep(**{K: [1.5, 0.5], SPEED: ["10 m/s", "5 m/s"], "zip": [[K, SPEED]]}),
        POINT | jobs("plot_activity") | GATHERED,
    ),
    "replicates": (
        edit("simulation", replicates=4),
        jobs("project", simulate=2, connectivity=2, spectra=2, score_point=2) | GATHERED,
    ),
    "a measure": (
        edit("connectivity", measures=[*LOCKING, "phase_lag_index"]),
        jobs(connectivity=3, score_point=2) | EXPECTED | SCORED,
    ),
    "a band": (
        edit("connectivity", bands={"fast": ["30 Hz", "61 Hz"]}),
        jobs(connectivity=3, spectra=3, score_point=2) | EXPECTED | SCORED,
    ),
    "the target's seed": (
        edit("target", seed=6),
        POINT | jobs("fourier", theory=2, score_point=2) | SCORED,
    ),
    "code of figures": (
        figures,
        LAST | jobs("plot_activity", "plot_scores", "plot_sweep", "plot_bands"),
    ),
    "the lead field": (
        edit("leadfield", seed=3),
        LAST | jobs("leadfield", "project", "plot_activity"),
    ),
    "its scale": (edit("leadfield", scale="2 nA m/mV"), LAST | jobs("project", "plot_activity")),
    "nulls": (
        edit("nulls", rewired={"number": 2}),
        SCORED | jobs("null", "score_nulls", "plot_nulls"),
    ),
    "frequencies": (
        edit("fit", frequencies=["2 Hz", "40 Hz"]),
        jobs("fourier", theory=2, score_point=2) | SCORED,
    ),
    "what is kept": (edit("simulation", keep="shown"), LAST),  # which tell how it was set
    "weights": (
        edit("connectome", normalise="max"),
        dict.fromkeys(("simulate", "connectivity", "spectra"), 3)
        | jobs("connectome", "fourier", "theory_of_target", "project", "plot_activity")
        | jobs(theory=2, score_point=2)
        | SCORED,
    ),
}


def test_an_edit_starts_the_jobs_that_depend_on_it_and_no_other(study):
    times = {"duration": "2500 ms", "transient": "100 ms", "sampling_interval": "2 ms"}
    study.edit("simulation", replicates=2, **times)
    study.edit("connectivity", measures=LOCKING, bands={"fast": ["30 Hz", "60 Hz"]}, edges="400 ms")
    study.edit("sweep", **{K: [1.5, 0.5]})
    study.run()
    config, code = copy.deepcopy(study.config), (study.path / FIGURES).read_bytes()
    wrong = {}
    for name, (change, expected) in EDITS.items():
        study.config = copy.deepcopy(config)
        change(study)
        found = study.todo()
        (study.path / FIGURES).write_bytes(code)
        if found != expected:
            wrong[name] = found, expected
    assert not wrong
