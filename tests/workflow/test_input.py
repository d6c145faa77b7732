import numpy as np
import pandas as pd
import pytest
import xarray as xr

CONFIG = [
    ("simulation", {"durations": "1 s"}, "config: simulation.durations: no such key; did you mean"),
    ("simulation", {"duration": 4000}, "config: simulation.duration: 4000 has no unit"),
    ("simulation", {"duration": "40 mm"}, "config: simulation.duration: '40 mm' is in millimeter"),
    ("simulation", {"duration": "-4 s"}, "config: simulation.duration: found -4000.0 ms"),
    ("simulation", {"transient": "60 ms"}, "config: simulation.transient: 60 ms; expected less"),
    ("simulation", {"sampling_interval": "0.25 ms"}, "config: simulation.sampling_interval: 0.25"),
    ("simulation", {"replicates": 0}, "config: simulation.replicates: found 0; expected at least"),
    ("connectome", {"source": "none.npz"}, "config: connectome.source: no file 'none.npz'"),
    ("target", {"source": "none.nc"}, "config: target.source: no file 'none.nc'"),
    ("sweep", {"model.coupling": ["diffusive", "difusive"]}, "config: sweep.model.coupling[1]"),
]


@pytest.mark.parametrize(("section", "values", "line"), CONFIG)
def test_bad_config_is_one_line_before_any_job(study, section, values, line):
    study.edit(section, **values)
    result = study.snakemake("--cores", "1")
    assert result.returncode == 1
    assert [text for text in result.stderr.split("\n") if text.startswith(line)]
    assert "Traceback" not in result.stdout + result.stderr
    assert not list(study.path.glob("results/*"))


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


def test_a_bad_connectome_is_one_line_in_the_first_job(study):
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
    assert "Traceback" in study.result("logs/connectome.log").read_text()
    assert not list(study.path.glob("results/*.nc"))


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
    study.edit("leadfield", source="leadfield.nc")
    study.edit("target", source="recording.nc")
    study.run()
    assert study.todo() == {}

    with xr.open_dataset(study.result("leadfield.nc")) as dataset:
        np.testing.assert_allclose(dataset.gain.values, gain, rtol=1e-12)
        assert list(dataset.region.values) == list(labels)
    with xr.open_dataset(study.result("target/recording/all/connectivity.nc")) as dataset:
        expected = [np.corrcoef(replicate.T) for replicate in series]
        np.testing.assert_allclose(dataset.fc.values[0], expected, atol=1e-12)
    table = pd.read_csv(study.result("scores.csv")).set_index("score")
    assert table.loc["fc_match", "n"] == 4 * 3


def test_a_lead_field_that_does_not_fit_is_refused(study):
    np.savez(study.path / "leadfield.npz", gain=np.ones((7, 3)), labels=[f"R{k}" for k in range(7)])
    study.edit("leadfield", source="leadfield.npz")
    result = study.snakemake("--cores", "2", "results/leadfield.nc")
    assert result.returncode == 1
    line = "restmeg: leadfield.npz: 7 regions, without 'R7'; the connectome has 8"
    assert [text for text in result.stderr.split("\n") if text.startswith(line)]


def test_a_silent_region_is_nan_with_a_warning(study):
    arrays = anatomy(4)
    arrays["weights"][2] = 0.0  # nothing reaches area 2, and it has no noise
    np.savez(study.path / "connectome.npz", **arrays)
    study.edit("connectome", source="connectome.npz")
    study.edit("model", noise={"sigma": [0.01, 0.01, 0.0, 0.01]})
    result = study.run()
    assert "no variance in region area 2; connectivity with it (pearson) is NaN" in result.stderr
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


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("my {x}.npz", "'my {x}.npz'; expected a path without braces"),
        ("results/mine.npz", "'results/mine.npz' is below results/, where this study's own"),
    ],
)
def test_a_source_that_would_confuse_the_workflow_is_refused(study, name, line):
    (study.path / "results").mkdir()
    np.savez(study.path / name, **anatomy(5))
    study.edit("connectome", source=name)
    result = study.snakemake("--cores", "1")
    assert result.returncode == 1
    assert f"config: connectome.source: {line}" in result.stderr
