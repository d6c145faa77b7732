"""Fits, run for real."""

import json

import pandas as pd
import pytest
import xarray as xr

TRUTH = {"model.coupling_strength": 1.0, "model.conduction_speed": 7.0}


@pytest.fixture
def fitted(study):
    """Two parameters of a short target, a third of which is held out."""
    study.edit("simulation", duration="1600 ms", transient="100 ms", replicates_per_job="auto")
    truth = {"coupling_strength": 1.0, "conduction_speed": "7 mm/ms"}
    study.edit("target", replicates=9, model=truth)
    study.edit(
        "fit",
        parameters={
            "model.coupling_strength": [0.3, 4],
            "model.conduction_speed": ["3 mm/ms", "30 mm/ms"],
        },
        held_out=0.33,
    )
    return study


def test_a_fit_and_its_scores_on_what_was_held_out(fitted):
    study = fitted
    study.run()
    assert study.todo() == {}
    assert study.unrecorded() == set()
    table = pd.read_csv(study.result("fit.csv")).set_index("parameter")
    assert list(table.index) == list(TRUTH)
    assert list(table["unit"].fillna("")) == ["", "mm/ms"]
    for key, truth in TRUTH.items():
        value, low, high = table.loc[key, ["value", "ci_low", "ci_high"]]
        assert low < value < high
        assert abs(value - truth) < high - low  # two standard errors of its half, doubled
        assert table.loc[key, "identified"]
    with xr.open_dataset(study.result("fit.nc")) as found:
        parameters = json.loads(found.attrs["parameters"])
        assert found["parameter"].values.tolist() == list(TRUTH)
        assert found["path"].shape[1] == 2
    assert parameters["replicates"] == list(range(6))

    # The fitted point is the model of the fit, with the noise of all others of its role.
    batch = next(study.result("simulated/fitted").glob("*/activity.nc"))
    other = next(study.result("simulated").glob(f"p*/{batch.parent.name}/activity.nc"))
    with xr.open_dataset(batch) as ours, xr.open_dataset(other) as theirs:
        made, plain = (json.loads(one.attrs["parameters"]) for one in (ours, theirs))
        assert ours.attrs["seed"] == theirs.attrs["seed"]
    assert made["model"] == parameters["model"]
    assert made["model"]["conduction_speed"] == pytest.approx(
        table.loc["model.conduction_speed", "value"]
    )
    assert made["simulation"] == plain["simulation"]

    # Scores are of the last three replicates of the target alone.
    single = pd.read_csv(study.result("simulated/fitted/scores_replicates.csv"))
    of_target = single[single["score"] == "log_likelihood"]
    assert of_target["target_replicate"].tolist() == [6, 7, 8]
    assert set(single["target_replicate"].dropna()) == {6, 7, 8}
    scores = pd.read_csv(study.result("simulated/fitted/scores.csv")).set_index("score")
    assert scores.loc["fc_match", "n"] == 3 * study.config["simulation"]["replicates"]
    with xr.open_dataset(study.result("simulated/fitted/theory.nc")) as theory:
        expected = theory["log_likelihood"].values[6:].sum()
    assert scores.loc["log_likelihood", "value"] == pytest.approx(expected)

    page = study.result("summary.html").read_text()
    assert "Fitted to the target (the truth: coupling strength 1 and conduction speed" in page
    assert "3 replicates held out" in page.replace("\n", " ")

    # Other bounds change the fit and what follows from it, and nothing else.
    study.config["fit"]["parameters"]["model.coupling_strength"] = [0.4, 4]
    assert study.todo() == {
        **{"fit": 1, "simulate": 1, "connectivity": 1, "spectra": 1, "theory": 1},
        **{"score_point": 1, "plot_fit": 1, "summary": 1, "provenance": 1},
    }


def test_a_fit_needs_something_that_it_is_not_told(fitted):
    fitted.edit("target", replicates=1)
    done = fitted.snakemake("--cores", "1")
    assert done.returncode != 0
    assert "config: fit.parameters: the target has 1 replicate, and a fitted" in done.stderr
    assert not fitted.result("").exists()
