"""Theory and likelihood in a study: what is made of what, and what is made again."""

import pandas as pd
import pytest
import xarray as xr
from restmeg import open_results

KEY = "model.coupling_strength"


@pytest.fixture
def swept(study):
    """A sweep of two points, run, whose target is neither."""
    study.edit("sweep", **{KEY: [0.5, 3.0]})
    study.edit("target", model={"coupling_strength": 1.5})
    study.run()
    return study


def test_a_sweep_has_theory_of_its_points_and_target_and_says_what_is_best(swept):
    scores = pd.read_csv(swept.result("scores.csv"))
    points = open_results(swept.path / "results").points()
    strength = dict(zip(points["point"], points[KEY], strict=True))
    for point in points["point"]:
        theory = xr.load_dataset(swept.result(f"simulated/{point}/theory.nc"))
        theory = theory.squeeze(["measure", "band"])
        assert f'"coupling_strength": {strength[point]}' in theory.attrs["parameters"]
        of_point = scores[scores["point"] == point].set_index("score")
        for name in theory.score.values:
            expected = float(theory.expected.sel(score=name))
            assert of_point.loc[name, "expected"] == pytest.approx(expected, rel=1e-8, abs=1e-12)
        likelihood = float(theory.log_likelihood.sum())
        assert of_point.loc["log_likelihood", "value"] == pytest.approx(likelihood, rel=1e-8)
    (target,) = swept.path.glob("results/target/*/theory.nc")
    assert '"coupling_strength": 1.5' in xr.load_dataset(target).attrs["parameters"]
    best = pd.read_csv(swept.result("best.csv"))
    assert set(best["parameter"]) == {KEY}
    assert {"fc_match", "fc_distance", "log_likelihood"} <= set(best["score"])
    assert swept.todo() == {}

    # Other frequencies simulate nothing again, nor estimate any connectivity.
    swept.edit("fit", frequencies=["60 Hz", "100 Hz"])
    todo = swept.todo()
    assert (todo["fourier"], todo["theory"], todo["score_point"], todo["best"]) == (1, 2, 2, 1)
    assert not {"simulate", "connectivity", "spectra", "theory_of_target"} & todo.keys()

    # Another noise of the target is nothing to its theory.
    swept.edit("fit", frequencies="auto")
    swept.edit("target", seed=6)
    todo = swept.todo()
    assert todo["simulate"] == todo["connectivity"] == todo["fourier"] == 1
    assert "theory_of_target" not in todo


def test_each_measure_in_each_band_has_expected_scores(study):
    study.edit("simulation", duration="2100 ms", transient="100 ms", sampling_interval="2 ms")
    study.edit("target", model={"coupling_strength": 3.0})
    bands = {"fast": ["30 Hz", "60 Hz"], "slow": ["15 Hz", "30 Hz"]}
    measures = ["orthogonalised_envelope_correlation", "phase_locking_value"]
    study.edit("connectivity", measures=measures, bands=bands, edges="0.45 s")
    study.run()
    scores = pd.read_csv(study.result("scores.csv")).set_index(["measure", "band", "score"])
    (theory,) = map(xr.load_dataset, study.path.glob("results/simulated/*/theory.nc"))
    (of_target,) = map(xr.load_dataset, study.path.glob("results/target/*/theory.nc"))
    assert set(theory.band.values) == set(of_target.band.values) == {"fast", "slow"}
    for measure in measures:
        for band in bands:
            found = theory.expected.sel(measure=measure, band=band)
            for name in ("structure_function_coupling", "fc_match", "baseline_distance"):
                expected = float(found.sel(score=name))
                row = scores.loc[measure, band, name]
                assert row["expected"] == pytest.approx(expected, rel=1e-8, abs=1e-12)
                assert row["expected_sd"] > 0
    assert study.todo() == {}

    # Theory is of other bands then.
    study.edit("connectivity", bands=bands | {"slow": ["16 Hz", "30 Hz"]})
    todo = study.todo()
    assert (todo["theory"], todo["theory_of_target"]) == (1, 1)
    assert not {"simulate", "fourier"} & todo.keys()


def test_a_recording_has_a_likelihood_and_its_scale_but_no_expected_match(finished):
    (path,) = finished.path.glob("results/target/*/0-1/activity.nc")
    recording = xr.load_dataset(path)[["rate_E"]]
    recording["rate_E"] = 7.0 * recording["rate_E"]
    recording["time"] = recording["time"].assign_attrs(units="ms")
    recording.to_netcdf(finished.path / "recording.nc")
    finished.config["target"] = {"source": "recording.nc"}
    finished.run("results/scores.csv")
    (theory,) = map(xr.load_dataset, finished.path.glob("results/simulated/*/theory.nc"))
    assert "fc_match" not in theory.score
    assert "structure_function_coupling" in theory.score
    assert theory.log_likelihood.notnull().all()
    assert 3 < float(theory.scale) < 14  # of two short replicates
    scores = pd.read_csv(finished.result("scores.csv")).set_index("score")
    assert pd.isna(scores.loc["fc_match", "expected"])


def test_a_band_without_frequencies_is_one_line_before_anything_runs(study):
    study.edit("fit", frequencies=["41 Hz", "42 Hz"])
    result = study.snakemake("--cores", "1")
    assert result.returncode
    lines = [line for line in result.stderr.splitlines() if "fit.frequencies" in line]
    assert lines == [
        "config: fit.frequencies: no frequency between 41 and 42 Hz, as segments of 0.05 s at "
        "10000 Hz have them; expected a wider band, or a longer recording"
    ]
    assert not study.result("").exists()
