"""Fits, run for real."""

import json

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from restmeg import connectome, estimands, fit, null_networks, open_results
from restmeg.nulls import making

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
    study.edit("nulls", rewired={"number": 3})
    return study


@pytest.mark.filterwarnings("ignore:null rewired. all regions")
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

    results = open_results(study.path / "results")
    assert results.fit["parameter"].tolist() == list(TRUTH)
    loaded = results.load("connectivity", point="fitted")
    assert loaded.replicate.values.tolist() == list(range(4))
    assert json.loads(loaded.attrs["parameters"])["point"] == "fitted"
    assert results.theory("fitted").attrs["title"]

    each_null_network_has_a_fit_of_its_own(study, parameters["model"])
    nulls = pd.read_csv(study.result("simulated/fitted/nulls.csv")).set_index("score")
    assert (
        "Against null networks, each with a fit of its own, the likelihood has p = 0.25 (b" in page
    )
    assert nulls.loc["log_likelihood", "value"] > nulls.loc["log_likelihood", "null_mean"]
    assert nulls.loc["fc_match", "value"] == pytest.approx(scores.loc["fc_match", "value"])

    # Other bounds change the fit and what follows from it, and nothing else.
    study.config["fit"]["parameters"]["model.coupling_strength"] = [0.4, 4]
    assert study.todo() == {
        **{"fit": 1, "simulate": 1, "connectivity": 1, "spectra": 1, "theory": 1},
        **{"score_point": 1, "plot_fit": 1, "summary": 1, "provenance": 1},
        **{"refit": 1, "null": 1, "score_refitted": 1},
    }


def each_null_network_has_a_fit_of_its_own(study, model):
    """As if it were the study's connectome."""
    (folder,) = study.result("nulls/rewired/fitted").iterdir()
    anatomy = connectome.read(study.result("connectome.nc"))
    with xr.open_dataset(folder / "connectivity.nc") as estimated:
        times = json.loads(estimated.attrs["parameters"])["simulation"]
    bounds = {"model.coupling_strength": [0.3, 4], "model.conduction_speed": [3, 30]}
    target = list(study.result("target").glob("*/*/fourier.nc"))
    network = making.network("degree_length", anatomy, study.config["simulation"]["seed"], 1)
    connectome.write(study.path / "null.nc", network, "null 1")
    given = study.path / "null.nc", target, None, model, times, bounds, list(range(6)), {}, None
    fit.fit_file(*given, study.path / "fit.nc", study.path / "fit.csv")
    with (
        xr.open_dataset(folder / "fit.nc") as refitted,
        xr.open_dataset(study.path / "fit.nc") as expected,
        xr.open_dataset(folder / "connectivity.nc") as estimated,
    ):
        own = refitted.sel(null=1)
        assert own["parameter"].values.tolist() == list(bounds)
        np.testing.assert_allclose(own["value"], expected["value"], rtol=1e-3)
        assert float(own["log_likelihood"]) == pytest.approx(
            float(expected["log_likelihood"]), abs=1e-3
        )
        made = {name: float(value) for name, value in zip(bounds, own["value"], strict=True)}
        fc = estimated.fc.sel(null=1).values
    # And is simulated with what it says.
    changed = {**model, "coupling_strength": made["model.coupling_strength"]}
    changed["conduction_speed"] = made["model.conduction_speed"]
    replicates = list(range(study.config["simulation"]["replicates"]))
    null_networks.simulate_batch(
        *(study.result("connectome.nc"), "rewired", "degree_length", [1], changed, times),
        *(
            study.config["simulation"]["seed"],
            "p0",
            replicates,
            estimands.Asked(["pearson"]),
            study.path / "alone.nc",
        ),
    )
    with xr.open_dataset(study.path / "alone.nc") as alone:
        np.testing.assert_array_equal(fc, alone.fc.values[0])


def test_a_fit_needs_something_that_it_is_not_told(fitted):
    fitted.edit("target", replicates=1)
    done = fitted.snakemake("--cores", "1")
    assert done.returncode != 0
    assert "config: fit.parameters: the target has 1 replicate, and a fitted" in done.stderr
    assert not fitted.result("").exists()
