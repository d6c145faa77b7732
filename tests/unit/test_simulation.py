import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import theory
import xarray as xr
from restmeg import InputError, ResultWarning, connectome, simulation, store
from restmeg.measures import pearson
from restmeg.model import build_network, initial_state, stream
from restmeg.scores import correlation
from scipy import stats

WORKFLOW = Path(simulation.__file__).parents[1]
SIMULATION = {
    "dt": 0.1,
    "duration": 4000.0,
    "transient": 300.0,
    "sampling_interval": 0.1,
    "method": "exponential_euler",
}
LABELS = [f"R{k}" for k in range(8)]


@pytest.fixture(scope="module")
def ensemble(example, model):
    """200 replicates of the bundled study: structure-function coupling, sd of rE, FC."""
    weights, distances = example
    net = build_network(weights, distances, model, 0.1)
    fc, spread = [], []
    for replicate in range(200):
        state = initial_state(net)
        random = stream(77, "simulated", replicate)
        rate = simulation.run(net, state, random, 40_000)[3000:]
        fc.append(pearson.pearson(rate))
        spread.append(rate.std(axis=0, dtype=float).mean())
    fc = np.array(fc)
    pairs = correlation.edges(fc), correlation.undirected(weights)[None]
    return correlation.correlations(*pairs)[:, 0], np.array(spread), fc


@pytest.fixture(scope="module")
def outside(data):
    return np.genfromtxt(data / "outside_scores.csv", delimiter=",", names=True)


@pytest.mark.parametrize("column", ["structure_function_coupling", "rate_E_sd"])
def test_scores_are_distributed_as_those_of_an_outside_implementation(ensemble, outside, column):
    ours = dict(zip(("structure_function_coupling", "rate_E_sd"), ensemble[:2], strict=True))[
        column
    ]
    theirs = outside[column]
    assert stats.ks_2samp(ours, theirs).pvalue > 0.01
    error = np.hypot(ours.std() / np.sqrt(len(ours)), theirs.std() / np.sqrt(len(theirs)))
    assert abs(ours.mean() - theirs.mean()) < 3 * error
    assert 0.85 < ours.std() / theirs.std() < 1.18  # 3 standard errors of a ratio of 200 to 400


def test_connectivity_has_the_outside_mean(ensemble, outside):
    """28 pairs: z of each difference of means; none beyond 4, and their spread that of chance."""
    ours = correlation.edges(ensemble[2])
    names = [name for name in outside.dtype.names if name.startswith("fc_")]
    theirs = np.column_stack([outside[name] for name in names])
    error = np.sqrt(ours.var(axis=0) / len(ours) + theirs.var(axis=0) / len(theirs))
    z = (ours.mean(axis=0) - theirs.mean(axis=0)) / error
    assert abs(z).max() < 4
    assert 0.6 < z.std() < 1.4


def test_simulation_agrees_with_linear_theory(ensemble, example, model):
    weights, distances = example
    delays = connectome.delays_in_steps(distances, 10.0, 0.1)
    covariance = theory.covariance(weights, delays, model, 0.1)
    spread = np.sqrt(np.diag(covariance))
    expected = covariance / np.outer(spread, spread)
    # The theory's own published figures for this study.
    pairs = correlation.edges(weights)
    assert np.corrcoef(correlation.edges(expected), pairs)[0, 1] == pytest.approx(0.982, abs=5e-4)
    assert spread.mean() == pytest.approx(3.545e-4, abs=1e-7)

    fc = correlation.edges(ensemble[2])
    error = fc.std(axis=0, ddof=1) / np.sqrt(len(fc))
    z = (fc.mean(axis=0) - correlation.edges(expected)) / error
    assert abs(z).max() < 4
    # A finite recording has its mean removed, and thus a little of its variance.
    assert ensemble[1].mean() == pytest.approx(spread.mean(), rel=0.02)


def test_schedule_of_the_bundled_study():
    plan = simulation.schedule(SIMULATION)
    assert (plan.transient, plan.every, plan.samples) == (3000, 1, 37000)
    assert simulation.sample_times(plan, 0.1, 0, 2).tolist() == [300.1, 300.2]
    assert simulation.sample_times(plan, 0.1, 36_999, 37_000).tolist() == [4000.0]
    coarse = simulation.schedule(SIMULATION | {"sampling_interval": 1.0})
    assert (coarse.every, coarse.samples) == (10, 3700)
    assert simulation.sample_times(coarse, 0.1, 0, 1).tolist() == [301.0]


@pytest.fixture
def connectome_path(tmp_path, example):
    path = tmp_path / "connectome.nc"
    connectome.write(path, connectome.Connectome(*example, np.array(LABELS, dtype=object)), "x")
    return path


def simulate(connectome_path, model, replicates, name="activity.nc", role="simulated", **changes):
    path = connectome_path.with_name(name)
    short = SIMULATION | {"duration": 40.0, "transient": 10.0} | changes
    simulation.simulate_batch(connectome_path, model, short, 3, role, "p0", replicates, path)
    return path


def test_activity_file_says_what_it_holds(connectome_path, model):
    path = simulate(connectome_path, model, [4, 5], sampling_interval=0.5)
    with xr.open_dataset(path) as dataset:
        rate = dataset["rate_E"]
        assert rate.dims == ("replicate", "time", "region")
        assert rate.dtype == np.float32
        assert rate.shape == (2, 60, 8)
        assert list(rate.replicate.values) == [4, 5]
        assert list(rate.region.values) == LABELS
        assert rate.time.values[0] == 10.5
        assert rate.time.values[-1] == 40.0
        assert dataset.seed == 3
        assert rate.attrs["units"] == "1"
        assert dataset.time.attrs["units"] == "ms"


def test_bytes_of_a_replicate_do_not_depend_on_its_batch(connectome_path, model):
    together = xr.load_dataset(simulate(connectome_path, model, [0, 1, 2]))
    for replicate in (0, 1, 2):
        path = simulate(connectome_path, model, [replicate], f"{replicate}.nc")
        alone = xr.load_dataset(path)
        expected = together.rate_E.sel(replicate=[replicate])
        assert alone.rate_E.values.tobytes() == expected.values.tobytes()
    twice = simulate(connectome_path, model, [0, 1, 2], "again.nc")
    assert twice.read_bytes() == connectome_path.with_name("activity.nc").read_bytes()


def test_coarse_sampling_takes_every_nth_state(connectome_path, model):
    fine = xr.load_dataset(simulate(connectome_path, model, [0]))
    path = simulate(connectome_path, model, [0], "coarse.nc", sampling_interval=0.5)
    coarse = xr.load_dataset(path)
    assert coarse.rate_E.values.tobytes() == fine.rate_E.values[:, 4::5].tobytes()


def test_one_value_per_region(connectome_path, model):
    """A list of equal values is the scalar; another value changes that region from the start."""
    parameters = model["parameters"]
    scalar = simulate(connectome_path, model, [0], "scalar.nc", transient=0.0)
    equal = dict(model, parameters=dict(parameters, wEE=[parameters["wEE"]] * 8))
    same = simulate(connectome_path, equal, [0], "same.nc", transient=0.0)
    changed = dict(model, parameters=dict(parameters, tau_E=[1.0] * 7 + [2.0]))
    other = simulate(connectome_path, changed, [0], "other.nc", transient=0.0)
    rates = [xr.load_dataset(path).rate_E.values[0] for path in (scalar, same, other)]
    np.testing.assert_array_equal(rates[0], rates[1])
    assert (rates[0][0] != rates[2][0]).tolist() == [False] * 7 + [True]


def test_wrong_number_of_values_is_refused(connectome_path, model):
    wrong = dict(model, noise=dict(model["noise"], sigma=[0.01] * 7))
    with pytest.raises(
        InputError,
        match=r"model\.noise\.sigma: 7 values; expected one, or one for each of 8 regions",
    ):
        simulate(connectome_path, wrong, [0])
    assert not connectome_path.with_name("activity.nc").exists()


def test_what_is_wrong_with_rates_is_told_and_noted_in_the_file(connectome_path, model):
    wild = dict(model, coupling="additive", coupling_strength=1e5)
    with pytest.warns(
        UserWarning, match="simulated, point p0: replicate 4, 7, region R0, R1, R2 a"
    ):
        path = simulate(connectome_path, wild, [4, 7], transient=30.0)
    with store.open_netcdf(path) as dataset:
        (note,) = store.notes(dataset)
        assert "saturated; the input is too strong" in note
        rate = dataset["rate_E"][...]
        np.testing.assert_array_equal(dataset["lowest"][...], rate.min(axis=1))
        np.testing.assert_array_equal(dataset["highest"][...], rate.max(axis=1))
    steep = dict(model, coupling_strength=500.0)
    path = simulate(connectome_path, steep, [0])
    with store.open_netcdf(path) as dataset:
        assert "is too long for this coupling" in store.notes(dataset)[0]


def test_a_length_without_a_weight_is_of_no_consequence(example, model):
    weights, distances = (matrix.copy() for matrix in example)
    weights[1, 3] = 0
    plain = build_network(weights, distances, model, 0.1)
    distances[1, 3] = 1e12
    odd = build_network(weights, distances, model, 0.1)
    assert odd.row == plain.row
    np.testing.assert_array_equal(odd.coupling.far.offsets, plain.coupling.far.offsets)


def wild(model):
    """A model whose rates grow without limit, sooner or later in a replicate."""
    return dict(model, parameters=dict(model["parameters"], r=-1000.0))


def test_a_replicate_that_diverges_is_a_result_without_values_from_then_on(
    connectome_path, model, monkeypatch
):
    told = "simulated, point p0: replicate 0, 1: activity diverges, and scores leave it out; simul"
    with pytest.warns(ResultWarning, match=told):
        path = simulate(connectome_path, wild(model), [0, 1])
    with store.open_netcdf(path) as dataset:
        rate = store.read_values(dataset["rate_E"])
        (note,) = store.notes(dataset)
    assert note.startswith("replicate 0, 1: activity diverges")
    lost = np.isnan(rate)
    assert lost.any(axis=(1, 2)).all()
    assert (lost.all(axis=2) == lost.any(axis=2)).all()
    assert (np.diff(lost[..., 0].astype(int), axis=1) >= 0).all()  # and never again
    monkeypatch.setattr(store, "piece_length", lambda width: 700)
    with pytest.warns(ResultWarning, match=told):
        in_pieces = simulate(connectome_path, wild(model), [0, 1])
    with store.open_netcdf(in_pieces) as dataset:
        np.testing.assert_array_equal(store.read_values(dataset["rate_E"]), rate)


def test_a_target_that_diverges_is_refused(connectome_path, model):
    path = connectome_path.with_name("activity.nc")
    with pytest.raises(
        InputError, match=r"^target\.model: replicate 0 is not finite after [\d.]+ ms"
    ):
        simulation.simulate_batch(
            connectome_path, wild(model), SIMULATION, 0, "target", "p0", [0], path
        )
    assert [path.name for path in connectome_path.parent.iterdir()] == ["connectome.nc"]


def test_a_coupling_that_overflows_is_told_as_any_that_diverges(connectome_path, model):
    with pytest.warns(ResultWarning, match="replicate 0: activity diverges"):
        path = simulate(connectome_path, dict(model, coupling_strength=1e308), [0])
    with store.open_netcdf(path) as dataset:
        assert np.isnan(store.read_values(dataset["rate_E"])).all()


PEAK = """
import sys, re
from pathlib import Path
from restmeg import simulation, settings
schema = settings.load_schema(sys.argv[3] + "/schemas/config.schema.yaml")
model = settings.load({}, schema)["model"]
times = {"dt": 0.1, "duration": float(sys.argv[2]), "transient": 0.0, "sampling_interval": 0.1,
         "method": "exponential_euler"}
out = sys.argv[1] + ".out"
simulation.simulate_batch(sys.argv[1], model, times, 0, "simulated", "p0", [0], out)
status = Path("/proc/self/status").read_text()
print(int(re.search(r"VmHWM:\\s+(\\d+) kB", status)[1]) // 1024)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory is read from /proc")
def test_memory_does_not_grow_with_duration(connectome_path):
    """100 s of 8 regions are 32 MB of samples, 1000 s are 320 MB: peak memory is the same."""
    peaks = []
    for duration in (100_000, 1_000_000):
        result = subprocess.run(
            [sys.executable, "-c", PEAK, connectome_path, str(duration), WORKFLOW],
            env={"PYTHONPATH": str(WORKFLOW)},
            capture_output=True,
            text=True,
            check=True,
        )
        peaks.append(int(result.stdout))
    assert 50 < peaks[0] < 400
    assert peaks[1] - peaks[0] < 10
