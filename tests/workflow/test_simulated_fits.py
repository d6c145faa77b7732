"""Fits by simulation, run for real."""

import json

import pandas as pd
import pytest
import xarray as xr

KEY = "model.coupling_strength"
AFTER = {
    **{"fit_by_simulation": 1, "simulate": 1, "connectivity": 1, "spectra": 1, "theory": 1},
    **{"score_point": 1, "plot_fit": 1, "summary": 1, "provenance": 1},
}


def settings(study):
    study.edit("simulation", duration="1300 ms", transient="300 ms", sampling_interval="0.5 ms")
    study.edit("simulation", replicates=6, replicates_per_job="auto")
    study.edit("target", replicates=12, model={"coupling_strength": 0.7})
    study.edit(
        "fit", method="simulation", rounds=2, points=6, parameters={KEY: [0.2, 4]}, held_out=0.25
    )


def evaluated(study):
    """Times at which evaluations and proposals were written, by their paths."""
    paths = study.path.glob("results/fit/*/*")
    return {path.relative_to(study.path).as_posix(): path.stat().st_mtime_ns for path in paths}


def test_a_fit_by_simulation_finds_the_truth_resumes_and_goes_on(study):
    settings(study)
    # A run that ends after the first round goes on with the second one.
    study.run("results/fit/2/points.csv")
    first = evaluated(study)
    assert len(first) == 8
    study.run()
    assert {path: evaluated(study)[path] for path in first} == first
    assert study.todo() == {}
    assert study.unrecorded() == set()

    table = pd.read_csv(study.result("fit.csv")).set_index("parameter")
    value, low, high = table.loc[KEY, ["value", "ci_low", "ci_high"]]
    assert 0.2 <= low < value < high <= 4
    assert abs(value - 0.7) < 2 * (high - low)
    assert value == pytest.approx(0.7, abs=0.5)
    with xr.open_dataset(study.result("fit.nc")) as found:
        parameters = json.loads(found.attrs["parameters"])
        assert found["round"].values.tolist() == 6 * [1] + 6 * [2]
        assert found["path"].values[0, 0] == 1.5  # the configured model
        assert found["path_distance"].shape == (12,)
        spread = found["path"].values[:, 0]
        assert spread[6:].std() < spread[:6].std()
        assert (found["path_deviation"] > 0).all()
    assert parameters["replicates"] == list(range(9))
    assert parameters["kinds"] == ["pearson", "power"]

    # The fitted point is that model, and scored on what was held out.
    batch = next(study.result("simulated/fitted").glob("*/activity.nc"))
    with xr.open_dataset(batch) as activity:
        assert json.loads(activity.attrs["parameters"])["model"] == parameters["model"]
    single = pd.read_csv(study.result("simulated/fitted/scores_replicates.csv"))
    assert set(single["target_replicate"].dropna()) == {9, 10, 11}
    page = study.result("summary.html").read_text()
    assert "whose simulations are least far from the target" in page
    assert "profile of the squared distance" in page

    # More rounds simulate nothing again, and other bounds all.
    study.edit("fit", rounds=3)
    assert study.todo() == {**AFTER, "propose": 1, "evaluate": 6}
    study.edit("fit", rounds=2, parameters={KEY: [0.3, 4]})
    assert study.todo()["evaluate"] == 12


@pytest.mark.parametrize(
    ("edits", "line"),
    [
        (
            {"fit": {"rounds": 3, "parameters": {KEY: [0.2, 4]}}},
            "config: fit.rounds: has no effect with fit.method: likelihood; expected its default, "
            "4, or left out",
        ),
        (
            {"fit": {"method": "simulation"}},
            "config: fit.method: has no effect without fit.parameters; expected its default, "
            "likelihood, or left out",
        ),
        (
            {
                "fit": {"method": "simulation", "points": 3, "parameters": {KEY: [0.2, 4]}},
                "target": {"replicates": 4},
            },
            "config: fit.held_out: 2 of 4 replicates of the target are fitted to; expected at "
            "least 3 for a fit by simulation",
        ),
        (
            {
                "fit": {
                    "method": "simulation",
                    "points": 5,
                    "parameters": {KEY: [0.2, 4], "model.noise.sigma": [0.001, 0.1]},
                },
            },
            "config: fit.points: found 5; expected at least 6, as a quadratic over 2 parameters "
            "needs",
        ),
        (
            {
                "fit": {"method": "simulation", "parameters": {KEY: [0.2, 4]}},
                "target": {"replicates": 8},
                "simulation": {"replicates": 2},
            },
            "config: simulation.replicates: found 2; expected at least 3 for a fit by simulation",
        ),
    ],
)
def test_what_cannot_be_fitted_by_simulation_ends_the_run_in_one_line(study, edits, line):
    for section, values in edits.items():
        study.edit(section, **values)
    done = study.snakemake("--dry-run")
    assert done.returncode == 1
    assert line in done.stderr
    assert "Traceback" not in done.stderr


def test_a_fit_by_simulation_sees_through_an_inverse(study):
    settings(study)
    study.edit("leadfield", source="synthetic")
    study.edit("inverse", source="minimum_norm")
    study.run("results/fit/1/0.nc")
    with xr.open_dataset(study.result("fit/1/0.nc")) as found:
        assert (abs(found["distance"].values) < 1).all()
    assert study.result("inverse.nc").exists()
