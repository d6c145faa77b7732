import re

import numpy as np
import pandas as pd
import pytest
import xarray as xr


@pytest.mark.parametrize(
    ("section", "values", "line"),
    [
        ("simulation", {"durations": "1 s"}, "config: simulation.durations: no such key; did you"),
        ("target", {"source": "none.nc"}, "config: target.source: no file 'none.nc'"),
    ],
)
def test_bad_config_is_one_line_before_any_job(study, section, values, line):
    study.edit(section, **values)
    result = study.snakemake("--cores", "1")
    assert result.returncode == 1
    assert [text for text in result.stderr.split("\n") if text.startswith(line)]
    assert "Traceback" not in result.stdout + result.stderr
    assert not list(study.path.glob("results/*"))


def test_every_question_is_told_by_a_run_that_plans_and_once(study):
    study.edit("model", coupling_strength=1e-6)
    study.edit("simulation", dt="10 ms", sampling_interval="10 ms")
    study.edit("target", replicates=1)
    said = study.snakemake("--dry-run").stderr
    asked = ("are practically uncoupled", "model.parameters.tau_E", "arameters.tau_I", "no delays")
    for text in asked:
        assert said.count(text) == 1
    assert said.count("restmeg: warning: ") == len(asked)
    study.edit("model", parameters={"wEE": [12.0, 13.0]})
    result = study.snakemake("--dry-run")
    assert result.returncode == 1
    assert "config: model.parameters.wEE: 2 values; expected one, or one for each" in result.stderr


def test_a_section_that_is_there_twice_is_refused(study):
    """As when an example is pasted above the block that it should replace."""
    path = study.path / "config/config.yaml"
    path.write_text("sweep: {model.coupling_strength: [1.0]}\n" + path.read_text())
    result = study.snakemake("--cores", "1")
    assert result.returncode == 1
    assert "key 'sweep' is there already, in line 1; expected each key once" in result.stderr


def anatomy(n, seed=0):
    rng = np.random.default_rng(seed)
    weights, distances = rng.random((2, n, n))
    return {
        "weights": weights / n,
        "distances": 100 * distances,
        "labels": np.array([f"area {k}" for k in range(n)]),
    }


def test_a_bad_file_is_one_line_before_any_job(study):
    arrays = anatomy(5)
    arrays["weights"][1, 3] = np.nan
    np.savez(study.path / "bad.npz", **arrays)
    study.edit("connectome", source="bad.npz")
    result = study.snakemake("--cores", "2")
    assert result.returncode == 1
    lines = [text for text in result.stderr.split("\n") if text.startswith("restmeg: ")]
    assert len(lines) == 1
    assert lines[0].startswith("restmeg: bad.npz: weights[1, 3] is nan")
    assert "Traceback" not in result.stdout + result.stderr
    assert not list(study.path.glob("results/*"))


def test_a_failing_job_is_one_line_and_a_traceback_in_its_log(study):
    study.edit("model", parameters={"r": -1e300, "tau_E": "1e-300 ms"})
    result = study.snakemake("--cores", "1")
    assert result.returncode == 1
    lines = [text for text in result.stderr.split("\n") if text.startswith("restmeg: ")]
    assert re.match(r"restmeg: model: replicate \d \((simulated|target)\)", lines[-1])
    assert "is not finite after" in lines[-1]
    log = lines[-1].split("(details in ")[1].rstrip(")")
    assert "Traceback" in (study.path / log).read_text()
    assert not list(study.path.glob("results/*/*/*/activity.nc"))


def test_own_connectome_lead_field_and_recording(study):
    """Another number of regions, other units, other orders of regions, a directed connectome."""
    arrays = anatomy(11)
    np.savez(study.path / "connectome.npz", **arrays)
    rng = np.random.default_rng(1)
    order = rng.permutation(11)
    gain = rng.normal(size=(11, 40))
    labels = arrays["labels"]
    leadfield = xr.Dataset(
        {"gain": (("sensor", "region"), gain.T[:, order] * 1e15, {"units": "fT/(nA m)"})},
        {"region": labels[order], "sensor": [f"MEG{k}" for k in range(40)]},
    )
    leadfield.to_netcdf(study.path / "leadfield.nc")
    series = rng.normal(size=(3, 500, 11))
    recording = xr.Dataset(
        {"rate_E": (("replicate", "time", "region"), series[:, :, order])},
        {"replicate": [1, 2, 3], "region": labels[order]},
    )
    recording.to_netcdf(study.path / "recording.nc")
    study.edit("connectome", source="connectome.npz")
    study.config["leadfield"] = {"source": "leadfield.nc"}
    study.config["target"] = {"source": "recording.nc"}
    said = study.run().stderr
    for line in ("leadfield.nc: the largest gain is", "recording.nc: no time axis with units"):
        assert said.count(f"restmeg: warning: {line}") == 1
    assert study.todo() == {}

    with xr.open_dataset(study.result("leadfield.nc")) as dataset:
        np.testing.assert_allclose(dataset.gain.values, gain, rtol=1e-12)
        assert list(dataset.region.values) == list(labels)
    with xr.open_dataset(study.result("target/recording/all/connectivity.nc")) as dataset:
        expected = [np.corrcoef(replicate.T) for replicate in series]
        np.testing.assert_allclose(dataset.fc.values[0], expected, atol=1e-12)
    table = pd.read_csv(study.result("scores.csv")).set_index("score")
    assert table.loc["fc_match", "n"] == 4 * 3


def test_a_silent_region_is_nan_with_a_warning(study):
    arrays = anatomy(4)
    arrays["weights"][2] = 0.0  # nothing reaches area 2, and it has no noise
    np.savez(study.path / "connectome.npz", **arrays)
    study.edit("connectome", source="connectome.npz")
    study.edit("model", noise={"sigma": [0.01, 0.01, 0.0, 0.01]})
    result = study.run()
    silent = "no variance in region area 2; connectivity with it (pearson) is NaN"
    assert silent in result.stderr
    notes = pd.read_csv(study.result("scores_notes.csv"))
    assert notes["about"].tolist() == [
        *(["simulated"] * 4 + ["target"] * 2),
        *(["theory"] + ["scores"] * 3),
    ]
    assert notes["note"].str.contains(silent, regex=False).sum() == 6
    with xr.open_dataset(
        next(study.path.glob("results/simulated/*/0-1/connectivity.nc"))
    ) as dataset:
        silent = np.isnan(dataset.fc.values)
        assert silent[..., 2, :].all()
        assert silent[..., :, 2].all()
        assert silent.sum() == 2 * 7  # in each of two replicates a row and a column
    table = pd.read_csv(study.result("scores.csv"))
    assert table["value"].isna().all()
    assert (table["n"] == 0).all()
