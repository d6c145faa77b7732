"""Studies that are seen through an inverse, run for real."""

import io
import json

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from restmeg import ResultWarning, estimands, inverse, leakage, open_results, recording
from restmeg.reconstruction import Reconstructed
from test_lead_fields import LABELS, write_centres

KINDS = [("pearson", "broadband"), ("pearson", "fast"), ("phase_locking_value", "fast")]


@pytest.fixture
def inverted(study):
    """A head with few sensors, in which sources leak, and a band that is short enough."""
    write_centres(study.path / "centres.txt")
    study.config["leadfield"] = {
        **{"source": "sphere", "sensors": 12, "centres": "centres.txt"},
        "scale": "20 uA m/mV",
    }
    study.edit("simulation", duration="1600 ms", sampling_interval="1 ms")
    study.config["connectivity"] = {
        "measures": ["pearson", "phase_locking_value"],
        "bands": {"fast": ["30 Hz", "60 Hz"]},
        "edges": "250 ms",
    }
    study.config["inverse"] = {"source": "minimum_norm"}
    return study


def test_a_study_through_an_inverse(inverted):
    study = inverted
    study.edit("nulls", rewired={"number": 2})
    study.edit("fit", parameters={"model.coupling_strength": [0.3, 5]})
    study.edit("leadfield", scale="20 mA m/mV")  # of little noise
    study.run()
    assert study.todo() == {}
    assert study.unrecorded() == set()
    scores = pd.read_csv(study.result("scores.csv"))
    assert scores["expected"].isna().all()  # theory is of activity
    of = scores.set_index(["measure", "band", "score"])["value"]
    for kind in KINDS:
        match, null, more = (
            of[(*kind, name)] for name in ("fc_match", "leakage_null", "fc_match_minus_leakage")
        )
        assert match - null == pytest.approx(more, abs=1e-8)
    assert of["pearson", "broadband", "leakage_null"] > 0.2
    table = pd.read_csv(study.result("leakage.csv")).set_index(["measure", "band", "of"])["value"]
    for kind in KINDS:
        assert table[(*kind, "reconstructed")] == of[(*kind, "fc_match")]
        assert table[(*kind, "leakage_null")] == of[(*kind, "leakage_null")]
    # The fit knows of leakage and noise: of the mixed series it finds the truth, 1.5.
    fit = pd.read_csv(study.result("fit.csv")).set_index("parameter").loc["model.coupling_strength"]
    assert fit["identified"]
    assert fit["ci_low"] - (fit["ci_high"] - fit["ci_low"]) < 1.5
    assert fit["ci_high"] + (fit["ci_high"] - fit["ci_low"]) > 1.5
    assert fit["ci_high"] / fit["ci_low"] < 3
    notes = pd.read_csv(study.result("scores_notes.csv"))["note"]
    assert notes.str.contains("which leak: expected scores are left out").sum() == 1
    assert notes.str.contains("regions of the leakage null are 0.2 s apart").any()
    page = study.result("summary.html").read_text()
    assert "FC match by leakage alone" in page

    # Both roles are seen through the same operator, with noise of their own.
    with xr.open_dataset(study.result("inverse.nc")) as found:
        leak = found.leakage.values
    assert np.abs(leak - np.diag(np.diag(leak))).max() > 0.05 * np.abs(leak).max()
    noise, operator = {}, inverse.operator(study.result("inverse.nc"))
    for role, batch in (("simulated", "0-1"), ("target", "0-1")):
        (folder,) = study.path.glob(f"results/{role}/p*/{batch}")
        with (
            xr.open_dataset(folder / "activity.nc") as activity,
            xr.open_dataset(folder / "reconstructed.nc") as seen,
            xr.open_dataset(folder / "connectivity.nc") as estimated,
        ):
            rates = activity.rate_E.values.astype(float)
            noise[role] = seen.reconstructed.values - rates @ leak.T
            expected = np.corrcoef(seen.reconstructed.values[0].T)
            fc = estimated.fc.sel(measure="pearson", band="broadband").values[0]
            np.testing.assert_allclose(fc, expected, atol=1e-6)
            share = seen.noise_share.values
            with recording.opened(folder / "activity.nc") as series:
                given = Reconstructed(series, operator, {"simulated": 3, "target": 5}[role], role)
                exact = np.stack([np.concatenate(list(given.pieces(k))) for k in range(2)])
            np.testing.assert_array_equal(seen.reconstructed, exact)
            assert json.loads(seen.attrs["parameters"])["role"] == role
        assert 0 < share.mean() < 0.01
    together = np.corrcoef(noise["simulated"].ravel(), noise["target"].ravel())[0, 1]
    assert abs(together) < 0.05

    results = open_results(study.path / "results")
    loaded = results.load("reconstructed", role="target")
    assert loaded.reconstructed.sizes == {"replicate": 2, "time": 1590, "region": 8}
    (folder,) = study.path.glob("results/simulated/p*/0-1")
    asked = estimands.Asked(["pearson"], {}, 250.0)
    given = folder / "activity.nc", study.result("inverse.nc"), asked, 3, "x", study.path / "x.nc"
    with pytest.warns(ResultWarning, match="apart"):
        leakage.null_file(*given)
    with xr.open_dataset(study.path / "x.nc") as expected:
        found = results.load("leakage").fc.sel(
            measure="pearson", band="broadband", replicate=[0, 1]
        )
        np.testing.assert_array_equal(found, expected.fc.sel(measure="pearson", band="broadband"))

    # Null networks are seen through it too: their mean is not that of activity.
    nulls = pd.read_csv(study.result("nulls.csv"))
    assert set(nulls["score"]).isdisjoint({"leakage_null", "fc_match_minus_leakage"})
    beside = nulls.set_index(["measure", "band", "score"])["null_mean"]
    assert beside["pearson", "broadband", "fc_match"] > table["pearson", "broadband", "activity"]

    # Noise and operator are no part of the dynamics.
    study.edit("inverse", sensor_noise={"mag": "5 fT/Hz^0.5"})
    jobs = study.todo()
    assert jobs["inverse"] == 1
    assert jobs["reconstruct"] == 3 + 2
    assert jobs["simulate"] == 2  # of the fitted point, which may be another one now
    assert not {"unleaked", "fourier", "leadfield"} & jobs.keys()
    study.edit("inverse", sensor_noise={"mag": "3000 aT/Hz^0.5"})
    assert study.todo() == {}  # the same, in other words


def test_batches_cores_and_what_is_kept_change_no_bit(inverted):
    study = inverted
    study.edit("inverse", source="lcmv")
    study.run("results/scores.csv")
    scores = study.result("scores.csv").read_bytes()
    leaks = study.result("leakage.csv")
    study.forget()
    study.edit("simulation", replicates_per_job=3, keep="shown")
    study.config["sweep"] = {"model.coupling_strength": [1.5, 0.5]}
    study.run(cores=1)
    assert study.unrecorded() == set()
    assert leaks.exists()
    kept = sorted(path.parent.name for path in study.path.glob("results/*/*/*/reconstructed.nc"))
    assert kept == ["0-2", "3-3"]  # of the shown point
    found = pd.read_csv(study.result("scores.csv"))
    found = found[found["model.coupling_strength"] == 1.5]
    before = pd.read_csv(io.BytesIO(scores))
    np.testing.assert_array_equal(found["value"].to_numpy(), before["value"].to_numpy())


def test_a_recording_goes_through_no_inverse_and_simulations_through_its_own(inverted):
    study = inverted
    rng = np.random.default_rng(0)
    np.save(study.path / "recording.npy", rng.normal(size=(4000, 8)))
    names = [f"S{k}" for k in range(12)]
    np.savez(
        study.path / "kernel.npz",
        inverse=rng.normal(size=(8, 12)),
        regions=LABELS[::-1],
        sensors=names,
    )
    study.config["target"] = {
        **{"source": "recording.npy", "orientation": "time_region", "labels": "connectome"},
        "sampling_rate": "500 Hz",
    }
    study.edit("inverse", source="kernel.npz")
    study.run("results/scores.csv", "results/leakage.csv")
    assert not list(study.path.glob("results/target/**/reconstructed.nc"))
    assert len(list(study.path.glob("results/simulated/*/*/reconstructed.nc"))) == 2
    with (
        np.load(study.path / "kernel.npz") as kernel,
        xr.open_dataset(study.result("inverse.nc")) as found,
    ):
        np.testing.assert_array_equal(found.inverse.values[::-1], kernel["inverse"])
        assert found.sensor.values.tolist() == names
    notes = pd.read_csv(study.result("scores_notes.csv"))["note"]
    assert notes.str.contains("which would take leakage for coupling").sum() == 1

    study.edit("inverse", source="lcmv")
    done = study.snakemake("--cores", "1")
    assert done.returncode != 0
    assert "config: inverse.source: lcmv is adapted to the field at the sensors" in done.stderr
    study.edit("inverse", source="minimum_norm", regularisation=0.2)
    jobs = study.todo()
    assert jobs["inverse"] == 1
    assert "recording" not in jobs


def test_keys_without_effect_are_refused(study):
    study.config["inverse"] = {"regularisation": 0.2}
    done = study.snakemake("--dry-run")
    assert (
        "config: inverse.regularisation: has no effect where inverse.source is none" in done.stderr
    )
    study.config["inverse"] = {"source": "minimum_norm"}
    done = study.snakemake("--dry-run")
    assert done.returncode == 0
    assert (
        "the synthetic lead field is random, and so is which region leaks into which" in done.stderr
    )
