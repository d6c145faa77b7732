"""Standard errors of planned recordings, against fits of what is drawn."""

import numpy as np
import pandas as pd
import pytest
from restmeg import InputError, connectome, fourier, planning, store
from restmeg.figures import planning as figure
from restmeg.inverse import minimum_norm, noise_factor
from restmeg.settings import replaced
from restmeg.theory import fitting, linear, observed
from restmeg.theory.observed import CrossSpectra, Observation
from restmeg.theory.search import Search
from test_fitting import BOUNDS, STEP, TRUTH
from test_observed import drawn

RATE = 250.0


@pytest.fixture
def paths(example, tmp_path):
    """A connectome, and an inverse of twelve sensors with some noise."""
    weights, distances = example
    labels = np.array([f"r{k}" for k in range(8)], dtype=object)
    anatomy, operator = tmp_path / "connectome.nc", tmp_path / "inverse.nc"
    with store.new_netcdf(anatomy, "Connectome", {}) as dataset:
        for name, values in (
            ("labels", labels),
            ("target", labels),
            ("source", labels),
            ("weights", weights),
            ("distances", distances),
        ):
            store.add(dataset, name, values)
    gain = np.random.default_rng(1).normal(size=(8, 12))
    noise = 1e-7 * np.eye(12)  # of samples
    inverse = minimum_norm(gain, noise, 1 / 9)
    with store.new_netcdf(operator, "Inverse operator", {"rate": RATE}) as dataset:
        store.add(dataset, "region", labels)
        store.add(dataset, "region_to", labels)
        store.add(dataset, "region_from", labels)
        store.add(dataset, "leakage", inverse @ gain.T)
        store.add(dataset, "sensor_noise", noise_factor(inverse, noise))
    return anatomy, operator, gain, noise


def planned(paths, model, tmp_path, **more):
    anatomy, operator, *_ = paths
    given = {"bounds": BOUNDS, "rate": RATE, "band": None, "recordings": 5} | more
    out = tmp_path / "planning.csv"
    planning.expect_file(anatomy, operator, model, STEP, *given.values(), out)
    return pd.read_csv(out)


def test_errors_are_those_of_fits_of_that_length(paths, model, tmp_path, example):
    anatomy, _, gain, noise = paths
    truth = replaced(model, TRUTH)
    table = planned(paths, truth, tmp_path)
    assert set(table["seen_at"]) == {planning.REGIONS, planning.SENSORS}
    at = table[table["seconds"] == 8.0].set_index(["seen_at", "parameter"])["standard_error"]

    # Five recordings of 8 s, each two segments, drawn at regions and at sensors.
    net = linear.linearise(*example, truth, 0.1)
    length = round(fourier.SEGMENT * RATE)
    frequencies = fourier.bins(length, RATE, recorded=True) * RATE / length
    spectrum = noise * 1000 / RATE
    deviations = {planning.REGIONS: [], planning.SENSORS: []}
    for seed in range(4):
        series = drawn(net, Observation(), seed, number=10, frequencies=frequencies)
        rng = np.random.default_rng(100 + seed)
        white = rng.normal(size=(2, *series.shape[:2], 12)) / np.sqrt(2)
        sensors = series @ gain + (white[0] + 1j * white[1]) @ np.sqrt(spectrum)
        for name, values in ((planning.REGIONS, series), (planning.SENSORS, sensors)):
            mean = np.einsum("rfi,rfj->fij", values, values.conj()) / len(values)
            data, seen = CrossSpectra(frequencies, mean, len(values)), Observation()
            if name == planning.SENSORS:
                data, seen = observed.whitened(data, gain.T, spectrum)
            own = connectome.read(anatomy)
            search = Search(own, model, STEP, BOUNDS, data, seen, calibrated=False)
            found = fitting.fit(search)
            deviations[name].append([one.deviation for one in found.estimates[:2]])
    for name, of_fits in deviations.items():
        expected = [at[name, key] for key in BOUNDS]
        # Errors go with what was found, and four fits of 80 s find it about.
        assert np.mean(of_fits, axis=0) == pytest.approx(expected, rel=0.25)
    for key in BOUNDS:
        assert at[planning.SENSORS, key] > at[planning.REGIONS, key]


def test_errors_fall_with_the_root_of_length_and_number(paths, model, tmp_path):
    one = planned(paths, model, tmp_path)
    more = planned(paths, model, tmp_path, recordings=20)
    assert more["standard_error"].to_numpy() == pytest.approx(one["standard_error"] / 2)
    of = one[(one["parameter"] == "model.conduction_speed") & (one["seen_at"] == "regions")]
    product = of["standard_error"] * np.sqrt(of["seconds"])
    assert product.to_numpy() == pytest.approx(product.iloc[0])
    assert of["relative"].to_numpy() == pytest.approx(of["standard_error"] / 10)


def test_what_a_recording_never_tells_has_no_small_error(paths, model, tmp_path):
    # The size of the noise is the gain of a recording, which nobody knows.
    bounds = {"model.noise.sigma": [0.001, 0.1], "model.coupling_strength": [0.3, 4.0]}
    table = planned(paths, model, tmp_path, bounds=bounds)
    last = table[table["seconds"] == 3600.0].set_index(["seen_at", "parameter"])["relative"]
    assert last["regions", "model.noise.sigma"] > 10
    assert last["regions", "model.coupling_strength"] < 0.1


def test_a_plan_beyond_its_bounds_or_theory_is_refused(paths, model, tmp_path):
    beyond = {"model.coupling_strength": [2.0, 4.0]}
    with pytest.raises(InputError, match="planned value is"):
        planned(paths, model, tmp_path, bounds=beyond)


def test_the_figure_has_a_line_for_each_way_and_parameter(paths, model, tmp_path):
    labels = {"model.coupling_strength": "coupling strength", "model.conduction_speed": "speed"}
    (axes,) = figure.planning(planned(paths, model, tmp_path), labels).axes
    assert len(axes.lines) == 4
    assert axes.get_xlabel() == "length of each of 5 recordings (s)"
    assert {line.get_linestyle() for line in axes.lines} == set(figure.DASHES.values())
    assert {*figure.DASHES} == {planning.REGIONS, planning.SENSORS}
