"""Recordings at the sensors, run for real: what is fitted to, and what an edit computes again."""

import json

import mne
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from restmeg import sensors, simulate
from test_lead_fields import CENTRES, LABELS

TRUTH, SCALE, RATE = 2.0, 20_000.0, 1000.0  # nA m/mV, Hz
NAMES, COILS = sensors.find("neuromag306")
PICKED = np.arange(0, 306, 5)
DENSITY = np.where(COILS.kinds == "grad", 3e-13, 3e-15)[PICKED]  # of white noise


def write_forward(path):
    """A tangential dipole in each region, by MNE; returns its gain (sensors, regions), T/(A m)."""
    places = CENTRES / 1000 + [0, 0, 0.04]
    directions = np.column_stack([-CENTRES[:, 1], CENTRES[:, 0], np.zeros(8)])
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    forward = mne.make_forward_solution(
        sensors.to_info(NAMES[PICKED], COILS.taken(PICKED), RATE),
        mne.Transform("mri", "head"),
        mne.setup_volume_source_space(pos={"rr": places, "nn": directions}, verbose="ERROR"),
        mne.make_sphere_model(r0=(0, 0, 0.04), head_radius=None, verbose="ERROR"),
        verbose="ERROR",
    )
    mne.write_forward_solution(path, forward, verbose="ERROR")
    gain = forward["sol"]["data"].reshape(len(PICKED), 8, 3)
    return np.einsum("snd,nd->sn", gain, directions)


def write_recording(path, gain, seconds=40):
    """What sensors have of a simulation whose coupling strength is known; returns it."""
    activity = simulate(
        "example",
        role="target",
        seed=11,
        coupling_strength=TRUTH,
        duration=f"{seconds + 0.1} s",
        transient="100 ms",
        sampling_interval="1 ms",
        replicates=1,
        progress=False,
    )
    assert activity.region.values.tolist() == LABELS
    moments = 1e-9 * SCALE * activity.rate_E.values[0].astype(float)  # A m
    noise = np.random.default_rng(5).normal(size=(len(moments), len(PICKED)))
    field = moments @ gain.T + DENSITY * np.sqrt(RATE / 2) * noise
    order = np.random.default_rng(6).permutation(len(PICKED))
    info = sensors.to_info(NAMES[PICKED][order], COILS.taken(PICKED[order]), RATE)
    raw = mne.io.RawArray(field[:, order].T, info, verbose="ERROR")
    raw.save(path, fmt="double", verbose="ERROR")
    return field


@pytest.fixture
def at_sensors(study):
    """A study of a recording of 40 s, which becomes 20 replicates."""
    study.gain = write_forward(study.path / "head-fwd.fif")
    study.field = write_recording(study.path / "sub-01_raw.fif", study.gain)
    (study.path / "parcels.txt").write_text("\n".join(LABELS))
    study.config["leadfield"] = {
        **{"source": "head-fwd.fif", "parcellation": "parcels.txt", "combine": "mean"},
        **{"sign_flip": False, "scale": "20 uA m/mV"},
    }
    study.config["inverse"] = {"source": "minimum_norm", "regularisation": 0.1}
    study.config["target"] = {"source": "sub-01_raw.fif"}
    study.edit("simulation", duration="2100 ms", transient="100 ms", sampling_interval="1 ms")
    return study


def minimum_norm(gain, regularisation=0.1):
    """The plain formula. gain: (sensors, regions) of a unit of rate."""
    noise = np.diag(DENSITY**2)
    size = len(gain) / np.trace(np.linalg.solve(noise, gain @ gain.T))
    return size * gain.T @ np.linalg.inv(size * gain @ gain.T + regularisation * noise)


def test_a_fit_at_the_sensors(at_sensors):
    study = at_sensors
    study.edit("fit", parameters={"model.coupling_strength": [0.3, 5]})
    done = study.run()
    assert "sub-01_raw.fif: " not in done.stderr  # nothing is asked
    assert study.todo() == {}
    assert study.unrecorded() == set()

    # Regions are what the minimum norm makes of the sensors.
    rows = minimum_norm(1e-9 * SCALE * study.gain)
    with (
        xr.open_dataset(study.result("recording.nc")) as found,
        xr.open_dataset(study.result("target/recording/all/connectivity.nc")) as estimated,
    ):
        expected = (study.field @ rows.T).reshape(20, 2000, 8)
        np.testing.assert_allclose(found.rate_E, expected, atol=1e-5 * np.abs(expected).max())
        fc = estimated.fc.sel(measure="pearson", band="broadband").values
        assert fc.shape == (20, 8, 8)
        for one, series in zip(fc, expected, strict=True):
            np.testing.assert_allclose(one, np.corrcoef(series.T), atol=1e-5)
    assert not list(study.path.glob("results/target/**/reconstructed.nc"))
    assert len(list(study.path.glob("results/simulated/*/*/reconstructed.nc"))) == 4

    # The fit knows of leakage and noise, and of the scale of either.
    table = pd.read_csv(study.result("fit.csv")).set_index("parameter")
    coupling = table.loc["model.coupling_strength"]
    assert coupling["identified"]
    assert coupling["ci_low"] < TRUTH < coupling["ci_high"] < 2 * coupling["ci_low"]
    for key in ("recording.gain", "recording.noise"):
        assert table.loc[key, "ci_low"] < 1 < table.loc[key, "ci_high"]
    with xr.open_dataset(study.result("fit.nc")) as fit:
        assert (fit["sign"] == 1).all()
        assert json.loads(fit.attrs["parameters"])["recorded"]
    scores = pd.read_csv(study.result("scores.csv")).set_index("score")["value"]
    assert {"fc_match", "leakage_null", "fc_match_minus_leakage"} <= set(scores.index)
    notes = pd.read_csv(study.result("scores_notes.csv"))["note"]
    assert notes.str.contains("which would take leakage for coupling").sum() == 1

    # Another inverse makes other regions of the same sensors.
    study.edit("inverse", regularisation=0.2)
    jobs = study.todo()
    assert jobs["inverse"] == jobs["recording"] == jobs["fit"] == 1
    assert not {"leadfield", "connectome", "unleaked"} & jobs.keys()
    study.run("results/recording.nc")
    rows = minimum_norm(1e-9 * SCALE * study.gain, 0.2)
    with xr.open_dataset(study.result("recording.nc")) as found:
        expected = (study.field @ rows.T).reshape(20, 2000, 8)
        np.testing.assert_allclose(found.rate_E, expected, atol=1e-5 * np.abs(expected).max())
    assert "recording" not in study.todo()


def test_what_cannot_be_used_ends_in_one_line_before_anything_is_computed(at_sensors):
    study = at_sensors
    cases = [
        ("inverse", {"source": "none"}, "its channels are sensors, not regions; expected inver"),
        ("inverse", {"source": "lcmv"}, "lcmv is adapted to the field at the sensors of a syn"),
        ("target", {"label_map": {NAMES[5]: None}}, f"sensors of the lead field, '{NAMES[5]}', "),
    ]
    usual = {section: dict(values) for section, values in study.config.items()}
    for section, values, message in cases:
        study.config = {name: dict(given) for name, given in usual.items()}
        study.config["inverse"].pop("regularisation")
        study.edit(section, **values)
        done = study.snakemake("--cores", "1")
        assert done.returncode == 1
        lines = [line for line in done.stderr.splitlines() if message in line]
        assert len(lines) == 1
        assert "Traceback" not in done.stdout + done.stderr
        assert not study.result("").exists()
