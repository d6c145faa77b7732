"""Studies with the lead field of a sphere, and of a forward solution, run for real."""

import json

import mne
import numpy as np
import pandas as pd
import pytest
import xarray as xr

LABELS = [f"R{k}" for k in range(8)]
ANGLES = np.arange(8) * np.pi / 4
CENTRES = np.column_stack([60 * np.cos(ANGLES), 60 * np.sin(ANGLES), 20 * np.cos(2 * ANGLES)])


def write_centres(path):
    rows = [" ".join([label, *map(str, row)]) for label, row in zip(LABELS, CENTRES, strict=True)]
    path.write_text("\n".join(rows) + "\n")


@pytest.fixture
def sphere(study):
    write_centres(study.path / "centres.txt")
    study.config["leadfield"] = {
        "source": "sphere",
        "sensors": "neuromag306",
        "centres": "centres.txt",
    }
    return study


def fields(study, batch="0-1"):
    """Activity and field of the first batch."""
    (folder,) = study.path.glob(f"results/simulated/*/{batch}")
    return folder, xr.open_dataset(folder / "activity.nc"), xr.open_dataset(folder / "sensors.nc")


def test_a_sphere_with_306_sensors(sphere):
    study = sphere
    study.run()
    assert study.todo() == {}
    assert study.unrecorded() == set()
    folder, activity, measured = fields(study)
    with activity, measured, xr.open_dataset(study.result("leadfield.nc")) as lead:
        scale = 100.0
        expected = scale * activity.rate_E.values.astype(float) @ lead.gain.values
        np.testing.assert_allclose(measured.field, expected, rtol=1e-6, atol=1e-6 * expected.max())
        assert json.loads(lead.attrs["parameters"])["sensors"] == "neuromag306"
        assert (lead.sensor_kind == "grad").sum() == 204
        assert measured.field.attrs["units"] == "sensor_unit"
        names, kinds = measured.sensor.values, measured.sensor_kind.values
        positions, times = measured.sensor_position.values, measured.time.values
        series = measured.field.values
    assert study.result("figures/topography.png").stat().st_size > 10_000
    page = study.result("summary.html").read_text()
    assert "The field over the head" in page

    wanted = str((folder / "sensors-epo.fif").relative_to(study.path))
    study.run(wanted)
    epochs = mne.read_epochs(study.path / wanted, verbose="ERROR")
    assert epochs.ch_names == list(names)
    assert epochs.get_channel_types() == list(kinds)
    assert epochs.info["sfreq"] == pytest.approx(1000 / np.diff(times).mean())
    assert epochs.event_id == {"replicate 0": 1, "replicate 1": 2}
    np.testing.assert_allclose(epochs.get_data(), series.transpose(0, 2, 1), rtol=1e-6)
    np.testing.assert_allclose(epochs.info["dev_head_t"]["trans"], np.eye(4))
    found = [channel["loc"][:3] for channel in epochs.info["chs"]]
    np.testing.assert_allclose(found, positions, atol=1e-6)
    units = {kind: {"mag": 112, "grad": 201}[kind] for kind in set(kinds)}
    assert {int(channel["unit"]) for channel in epochs.info["chs"]} == set(units.values())

    # What is made from other centres is another lead field, and simulates nothing.
    rows = (study.path / "centres.txt").read_text().replace("R0 60.0", "R0 50.0")
    (study.path / "centres.txt").write_text(rows)
    assert "leadfield" in study.todo()
    assert "simulate" not in study.todo()


def test_centres_of_a_connectome_are_used(study):
    weights = np.ones((8, 8)) - np.eye(8)
    pairs = ("target", "source")
    xr.Dataset(
        {
            "weights": (pairs, weights + np.arange(8) / 10),
            "distances": (pairs, 50 * weights, {"units": "mm"}),
            "labels": ("region", LABELS),
            "centres": (("region", "axis"), CENTRES / 1000, {"units": "m"}),
        }
    ).to_netcdf(study.path / "connectome.nc")
    study.config["connectome"] = {"source": "connectome.nc"}
    study.config["leadfield"] = {"source": "sphere", "sensors": 12}
    study.run("results/leadfield.nc")
    with xr.open_dataset(study.result("leadfield.nc")) as lead:
        np.testing.assert_allclose(lead.centres, CENTRES + [0, 0, 40], atol=1e-9)
        assert lead.gain.attrs["units"] == "T/(nA m)"
        assert lead.sizes["sensor"] == 12


def test_a_forward_solution_with_a_parcellation(study):
    from restmeg import sensors

    rng = np.random.default_rng(0)
    directions = rng.normal(size=(40, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    forward = mne.make_forward_solution(
        sensors.to_info(*sensors.find("ctf275"), 1000.0),
        mne.Transform("mri", "head"),
        mne.setup_volume_source_space(
            pos={"rr": 0.06 * directions + [0, 0, 0.04], "nn": rng.permutation(directions)},
            verbose="ERROR",
        ),
        mne.make_sphere_model(head_radius=None, verbose="ERROR"),
        verbose="ERROR",
    )
    mne.write_forward_solution(study.path / "subject-fwd.fif", forward, verbose="ERROR")
    (study.path / "parcels.txt").write_text("\n".join(LABELS[k % 8] for k in range(40)))
    study.config["leadfield"] = {
        "source": "subject-fwd.fif",
        "parcellation": "parcels.txt",
        "combine": "mean",
        "sign_flip": True,
    }
    study.run("results/leadfield.nc", "results/figures/topography.png")
    with xr.open_dataset(study.result("leadfield.nc")) as lead:
        assert lead.sizes == {"region": 8, "sensor": 274, "axis": 3, "direction": 3}
        assert json.loads(lead.attrs["parameters"])["combine"] == "mean"
    study.edit("leadfield", combine="sum")
    assert study.todo()["leadfield"] == 1


def test_what_has_no_places_makes_no_fif_and_no_map(finished):
    (folder, *_) = sorted(finished.path.glob("results/simulated/*/0-1"))
    wanted = str((folder / "sensors-epo.fif").relative_to(finished.path))
    done = finished.snakemake("--cores", "1", wanted)
    assert done.returncode != 0
    said = [line for line in done.stderr.splitlines() if "does not know kinds and places" in line]
    assert said
    assert not (finished.path / wanted).exists()
    assert not finished.result("figures/topography.png").exists()


def test_a_sphere_without_centres_ends_before_any_job(study):
    study.config["leadfield"] = {"source": "sphere"}
    done = study.snakemake("--cores", "1")
    assert done.returncode != 0
    assert "config: leadfield.source: sphere needs the centres of the regions" in done.stderr
    assert not study.result("connectome.nc").exists()
    assert pd.Series(done.stderr.splitlines()).str.contains("Traceback").sum() == 0
