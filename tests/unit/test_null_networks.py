"""Null networks through the model: simulated as the study's point is, and never written."""

import re

import numpy as np
import processes
import pytest
import xarray as xr
from restmeg import (
    InputError,
    ResultWarning,
    connectome,
    estimands,
    estimation,
    null_networks,
    simulation,
    store,
)
from restmeg.nulls import making

TIMES = {
    "dt": 0.1,
    "duration": 60.0,
    "transient": 10.0,
    "sampling_interval": 0.5,
    "method": "exponential_euler",
}
LABELS = np.array([f"R{k}" for k in range(8)], dtype=object)

PEARSON = estimands.Asked(["pearson"])


@pytest.fixture
def anatomy(example):
    return connectome.Connectome(*example, LABELS)


@pytest.fixture
def paths(tmp_path, anatomy):
    """A callable that gives paths by name, of which one is the connectome."""
    connectome.write(tmp_path / "connectome.nc", anatomy, "x")
    return lambda name: tmp_path / name


def run(paths, model, numbers, method="degree_length", name="nulls.nc", **changes):
    given = {"times": TIMES, "seed": 3, "replicates": [0, 1], "measures": PEARSON} | changes
    null_networks.simulate_batch(
        paths("connectome.nc"),
        "rewired",
        method,
        numbers,
        model,
        given["times"],
        given["seed"],
        "p0",
        given["replicates"],
        given["measures"],
        paths(name),
        given.get("alike"),
    )
    return xr.load_dataset(paths(name))


def as_a_point(paths, model, anatomy, seed=3, replicates=(0, 1), alike=None):
    """Connectivity of a network by the steps that a point of the study goes through."""
    connectome.write(paths("own.nc"), anatomy, "x")
    given = paths("own.nc"), model, TIMES, seed, "simulated", "p0", list(replicates)
    simulation.simulate_batch(*given, paths("activity.nc"))
    estimation.estimate_file(
        paths("activity.nc"), PEARSON, "simulated", "p0", paths("connectivity.nc"), alike
    )
    return xr.load_dataset(paths("connectivity.nc")).fc.values.astype(np.float32)


@pytest.mark.filterwarnings("ignore:null rewired. all regions")
@pytest.mark.parametrize("method", ["degree_length", "shuffled_delays", "no_delays"])
def test_a_network_is_simulated_like_a_point_of_the_study(paths, model, anatomy, method):
    numbers = [0] if method == "no_delays" else [2, 5]
    found = run(paths, model, numbers, method)
    assert found.fc.dims == ("null", "measure", "band", "replicate", "region_to", "region_from")
    assert found.fc.dtype == np.float32
    assert found.null.values.tolist() == numbers
    own = as_a_point(paths, model, anatomy)
    for number in numbers:
        null = making.network(method, anatomy, 3, number)
        expected = as_a_point(paths, model, null)
        np.testing.assert_array_equal(found.fc.sel(null=number).values, expected)
        assert (expected != own).any()
        assert found.weights_moved.sel(null=number) == null_networks.weights_moved(anatomy, null)
        assert found.strength_error.sel(null=number) == null_networks.strength_error(anatomy, null)


@pytest.mark.filterwarnings("ignore:null rewired. all regions")
def test_a_network_is_compared_with_a_recording_like_a_point(paths, model, anatomy):
    alike = [40, 1000.0, 2000.0]
    found = run(paths, model, [1], alike=alike)
    null = making.network("degree_length", anatomy, 3, 1)
    expected = as_a_point(paths, model, null, alike=alike)
    np.testing.assert_allclose(found.fc.sel(null=1).values, expected, atol=1e-6)
    assert (as_a_point(paths, model, null) != expected).any()


@pytest.mark.filterwarnings("ignore:null rewired. all regions")
def test_networks_do_not_depend_on_their_batch(paths, model):
    together = run(paths, model, [0, 1, 2, 3])
    alone = run(paths, model, [2], name="alone.nc")
    xr.testing.assert_identical(together.sel(null=[2]).drop_attrs(), alone.drop_attrs())
    assert paths("nulls.nc").read_bytes() != paths("alone.nc").read_bytes()
    run(paths, model, [0, 1, 2, 3], name="again.nc")
    assert paths("nulls.nc").read_bytes() == paths("again.nc").read_bytes()


@pytest.mark.filterwarnings("ignore:null rewired. all regions")
def test_a_file_says_what_it_holds(paths, model):
    run(paths, model, [0])
    with store.open_netcdf(paths("nulls.nc"), "fc") as dataset:
        parameters, seed = store.provenance(dataset)
        assert seed == 3
        assert parameters["role"] == "null"
        assert parameters["null"] == "rewired"
        assert parameters["method"] == "degree_length"
        assert parameters["model"] == model
        assert parameters["point"] == "p0"
        assert store.notes(dataset)[0].startswith("all regions are connected")


def test_what_is_wrong_with_a_network_is_told_with_its_number(paths, model):
    wild = dict(model, coupling="additive", coupling_strength=1e5)
    late = TIMES | {"transient": 50.0}
    with pytest.warns(ResultWarning) as told:
        run(paths, wild, [4], "shuffled_delays", times=late)
    texts = [str(one.message) for one in told]
    assert texts[0].startswith("null rewired: network 4: replicate 0, 1, region R0")
    assert "saturated" in texts[0]
    assert "network 4: replicate 1: no variance" in texts[2]
    broken = dict(model, parameters=dict(model["parameters"], r=-1e308, tau_E=1e-300))
    with pytest.warns(ResultWarning) as told:
        run(paths, broken, [4], "shuffled_delays", name="broken.nc")
    texts = [str(one.message) for one in told]
    assert any("network 4: replicate 0, 1: activity diverges" in text for text in texts)


def test_a_network_that_cannot_be_rewired_leaves_no_file(paths, model):
    ring = np.ones((3, 3)) - np.eye(3)
    ring[0, 1] = ring[1, 0] = 2.0
    lengths = np.array([[0, 10, 20], [10, 0, 50], [20, 50, 0.0]])
    labels = np.array(list("abc"), dtype=object)
    connectome.write(paths("connectome.nc"), connectome.Connectome(ring, lengths, labels), "x")
    with pytest.raises(InputError, match="degree_length cannot rewire this connectome: 6 conn"):
        run(paths, model, [0, 1])
    assert not paths("nulls.nc").exists()


PEAK = """
    import re, sys
    from pathlib import Path
    from restmeg import bundled, estimands, null_networks, settings
    model = settings.load({{}}, settings.load_schema(bundled.schema()))["model"]
    times = {{"dt": 0.1, "duration": {duration}, "transient": 0.0, "sampling_interval": 0.1,
             "method": "exponential_euler"}}
    null_networks.simulate_batch(
        "connectome.nc", "a", "shuffled_delays", {numbers}, model, times, 0, "p0", [0],
        estimands.Asked(["pearson"]), "nulls.nc"
    )
    status = Path("/proc/self/status").read_text()
    print(int(re.search(r"VmHWM:\\s+(\\d+) kB", status)[1]) // 1024)
"""


def test_memory_grows_neither_with_duration_nor_with_networks(paths):
    peaks = []
    for duration, numbers in ((50_000.0, [0]), (500_000.0, [0]), (50_000.0, list(range(10)))):
        done = processes.run(
            PEAK.format(duration=duration, numbers=numbers), paths("connectome.nc").parent
        )
        assert done.returncode == 0, done.stderr
        peaks.append(int(done.stdout))
    assert 50 < peaks[0] < 400
    assert max(peaks) - peaks[0] < 10


def test_progress_is_that_of_all_networks(paths, model, capfd):
    run(paths, model, [0, 1], "shuffled_delays")
    found = re.findall(r"([\d.]+) of ([\d.]+) s simulated", capfd.readouterr().err)
    assert found[-1] == ("0.2", "0.2")  # two networks of two replicates of 60 ms
