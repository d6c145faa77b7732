"""Studies of real anatomy, from files to scores."""

import mne
import numpy as np
import pandas as pd
import pytest
import restmeg
import xarray as xr
import yaml
from studies import ROOT

SHORT = {"duration": "2.3 s", "sampling_interval": "1 ms", "replicates": 4}


@pytest.mark.parametrize(("name", "regions"), [("hcp94", 94), ("tvb76", 76)])
def test_a_ready_study_runs(study, name, regions):
    study.config = yaml.safe_load((ROOT / f"config/studies/{name}.yaml").read_text())
    study.config |= {"simulation": SHORT, "target": {"replicates": 4}}
    study.run()
    scores = pd.read_csv(study.result("scores.csv")).set_index("score")
    assert np.isfinite(scores.loc[["fc_match", "fc_distance", "log_likelihood"], "value"]).all()
    with xr.open_dataset(study.result("connectome.nc")) as dataset:
        assert dataset.sizes["region"] == regions
        assert float(dataset.weights.sum("source").mean()) == pytest.approx(1)
    if name == "tvb76":
        (path,) = study.path.glob("results/simulated/*/0-3/sensors.nc")
        with xr.open_dataset(path) as dataset:
            kinds = dataset.sensor_kind.values
            assert [(kinds == kind).sum() for kind in ("mag", "grad")] == [102, 204]
            size = dataset.field.std(("replicate", "time")).values
        assert 1e-16 < size[kinds == "mag"].max() < 1e-11  # T
        assert study.result("figures/topography.png").exists()


def test_the_alpha_study_has_its_rhythm(study):
    """Shorter than it is; what leaks is told from what is coupled."""
    study.config = yaml.safe_load((ROOT / "config/studies/alpha.yaml").read_text())
    study.config["simulation"] |= {"duration": "23 s", "replicates": 3}
    study.config["connectivity"]["windows"] = "2 s"
    study.config |= {"target": {"replicates": 3}}
    study.run()
    (path,) = study.path.glob("results/simulated/*/0-2/spectra.nc")
    with xr.open_dataset(path) as dataset:
        peaks = dataset.peak_frequency.values
        alpha = dataset.band_power.sel(band="alpha").values
    assert 8 < np.nanmedian(peaks) < 10.5
    assert np.median(alpha) > 0.5
    scores = pd.read_csv(study.result("scores.csv")).set_index(["measure", "band", "score"])
    value = scores["value"]
    for measure, most in (
        ("orthogonalised_envelope_correlation", 0.15),
        ("phase_locking_value", 1),
    ):
        match, null, ceiling = (
            value[measure, "alpha", name]
            for name in ("fc_match", "leakage_null", "fc_match_ceiling")
        )
        assert null < most
        assert null < match == pytest.approx(ceiling, abs=0.08)
    assert value["phase_locking_value", "alpha", "leakage_null"] > 0.5
    for name in ("bands", "spectra", "dynamics", "topography"):
        assert study.result(f"figures/{name}.png").exists()


def test_a_planned_study_says_what_could_be_known(study):
    study.config = yaml.safe_load((ROOT / "config/studies/planning.yaml").read_text())
    study.run("results/figures/planning.png")
    table = pd.read_csv(study.result("planning.csv"))
    errors = table[table["seconds"] == 3600].set_index(["seen_at", "parameter"])["relative"]
    assert (errors["regions"] < errors["sensors"]).all()
    assert (errors < 0.02).all()


def test_a_recording_of_osl_ephys_on_68_regions_finds_its_truth(study):
    """A minute at 250 Hz, of parcels in another order, simulated at a coupling strength of 8."""
    path = study.path / "resources/data/tvb/connectivity_68.zip"
    truth = restmeg.simulate(
        path,
        role="target",
        normalise="mean_row_sum",
        coupling_strength=8.0,
        duration="60.3 s",
        sampling_interval="4 ms",
        replicates=1,
        progress=False,
    )
    order = np.random.default_rng(0).permutation(68)
    labels = [str(label) for label in truth.region.values[order]]
    info = mne.create_info([f"parcel_{k}" for k in range(68)], 250, "misc")
    series = 1e-9 * truth.rate_E[0].values.T[order]
    raw = mne.io.RawArray(series, info, verbose="ERROR")
    raw.save(study.path / "lcmv-parc-raw.fif", verbose="ERROR")
    (study.path / "parcels.txt").write_text("\n".join(labels))
    study.config = {
        "connectome": {"source": str(path), "normalise": "mean_row_sum"},
        "leadfield": {"source": "sphere", "sensors": "neuromag306"},
        "target": {"source": "lcmv-parc-raw.fif", "labels": "parcels.txt"},
        "simulation": {"duration": "10.3 s", "sampling_interval": "4 ms", "replicates": 10},
        "fit": {"frequencies": ["1 Hz", "45 Hz"]},
        "sweep": {"model.coupling_strength": [2.0, 4.0, 8.0, 16.0]},
    }
    study.run()
    with xr.open_dataset(study.result("recording.nc")) as dataset:
        assert dataset.rate_E.shape == (6, 2500, 68)
        found = dataset.rate_E.values.reshape(-1, 68)
        np.testing.assert_allclose(found, 1e-9 * truth.rate_E[0].values, rtol=1e-5)
    best = pd.read_csv(study.result("best.csv")).set_index("score")
    low, high = best.loc["log_likelihood", ["ci_low", "ci_high"]].astype(float)
    assert low < 8 < high
    assert high - low < 4
