import re

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy import signal


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
    assert re.match(r"restmeg: target.model: replicate \d ", lines[-1])
    assert "is not finite after" in lines[-1]
    log = lines[-1].split("(details in ")[1].rstrip(")")
    assert "Traceback" in (study.path / log).read_text()
    assert not list(study.path.glob("results/target/*/*/activity.nc"))


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
    refused = study.snakemake("--cores", "1")
    assert refused.returncode == 1
    assert "recording.nc: no time axis with units of time, so its sampling" in refused.stderr
    study.edit("target", sampling_rate="10 kHz")
    said = study.run().stderr
    assert said.count("restmeg: warning: leadfield.nc: the largest gain is") == 1
    assert study.todo() == {}

    with xr.open_dataset(study.result("leadfield.nc")) as dataset:
        np.testing.assert_allclose(dataset.gain.values, gain, rtol=1e-12)
        assert list(dataset.region.values) == list(labels)
    with xr.open_dataset(study.result("target/recording/all/connectivity.nc")) as dataset:
        expected = [np.corrcoef(replicate.T) for replicate in series.astype(np.float32)]
        np.testing.assert_allclose(dataset.fc.values[0, 0], expected, atol=1e-12)
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
        *(["theory"] + ["scores"] * 6),  # of connectivity and of spectra
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


def write_parcels(path, series, bad=()):
    """A recording as osl-ephys writes it; bad: (onset, duration) in s."""
    mne = pytest.importorskip("mne")
    n = len(series)
    names = [f"parcel_{k}" for k in range(n)] + ["STI101"]
    info = mne.create_info(names, 250, ["misc"] * n + ["stim"])
    stim = np.ones((1, series.shape[1]))
    raw = mne.io.RawArray(np.concatenate([series, stim]), info, verbose="ERROR")
    for onset, duration in bad:
        raw.annotations.append(onset, duration, "BAD_segment")
    raw.save(path, verbose="ERROR")


def test_parcels_of_osl_ephys_are_a_target_like_any_other(study):
    """30 s at 250 Hz with a bad second, and a second file: cut, compared, and done once."""
    rng = np.random.default_rng(4)
    first, second = rng.normal(size=(8, 7500)), rng.normal(size=(8, 3000))
    write_parcels(study.path / "one-parc-raw.fif", first, bad=[(10, 1)])
    write_parcels(study.path / "two-parc-raw.fif", second)
    study.config["target"] = {
        "source": ["one-parc-raw.fif", "two-parc-raw.fif"],
        "label_map": {f"parcel_{k}": f"R{7 - k}" for k in range(8)},
    }
    study.edit("simulation", duration="2010 ms", sampling_interval="0.5 ms", replicates=2)
    study.edit("nulls", rewired={"method": "degree_length", "number": 2})
    told = study.run()
    asked = [line for line in told.stderr.splitlines() if line.startswith("restmeg: warning: ")]
    assert [line for line in asked if "null rewired" not in line] == []
    assert study.todo() == {}
    assert study.unrecorded() == set()

    # Two seconds each: five before the bad second, nine after it, and six of the second file.
    starts = [(first, 500 * k) for k in range(5)]
    starts += [(first, 2750 + 500 * k) for k in range(9)]
    starts += [(second, 500 * k) for k in range(6)]
    expected = np.array([of[::-1, at : at + 500].T for of, at in starts])
    with xr.open_dataset(study.result("recording.nc")) as found:
        np.testing.assert_allclose(found.rate_E.values, expected, rtol=1e-6)
        assert found.starts_at.values.tolist() == [at / 250 for _, at in starts]
        assert found.from_file.values.tolist() == (
            ["one-parc-raw.fif"] * 14 + ["two-parc-raw.fif"] * 6
        )
        assert found.time.values[[0, -1]] == pytest.approx([4, 2000])
    (path,) = study.path.glob("results/simulated/*/0-1")
    with (
        xr.open_dataset(path / "activity.nc") as activity,
        xr.open_dataset(path / "connectivity.nc") as made,
    ):
        series = [
            signal.resample_poly(one.astype(float), 1, 8, padtype="antireflect")
            for one in activity.rate_E.values
        ]
        of_each = [np.corrcoef(one.T) for one in series]
        np.testing.assert_allclose(made.fc.values[0, 0], of_each, atol=1e-9)
    with xr.open_dataset(path / "spectra.nc") as made:
        _, expected = signal.welch(np.array(series), 250, nperseg=500, axis=1)
        np.testing.assert_allclose(made.power.values, expected[:, 1:201].swapaxes(1, 2), rtol=1e-6)
    with xr.open_dataset(study.result("target/recording/all/spectra.nc")) as found:
        assert found.frequency.values[[0, -1]].tolist() == [0.5, 100.0]
        assert found.sizes["replicate"] == 20
    with xr.open_dataset(study.result("target/recording/all/fourier.nc")) as found:
        assert found.frequency.values[0] == 1.0  # the second of segments of 2 s
        assert found.sizes["replicate"] == 20
    (theory,) = map(xr.load_dataset, study.path.glob("results/simulated/*/theory.nc"))
    assert '"length": 2000.0' in theory.attrs["parameters"]
    table = pd.read_csv(study.result("scores.csv")).set_index("score")
    assert table.loc["fc_match", "n"] == table.loc["spectral_match", "n"] == 2 * 20
    assert table.loc["spectral_match", "measure"] == "power"
    assert "20 replicates of 2 s at 250" in study.result("summary.html").read_text()

    # A swapped order is another recording; more noise in the model is not.
    study.edit("simulation", seed=9)
    assert "recording" not in study.todo()
    study.config["target"]["source"].reverse()
    todo = study.todo()
    assert todo["recording"] == todo["fourier"] == 1
    assert todo["spectra"] == 2  # as the simulation is another too


def test_a_value_that_is_none_is_told_before_any_job(study):
    series = np.random.default_rng(0).normal(size=(700, 8))
    series[333, 2] = np.nan
    np.save(study.path / "recording.npy", series)
    given = {"source": "recording.npy", "labels": "connectome", "orientation": "time_region"}
    study.config["target"] = given | {"sampling_rate": "10 kHz"}
    result = study.snakemake("--cores", "1")
    assert result.returncode == 1
    (line,) = [text for text in result.stderr.split("\n") if text.startswith("restmeg: ")]
    assert line == (
        "restmeg: recording.npy: matrix of replicate 0, region 'R2', sample 333: missing or not "
        "finite; expected a number"
    )
    assert not list(study.path.glob("results/*"))
