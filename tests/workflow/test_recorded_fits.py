"""Fits to recordings, run for real: gains, signs and filters that nobody has told."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from restmeg import connectome, simulation, store
from scipy import signal

TIMES = {
    "dt": 0.1,
    "duration": 4300.0,
    "transient": 300.0,
    "sampling_interval": 2.0,
    "method": "exponential_euler",
}
TRUTH = 1.5
FLIPPED = np.array([1, -1, 1, 1, -1, 1, -1, 1])


@pytest.fixture
def recorded(study, model, example):
    """A study of two recordings of the bundled regions; its files have other gains, and signs."""
    labels = np.array([f"R{k}" for k in range(8)], dtype=object)
    anatomy = connectome.Connectome(*example, labels)
    batch = simulation.Batch(anatomy, model, TIMES, 7, "target", range(6))
    pieces = [piece for piece, _ in simulation.simulated(batch)]
    series = np.concatenate(pieces).reshape(6, -1, 8).astype(float)
    study.config["simulation"] = {"duration": "4300 ms", "transient": "300 ms", "replicates": 3}
    study.edit("simulation", sampling_interval="2 ms")
    study.config["target"] = {"source": ["first.nc", "second.nc"]}
    study.config["fit"] = {"parameters": {"model.coupling_strength": [0.3, 5]}}

    def write(first, second):
        for name, part in (("first", first), ("second", second)):
            dataset = xr.Dataset(
                {"rate_E": (("replicate", "time", "region"), part)},
                {"time": ("time", 2.0 * np.arange(part.shape[1]), {"units": "ms"})},
            )
            dataset.assign_coords(region=labels.astype(str)).to_netcdf(study.path / f"{name}.nc")

    return study, series, write


def notes(study):
    with store.open_netcdf(study.result("fit.nc")) as dataset:
        return " ".join(store.notes(dataset))


def interval(study):
    table = pd.read_csv(study.result("fit.csv")).set_index("parameter")
    return tuple(table.loc["model.coupling_strength", ["ci_low", "ci_high"]])


def test_gains_of_files_and_signs_of_regions_are_no_part_of_what_is_found(recorded):
    study, series, write = recorded
    turned = FLIPPED * series
    write(turned[:3], 3 * turned[3:])
    study.run("results/simulated/fitted/scores.csv")
    low, high = interval(study)
    assert low < TRUTH < high
    with xr.open_dataset(study.result("fit.nc")) as found:
        signs = found.sign.values
    np.testing.assert_array_equal(signs * signs[0], FLIPPED)
    assert "the signs of 3 of 8 regions are turned" in notes(study)
    assert "bring them in line" not in notes(study)
    scores = pd.read_csv(study.result("simulated/fitted/scores.csv")).set_index("score")
    assert scores.loc["fc_distance", "ci_low"] < 0  # no distance to the truth is told

    # What differs from file to file is told; without it the same coupling is found.
    study.edit("fit", held_out=0.3)
    write(series[:3], series[3:])
    study.run("results/fit.csv")
    plain = interval(study)
    assert notes(study) == ""
    write(series[:3], FLIPPED * series[3:])
    study.run("results/fit.csv")
    assert "the signs of its regions are others than those of the other files" in notes(study)
    assert interval(study)[0] < plain[0]


def test_what_a_filter_has_taken_is_told(recorded):
    study, series, write = recorded
    passed = signal.butter(4, [4, 30], "bandpass", fs=500, output="sos")
    filtered = signal.sosfiltfilt(passed, series, axis=1)
    write(filtered[:3], filtered[3:])
    study.run("results/fit.csv")
    assert "on down the target has less than a third of the power" in notes(study)
    assert "on up the target has less than a third of the power" in notes(study)
    study.edit("fit", frequencies=["6 Hz", "25 Hz"])
    study.run("results/fit.csv")
    assert "a third of the power" not in notes(study)
    low, high = interval(study)
    assert low < TRUTH < high
